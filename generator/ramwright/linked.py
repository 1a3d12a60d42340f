# SPDX-License-Identifier: Apache-2.0
"""Where a layout ended up in a linked ELF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ramwright.descriptors import linked_object
from ramwright.elf import ElfImage, Section
from ramwright.layout import Layout, Object, RegionPlan
from ramwright.link_view import SECTION, arena_symbol


def arena_address(layout: Layout, elf: ElfImage, obj: Object) -> int | None:
    """The first byte of an object's arena; None where the ELF has none."""
    return elf.address(arena_symbol(layout, obj))


def arena_addresses(layout: Layout, elf: ElfImage) -> dict[str, int | None]:
    """The first byte of every object's arena, by object."""
    return {obj.name: arena_address(layout, elf, obj) for obj in layout.objects}


def state_addresses(layout: Layout, elf: ElfImage) -> tuple[tuple[str, int, int], ...]:
    """Object, address and size of each piece of allocator state, by address."""
    pieces = []
    for obj in layout.objects:
        linked = None if obj.kind == "buffer" else linked_object(layout, elf, obj)
        for state in linked.states if linked else ():
            pieces.append((obj.name, state.address, state.size))
    return tuple(sorted(pieces, key=lambda piece: piece[1:]))


def unaliased(layout: Layout, address: int) -> int:
    """The address in the base region of the byte that `address` names through an alias; `address`
    itself if it is in none."""
    for region in layout.regions:
        if region.alias_of is not None and region.origin <= address < region.origin + region.size:
            return address - region.origin + layout.region_named[region.alias_of].origin
    return address


def unaliased_spans(layout: Layout, start: int, size: int) -> Iterator[tuple[int, int]]:
    """Start and size of what lies at `start`, as the base regions see it; of what begins before an
    alias and reaches into it, that part once more, in the base region."""
    yield unaliased(layout, start), size
    for region in layout.regions:
        if region.alias_of is not None and start < region.origin < start + size:
            base = layout.region_named[region.alias_of]
            yield base.origin, start + size - region.origin


def unaliased_sections(layout: Layout, sections: Iterable[Section]) -> tuple[Section, ...]:
    """The allocated `sections`, those in an alias at their address in the base region."""
    return tuple(
        section._replace(address=start, size=size)
        for section in sections
        for start, size in unaliased_spans(layout, section.address, section.size)
    )


def foreign_sections(layout: Layout, region: RegionPlan, elf: ElfImage) -> tuple[Section, ...]:
    """The firmware's own allocated sections that lie in `region`, wholly or in part;
    those that adopted an object and those with allocator state among them."""
    end = region.origin + region.size
    return tuple(
        section
        for section in unaliased_sections(layout, elf.sections)
        if section.address < end and region.origin < section.end and not is_ours(section)
    )


def is_ours(section: Section) -> bool:
    """Whether the layout's linker script made the section."""
    return section.name.startswith(f"{SECTION}.")
