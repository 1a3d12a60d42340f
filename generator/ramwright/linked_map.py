# SPDX-License-Identifier: Apache-2.0
"""The memory map as linked: the addresses the linker chose and the firmware's own sections."""

from __future__ import annotations

from collections.abc import Iterator

from ramwright.elf import ElfImage
from ramwright.layout import Layout, RegionPlan
from ramwright.linked import arena_addresses, foreign_sections, state_addresses
from ramwright.memory_map import Claim, MemoryMap, RegionMap, Span, object_spans, tile


def linked_map(layout: Layout, elf: ElfImage) -> MemoryMap:
    """The map of `layout` in `elf`. What `verify` would find wrong is drawn as far as it can be:
    an object that is missing, or outside its region, is not in the region's spans."""
    addresses = arena_addresses(layout, elf)
    regions = tuple(
        RegionMap(region, tile(region.size, _claims(layout, region, elf, addresses)))
        for region in layout.regions
        if region.alias_of is None
    )
    return MemoryMap(layout, "elf", regions, addresses)


def _claims(
    layout: Layout, region: RegionPlan, elf: ElfImage, addresses: dict[str, int | None]
) -> list[Claim]:
    """Objects and state win over the sections that contain them, and all of them over the reserve:
    those are cut around them."""
    claims = [*_objects(region, addresses), *_states(layout, region, elf)]
    sections = foreign_sections(region, elf)
    wide = [(max(s.address - region.origin, 0), s.end - region.origin, s.name) for s in sections]
    claims += [
        Claim(Span(low, high - low, "foreign", name))
        for start, end, name in wide
        for low, high in _around(start, min(end, region.size), claims)
    ]
    if not region.home:  # in the home region the reserve is an amount, not a place
        claims += [
            Claim(Span(low, high - low, "reserve"))
            for low, high in _around(0, region.reserve_start, claims)
        ]
    return claims


def _objects(region: RegionPlan, addresses: dict[str, int | None]) -> Iterator[Claim]:
    for obj in region.objects:
        address = addresses[obj.name]
        if address is not None and region.origin <= address < region.origin + region.size:
            for span in object_spans(obj, address - region.origin):
                yield Claim(span, linked=obj.address is None)


def _states(layout: Layout, region: RegionPlan, elf: ElfImage) -> Iterator[Claim]:
    """The pieces of each object's state; those that lie side by side as one."""
    merged: list[Span] = []
    for name, address, size in state_addresses(layout, elf):
        if not region.origin <= address < region.origin + region.size:
            continue
        span = Span(address - region.origin, size, "metadata", name)
        if merged and merged[-1].object == name and merged[-1].end == span.offset:
            span = Span(merged[-1].offset, merged[-1].size + size, "metadata", name)
            merged.pop()
        merged.append(span)
    return (Claim(span) for span in merged)


def _around(start: int, end: int, claims: list[Claim]) -> Iterator[tuple[int, int]]:
    """The parts of [start, end) that none of `claims` covers."""
    for claim in sorted(claims, key=lambda claim: claim.span.offset):
        span = claim.span
        if span.end <= start or span.offset >= end:
            continue
        if span.offset > start:
            yield start, span.offset
        start = max(start, span.end)
    if start < end:
        yield start, end
