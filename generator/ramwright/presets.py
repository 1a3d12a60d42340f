# SPDX-License-Identifier: Apache-2.0
"""Presets: a file a part, in the config language, that gives its core and its banks of RAM."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from ramwright.wording import MOST_LISTED, did_you_mean, either

_FOLDER = Path(__file__).resolve().parent / "devices"
_SCHEME = "device:"

# What may follow the name of a part of each family and does not change its RAM: package,
# temperature range, packing. Letters that stand for another size of RAM (nRF52832 xxAB) may not.
_SUFFIXES = (
    (re.compile(r"stm32"), re.compile(r"[a-z][0-9][a-z]{0,3}")),
    (re.compile(r"nrf"), re.compile(r"[-_]?((xx|[cq][a-z])aa|sica)")),
    (re.compile(r"rp2"), re.compile(r"[ab]")),
    (re.compile(r"sam"), re.compile(r"-?[a-z]{1,3}")),
    (re.compile(r"lpc55"), re.compile(r"j[a-z]{2}[0-9]{2,3}")),
    (re.compile(r"lpc17"), re.compile(r"f[a-z]{2}[0-9]{2,3}")),
    (re.compile(r"mimxrt"), re.compile(r"[a-z]{3}[0-9a-z][a-z]")),
    (re.compile(r"mk"), re.compile(r"v[a-z]{2}[0-9]{1,2}")),
    (re.compile(r"ch32"), re.compile(r"[a-z][0-9]")),
    (re.compile(r"gd32"), re.compile(r"[a-z][0-9]")),
)
# Their names end in a letter of the package and one of the size of flash.
_OF_A_LINE = re.compile(r"(stm32|gd32|ch32)[0-9a-z]*[0-9][a-z][0-9a-z]")
_LEAST = 3  # letters that tell a part wherever they stand in its name
# Microchip's order codes begin so; Espressif writes a hyphen that its tools leave out.
_NOT_IN_NAME = re.compile(r"^at(?=sam)|(?<=^esp32)-")


@cache
def names() -> tuple[str, ...]:
    """Every part that has a preset."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def resolved(device: str) -> str | None:
    """The part that `device` names, letters of package and temperature allowed; None if unknown."""
    name = _plain(device)
    if name in names():
        return name
    for family, suffix in _SUFFIXES:
        if family.match(name):
            stems = (stem for stem in names() if name.startswith(stem))
            return next((s for s in stems if suffix.fullmatch(name[len(s) :])), None)
    return None


def of_line(device: str) -> tuple[str, ...]:
    """The parts that `device` may mean, which leaves out the letters of package and flash, or the
    latter."""
    name = _plain(device)
    left_out = 2 if name[-1:].isdigit() else 1
    return tuple(
        one
        for one in names()
        if one.startswith(name) and len(one) - len(name) == left_out and _OF_A_LINE.fullmatch(one)
    )


def suggestion(device: str) -> str:
    """A hint for who names a part that there is none of."""
    name = _plain(device)
    begun = [one for one in names() if name and one.startswith(name)]
    if len(begun) > 1:
        lists = f"`ramwright devices {name}`"
        if len(begun) > MOST_LISTED:
            return f"{lists} lists the {len(begun)} that begin so"
        return f"did you mean {either(begun)}? {lists} shows their banks"
    near = begun or _of_one_number(name)
    near = near or [one for one in names() if len(name) >= _LEAST and name in one]
    if 0 < len(near) <= MOST_LISTED:
        return f"did you mean {either(near)}?"
    return did_you_mean(name, names()) or "`ramwright devices` lists all"


def _of_one_number(name: str) -> list[str]:
    """The parts that are called like `name` up to the end of a number, the later the better."""
    for match in reversed(list(re.finditer(r"[0-9](?=[a-z])", name))):
        stem = name[: match.end()]
        found = [one for one in names() if re.match(f"{re.escape(stem)}(?![0-9])", one)]
        if found:
            return found
    return []


def _plain(device: str) -> str:
    """`device` as files are called, without what order codes add in front."""
    return _NOT_IN_NAME.sub("", device.lower())


def path(name: str) -> Path:
    """The file of the part `name`."""
    return _FOLDER / f"{name}.yaml"


def shown_as(name: str) -> str:
    """What problems call the file of the part `name`."""
    return f"{_SCHEME}{name}"


def is_preset(file: str) -> bool:
    """Whether problems call a preset `file`."""
    return file.startswith(_SCHEME) and file.removeprefix(_SCHEME) in names()
