# SPDX-License-Identifier: Apache-2.0
"""The memory map as linked: the addresses the linker chose and the firmware's own sections."""

from __future__ import annotations

from collections.abc import Iterator

from ramwright.elf import ElfImage
from ramwright.layout import Layout, RegionPlan
from ramwright.linked import arena_addresses, foreign_sections, state_addresses
from ramwright.memory_map import Claim, MemoryMap, RegionMap, Span, object_claims, painted


def linked_map(layout: Layout, elf: ElfImage) -> MemoryMap:
    """The map of `layout` in `elf`. What `verify` would find wrong is drawn as far as it can be:
    an object that is missing, or outside its region, is not in the region's spans."""
    addresses = arena_addresses(layout, elf)
    states = state_addresses(layout, elf)
    regions = tuple(
        _region(layout, region, elf, addresses, states)
        for region in layout.regions
        if region.alias_of is None
    )
    return MemoryMap(layout, "elf", regions, addresses)


def _region(
    layout: Layout,
    region: RegionPlan,
    elf: ElfImage,
    addresses: dict[str, int | None],
    states: tuple[tuple[str, int, int], ...],
) -> RegionMap:
    """Objects and state come before the sections that contain them, all of them before the reserve
    at the start, which is kept for those sections. In the home region that reserve is an amount,
    not a place."""
    objects = list(_objects(region, addresses))
    kept = 0 if region.home else region.reserve_start
    claims = [
        *objects,
        *_states(region, states),
        *_sections(layout, region, elf),
        Claim(Span(0, kept, "reserve")),
        Claim(Span(region.size - region.reserve_end, region.reserve_end, "reserve")),
    ]
    end = max((claim.span.end for claim in objects), default=0)
    return RegionMap(region, painted(region.size, claims, end - region.size))


def _objects(region: RegionPlan, addresses: dict[str, int | None]) -> Iterator[Claim]:
    for obj in region.objects:
        address = addresses[obj.name]
        if address is not None and region.origin <= address < region.origin + region.size:
            yield from object_claims(obj, address - region.origin)


def _sections(layout: Layout, region: RegionPlan, elf: ElfImage) -> Iterator[Claim]:
    for section in foreign_sections(layout, region, elf):
        yield Claim(Span(section.address - region.origin, section.size, "foreign", section.name))


def _states(region: RegionPlan, states: tuple[tuple[str, int, int], ...]) -> Iterator[Claim]:
    """The pieces of each object's state; those that lie side by side as one."""
    merged: list[Span] = []
    for name, address, size in states:
        if not region.origin <= address < region.origin + region.size:
            continue
        span = Span(address - region.origin, size, "metadata", name)
        if merged and merged[-1].object == name and merged[-1].end == span.offset:
            span = Span(merged[-1].offset, merged[-1].size + size, "metadata", name)
            merged.pop()
        merged.append(span)
    return (Claim(span) for span in merged)
