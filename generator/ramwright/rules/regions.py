# SPDX-License-Identifier: Apache-2.0
"""Regions: where they lie, what they keep back, which is an alias of which, which is the home."""

from __future__ import annotations

from typing import cast

from ramwright.errors import Related
from ramwright.model import Attribute, Region
from ramwright.presets import is_preset
from ramwright.rules.fields import Fields
from ramwright.source import Broken, Scalar
from ramwright.units import byte_count
from ramwright.wording import did_you_mean, listed, shown


def regions_of(top: Fields, address_bits: int) -> dict[str, Region | None]:
    """The regions of the layout, in order; None for one that is at fault."""
    entries = top.entries("regions")
    fields = {entry.key: Fields.of(entry, top) for entry in entries}
    known = [name for name, one in fields.items() if is_preset(one.where.file)]
    for entry in entries:
        if not isinstance(entry.value, Broken):
            _check_complete(fields[entry.key], known)
    regions = {name: _region(one, address_bits) for name, one in fields.items()}
    for name, region in regions.items():
        if region is None or region.alias_of is None:
            continue
        if region.alias_of in regions:
            _check_alias(fields[name], region, regions)
        else:
            what = f"there is no region `{shown(region.alias_of)}`"
            fields[name].problem("alias_of", "RW0220", what, near(region.alias_of, regions))
            regions[name] = None
    _check_overlaps(fields, [r for r in regions.values() if r is not None])
    return regions


def home_of(top: Fields, regions: dict[str, Region | None]) -> str | None:
    """The home region's name."""
    name = top.text("home")
    if name is None:
        return None
    if name not in regions:
        top.problem("home", "RW0220", f"there is no region `{shown(name)}`", near(name, regions))
        return None
    region = regions[name]
    if region is not None and region.alias_of is not None:
        top.problem(
            "home",
            "RW0227",
            f"the home `{name}` is an alias of `{region.alias_of}`",
            f"write `home: {region.alias_of}`",
        )
    elif region is not None and "retained" in region.attributes:
        top.problem(
            "home",
            "RW0227",
            f"the home `{name}` is retained, but .bss is zeroed at boot",
            "choose the region that holds .data and .bss",
        )
    return name


def near(name: str, known: dict[str, Region | None]) -> str:
    """A hint for a region that does not exist."""
    return did_you_mean(name, known) or (f"regions are {listed(known)}" if known else "")


def _check_complete(fields: Fields, known: list[str]) -> None:
    """Reports what a region lacks; `known` are those of the device."""
    for key, about in (("origin", "first address of the region"), ("size", "bytes of the region")):
        if not fields.has(key):
            hint = did_you_mean(fields.name, known) or f"add `{key}: …` ({about})"
            what = f"the key `{key}` is missing in `{fields.name}`"
            fields.problem(key, "RW0103", what, hint)


def _region(fields: Fields, address_bits: int) -> Region | None:
    origin, size = fields.number("origin"), fields.size("size")
    start, end = _reserve(fields)
    doubtful = any(map(fields.in_doubt, ("alias_of", "attributes")))
    if origin is None or size is None or doubtful:
        return None
    if size == 0:
        fields.problem(
            "size", "RW0240", f"region `{fields.name}` has no bytes", "give it a size, or delete it"
        )
        return None
    if origin + size > 1 << address_bits:
        fields.problem(
            "origin",
            "RW0222",
            f"region `{fields.name}` ends at 0x{origin + size:X}, "
            f"beyond the {address_bits}-bit address space",
            f"from this origin on, 0x{(1 << address_bits) - origin:X} bytes are left",
        )
        return None
    if start + end > size:
        fields.problem(
            "reserve",
            "RW0226",
            f"region `{fields.name}` keeps back "
            f"{byte_count(start + end)}, but has only {byte_count(size)}",
            "what is left of `size` is for the objects: make `reserve` smaller",
        )
        start = end = 0
    attributes = [i.value for i in fields.items("attributes") or () if isinstance(i, Scalar)]
    return Region(
        name=fields.name,
        origin=origin,
        size=size,
        linker=fields.text("linker") or fields.name,
        attributes=frozenset(cast(list[Attribute], attributes)),
        reserve_start=start,
        reserve_end=end,
        alias_of=fields.text("alias_of"),
        where=fields.where,
        banks=_banks(fields, size),
    )


def _reserve(fields: Fields) -> tuple[int, int]:
    inner = fields.inner("reserve")
    if inner is None:
        return fields.size("reserve", 0) or 0, 0
    return inner.size("start", 0) or 0, inner.size("end", 0) or 0


def _banks(fields: Fields, size: int) -> tuple[int, ...]:
    banks = fields.sizes("banks") or ()
    if banks and sum(banks) != size:
        fields.problem(
            "banks",
            "RW0347",
            f"the banks of region `{fields.name}` have {byte_count(sum(banks))}, "
            f"but the region has {byte_count(size)}",
            "banks follow each other from the origin to the end",
        )
        return ()
    return banks


def _check_alias(fields: Fields, region: Region, regions: dict[str, Region | None]) -> None:
    name = region.alias_of or ""
    base = regions[name]
    if base is None:
        return
    if base.name == region.name:
        what = f"region `{name}` is an alias of itself"
        hint = "name the region that has the same bytes at another address"
        fields.problem("alias_of", "RW0224", what, hint)
    elif base.alias_of is not None:
        fields.problem(
            "alias_of",
            "RW0224",
            f"`{name}` is itself an alias",
            f"write `alias_of: {base.alias_of}`",
            Related(base.where, "declared here"),
        )
    elif base.size != region.size:
        fields.problem(
            "size",
            "RW0225",
            f"alias `{region.name}` has {byte_count(region.size)}, "
            f"but `{name}` has {byte_count(base.size)}",
            f"the same bytes have one size: write `size: {base.size}`",
            Related(base.where, "declared here"),
        )
    if region.reserve_start or region.reserve_end:
        fields.problem(
            "reserve",
            "RW0228",
            f"alias `{region.name}` counts no bytes, so it has none to keep back",
            f"move the reserve to `{name}`",
        )


def _check_overlaps(fields: dict[str, Fields], regions: list[Region]) -> None:
    """Reports each region that begins below the end of another."""
    highest: Region | None = None
    for region in sorted(regions, key=lambda r: (r.origin, r.end)):
        if highest is not None and region.origin < highest.end:
            later, earlier = sorted((highest, region), key=lambda r: r.where, reverse=True)
            common = min(highest.end, region.end) - region.origin
            fields[later.name].problem(
                "origin",
                "RW0223",
                f"regions `{earlier.name}` and `{later.name}` share {byte_count(common)} "
                f"from 0x{region.origin:08X}",
                "an alias has addresses of its own: write the other origin"
                if _aliases(highest, region)
                else "`alias_of` declares a second address of the same bytes",
                Related(earlier.where, f"`{earlier.name}` is declared here"),
            )
        if highest is None or region.end > highest.end:
            highest = region


def _aliases(one: Region, other: Region) -> bool:
    return one.alias_of == other.name or other.alias_of == one.name
