# SPDX-License-Identifier: Apache-2.0
"""What checks full cost: calls of objects with checks basic and with checks full, side by side."""

from __future__ import annotations

from bench.build import Target
from bench.calls import Figures, freed
from bench.meter import Cost, Meter, summary
from emulate.machine import Image

KINDS = ("pool", "heap", "slab")
CHECKS = ("basic", "full")
SIZES = (24, 200)  # a pool's blocks are always of 64 bytes
HELD = 9  # frees until every further one makes a block leave a quarantine of 8


def full_figures(target: Target) -> Figures:
    """The figures of every object of firmware/full.ramwright.yaml."""
    image = Image.of(target.callable_image("full", ()))
    found: Figures = {}
    for kind in KINDS:
        for checks in CHECKS:
            for size in SIZES if kind != "pool" else SIZES[:1]:
                prefix = f"full/{kind}-{checks}/{target.cpu}/{target.level}/{size}"
                found |= _steady(Meter(image, target.cpu), prefix, kind, f"{kind}_{checks}", size)
    return found


def _steady(meter: Meter, prefix: str, kind: str, name: str, size: int) -> Figures:
    """Blocks taken and given back in turn, when the quarantine has been filled."""
    arguments = () if kind == "pool" else (size,)

    def alloc() -> Cost:
        return meter.cost(f"{name}_alloc", *arguments)

    blocks = [alloc().result for _ in range(2 * HELD)]
    for block in blocks[:HELD]:
        freed(meter, name, block)
    allocs: list[Cost] = []
    frees: list[Cost] = []
    for block in blocks[HELD:]:
        frees.append(freed(meter, name, block))
        allocs.append(alloc())
    return {
        f"{prefix}/{call}.{what}": value
        for call, costs in (("alloc", allocs), ("free", frees))
        for what, value in (
            ("max", summary(costs).maximum),
            ("masked", summary(costs).masked),
            ("stack", summary(costs).stack),
        )
    }
