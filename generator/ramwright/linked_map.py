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
    """Objects and state win over the sections that contain them: those are cut around them."""
    fine = list(_objects(region, addresses)) + list(_states(layout, region, elf))
    fine.sort(key=lambda claim: claim.span.offset)
    claims = list(fine)
    for section in foreign_sections(region, elf):
        start = max(section.address - region.origin, 0)
        end = min(section.end - region.origin, region.size)
        for low, high in _around(start, end, [claim.span for claim in fine]):
            claims.append(Claim(Span(low, high - low, "foreign", section.name)))
    return claims


def _objects(region: RegionPlan, addresses: dict[str, int | None]) -> Iterator[Claim]:
    for obj in region.objects:
        address = addresses[obj.name]
        if address is not None and region.origin <= address < region.origin + region.size:
            for span in object_spans(obj, address - region.origin):
                yield Claim(span, linked=True)


def _states(layout: Layout, region: RegionPlan, elf: ElfImage) -> Iterator[Claim]:
    for name, address, size in state_addresses(layout, elf):
        if region.origin <= address < region.origin + region.size:
            yield Claim(Span(address - region.origin, size, "metadata", name))


def _around(start: int, end: int, taken: list[Span]) -> Iterator[tuple[int, int]]:
    """The parts of [start, end) that no span of `taken`, which ascend, covers."""
    for span in taken:
        if span.end <= start or span.offset >= end:
            continue
        if span.offset > start:
            yield start, span.offset
        start = max(start, span.end)
    if start < end:
        yield start, end
