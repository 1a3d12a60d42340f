# SPDX-License-Identifier: Apache-2.0
"""Everything that is measured, in tasks that do not depend on each other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import arenas, boot, closures, full, generator, heaps, pools, rtthread, slabs, waiting
from bench.build import Target, newlib_image
from bench.calls import Figures
from bench.traces import Trace, recorded
from emulate.machine import Image

CPUS = ("cortex-m0plus", "cortex-m3", "cortex-m4")
LEVELS = ("Os", "O2")
WORKERS = 2
COUNTS = ("counts.c", "replay.c", "replay_heap.c")
SHORT = 3_000  # operations of a trace that the gate replays
GATED_ON_M3 = (
    "pool-basic-interrupt",
    "heap-basic-none",
    "heap-basic-interrupt",
    "slab-basic-interrupt",
    "all",
)
GATED_ON_M0PLUS = ("pool-basic-interrupt", "heap-basic-none")


@dataclass(frozen=True)
class Images:
    """What the calls of one target are measured on."""

    counts: Image
    slabs: Image


def images(target: Target) -> Images:
    """The images of a target."""
    return Images(
        Image.of(target.callable_image("counts", COUNTS)),
        Image.of(target.callable_image("slabs", ())),
    )


def measured(directory: Path, traces: Path) -> Figures:
    """Every figure. `directory` is cleared and filled with what is built."""
    shutil.rmtree(directory, ignore_errors=True)
    tasks: list[Callable[[], Figures]] = [
        partial(_recorded, directory / "recorded", recorded(traces)),
        partial(_trace_b, directory / "trace-b"),
        partial(_portable, directory / "portable-c"),
        *(
            partial(_target, Target(cpu, level, directory / f"{cpu}-{level}"))
            for cpu in CPUS
            for level in LEVELS
        ),
    ]
    found: Figures = {}
    with ProcessPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(task) for task in tasks]:
            found |= future.result()
    found |= generator.generator_figures(directory / "generator")  # alone: it is timed
    return found | _derived(found)


def gated_m3(directory: Path, flags: tuple[str, ...] = ()) -> Figures:
    """What the gate measures again on a Cortex-M3: counts and sizes of the main rows."""
    target = Target("cortex-m3", "Os", directory, flags)
    return _short(images(target), target) | closures.closure_figures(target, GATED_ON_M3)


def gated_m0plus(directory: Path, flags: tuple[str, ...] = ()) -> Figures:
    """The same on a Cortex-M0+, with its masked pools."""
    target = Target("cortex-m0plus", "Os", directory, flags)
    counts = Image.of(target.callable_image("counts", COUNTS))
    return {
        **pools.pool_figures(counts, target.cpu, target.level),
        **closures.closure_figures(target, GATED_ON_M0PLUS),
    }


def _short(on: Images, target: Target) -> Figures:
    """Pools, and the beginnings of the traces for heap and slab."""
    cpu, level = target.cpu, target.level
    return {
        **pools.pool_figures(on.counts, cpu, level),
        **heaps.trace_figures(on.counts, cpu, level, "basic-none", SHORT),
        **slabs.trace_figures(on.slabs, cpu, level, "basic-interrupt", SHORT),
    }


def _target(target: Target) -> Figures:
    """Calls and sizes on one core at one level."""
    cpu, level = target.cpu, target.level
    on = images(target)
    found = _short(on, target)
    for config in heaps.CONFIGS:
        found |= heaps.heap_figures(on.counts, cpu, level, config)
    for config in slabs.CONFIGS:
        found |= slabs.slab_figures(on.slabs, cpu, level, config)
    found |= slabs.many_figures(on.slabs, cpu, level)
    found |= heaps.memheap_figures(on.counts, cpu, level)
    if (cpu, level) == ("cortex-m3", "Os"):  # the same on every core
        found |= heaps.density_figures(on.counts)
        found |= slabs.smallest_figures(on.slabs)
        found |= boot.boot_figures({"counts": on.counts, "slabs": on.slabs})
    if level == "Os":
        found |= rtthread.rtthread_figures(target)
        found |= full.full_figures(target)
        found |= waiting.waiting_figures(target)
        if cpu in heaps.WIDE_ON:
            found |= heaps.wide_figures(target)
    return found | closures.closure_figures(target)


def _portable(directory: Path) -> Figures:
    """Lock-free pools as the compiler makes them of portable C, where the port has assembly."""
    target = Target("cortex-m3", "Os", directory, ("-DRW_PORTABLE_C",))
    counts = Image.of(target.callable_image("counts", COUNTS))
    found = pools.pool_figures(counts, target.cpu, target.level)
    return {
        f"portable-c/{key}": figure
        for key, figure in found.items()
        if key.startswith("pool/basic-interrupt/")
    }


def _trace_b(directory: Path) -> Figures:
    target = Target(arenas.CPU, "Os", directory)
    counts = Image.of(target.callable_image("counts", COUNTS))
    return arenas.trace_b_figures(counts, Image.of(newlib_image(directory)))


def _recorded(directory: Path, traces: dict[str, Trace]) -> Figures:
    if not traces:
        return {}
    target = Target(arenas.CPU, "Os", directory)
    counts = Image.of(target.callable_image("counts", COUNTS))
    newlib = Image.of(newlib_image(directory))
    found: Figures = {}
    for name, trace in traces.items():
        found |= arenas.recorded_figures(counts, newlib, name, trace)
    return found


def _derived(found: Figures) -> Figures:
    """Figures that take several others."""
    control = found["closure/slab-basic-interrupt/cortex-m3/Os.control"]
    return {"slab/state_a_block": round(float(control) / closures.SMALLEST_BLOCKS, 3)}
