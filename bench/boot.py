# SPDX-License-Identifier: Apache-2.0
"""What an object costs before its first use."""

from __future__ import annotations

from bench.calls import Figures, arena_of
from bench.meter import Meter
from emulate.machine import Image

FIRST_CALLS = {  # accessor: descriptor whose arena serves it
    "pool_basic_interrupt_alloc": "pool_basic_interrupt_pool",
    "heap_basic_interrupt_alloc": "heap_basic_interrupt_heap",
    "joint_alloc": "first_heap",
}


def boot_figures(image: Image) -> Figures:
    """Instructions executed before the first allocation of each kind, which must succeed with junk
    in the arena; bytes of arenas that the image loads."""
    executed = 0
    loaded = 0
    for call, descriptor in FIRST_CALLS.items():
        meter = Meter(image, "cortex-m3")
        start, end = arena_of(meter, descriptor)
        executed += meter.instructions
        first = meter.cost(call, 64)
        if not start <= first.result < end:
            raise AssertionError(f"{call} does not work without an init")
        loaded += sum(
            max(0, min(end, run + len(content)) - max(start, run))
            for _, run, content in image.loads
        )
    return {"boot/instructions": executed, "boot/arena_bytes": loaded}
