# SPDX-License-Identifier: Apache-2.0
"""Space: pinned objects lie soundly, and the rest fits. The sums are placement.py's."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

from ramwright import abi, sizing
from ramwright.errors import Mark, Problem, Related
from ramwright.model import Buffer, Heap, Pool, Region, Slab
from ramwright.placement import (
    Owner,
    Plan,
    Wanted,
    align_up,
    arena_size,
    pinned_addresses,
    place,
    straddled,
    wanted,
)
from ramwright.rules.objects import MIN_HEAP
from ramwright.units import byte_count

OVERFLOW = "RW0230"
NULL_GUARD = 32  # bytes that are proposed to be kept free from address 0 on
MOST_TRIED = 8  # objects that are looked at for one that can shrink enough
MANY = 1_000  # objects; of so many only the largest is looked at


class Space(NamedTuple):
    """A region, its objects in the linker's order, and the allocator state it holds."""

    region: Region
    owners: tuple[Owner, ...]
    state: int
    pins: Mapping[str, Mark]  # where each pinned object says so
    home: bool
    on_host: bool  # addresses mean nothing
    pointer: int  # bytes of one


def with_addresses(region: Region, owners: list[Owner]) -> dict[str, int]:
    """The address of each object that `at:` pins."""
    pins = pinned_addresses(region, [wanted(owner) for owner in owners])
    return {o.name: pins[o.name] for o in owners if o.placement.at is not None}


def check_space(space: Space) -> list[Problem]:
    """What does not fit in one region."""
    wants = [wanted(owner) for owner in space.owners]
    by_name = {owner.name: owner for owner in space.owners}
    pins = pinned_addresses(space.region, wants)
    pinned = sorted((o for o in wants if o.name in pins), key=lambda o: pins[o.name])
    problems = _overlaps(pinned, by_name, pins)
    misplaced = set()
    for o in pinned:
        found = _pin(space, o, pins[o.name])
        problems += found
        misplaced |= {o.name for _ in found}
    for o in wants:
        found = _too_large_for_banks(space, o) if o.name not in pins else []
        problems += found
        misplaced |= {o.name for _ in found}
    # What is misplaced says nothing about the room that the others have.
    wants = [o for o in wants if o.name not in misplaced]
    plan = place(space.region, wants, space.state)
    return problems + _at_zero(space, plan) + _overflow(space, plan, wants)


def _at_zero(space: Space, plan: Plan) -> list[Problem]:
    """Reports the object at address 0: a pointer to its first byte would be NULL."""
    region = space.region
    if region.origin or space.on_host:
        return []
    return [
        Problem(
            owner.placement.where,
            "RW0236",
            f"`{owner.name}` begins at address 0, which C calls NULL",
            f"write `reserve: {{start: {max(NULL_GUARD, owner.placement.alignment)}}}` "
            f"in `{region.name}`",
            (Related(region.where, f"`{region.name}` is declared here"),),
        )
        for owner in space.owners
        if plan.offsets.get(owner.name) == 0
    ]


def _low_pin(space: Space, o: Wanted, address: int) -> list[Problem]:
    """Reports a pin to where the application's own bytes, or the linker's, lie first."""
    region = space.region
    first_free = region.origin + place(region, (), space.state).linked_start
    if o.at == "start" and region.reserve_start:
        taken = f"`{region.name}` keeps back {byte_count(region.reserve_start)} at its start"
        hint = "write `reserve: {end: …}`, or give the object an address behind the reserve"
    elif space.home and region.origin + region.reserve_start <= address < max(
        first_free, region.origin + 1
    ):
        taken = f"the home `{region.name}` begins with .data and .bss"
        hint = "write `at: end`, or give the object a region of its own"
    else:
        return []
    what = f"`{o.name}` is pinned to 0x{address:08X}, but {taken}"
    declared = Related(region.where, f"`{region.name}` is declared here")
    return [Problem(space.pins[o.name], "RW0235", what, hint, (declared,))]


