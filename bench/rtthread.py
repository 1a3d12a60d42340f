# SPDX-License-Identifier: Apache-2.0
"""RT-Thread's calls through the shim: rt_malloc and rt_free on each kind of default, and pools made
at run time, whose rt_mp_free looks for the pool."""

from __future__ import annotations

from bench.build import FIRMWARE, ROOT, Target
from bench.calls import Figures, arena_of, figures
from bench.meter import Cost, Meter
from bench.shadow import Shadow
from bench.traces import Alloc, Trace, trace_b, waves
from emulate.machine import Image

# what rt_malloc resolves to: sharing, arenas. Shared by none for what the allocators take alone.
DEFAULTS = {
    "heap": ("interrupt", ["heap_heap"]),
    "heap-unlocked": ("none", ["heap_heap"]),
    "memheap": ("interrupt", ["first_heap", "second_heap"]),
    "slab": ("interrupt", ["slab_slab"]),
    "slab-unlocked": ("none", ["slab_slab"]),
}
POOLS = (1, 8)  # in existence
BLOCKS = 64
BLOCK_SIZE = 64
STRIDE = BLOCK_SIZE + 4  # of the storage, by RT-Thread's count
SHIM = ROOT / "runtime" / "shims" / "rtthread"


def rtthread_figures(target: Target) -> Figures:
    """All of them, on one core."""
    found: Figures = {}
    for default, (sharing, descriptors) in DEFAULTS.items():
        image = _image(target, default.partition("-")[0], sharing)
        trace = waves() if default.startswith("slab") else trace_b()
        prefix = f"rtthread/{default}/{target.cpu}/{target.level}"
        found |= _malloc_figures(Meter(image, target.cpu), descriptors, trace, prefix)
    for count in POOLS:
        prefix = f"rtthread/mp-{count}/{target.cpu}/{target.level}"
        found |= _pool_figures(Meter(image, target.cpu), count, prefix)
    prefix = f"rtthread/mp-turns/{target.cpu}/{target.level}"
    return found | _turns_figures(Meter(image, target.cpu), max(POOLS), prefix)


def _image(target: Target, default: str, sharing: str) -> Image:
    """The shim on a layout with that default, everything of it linked."""
    config = (FIRMWARE / "rtthread.ramwright.yaml").read_text(encoding="utf-8")
    config = config.replace("CPU", target.cpu).replace("DEFAULT", default)
    config = config.replace("SHARING", sharing)
    sources = [FIRMWARE / "rtthread.c", *sorted(SHIM.glob("*.c"))]
    return Image.of(target.image_of("rtthread", config, sources, [SHIM / "include"]))


def _malloc_figures(meter: Meter, descriptors: list[str], trace: Trace, prefix: str) -> Figures:
    """rt_malloc and rt_free over a trace."""
    shadow = Shadow(meter, tuple(arena_of(meter, descriptor) for descriptor in descriptors))
    blocks: list[int] = []
    allocs: list[Cost] = []
    frees: list[Cost] = []
    for operation in trace:
        if isinstance(operation, Alloc):
            allocs.append(meter.cost("rt_malloc", operation.size))
            blocks.append(allocs[-1].result)
            if blocks[-1]:
                shadow.granted(blocks[-1], operation.size)
        elif blocks[operation.index]:
            shadow.returned(blocks[operation.index])
            frees.append(meter.cost("rt_free", blocks[operation.index]))
    return {
        **figures(prefix, "alloc", allocs),
        **figures(prefix, "free", frees),
        f"{prefix}/alloc.mean": _mean(allocs),
        f"{prefix}/free.mean": _mean(frees),
        f"{prefix}/pair.mean": _mean(allocs) + _mean(frees),
    }


def _mean(costs: list[Cost]) -> int:
    return round(sum(cost.instructions for cost in costs) / len(costs))


def _pool_figures(meter: Meter, count: int, prefix: str) -> Figures:
    """The first of `count` pools, filled, emptied and filled again."""
    pool = meter.call("make_pools", count)
    storage = meter.image.symbols["pool_storage"].address
    shadow = Shadow(meter, ((storage, storage + BLOCKS * STRIDE),))
    allocs: list[Cost] = []
    frees: list[Cost] = []
    for _ in range(2):
        taken = [meter.cost("rt_mp_alloc", pool, 0) for _ in range(BLOCKS)]
        for cost in taken:
            shadow.granted(cost.result, BLOCK_SIZE)
        for cost in taken:
            shadow.returned(cost.result)
            frees.append(meter.cost("rt_mp_free", cost.result))
        allocs += taken
    return {**figures(prefix, "alloc", allocs), **figures(prefix, "free", frees)}


def _turns_figures(meter: Meter, count: int, prefix: str) -> Figures:
    """A block of each of `count` pools, given back in turn: another pool each time."""
    first = meter.call("make_pools", count)
    step = meter.call("pool_step")
    allocs: list[Cost] = []
    frees: list[Cost] = []
    for _ in range(2):
        taken = [meter.cost("rt_mp_alloc", first + step * at, 0) for at in range(count)]
        frees += [meter.cost("rt_mp_free", cost.result) for cost in taken]
        allocs += taken
    return {**figures(prefix, "alloc", allocs), **figures(prefix, "free", frees)}
