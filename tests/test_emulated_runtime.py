# SPDX-License-Identifier: Apache-2.0
"""The compiled runtime on emulated cores: random operations against the shadow model, and the
number of instructions of alloc and free, which must not depend on how full or torn an object is.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulate import build
from emulate.machine import Image, Machine

HERE = Path(__file__).resolve().parent
EMULATE = HERE / "emulate"
CPUS = ("cortex-m0plus", "cortex-m3")
STEPS = 100_000
SEED = 2026
HOLES = (50, 400, 800)


@dataclass(frozen=True)
class Target:
    """The emulated firmware on one core."""

    image: Image
    cpu: str

    def machine(self, *, counting: bool = False) -> Machine:
        """A fresh core with the firmware in it."""
        return Machine(self.image, self.cpu, counting=counting)


@pytest.fixture(scope="module", params=CPUS)
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """Runtime, generated layout and test functions, compiled for one core."""
    cpu: str = request.param
    directory = tmp_path_factory.mktemp(cpu)
    maker = build.Build(cpu, directory)
    layout = build.generated(
        EMULATE / "emulated.ramwright.yaml", directory / "generated", "emulated"
    )
    includes = (layout.directory, EMULATE, HERE / "runtime")
    sources = (
        EMULATE / "emulated.c",
        EMULATE / "random_ops.c",
        EMULATE / "targets.c",
        HERE / "runtime" / "shadow.c",
        layout.source,
    )
    objects = [maker.compiled(source, includes=includes) for source in sources]
    elf = maker.linked(
        "emulated",
        [*objects, maker.runtime()],
        layout.scripts(EMULATE / "board.ld"),
        "-Wl,--entry=0",
        "-Wl,--no-gc-sections",  # nothing but the tests refers to what they call
    )
    return Target(Image.of(elf), cpu)


@dataclass(frozen=True)
class Outcome:
    """shadow_result_t, and the object's figures before and after (rw_stats_t)."""

    step: int
    reason: str
    granted: int
    refused: int
    peak_live: int
    used_after: int
    peak_after: int
    largest_before: int
    largest_after: int


def outcome_of(machine: Machine) -> Outcome:
    """What the last random run left in the firmware's variables."""
    step, reason, granted, refused, peak_live = words(machine, "outcome", 5)
    before = words(machine, "stats_before", 6)
    after = words(machine, "stats_after", 6)
    text = machine.text(reason) if reason else ""
    return Outcome(step, text, granted, refused, peak_live, after[1], after[2], before[4], after[4])


def words(machine: Machine, variable: str, count: int) -> tuple[int, ...]:
    """The first words of a variable."""
    content = machine.read(machine.image.symbols[variable].address, 4 * count)
    return struct.unpack(f"<{count}I", content)


@pytest.mark.parametrize("name", ["frames", "plain", "work", "mixed", "joint"])
def test_random_operations_agree_with_the_shadow_model(target: Target, name: str) -> None:
    machine = target.machine()
    machine.call(f"random_{name}", STEPS, SEED)
    outcome = outcome_of(machine)
    assert outcome.step == 0, f"step {outcome.step}: {outcome.reason}"
    assert outcome.granted > STEPS // 4
    assert outcome.refused > 0, "never filled to the brim: the test is too easy"
    assert outcome.used_after == 0
    assert outcome.largest_after == outcome.largest_before


@pytest.mark.parametrize(("name", "stride"), [("frames", 20), ("plain", 36)])
def test_the_watermark_of_a_pool_is_its_peak(target: Target, name: str, stride: int) -> None:
    machine = target.machine()
    machine.call(f"random_{name}", 500, SEED)  # few enough to stay below the brim
    outcome = outcome_of(machine)
    assert outcome.refused == 0
    assert outcome.peak_after == outcome.peak_live * stride


@pytest.mark.parametrize("name", ["frames", "work", "mixed", "joint"])
def test_the_shadow_model_notices_a_block_given_twice(target: Target, name: str) -> None:
    machine = target.machine()
    machine.write(machine.image.symbols["sabotage"].address, struct.pack("<I", 300))
    assert machine.call(f"random_{name}", STEPS, SEED) > 0
    assert outcome_of(machine).reason in (
        "block overlaps a live block",
        "usable size below the size requested",  # it was a smaller block, or freed meanwhile
    )


@dataclass(frozen=True)
class Torn:
    """An object and the blocks of which it is left with isolated holes."""

    alloc: str
    free: str
    size: int
    larger: int  # a request no hole can serve; 0: the object has no such


TORN = {
    "heap, 16-bit links": Torn("wide_alloc", "wide_free", 24, 100),
    "heap, 32-bit links": Torn("vast_alloc", "vast_free", 24, 100),
    "pool": Torn("cells_alloc_any", "cells_free", 24, 0),
    "slab, many holes a slab": Torn("many_alloc", "many_free", 24, 100),
    "slab, one hole a slab": Torn("many_alloc", "many_free", 512, 24),
    "memheap": Torn("broad_alloc", "broad_free", 24, 100),
}


def counts_with(target: Target, torn: Torn, holes: int) -> list[int]:
    """Instructions of some allocs, then of their frees, with that many holes about."""
    machine = target.machine(counting=True)
    symbols = target.image.symbols
    left = machine.call(
        "scatter", symbols[torn.alloc].address | 1, symbols[torn.free].address | 1, torn.size, holes
    )
    assert left == holes
    counts = []
    blocks = []
    for size in filter(None, (torn.size, torn.size, torn.larger)):
        blocks.append(machine.call(torn.alloc, size))
        counts.append(machine.instructions)
    for block in blocks:
        assert block != 0
        assert machine.call(torn.free, block) == 0
        counts.append(machine.instructions)
    return counts


@pytest.mark.parametrize("name", TORN)
def test_alloc_and_free_do_not_depend_on_the_number_of_holes(target: Target, name: str) -> None:
    few, *more = (counts_with(target, TORN[name], holes) for holes in HOLES)
    assert all(counts == few for counts in more), (few, more)


def test_the_count_tells_when_an_allocator_searches(target: Target) -> None:
    first_fit = Torn("first_fit_alloc", "first_fit_free", 24, 100)
    few, many = (counts_with(target, first_fit, holes) for holes in (25, 200))
    assert many[2] > 5 * few[2]


def counts_of(machine: Machine, function: str, arguments: list[int]) -> tuple[list[int], list[int]]:
    """Results and instruction counts of one call for each argument."""
    results = []
    counts = []
    for argument in arguments:
        results.append(machine.call(function, argument))
        counts.append(machine.instructions)
    return results, counts


def test_pool_calls_do_not_depend_on_the_fill(target: Target) -> None:
    machine = target.machine(counting=True)
    blocks, virgin = counts_of(machine, "cells_alloc", [0] * 2000)
    assert 0 not in blocks
    _, freed = counts_of(machine, "cells_free", blocks)
    _, recycled = counts_of(machine, "cells_alloc", [0] * 2000)
    assert len(set(virgin)) == 1
    assert len(set(freed)) == 1
    assert len(set(recycled)) == 1


def test_slab_calls_do_not_depend_on_the_number_of_slabs(target: Target) -> None:
    machine = target.machine(counting=True)
    blocks, allocs = counts_of(machine, "many_alloc", [512] * 2000)
    assert 0 not in blocks
    _, frees = counts_of(machine, "many_free", blocks)
    assert set(allocs) == set(allocs[:8]), "alloc costs more as slabs grow in number"
    assert set(frees) == set(frees[:8]), "free costs more as slabs grow in number"