def _pin(space: Space, o: Wanted, address: int) -> list[Problem]:
    problems = _low_pin(space, o, address)
    if problems:
        return problems
    region, where = space.region, space.pins[o.name]
    declared = (Related(region.where, f"`{region.name}` is declared here"),)
    end = address + o.size
    low, high = region.origin + region.reserve_start, region.end - region.reserve_end
    if address < low or end > high:
        kept = " (its reserve left out)" if region.reserve_start or region.reserve_end else ""
        what = (
            f"`{o.name}` lies at 0x{max(address, 0):08X}..0x{end:08X}, "
            f"outside 0x{low:08X}..0x{high:08X}, which is region `{region.name}`{kept}"
        )
        problems.append(Problem(where, "RW0231", what, _addresses_that_fit(o, low, high), declared))
    if address % o.alignment:
        below = address // o.alignment * o.alignment
        what = (
            f"`{o.name}` is pinned to 0x{address:08X}, no multiple of its alignment {o.alignment}"
        )
        hint = f"the nearest: 0x{below:08X} or 0x{below + o.alignment:08X}"
        problems.append(Problem(where, "RW0232", what, hint))
    border = straddled(region.borders, address - region.origin, o.size)
    if border is not None:
        what = (
            f"`{o.name}` lies at 0x{address:08X}..0x{end:08X}, across the border of two banks at "
            f"0x{region.origin + border:08X}"
        )
        problems.append(Problem(where, "RW0346", what, "pin it to one side of it", declared))
    return problems


def _addresses_that_fit(o: Wanted, low: int, high: int) -> str:
    """Where between `low` and `high` the object may begin."""
    first, last = align_up(low, o.alignment), (high - o.size) // o.alignment * o.alignment
    if last < first:
        return f"it has {byte_count(o.size)}, more than there are"
    return f"it can begin at 0x{first:08X} to 0x{last:08X}"


def _too_large_for_banks(space: Space, o: Wanted) -> list[Problem]:
    """Reports an object that the linker cannot place, since no bank holds all of it."""
    region = space.region
    if not region.banks or o.adopted or o.size <= max(region.banks):
        return []
    where = next(owner.placement.where for owner in space.owners if owner.name == o.name)
    largest = byte_count(max(region.banks))
    what = f"`{o.name}` needs {byte_count(o.size)}, but the largest bank has {largest}"
    declared = (Related(region.where, f"`{region.name}` is declared here"),)
    hint = "split it, or leave `banks` out where objects may straddle them"
    return [Problem(where, "RW0346", what, hint, declared)]


def _overlaps(
    pinned: list[Wanted], by_name: dict[str, Owner], pins: dict[str, int]
) -> list[Problem]:
    """Reports each of `pinned`, which ascend, that begins below the end of another."""
    problems = []
    furthest: Wanted | None = None
    for o in pinned:
        end = pins[furthest.name] + furthest.size if furthest else 0
        if furthest and pins[o.name] < end:
            problems.append(_overlap(by_name[furthest.name], by_name[o.name], pins[o.name], end))
        if pins[o.name] + o.size > end:
            furthest = o
    return problems


def _overlap(first: Owner, second: Owner, address: int, end: int) -> Problem:
    later, earlier = sorted((first, second), key=lambda o: o.placement.where, reverse=True)
    return Problem(
        later.placement.where,
        "RW0233",
        f"pinned objects `{earlier.name}` and `{later.name}` share bytes from 0x{address:08X}",
        f"`{second.name}` can start at 0x{align_up(end, second.placement.alignment):08X}",
        (Related(earlier.placement.where, f"`{earlier.name}` is declared here"),),
    )


def _overflow(space: Space, plan: Plan, wants: list[Wanted]) -> list[Problem]:
    if not plan.overflow:
        return []
    if not plan.linked:
        return [_state_overflow(space, plan)]
    region = space.region
    places = {owner.name: owner.placement.where for owner in space.owners}
    linked = set(plan.linked)
    crossing = next(
        o.name for o in wants if o.name in linked and plan.offsets[o.name] + o.size > plan.limit
    )
    related = [
        Related(region.where, f"`{region.name}` has {byte_count(region.size)}{_kept_back(space)}")
    ]
    for name, offset in plan.offsets.items():
        if offset == plan.limit and name not in linked:
            related.append(
                Related(places[name], f"linked objects must end before `{name}`, which is pinned")
            )
    needed, room = plan.linked_end - plan.linked_start, max(0, plan.limit - plan.linked_start)
    what = (
        f"region `{region.name}` overflows by {byte_count(plan.overflow)}: its objects need "
        f"{needed} bytes, {room} are left for them"
    )
    hint = _what_fits(space, plan, wants)
    return [Problem(places[crossing], OVERFLOW, what, hint, tuple(related))]


