# SPDX-License-Identifier: Apache-2.0
"""What an object costs before its first use."""

from __future__ import annotations

from bench.calls import Figures, arena_of
from bench.meter import Meter
from emulate.machine import Image

FIRST_CALLS = {  # of an image, accessor: descriptor whose arena serves it
    "counts": {
        "pool_basic_interrupt_alloc": "pool_basic_interrupt_pool",
        "heap_basic_interrupt_alloc": "heap_basic_interrupt_heap",
        "joint_alloc": "first_heap",
    },
    "slabs": {"slab_basic_interrupt_alloc": "slab_basic_interrupt_slab"},
}


def boot_figures(images: dict[str, Image]) -> Figures:
    """Instructions executed before the first allocation of each kind, which must succeed with junk
    in the arena; bytes of arenas that the image loads. No startup runs here: that one does nothing
    for a layout but clear .bss is what tests/test_boot_proof.py shows."""
    executed = 0
    loaded = 0
    for name, calls in FIRST_CALLS.items():
        image = images[name]
        for call, descriptor in calls.items():
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
