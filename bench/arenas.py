# SPDX-License-Identifier: Apache-2.0
"""The arena a trace needs, found by replaying it on the emulated core.

The safe arena is the smallest from which every step upwards passes: minimal arenas are not
monotonic. Hence the search goes down from an ample arena to the first refusal, and starts again
from twice as far above the peak unless what it finds lies in the lower half of what it tried.

Where our heap puts a block does not depend on what lies behind the virgin end. So one replay in an
ample arena tells its safe arena too: what holds the highest end. That is measured over many seeds,
after the search has confirmed it on the stated one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from bench.calls import Figures
from bench.shadow import Violation
from bench.traces import SEED, Alloc, Trace, mean_of, peak_of, trace_b
from emulate.machine import Image, Machine

PEERS = Path(__file__).resolve().parent / "peers.yaml"
CPU = "cortex-m3"
STEP = 128
FREE_BIT = 1 << 31
NARROW_MAX = 256 * 1024 - 8  # arena of the heap `narrow` of firmware/counts.ramwright.yaml
PEAK_OFFSET = 4  # of the highest virgin end, in rw_heap_state_t
GRANULE = 8
SPREAD = 100  # seeds; one scatters by 0.02, so their mean by 0.002
WINDOW_LEAST = 8192  # bytes above the peak where the first search starts, or an eighth of the peak
WINDOW_MOST = 8  # × peak


def safe_arena(peak: int, passes: Callable[[int], bool]) -> int:
    """Bytes of the safe arena of a trace with that peak; `passes` replays it in an arena."""
    known = cache(passes)
    start = peak // STEP * STEP
    window = max(peak // 8, WINDOW_LEAST) // STEP * STEP
    while (size := _lowest_below(start + window, known)) > start + window // 2:
        window *= 2
        if window > WINDOW_MOST * peak:
            raise Violation(f"refused even in {start + window // 2} bytes")
    return size


def _lowest_below(size: int, passes: Callable[[int], bool]) -> int:
    """The last arena that passes on the way down; more than `size` if that one does not."""
    while passes(size):
        size -= STEP
    return size + STEP


@dataclass
class Replayer:
    """Replays one trace in arenas of any size."""

    image: Image
    trace: Trace
    peak: int = field(init=False)

    def __post_init__(self) -> None:
        self.peak = peak_of(self.trace)
        self._machine = Machine(self.image, CPU)
        words = b"".join(
            (op.size if isinstance(op, Alloc) else FREE_BIT | op.index).to_bytes(4, "little")
            for op in self.trace
        )
        self._machine.write(self.image.symbols["trace_words"].address, words)

    def safe(self) -> int:
        """Bytes of the safe arena."""
        return safe_arena(self.peak, self._passes)

    def _passes(self, size: int) -> bool:
        done = self._replayed(size)
        if self._machine.word("replay_violated"):
            raise Violation(f"replay in {size} bytes")
        return done == len(self.trace)

    def _replayed(self, size: int) -> int:
        raise NotImplementedError

    def _clear(self, variable: str) -> None:
        """Zeroes a variable, as startup code would."""
        symbol = self.image.symbols[variable]
        self._machine.write(symbol.address, bytes(symbol.size))


class HeapReplayer(Replayer):
    """Against the heap of the layout that has the link width for the arena."""

    def reached(self) -> int:
        """Bytes of the safe arena, from how far the blocks reach in one that is ample."""
        ample = 2 * self.peak // STEP * STEP
        if not self._passes(ample):
            raise Violation(f"refused in {ample} bytes")
        state = self.image.symbols[f"{_heap_for(ample)}_state"].address
        highest = int.from_bytes(self._machine.read(state + PEAK_OFFSET, 4), "little")
        return -(-(highest + 1) * GRANULE // STEP) * STEP

    def _replayed(self, size: int) -> int:
        name = _heap_for(size)
        self._clear(f"{name}_state")
        heap = self.image.symbols[f"{name}_heap"].address
        return self._machine.call("replay_heap", heap, size, len(self.trace))


def _heap_for(size: int) -> str:
    return "narrow" if size <= NARROW_MAX else "wide"


class NewlibReplayer(Replayer):
    """Against malloc of newlib-nano."""

    def _replayed(self, size: int) -> int:
        self._clear("__malloc_free_list")
        self._clear("__malloc_sbrk_start")
        return self._machine.call("replay_newlib", size, len(self.trace))


def trace_b_figures(image: Image, newlib: Image) -> Figures:
    """Safe arenas of trace (b): of the stated seed, and how they scatter over others."""
    trace = trace_b()
    stated = HeapReplayer(image, trace)
    safe = stated.safe()
    if safe != (reached := stated.reached()):
        raise Violation(f"blocks reach {reached} bytes, but the safe arena is {safe}")
    ratios = [_reached(HeapReplayer(image, trace_b(SEED + offset))) for offset in range(SPREAD)]
    newlib_safe = NewlibReplayer(newlib, trace).safe()
    return {
        "trace/b/mean": mean_of(trace),
        "trace/b/peak": stated.peak,
        "arena/b/safe": round(safe / stated.peak, 3),
        "arena/b/seeds.mean": round(sum(ratios) / SPREAD, 3),
        "arena/b/seeds.max": round(max(ratios), 3),
        "arena/b/newlib": round(newlib_safe / stated.peak, 3),
    }


def recorded_figures(image: Image, newlib: Image, name: str, trace: Trace) -> Figures:
    """Safe arenas of a recorded trace."""
    ours = HeapReplayer(image, trace)
    safe = ours.safe()
    peer = NewlibReplayer(newlib, trace).safe()
    return {
        f"trace/{name}/operations": len(trace),
        f"trace/{name}/peak": ours.peak,
        f"arena/{name}/safe": safe,
        f"arena/{name}/newlib": peer,
        f"arena/{name}/over_peak": round(safe / ours.peak, 3),
        f"arena/{name}/over_newlib": round(safe / peer, 3),
        f"arena/{name}/over_best_peer": round(safe / min(peer, *_of_peers(name)), 3),
    }


def _of_peers(trace: str) -> list[int]:
    """Safe arenas on record for a trace, in bytes."""
    recorded = yaml.safe_load(PEERS.read_text(encoding="utf-8"))["arenas"]
    if trace not in recorded["columns"]:
        return []
    column = recorded["columns"].index(trace)
    return [row[column] for row in recorded["rows"].values() if row[column]]


def _reached(replayer: HeapReplayer) -> float:
    return replayer.reached() / replayer.peak
