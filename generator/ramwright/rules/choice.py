# SPDX-License-Identifier: Apache-2.0
"""What a rule decides instead of the user: the region of an object that only says what it
`requires`, and the size of a heap that takes the `rest`.

Nothing is searched for and no step undone. Objects that name their region are placed first. Then
each of the others, in declaration order, takes the first region that has the attributes and in
which everything placed so far still fits with it. Heaps with the rest come last, their regions
chosen likewise; then each is made as large as its region allows, in the home region last, since
that holds the state of all.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ramwright import abi, sizing
from ramwright.errors import Problem, Related
from ramwright.model import Heap, Region
from ramwright.placement import STATE_ALIGNMENT, Owner, Plan, arena_size, place, wanted
from ramwright.rules.fields import Fields
from ramwright.rules.objects import MAX_HEAP, MIN_HEAP
from ramwright.units import byte_count
from ramwright.wording import listed

MOST_SHOWN = 8  # regions whose room is told


class Undecided(NamedTuple):
    """An object without a region. `build` makes it in a region, with that region's defaults, and
    returns it with what is wrong with it there."""

    rank: int  # in the linker's order
    fields: Fields
    build: Callable[[Region], tuple[Owner | None, list[Problem]]]
    retained: bool  # whether a retained region will do
    rest: bool


class Rooms:
    """The regions and what was placed in them so far."""

    def __init__(self, regions: Iterable[Region], home: str | None) -> None:
        self._rooms = {region.name: _Room(region) for region in regions if not region.alias_of}
        self._home = home
        self._state = 0

    def put(self, rank: int, owner: Owner) -> None:
        """Places `owner`, the rank-th in the linker's order, in its region."""
        if owner.placement.region in self._rooms:
            self._rooms[owner.placement.region].put(rank, owner)

    def expect_state(self, size: int) -> None:
        """Adds bytes of allocator state that the home region will hold."""
        self._state += size

    def expect_undecided(self, one: Undecided) -> None:
        """Adds the state that `one` will need, wherever it goes."""
        rooms = self._candidates(one, set())
        owner = one.build(rooms[0].region)[0] if rooms else None
        self.expect_state(state_bound(owner, one.rest) if owner else 0)

    def _candidates(self, one: Undecided, taken: set[str]) -> list[_Room]:
        required = set(one.fields.words("requires"))
        return [
            room
            for room in self._rooms.values()
            if required <= room.region.attributes
            and (one.retained or "retained" not in room.region.attributes)
            and not (one.rest and room.region.name in taken)
        ]

    def decide(self, one: Undecided, problems: list[Problem], taken: set[str]) -> Owner | None:
        """The object in the first region that will do; `taken` are those whose rest is given."""
        rooms = self._candidates(one, taken)
        if not rooms:
            one.fields.problem("requires", "RW0342", _nowhere(one))
            return None
        for number, room in enumerate(rooms):
            owner, found = one.build(room.region)
            if owner is None and number == 0:
                problems += found  # with the object, not with the region
                return None
            if owner is not None and room.fits(one.rank, owner, self._state_in(room)):
                problems += found
                room.put(one.rank, owner)
                return owner
        self._report_no_room(one, rooms)
        return None

    def rest(self, rank: int, heap: Heap) -> Heap | None:
        """`heap`, which was placed with the least size, with all that remains of its region."""
        room = self._rooms[heap.placement.region]
        self._state -= state_bound(heap, rest=True)

        def overflows(units: int) -> bool:
            one = heap._replace(size=units * abi.HEAP_GRANULE)
            own = sizing.state_size(one) if room.region.name == self._home else 0
            return room.plan(rank, one, self._state_in(room) + own).overflow > 0

        least = MIN_HEAP // abi.HEAP_GRANULE
        units = range(room.region.size // abi.HEAP_GRANULE + 1)
        # A larger heap ends later, whatever it moves: bisection is exact.
        most = bisect_left(units, True, lo=min(least, len(units)), key=overflows) - 1
        if most < least:
            return None
        sized = heap._replace(size=most * abi.HEAP_GRANULE)
        self._state += sizing.state_size(sized)
        return sized

    def _state_in(self, room: _Room) -> int:
        return self._state if room.region.name == self._home else 0

    def _report_no_room(self, one: Undecided, rooms: list[_Room]) -> None:
        related = [
            Related(
                room.region.where,
                f"`{room.region.name}` has {byte_count(room.left(self._state_in(room)))} left",
            )
            for room in rooms[:MOST_SHOWN]
        ]
        owner, _ = one.build(rooms[0].region)
        size = byte_count(arena_size(owner)) if owner else "its bytes"
        one.fields.problem(
            "requires",
            "RW0343",
            f"no region with {_required(one)} has room for `{one.fields.name}`, {size}",
            "objects that name their region come first, then this one in the order of the file",
            *related,
        )


def state_bound(owner: Owner, rest: bool) -> int:
    """The most bytes of state that `owner` will need, whatever rest it gets."""
    return sizing.state_size(_largest(owner) if rest and isinstance(owner, Heap) else owner)


def _largest(heap: Heap) -> Heap:
    return heap._replace(size=MAX_HEAP)


def _required(one: Undecided) -> str:
    return listed(one.fields.words("requires"))


def _nowhere(one: Undecided) -> str:
    kind = "" if one.retained else " that takes allocators"
    free = " whose rest is free" if one.rest else ""
    return f"no region{kind}{free} has {_required(one)}, which `{one.fields.name}` requires"


class _Room:
    """A region and its objects, in the linker's order."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self._owners: list[tuple[int, Owner]] = []
        self._least = 0  # bytes taken at least, and at most: alignment gaps are in doubt
        self._most = 0
        self._simple = not region.banks

    def put(self, rank: int, owner: Owner) -> None:
        insort(self._owners, (rank, owner), key=lambda ranked: ranked[0])
        self._least += arena_size(owner)
        self._most += arena_size(owner) + owner.placement.alignment - 1
        pin = owner.placement
        self._simple &= pin.address is None and pin.at is None and pin.section is None

    def fits(self, rank: int, owner: Owner, state: int) -> bool:
        """Whether `owner` fits in beside the others. Exact; the sums only save time."""
        pin, region = owner.placement, self.region
        if pin.address is not None:
            return region.origin <= pin.address <= region.end - arena_size(owner)
        if self._simple and pin.at is None and pin.section is None:
            room = region.size - region.reserve_start - region.reserve_end - state
            if self._least + arena_size(owner) > room:
                return False
            slack = pin.alignment - 1 + STATE_ALIGNMENT
            if self._most + arena_size(owner) + slack <= room:
                return True
        return self.plan(rank, owner, state).overflow == 0

    def plan(self, rank: int, owner: Owner, state: int) -> Plan:
        """Where everything lies once `owner` is there, in the place of what has its rank."""
        others = ((r, o) for r, o in self._owners if r != rank)
        ranked = sorted([*others, (rank, owner)], key=lambda ranked: ranked[0])
        return place(self.region, [wanted(one) for _, one in ranked], state)

    def left(self, state: int) -> int:
        """Bytes behind the objects whose place the linker chooses."""
        plan = place(self.region, [wanted(owner) for _, owner in self._owners], state)
        return max(0, plan.limit - plan.linked_end)
