# SPDX-License-Identifier: Apache-2.0
"""Presets: a file a part, in the config language, that gives its core and its banks of RAM."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

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
# Microchip's order codes begin so; Espressif writes a hyphen that its tools leave out.
_NOT_IN_NAME = re.compile(r"^at(?=sam)|(?<=^esp32)-")


@cache
def names() -> tuple[str, ...]:
    """Every part that has a preset."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def resolved(device: str) -> str | None:
    """The part that `device` names, letters of package and temperature allowed; None if unknown."""
    name = _NOT_IN_NAME.sub("", device.lower())
    if name in names():
        return name
    for family, suffix in _SUFFIXES:
        if family.match(name):
            stems = (stem for stem in names() if name.startswith(stem))
            return next((s for s in stems if suffix.fullmatch(name[len(s) :])), None)
    return None


def path(name: str) -> Path:
    """The file of the part `name`."""
    return _FOLDER / f"{name}.yaml"


def shown_as(name: str) -> str:
    """What problems call the file of the part `name`."""
    return f"{_SCHEME}{name}"


def is_preset(file: str) -> bool:
    """Whether problems call a preset `file`."""
    return file.startswith(_SCHEME) and file.removeprefix(_SCHEME) in names()
