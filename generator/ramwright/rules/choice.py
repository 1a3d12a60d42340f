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
from ramwright.placement import Owner, Plan, align_up, arena_size, place, settled, wanted
from ramwright.rules.fields import Fields
from ramwright.rules.objects import MAX_HEAP, MIN_HEAP
from ramwright.units import byte_count
from ramwright.wording import listed

MOST_SHOWN = 8  # regions whose room is told
MOST_WORK = 200_000  # looks at a region, and objects placed anew for one


class Undecided(NamedTuple):
    """An object without a region. `build` makes it in a region, with that region's defaults, and
    returns it with what is wrong with it there."""

    rank: int  # in the linker's order
    fields: Fields
    required: tuple[str, ...]  # attributes of a region
    build: Callable[[Region], tuple[Owner | None, list[Problem]]]
    retained: bool  # whether a retained region will do
    rest: bool


class Rooms:
    """The regions and what was placed in them so far."""

    def __init__(self, regions: Iterable[Region], home: str | None, pointer: int) -> None:
        self._rooms = {region.name: _Room(region) for region in regions if not region.alias_of}
        self._home = home
        self._pointer = pointer
        self._state = 0
        self._work = 0
        self._alike: dict[tuple[int, bool], tuple[Owner | None, list[Problem]]] = {}

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
        owner = self._built(one, rooms[0])[0] if rooms else None
        self.expect_state(state_bound(owner, one.rest, self._pointer) if owner else 0)

    def _candidates(self, one: Undecided, taken: set[str]) -> list[_Room]:
        required = set(one.required)
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
            hint = "give it to the `attributes` of a region that has it, or name the `region`"
            one.fields.problem("requires", "RW0342", _nowhere(one), hint)
            return None
        first, found = self._built(one, rooms[0])
        if first is None:
            problems += found  # with the object, not with the region
            return None
        for room in rooms:
            owner, found = self._built(one, room)
            if owner is not None and self._fits(one.rank, room, owner):
                problems += found
                place = owner.placement._replace(region=room.region.name)
                owner = owner._replace(placement=place)
                room.put(one.rank, owner)
                return owner
        if self._work > MOST_WORK:
            what = f"too many objects to choose a region for `{one.fields.name}` by rule"
            hint = "name the regions of some of them"
            one.fields.problem("requires", "RW0343", what, hint)
        else:
            self._report_no_room(one, rooms)
        return None

    def _built(self, one: Undecided, room: _Room) -> tuple[Owner | None, list[Problem]]:
        """What `one` is in the region of `room`, or in another in which it is the same: one where
        DMA and a cache meet likewise."""
        key = (one.rank, room.at_risk)
        if key not in self._alike:
            self._alike[key] = one.build(room.region)
        return self._alike[key]

    def _fits(self, rank: int, room: _Room, owner: Owner) -> bool:
        if self._work > MOST_WORK or owner.placement.alignment > room.region.size:
            return False
        fits = room.fits(rank, owner, self._state_in(room))
        self._work += room.cost
        return fits

    def rest(self, rank: int, heap: Heap) -> Heap | None:
        """`heap`, which was placed with the least size, with all that remains of its region."""
        room = self._rooms[heap.placement.region]
        self._state -= state_bound(heap, True, self._pointer)

        def overflows(units: int) -> bool:
            one = heap._replace(size=units * abi.HEAP_GRANULE)
            at_home = room.region.name == self._home
            own = sizing.state_size(one, self._pointer) if at_home else 0
            return room.plan(rank, one, self._state_in(room) + own).overflow > 0

        least = MIN_HEAP // abi.HEAP_GRANULE
        units = range(room.region.size // abi.HEAP_GRANULE + 1)
        # A larger heap ends later, whatever it moves: bisection is exact.
        most = bisect_left(units, True, lo=min(least, len(units)), key=overflows) - 1
        if most < least:
            return None
        sized = heap._replace(size=most * abi.HEAP_GRANULE)
        self._state += sizing.state_size(sized, self._pointer)
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
        owner, _ = self._built(one, rooms[0])
        size = byte_count(arena_size(owner)) if owner else "its bytes"
        one.fields.problem(
            "requires",
            "RW0343",
            f"no region with {_required(one)} has room for `{one.fields.name}`, {size}",
            "make room: objects that name their region come first, then this one in file order",
            *related,
        )


def state_bound(owner: Owner, rest: bool, pointer: int) -> int:
    """The most bytes of state that `owner` will need, whatever rest it gets."""
    most = _largest(owner) if rest and isinstance(owner, Heap) else owner
    return sizing.state_size(most, pointer)


def _largest(heap: Heap) -> Heap:
    return heap._replace(size=MAX_HEAP)


def _required(one: Undecided) -> str:
    return listed(one.required)


def _nowhere(one: Undecided) -> str:
    kind = "" if one.retained else " that takes allocators"
    free = " whose rest is free" if one.rest else ""
    return f"no region{kind}{free} has {_required(one)}, which `{one.fields.name}` requires"


class _Run(NamedTuple):
    """Objects that lie behind each other, as what they do to an address: it becomes the next
    multiple of `alignment` from `before` further on, and `behind` beyond that. Runs of any number
    of objects have this form, for alignments are powers of two."""

    before: int
    alignment: int
    behind: int

    def then(self, other: _Run) -> _Run:
        """Both, one behind the other."""
        between = self.behind + other.before
        if other.alignment <= self.alignment:
            return self._replace(behind=align_up(between, other.alignment) + other.behind)
        between = align_up(between, self.alignment)
        return _Run(self.before + between, other.alignment, other.behind)

    def end(self, start: int) -> int:
        """Where they end that begin at `start` or, to be aligned, behind it."""
        return align_up(start + self.before, self.alignment) + self.behind


_NOTHING = _Run(0, 1, 0)


class _Room:
    """A region and its objects, in the linker's order.

    Objects are decided in this order too. So all that lies before the one in question is settled,
    and all behind it is known from the beginning, as one run: a look at whether it fits takes the
    same time whatever the number of objects. Not so where others lie behind it in banks, or where
    the linker does not place all of them in this order: then all are placed anew."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.at_risk = {"cached", "dma"} <= region.attributes
        self.cost = 0  # of the last look
        self._owners: list[tuple[int, Owner]] = []
        self._bytes = region.reserve_start + region.reserve_end
        self._in_order = True
        self._state = 0
        self._end = 0  # of those in front of the next rank
        self._next = 0  # the first of `_owners` that is not among them
        self._behind: list[_Run] = []  # from each of `_owners` on; empty where out of date

    def put(self, rank: int, owner: Owner) -> None:
        insort(self._owners, (rank, owner), key=lambda ranked: ranked[0])
        self._bytes += arena_size(owner)
        self._in_order &= _in_order(owner)
        if self._behind and self._owners[self._next][0] == rank:
            self._end = self._end_of(owner)
            self._behind.insert(self._next, _NOTHING)  # is not looked at again
            self._next += 1
        else:
            self._behind = []

    def fits(self, rank: int, owner: Owner, state: int) -> bool:
        """Whether `owner` fits in beside the others."""
        self.cost = 1
        pin, region = owner.placement, self.region
        if pin.address is not None:
            return region.origin <= pin.address <= region.end - arena_size(owner)
        if self._bytes + arena_size(owner) > region.size:
            return False
        if self._in_order and _in_order(owner):
            self._pass(rank, state)
            if self._next == len(self._owners):
                return self._end_of(owner) <= region.size - region.reserve_end
            if not region.banks:
                end = self._behind[self._next].end(region.origin + self._end_of(owner))
                return end <= region.end - region.reserve_end
        self.cost += len(self._owners)
        return self.plan(rank, owner, state).overflow == 0

    def _end_of(self, owner: Owner) -> int:
        """Where `owner` ends behind those that are settled."""
        size = arena_size(owner)
        return settled(self.region, self._end, size, owner.placement.alignment) + size

    def _pass(self, rank: int, state: int) -> None:
        """Settles all in front of `rank`."""
        back = self._next and self._owners[self._next - 1][0] > rank
        if not self._behind or back or state != self._state:
            self._state, self._next = state, 0
            self._end = place(self.region, (), state).linked_start
            self._behind = [_NOTHING]
            for _, owner in reversed(self._owners):
                self._behind.append(_run(owner).then(self._behind[-1]))
            self._behind.reverse()
        while self._next < len(self._owners) and self._owners[self._next][0] < rank:
            self._end = self._end_of(self._owners[self._next][1])
            self._next += 1

    def plan(self, rank: int, owner: Owner, state: int) -> Plan:
        """Where everything lies once `owner` is there, in the place of what has its rank."""
        others = ((r, o) for r, o in self._owners if r != rank)
        ranked = sorted([*others, (rank, owner)], key=lambda ranked: ranked[0])
        return place(self.region, [wanted(one) for _, one in ranked], state)

    def left(self, state: int) -> int:
        """Bytes behind the objects whose place the linker chooses."""
        plan = place(self.region, [wanted(owner) for _, owner in self._owners], state)
        return max(0, plan.limit - plan.linked_end)


def _run(owner: Owner) -> _Run:
    return _Run(0, owner.placement.alignment, arena_size(owner))


def _in_order(owner: Owner) -> bool:
    """Whether the linker places `owner` in the usual order."""
    pin = owner.placement
    return pin.address is None and pin.at is None and pin.section is None
