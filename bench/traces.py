# SPDX-License-Identifier: Apache-2.0
"""Sequences of allocations: computed ones and recorded ones."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STEPS = 20_000
SEED = 12_345


@dataclass(frozen=True)
class Alloc:
    """Allocates `size` bytes."""

    size: int


@dataclass(frozen=True)
class Free:
    """Frees what the `index`-th allocation returned."""

    index: int


Trace = tuple[Alloc | Free, ...]


def live_bytes(trace: Trace) -> Iterator[int]:
    """Bytes asked for and not given back, after each operation."""
    sizes: list[int] = []
    live = 0
    for operation in trace:
        if isinstance(operation, Alloc):
            sizes.append(operation.size)
            live += operation.size
        else:
            live -= sizes[operation.index]
        yield live


def peak_of(trace: Trace) -> int:
    """The most bytes live at once."""
    return max(live_bytes(trace))


def mean_of(trace: Trace) -> int:
    """The mean of the bytes live, over all operations."""
    return sum(live_bytes(trace)) // len(trace)


def log_uniform(noise: random.Random, least: int, most: int) -> int:
    """A size whose logarithm is evenly spread."""
    return round(least * math.pow(most / least, noise.random()))


def wandering(
    noise: random.Random, steps: int, sizes: tuple[int, int], target: int, slack: int, most: int
) -> Trace:
    """Random operations whose live bytes wander about `target` and never exceed `most`.

    The further from the target, the likelier is the operation that leads back: certain at a
    distance of `slack`. Every live block is equally likely to be freed.
    """
    trace: list[Alloc | Free] = []
    live: list[tuple[int, int]] = []  # index, size
    total = 0
    allocations = 0
    for _ in range(steps):
        if not live or noise.random() < 0.5 + (target - total) / (2 * slack):
            size = log_uniform(noise, *sizes)
            if total + size <= most:
                trace.append(Alloc(size))
                live.append((allocations, size))
                allocations += 1
                total += size
                continue
        chosen = int(noise.random() * len(live))
        live[chosen], live[-1] = live[-1], live[chosen]
        index, size = live.pop()
        trace.append(Free(index))
        total -= size
    return tuple(trace)


def trace_b(seed: int = SEED) -> Trace:
    """The trace (b) of the method, for one seed."""
    return wandering(random.Random(seed), STEPS, (8, 1024), 49_600, 12_500, 55_400)


def waves(seed: int = SEED) -> Trace:
    """Sizes of a slab's zones in tides, so that slabs are taken and returned all the time."""
    noise = random.Random(seed)
    trace: list[Alloc | Free] = []
    live: list[int] = []
    allocations = 0
    rising = True
    for _ in range(STEPS):
        if len(live) >= 120 or not live:
            rising = not live
        if noise.random() < (0.7 if rising else 0.3) or not live:
            trace.append(Alloc(log_uniform(noise, 8, 512)))
            live.append(allocations)
            allocations += 1
        else:
            trace.append(Free(live.pop(int(noise.random() * len(live)))))
    return tuple(trace)


RECORDED = re.compile(r"(Alloc|Free)\((\d+)\),?")


def recorded(folder: Path) -> dict[str, Trace]:
    """The traces of a folder by name; none if there is no such folder.

    Programs that ask for 0 bytes want a block, where ours returns NULL: they get one of 1 byte.
    """
    return {
        file.stem: tuple(
            Alloc(max(1, int(match[2]))) if match[1] == "Alloc" else Free(int(match[2]))
            for match in RECORDED.finditer(file.read_text(encoding="utf-8"))
        )
        for file in sorted(folder.glob("*.trace"))
    }
