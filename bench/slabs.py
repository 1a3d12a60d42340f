# SPDX-License-Identifier: Apache-2.0
"""Slabs: tides of mixed sizes, many slabs, the smallest arena, runs."""

from __future__ import annotations

from bench.calls import Figures, figures, freed, more, run, run_figures
from bench.meter import Cost, Meter
from bench.traces import waves
from emulate.machine import Image

CONFIGS = ("none-none", "basic-interrupt")
MANY = (10, 100, 900)  # slabs in use
LARGE = 512  # two such blocks fill a slab of the layout
SMALL = 24
RUN = 1500  # larger than every zone: two slabs


def slab_figures(image: Image, cpu: str, level: str, config: str) -> Figures:
    """One slab of 40 KiB of firmware/slabs.ramwright.yaml."""
    name = f"slab_{config.replace('-', '_')}"
    prefix = f"slab/{config}/{cpu}/{level}"
    found = run_figures(prefix, run(Meter(image, cpu), name, [f"{name}_slab"], waves()))
    if found[f"{prefix}/refused"]:
        raise AssertionError(f"{name}: the tides are too high for the slab")
    return found | _run_figures(Meter(image, cpu), name, prefix)


def many_figures(image: Image, cpu: str, level: str) -> Figures:
    """The dearest calls when more and more slabs are in use."""
    prefix = f"slab/many/{cpu}/{level}"
    costs = [_with_slabs(Meter(image, cpu), slabs) for slabs in MANY]
    found: Figures = {f"{prefix}/more": more(costs)}
    for slabs, (alloc, free) in zip(MANY, costs, strict=True):
        found[f"{prefix}/{slabs}.alloc"] = alloc
        found[f"{prefix}/{slabs}.free"] = free
    return found


def trace_figures(image: Image, cpu: str, level: str, config: str, steps: int) -> Figures:
    """The first `steps` operations of the tides."""
    name = f"slab_{config.replace('-', '_')}"
    found = run(Meter(image, cpu), name, [f"{name}_slab"], waves()[:steps])
    return run_figures(f"slab/{config}/{cpu}/{level}/short", found)


def smallest_figures(image: Image) -> Figures:
    """Blocks of 16 bytes that an arena of 4 KiB yields."""
    meter = Meter(image, "cortex-m3")
    count = 0
    while meter.call("smallest_alloc", 16):
        count += 1
    return {"slab/4K/blocks.16": count}


def _run_figures(meter: Meter, name: str, prefix: str) -> Figures:
    """A request no zone covers, from slabs never used and from returned ones."""
    allocs: list[Cost] = []
    frees: list[Cost] = []
    for _ in range(3):
        allocs.append(meter.cost(f"{name}_alloc", RUN))
        if not allocs[-1].result:
            raise AssertionError(f"{name}: no run of slabs")
        frees.append(freed(meter, name, allocs[-1].result))
    return {
        **figures(prefix, "run.alloc", allocs),
        **figures(prefix, "run.free", frees),
        f"{prefix}/run.served": len(frees),
    }


def _with_slabs(meter: Meter, slabs: int) -> tuple[int, int]:
    """The dearest alloc and free with that many slabs full, then with a hole in each."""
    blocks = [meter.cost("many_alloc", LARGE).result for _ in range(2 * slabs)]
    assert 0 not in blocks, "the slabs do not fit"
    allocs: list[Cost] = []
    frees: list[Cost] = []
    for holes in (blocks[:0], blocks[::2]):
        frees += [freed(meter, "many", block) for block in holes]
        taken = [meter.cost("many_alloc", size) for size in (LARGE, LARGE, LARGE, SMALL)]
        allocs += taken
        frees += [freed(meter, "many", cost.result) for cost in taken]
    frees.append(freed(meter, "many", blocks[1]))  # returns a slab
    return max(cost.instructions for cost in allocs), max(cost.instructions for cost in frees)
