# SPDX-License-Identifier: Apache-2.0
"""Pools of 64 blocks of 64 bytes: each call, virgin and recycled, by accessor and generic."""

from __future__ import annotations

from bench.calls import Figures, freed
from bench.meter import Cost, Meter, summary
from bench.shadow import Shadow, Violation
from emulate.machine import Image

CONFIGS = ("none-none", "none-interrupt", "basic-none", "basic-interrupt")
BLOCKS = 64
BLOCK_SIZE = 64
OBJECT = 28  # where the rw_object_t of an rw_pool_t begins, and with it the arena


def pool_figures(image: Image, cpu: str, level: str) -> Figures:
    """The figures of every pool of firmware/counts.ramwright.yaml."""
    found: Figures = {}
    for config in CONFIGS:
        name = f"pool_{config.replace('-', '_')}"
        prefix = f"pool/{config}/{cpu}/{level}"
        accessor = _one_way(Meter(image, cpu), name, generic=False)
        generic = _one_way(Meter(image, cpu), name, generic=True)
        found |= {f"{prefix}/accessor.{key}": value for key, value in accessor.items()}
        found |= {f"{prefix}/generic.{key}": value for key, value in generic.items()}
        for call in ("alloc", "free"):
            found[f"{prefix}/generic.{call}.more"] = generic[call] - accessor[call]
    return found


def _one_way(meter: Meter, name: str, *, generic: bool) -> dict[str, int]:
    """Worst costs of a pool: filled for the first time, emptied, filled and emptied again."""
    descriptor = meter.image.symbols[f"{name}_pool"].address
    arena = int.from_bytes(meter.read(descriptor + OBJECT, 4), "little")
    shadow = Shadow(meter, ((arena, arena + BLOCKS * BLOCK_SIZE),))

    def alloc() -> Cost:
        cost = meter.cost("rw_pool_alloc", descriptor) if generic else meter.cost(f"{name}_alloc")
        shadow.granted(cost.result, BLOCK_SIZE)
        return cost

    def free(block: int) -> Cost:
        shadow.returned(block)
        if not generic:
            return freed(meter, name, block)
        cost = meter.cost("rw_pool_free", descriptor, block)
        if cost.result:
            raise Violation(f"{name}: free({block:#x}) returned {cost.result}")
        return cost

    virgin = [alloc() for _ in range(BLOCKS)]
    frees = [free(cost.result) for cost in virgin]
    recycled = [alloc() for _ in range(BLOCKS)]
    frees += [free(cost.result) for cost in reversed(recycled)]
    allocs = summary(virgin + recycled)
    freeing = summary(frees)
    return {
        "alloc.virgin": summary(virgin).maximum,
        "alloc.recycled": summary(recycled).maximum,
        "alloc": allocs.maximum,
        "alloc.masked": allocs.masked,
        "alloc.stack": allocs.stack,
        "free": freeing.maximum,
        "free.masked": freeing.masked,
        "free.stack": freeing.stack,
    }