def _state_overflow(space: Space, plan: Plan) -> Problem:
    """The home is too small for what its allocators keep in .bss, arenas aside."""
    what = (
        f"the home `{space.region.name}` overflows by {byte_count(plan.overflow)}: all allocators "
        f"together need {byte_count(space.state)} of state there"
    )
    hint = "fewer blocks in pools and fewer, larger slabs need less state"
    return Problem(space.region.where, OVERFLOW, what, hint)


def _kept_back(space: Space) -> str:
    parts = []
    if reserve := space.region.reserve_start + space.region.reserve_end:
        parts.append(f"{byte_count(reserve)} in reserve")
    if space.state:
        parts.append(f"{byte_count(space.state)} of allocator state")
    return f", less {' and '.join(parts)}" if parts else ""


def _what_fits(space: Space, plan: Plan, wants: list[Wanted]) -> str:
    """How the largest object that can shrink enough would have to look."""
    names = set(plan.linked)
    linked = [owner for owner in space.owners if owner.name in names]
    tried = MOST_TRIED if len(wants) < MANY else 1
    for owner in sorted(linked, key=arena_size, reverse=True)[:tried]:
        smaller = _shrunk(space, owner, wants)
        if smaller is not None:
            return f"`{owner.name}` with `{smaller}` would fit"
    return "move an object to another region, or make several of them smaller"


def _shrunk(space: Space, owner: Owner, wants: list[Wanted]) -> str | None:
    """The largest size of `owner` with which the region holds everything, as the user writes it."""
    if isinstance(owner, Buffer):
        return None  # a buffer is as large as what it holds
    unit, least = _grain(owner)

    def overflows(units: int) -> bool:
        smaller = _resized(owner, units)
        before = sizing.state_size(owner, space.pointer)
        change = sizing.state_size(smaller, space.pointer) - before if space.state else 0
        objects = [wanted(smaller) if o.name == owner.name else o for o in wants]
        return place(space.region, objects, space.state + change).overflow > 0

    most = arena_size(owner) // unit
    # Whatever lies behind a smaller object lies no higher than before: bisection is exact, but for
    # adopted objects, which may then lie before others. What it finds fits in any case. It begins
    # near the answer, since each look places all objects anew.
    excess, step = place(space.region, wants, space.state).overflow, 4 * unit
    low, high = max(least, (arena_size(owner) - excess - step) // unit), most
    if low > most or (low > least and overflows(low)):
        low, high = least, min(low, most)
    else:
        near = min(most, low + 2 * step // unit)
        high = near if overflows(near) else most
    units = bisect_left(range(high), True, lo=low, key=overflows) - 1
    if units < least:
        return None
    if isinstance(owner, Heap):
        return f"size: {units * unit}"
    return f"count: {units}" if isinstance(owner, Pool) else f"slab_count: {units}"


def _grain(owner: Pool | Heap | Slab) -> tuple[int, int]:
    """Bytes by which `owner` can shrink, and the fewest such units it can have."""
    if isinstance(owner, Heap):
        return abi.HEAP_GRANULE, MIN_HEAP // abi.HEAP_GRANULE
    if isinstance(owner, Pool):
        return owner.stride, 1
    limits = [zone.max_slabs for zone in owner.zones if zone.max_slabs < owner.slab_count]
    return owner.slab_size, max([1, sum(zone.min_slabs for zone in owner.zones), *limits])


def _resized(owner: Pool | Heap | Slab, units: int) -> Pool | Heap | Slab:
    if isinstance(owner, Heap):
        return owner._replace(size=units * abi.HEAP_GRANULE)
    if isinstance(owner, Pool):
        return owner._replace(count=units)
    return owner._replace(slab_count=units)
