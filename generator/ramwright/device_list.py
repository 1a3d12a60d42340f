# SPDX-License-Identifier: Apache-2.0
"""The parts that have a preset, read: for `devices`, and for the starter config of one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple

from ramwright import presets
from ramwright.errors import Mark, Problem
from ramwright.model import Region
from ramwright.rules.fields import Fields
from ramwright.rules.regions import regions_of
from ramwright.source import Entry, parsed
from ramwright.units import spelled

_ADDRESS_BITS = 32
_TITLE_LINES = 2  # the licence and the part's name
_SOURCE = "#   ["
_CITED = re.compile(r"(?: \[[0-9]\])+(?=[.,:;]|$)")  # at the end of a clause
_ABOUT_SOURCES = re.compile(r"\[[0-9]\]")


class Device(NamedTuple):
    """A part: its core and its banks of RAM, as the preset has them."""

    name: str
    cpu: str
    home: str
    regions: tuple[Region, ...]
    notes: tuple[str, ...]  # what the preset's head says besides its sources, a line each


def device(name: str) -> Device:
    """The part `name`, one of presets.names()."""
    source = parsed(presets.path(name).read_bytes(), presets.shown_as(name))
    assert source.root is not None, "presets are sound"
    problems: list[Problem] = []
    top = Fields(Entry("", source.root.where, source.root), {}, problems)
    target = top.inner("target")
    cpu, home = target.text("cpu") if target else None, top.text("home")
    regions = tuple(r for r in regions_of(top, _ADDRESS_BITS).values() if r is not None)
    assert cpu and home and not problems, "presets are sound"
    return Device(name, cpu, home, regions, tuple(_notes(source.lines)))


def _notes(lines: Iterable[str]) -> Iterator[str]:
    """The remarks in the head of a preset, which stand behind title and sources."""
    head = takewhile(lambda line: line.startswith("#"), lines)
    for line in list(head)[_TITLE_LINES:]:
        note = _CITED.sub("", line.removeprefix("# "))
        if not line.startswith(_SOURCE) and not _ABOUT_SOURCES.search(note):
            yield note


def matching(query: str) -> tuple[Device, ...]:
    """The parts in whose name `query` occurs, or which it resolves to; all for an empty one."""
    exact = presets.resolved(query) if query else None
    found = [n for n in presets.names() if query.lower() in n or n == exact]
    return tuple(device(name) for name in found)


def of_line(name: str) -> tuple[Device, ...]:
    """The parts that `name` may mean, which leaves out the letters of package and flash; none where
    it matters which of them it is."""
    parts = tuple(device(one) for one in presets.of_line(name))
    return parts if len(set(map(_hardware, parts))) == 1 else ()


def _hardware(one: Device) -> tuple[object, ...]:
    nowhere = Mark("")
    return (one.cpu, one.home, tuple(region._replace(where=nowhere) for region in one.regions))


def devices_text(devices: Iterable[Device]) -> str:
    """A line a part: name, core, banks; the home bank first."""
    rows = [(one.name, one.cpu, ", ".join(map(_bank, _home_first(one)))) for one in devices]
    width = max((len(name) for name, _, _ in rows), default=0)
    cores = max((len(cpu) for _, cpu, _ in rows), default=0)
    return "".join(f"{name:<{width}}  {cpu:<{cores}}  {banks}\n" for name, cpu, banks in rows)


def devices_json(devices: Iterable[Device]) -> str:
    """The same for programs; sizes in bytes."""
    parts = [
        {
            "name": one.name,
            "cpu": one.cpu,
            "home": one.home,
            "regions": [
                {
                    "name": region.name,
                    "origin": region.origin,
                    "size": region.size,
                    "attributes": sorted(region.attributes),
                    "alias_of": region.alias_of,
                }
                for region in one.regions
            ],
        }
        for one in devices
    ]
    return json.dumps({"ramwright_devices": 1, "devices": parts}, indent=2) + "\n"


def _home_first(one: Device) -> list[Region]:
    banks = [region for region in one.regions if region.alias_of is None]
    return sorted(banks, key=lambda region: region.name != one.home)


def _bank(region: Region) -> str:
    return f"{region.name} {spelled(region.size)} at 0x{region.origin:08X}"
