# SPDX-License-Identifier: Apache-2.0
"""Placement by rule: what is looked up is what placing everything anew would say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramwright.errors import Mark
from ramwright.model import Buffer, Placement, Region
from ramwright.rules.choice import _Room, _Run, _run

SIZES, ALIGNMENTS = st.integers(1, 200), st.sampled_from([1, 4, 8, 32, 64])
OWNERS = st.lists(st.tuples(SIZES, ALIGNMENTS, st.booleans()), max_size=14)


def region(origin: int, banks: tuple[int, ...]) -> Region:
    return Region("r", origin, 1024, "R", frozenset(), 8, 16, None, Mark("f"), banks)


def buffer(rank: int, size: int, alignment: int) -> Buffer:
    return Buffer(f"b{rank}", Placement("r", None, None, alignment, Mark("f")), size, None)


@settings(max_examples=300)
@given(OWNERS, st.sampled_from([0, 4, 36]), st.booleans(), st.integers(0, 90))
def test_a_look_is_as_good_as_placing_all_anew(
    owners: list[tuple[int, int, bool]], origin: int, banked: bool, state: int
) -> None:
    room = _Room(region(0x2000_0000 + origin, (512, 256, 256) if banked else ()))
    made = [(rank, buffer(rank, *owner[:2]), owner[2]) for rank, owner in enumerate(owners)]
    for rank, owner, decided in made:
        if not decided:
            room.put(rank, owner)
    for rank, owner, decided in made:
        if decided:
            fits = room.fits(rank, owner, state)
            assert fits == (room.plan(rank, owner, state).overflow == 0)
            if fits:
                room.put(rank, owner)
    last = buffer(99, 40, 8)
    for rank in (len(made), -1):  # further on, and back to the beginning
        assert room.fits(rank, last, state) == (room.plan(rank, last, state).overflow == 0)


@given(st.lists(st.tuples(SIZES, ALIGNMENTS), max_size=8), st.integers(0, 300))
def test_a_run_is_what_its_objects_do_one_after_another(
    objects: list[tuple[int, int]], start: int
) -> None:
    end, run = start, _Run(0, 1, 0)
    for rank, one in enumerate(objects):
        end = _run(buffer(rank, *one)).end(end)
        run = run.then(_run(buffer(rank, *one)))
    assert run.end(start) == end


@pytest.mark.parametrize(("banks", "behind"), [((), 500), ((), 0), ((1 << 29, 1 << 29), 0)])
def test_the_time_of_a_look_does_not_depend_on_the_number_of_objects(
    banks: tuple[int, ...], behind: int
) -> None:
    room = _Room(Region("r", 0, 1 << 30, "R", frozenset(), 0, 0, None, Mark("f"), banks))
    for rank in range(500, 500 + behind):
        room.put(rank, buffer(rank, 7, 8))
    for rank in range(500):
        assert room.fits(rank, buffer(rank, 5, 4), 0)
        assert room.cost == 1
        room.put(rank, buffer(rank, 5, 4))
