# SPDX-License-Identifier: Apache-2.0
"""Replays a trace call by call, measuring each call and checking each block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.meter import Cost, Meter, Summary, summary
from bench.shadow import Shadow, Violation
from bench.traces import Alloc, Trace
from ramwright.structs import offsets

Figure = int | float
Figures = dict[str, Figure]


@dataclass(frozen=True)
class Run:
    """The costs of a trace's calls."""

    allocs: list[Cost]
    frees: list[Cost]
    refused: int  # allocations that returned NULL; their costs are among `allocs`


def arena_of(meter: Meter, name: str) -> tuple[int, int]:
    """Start and end of a generated object's arena, from its descriptor `name`."""
    fields = offsets(f"rw_{name.rpartition('_')[2]}_t", 4)
    first = meter.image.symbols[name].address + fields["arena"][0]
    start = int.from_bytes(meter.read(first, 4), "little")
    return start, start + int.from_bytes(meter.read(first + 4, 4), "little")


def run(meter: Meter, name: str, descriptors: Sequence[str], trace: Trace) -> Run:
    """Replays `trace` through the accessors of object `name`, whose blocks lie in `descriptors`."""
    shadow = Shadow(meter, tuple(arena_of(meter, descriptor) for descriptor in descriptors))
    blocks: list[int] = []
    allocs: list[Cost] = []
    frees: list[Cost] = []
    for operation in trace:
        if isinstance(operation, Alloc):
            cost = meter.cost(f"{name}_alloc", operation.size)
            allocs.append(cost)
            blocks.append(cost.result)
            if cost.result:
                shadow.granted(cost.result, operation.size)
        elif blocks[operation.index]:
            shadow.returned(blocks[operation.index])
            frees.append(freed(meter, name, blocks[operation.index]))
    return Run(allocs, frees, blocks.count(0))


def freed(meter: Meter, name: str, block: int) -> Cost:
    """The cost of a free that must succeed."""
    cost = meter.cost(f"{name}_free", block)
    if cost.result:
        raise Violation(f"{name}_free({block:#x}) returned {cost.result}")
    return cost


def figures(prefix: str, operation: str, costs: Sequence[Cost]) -> Figures:
    """The summary of one operation, keyed `prefix`/`operation`.median and so on."""
    found: Summary = summary(costs)
    key = f"{prefix}/{operation}"
    return {
        f"{key}.median": found.median,
        f"{key}.p99": found.p99,
        f"{key}.max": found.maximum,
        f"{key}.masked": found.masked,
        f"{key}.stack": found.stack,
    }


def run_figures(prefix: str, found: Run) -> Figures:
    """The figures of a run."""
    return {
        **figures(prefix, "alloc", found.allocs),
        **figures(prefix, "free", found.frees),
        f"{prefix}/refused": found.refused,
    }


def more(costs: Sequence[tuple[int, int]]) -> int:
    """How much dearer alloc or free gets from the first of `costs` to any other; 0: flat."""
    first_alloc, first_free = costs[0]
    return max(max(alloc - first_alloc, free - first_free) for alloc, free in costs)
