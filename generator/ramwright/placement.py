# SPDX-License-Identifier: Apache-2.0
"""Where in a region each object lies: the one place that does this arithmetic.

    origin                                                          limit
    | at: start | reserve.start | state | buffers pools heaps slabs | ... | pinned | reserve.end |
                                  home    linked, each aligned up           by address, at: end

Objects pinned to the start come first, from the origin. Then the reserve and, in the home region,
the state of every allocator, which is part of .bss. Then the objects whose place the linker
chooses, in the order it takes them: buffers, pools, heaps, slabs, each in declaration order; one
that would straddle two banks goes to the start of the next. They must end at the limit, before the
first object pinned by address or to the end. Objects pinned to the end lie before reserve.end and
grow downward.

Where an adopted object lies the board's script alone knows. It mostly comes before what the linker
chooses, so it is counted there, with all that its output section adopts; where that does not fit
in front of the limit, it has to lie in a hole behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ramwright.model import At, Buffer, Config, Heap, Pool, Region, Slab

STATE_ALIGNMENT = 4  # of a word of .bss

Owner = Buffer | Pool | Heap | Slab


class Wanted(NamedTuple):
    """What one object asks for. `address` is given by the user, or None."""

    name: str
    size: int
    alignment: int
    at: At | None
    address: int | None
    adopted: str | None = None  # the output section of the board's script that holds it


class Plan(NamedTuple):
    """Nominal offsets in a region, in placement order: at: start, linked, pinned by address."""

    offsets: dict[str, int]
    linked: tuple[str, ...]  # objects that the linker places before the limit
    state_start: int  # where the state of all allocators begins, in the home region
    linked_start: int  # where the first of linked may begin
    linked_end: int  # end of the last of them; linked_start when there is none
    limit: int  # where they must end at the latest

    @property
    def overflow(self) -> int:
        """Bytes of linked objects that do not fit; they lie past the limit."""
        return max(0, self.linked_end - self.limit)


def arena_size(owner: Owner) -> int:
    """Bytes of the region that `owner` occupies."""
    if isinstance(owner, Pool):
        return owner.stride * owner.count
    if isinstance(owner, Slab):
        return owner.slab_size * owner.slab_count
    return owner.size


def wanted(owner: Owner) -> Wanted:
    """What `owner` asks for."""
    place = owner.placement
    address = None if place.at else place.address
    adopted = place.section.output if place.section else None
    return Wanted(owner.name, arena_size(owner), place.alignment, place.at, address, adopted)


def owners_by_region(config: Config) -> dict[str, list[Owner]]:
    """The objects of each region, in the order in which the linker takes them."""
    by_region: dict[str, list[Owner]] = {name: [] for name in config.regions}
    for kind in (config.buffers, config.pools, config.heaps, config.slabs):
        for owner in kind.values():
            by_region[owner.placement.region].append(owner)
    return by_region


def align_up(value: int, alignment: int) -> int:
    """The first multiple of `alignment` from `value` up."""
    return -(-value // alignment) * alignment


def place(region: Region, objects: Iterable[Wanted], state: int) -> Plan:
    """The nominal place of each of `objects`, which come in the linker's order.

    `state` is the bytes of allocator state in this region: 0 unless it is the home."""
    objects = tuple(objects)
    pins = pinned_addresses(region, objects)
    start = [o for o in objects if o.at == "start"]
    later = sorted(
        (o for o in objects if o.name in pins and o.at != "start"), key=lambda o: pins[o.name]
    )
    offsets = {o.name: pins[o.name] - region.origin for o in start}
    cursor = max([region.reserve_start, *(offsets[o.name] + o.size for o in start)])
    state_start = align_up(region.origin + cursor, STATE_ALIGNMENT) - region.origin
    linked_start = cursor = state_start + state if state else cursor
    taken = [(pins[o.name] - region.origin, o.size) for o in later]
    holes = _holes(taken, region.size - region.reserve_end)
    limit = min([region.size - region.reserve_end, *(offset for offset, _ in taken)])
    linked: list[Wanted] = []
    for group in _adopted(objects):
        end = _row(region, cursor, group)[1]
        hole = None if end <= limit else _fitting(region, holes, group)
        if hole is None:
            linked += group
            cursor = end
        else:
            row, hole.start = _row(region, hole.start, group)
            offsets |= row
    linked += (o for o in objects if o.name not in pins and o.adopted is None)
    row, cursor = _row(region, linked_start, linked)
    offsets |= row
    offsets |= {o.name: pins[o.name] - region.origin for o in later}
    names = tuple(o.name for o in linked)
    return Plan(offsets, names, state_start, linked_start, cursor, limit)


@dataclass
class _Hole:
    """Free bytes behind a pinned object; `start` moves as they are taken."""

    start: int
    end: int


def _holes(taken: Sequence[tuple[int, int]], end: int) -> list[_Hole]:
    """The holes behind the first of the pinned objects, whose offsets ascend, with their sizes."""
    holes: list[_Hole] = []
    furthest = 0
    for i, (offset, size) in enumerate(taken):
        furthest = max(furthest, offset + size)
        holes.append(_Hole(furthest, taken[i + 1][0] if i + 1 < len(taken) else end))
    return holes


def _fitting(region: Region, holes: Iterable[_Hole], group: Sequence[Wanted]) -> _Hole | None:
    """The first of `holes` that has room for all of `group`."""
    return next((hole for hole in holes if _row(region, hole.start, group)[1] <= hole.end), None)


def _adopted(objects: Iterable[Wanted]) -> Iterable[list[Wanted]]:
    """The adopted of `objects` by the output section that holds them together."""
    groups: dict[str, list[Wanted]] = {}
    for o in objects:
        if o.adopted is not None:
            groups.setdefault(o.adopted, []).append(o)
    return groups.values()


def _row(region: Region, start: int, objects: Iterable[Wanted]) -> tuple[dict[str, int], int]:
    """The offsets of `objects` one behind the other from `start` on, and the end of the last."""
    offsets = {}
    for o in objects:
        offsets[o.name] = settled(region, start, o.size, o.alignment)
        start = offsets[o.name] + o.size
    return offsets, start


def straddled(borders: Iterable[int], offset: int, size: int) -> int | None:
    """The first of `borders` inside `size` bytes from `offset` on."""
    return next((border for border in borders if offset < border < offset + size), None)


def settled(region: Region, cursor: int, size: int, alignment: int) -> int:
    """The first offset from `cursor` on at which `size` bytes are aligned and lie in one bank."""
    offset = align_up(region.origin + cursor, alignment) - region.origin
    for border in region.borders if region.banks else ():
        if offset < border < offset + size:
            offset = align_up(region.origin + border, alignment) - region.origin
    return offset


def pinned_addresses(region: Region, objects: Iterable[Wanted]) -> dict[str, int]:
    """The address of each object that the user pinned, by address or to one side."""
    addresses: dict[str, int] = {}
    low, high = region.origin, region.end - region.reserve_end
    for o in objects:
        if o.at == "start":
            addresses[o.name] = align_up(low, o.alignment)
            low = addresses[o.name] + o.size
        elif o.at == "end":
            high = (high - o.size) // o.alignment * o.alignment
            addresses[o.name] = high
        elif o.address is not None:
            addresses[o.name] = o.address
    return addresses
