# SPDX-License-Identifier: Apache-2.0
"""The arena a trace needs, found by replaying it on the emulated core.

The safe arena is the smallest from which every step upwards passes: minimal arenas are not
monotonic. Hence the search goes down from an ample arena to the first refusal, and starts again
from twice as far above the peak unless what it finds lies in the lower half of what it tried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from bench.calls import Figures
from bench.shadow import Violation
from bench.traces import SEED, Alloc, Trace, mean_of, peak_of, trace_b
from emulate.machine import Image, Machine

CPU = "cortex-m3"
STEP = 128
FREE_BIT = 1 << 31
NARROW_MAX = 256 * 1024 - 8  # arena of the heap `narrow` of firmware/counts.ramwright.yaml
SPREAD = 8  # seeds
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

    def _replayed(self, size: int) -> int:
        name = "narrow" if size <= NARROW_MAX else "wide"
        self._clear(f"{name}_state")
        heap = self.image.symbols[f"{name}_heap"].address
        return self._machine.call("replay_heap", heap, size, len(self.trace))


class NewlibReplayer(Replayer):
    """Against malloc of newlib-nano."""

    def _replayed(self, size: int) -> int:
        self._clear("__malloc_free_list")
        self._clear("__malloc_sbrk_start")
        return self._machine.call("replay_newlib", size, len(self.trace))


def trace_b_figures(image: Image, newlib: Image) -> Figures:
    """Safe arenas of trace (b): of the stated seed, and how they scatter over others."""
    trace = trace_b()
    ratios = [_ratio(HeapReplayer(image, trace_b(SEED + offset))) for offset in range(SPREAD)]
    return {
        "trace/b/mean": mean_of(trace),
        "trace/b/peak": peak_of(trace),
        "arena/b/safe": ratios[0],
        "arena/b/seeds.mean": round(sum(ratios) / SPREAD, 3),
        "arena/b/seeds.max": max(ratios),
        "arena/b/newlib": _ratio(NewlibReplayer(newlib, trace)),
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
    }


def _ratio(replayer: Replayer) -> float:
    return round(replayer.safe() / replayer.peak, 3)
