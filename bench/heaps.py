# SPDX-License-Identifier: Apache-2.0
"""Heaps: every call of trace (b), isolated holes, blocks that fit; memheaps beside them."""

from __future__ import annotations

from bench.build import Target
from bench.calls import Figures, freed, more, run, run_figures
from bench.meter import Meter
from bench.traces import Alloc, Trace, trace_b
from emulate.machine import Image

CONFIGS = ("none-none", "basic-none", "basic-interrupt")
HOLES = (50, 400, 800)
HOLE = 24
WIDE_ON = ("cortex-m0plus", "cortex-m3")  # an M4 has nothing that an M3 lacks here
WIDER = 16  # a heap of 1 MiB is so many times one of 64 KiB
LARGER = 100  # a request that no hole can serve


def heap_figures(image: Image, cpu: str, level: str, config: str) -> Figures:
    """One heap of 64 KiB of firmware/counts.ramwright.yaml."""
    name = f"heap_{config.replace('-', '_')}"
    prefix = f"heap/{config}/{cpu}/{level}"
    found = run_figures(prefix, run(Meter(image, cpu), name, [f"{name}_heap"], trace_b()))
    costs = [_with_holes(Meter(image, cpu), name, count) for count in HOLES]
    for count, (alloc, free) in zip(HOLES, costs, strict=True):
        found[f"{prefix}/holes.{count}.alloc"] = alloc
        found[f"{prefix}/holes.{count}.free"] = free
    found[f"{prefix}/holes.more"] = more(costs)
    return found


def trace_figures(image: Image, cpu: str, level: str, config: str, steps: int) -> Figures:
    """The first `steps` operations of trace (b)."""
    name = f"heap_{config.replace('-', '_')}"
    found = run(Meter(image, cpu), name, [f"{name}_heap"], trace_b()[:steps])
    return run_figures(f"heap/{config}/{cpu}/{level}/short", found)


def density_figures(image: Image) -> Figures:
    """Blocks that fit into 16 KiB; the core makes no difference."""
    return {
        f"heap/{checks}/16K/blocks.{size}": _fitting(
            Meter(image, "cortex-m3"), f"dense_{checks}", size
        )
        for checks in ("none", "basic")
        for size in (24, 100)
    }


def memheap_figures(image: Image, cpu: str, level: str) -> Figures:
    """A memheap of two heaps, 24 and 48 KiB, on trace (b): most blocks come from the second."""
    members = ["first_heap", "second_heap"]
    trace: Trace = trace_b()
    found = run(Meter(image, cpu), "joint", members, trace)
    return run_figures(f"memheap/basic-interrupt/{cpu}/{level}", found)


def wide_figures(target: Target) -> Figures:
    """The heap of 1 MiB of firmware/wide.ramwright.yaml, on trace (b) with all sizes so many times
    as large, and beside isolated holes."""
    image = Image.of(target.callable_image("wide", ()))
    name, cpu = "heap_wide", target.cpu
    prefix = f"heap/wide/{cpu}/{target.level}"
    trace: Trace = tuple(
        Alloc(step.size * WIDER) if isinstance(step, Alloc) else step for step in trace_b()
    )
    found = run_figures(prefix, run(Meter(image, cpu), name, [f"{name}_heap"], trace))
    for count in HOLES[::2]:
        alloc, free = _with_holes(Meter(image, cpu), name, count)
        found |= {f"{prefix}/holes.{count}.alloc": alloc, f"{prefix}/holes.{count}.free": free}
    return found


def _with_holes(meter: Meter, name: str, count: int) -> tuple[int, int]:
    """The dearest alloc and the dearest free beside `count` isolated holes.

    A block that fills a hole and one that fits into none are taken and given back; then the block
    between two holes is given back.
    """
    blocks = [meter.cost(f"{name}_alloc", HOLE).result for _ in range(2 * count)]
    assert 0 not in blocks, "the holes do not fit"
    for block in blocks[::2]:
        freed(meter, name, block)
    allocs = [meter.cost(f"{name}_alloc", size) for size in (HOLE, LARGER)]
    frees = [freed(meter, name, cost.result) for cost in allocs]
    frees.append(freed(meter, name, blocks[count | 1]))
    return max(cost.instructions for cost in allocs), max(cost.instructions for cost in frees)


def _fitting(meter: Meter, name: str, size: int) -> int:
    """Blocks of `size` bytes until the first refusal."""
    count = 0
    while meter.call(f"{name}_alloc", size):
        count += 1
    return count
