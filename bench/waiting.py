# SPDX-License-Identifier: Apache-2.0
"""Pools whose tasks may wait: what they cost while there are blocks, whatever their checks.

The runtime is built with a kernel of one task (tests/emulate/waiting_port.h), apart from the other
images: a port that can wait must not change what the others cost.
"""

from __future__ import annotations

from dataclasses import replace

from bench.build import ROOT, Target
from bench.calls import Figures, figures, freed
from bench.closures import WAITING_APPLICATIONS, closure_figures
from bench.meter import Cost, Meter
from emulate.machine import Image

CHECKS = ("none", "basic", "full")
CALLS = ("alloc", "alloc_wait", "free")
KERNEL = ('-DRW_PORT_HEADER="waiting_port.h"', f"-I{ROOT / 'tests' / 'emulate'}")
BLOCKS = 64
HELD = 9  # frees until every further one makes a block leave a quarantine of 8
FOREVER = 0xFFFFFFFF


def waiting_figures(target: Target) -> Figures:
    """The figures of every pool of firmware/waiting.ramwright.yaml, and their sizes."""
    directory = target.directory / "waiting"
    kernel = replace(target, directory=directory, flags=(*target.flags, *KERNEL))
    image = Image.of(kernel.callable_image("waiting", ("waiting.c",)))
    found: Figures = {}
    for checks in CHECKS:
        prefix = f"waiting/{checks}/{target.cpu}/{target.level}"
        costs = _in_turn(Meter(image, target.cpu), f"waiting_{checks}")
        for call in CALLS:
            found |= figures(prefix, call, costs[call])
    return found | closure_figures(kernel, tuple(WAITING_APPLICATIONS))


def _in_turn(meter: Meter, name: str) -> dict[str, list[Cost]]:
    """Blocks taken and given back in turn, by both ways to take one, when all have been used and
    the quarantine of a pool with checks full has been filled. Nobody has to wait."""
    costs: dict[str, list[Cost]] = {call: [] for call in CALLS}
    blocks = [meter.call(f"{name}_alloc") for _ in range(BLOCKS)]
    assert 0 not in blocks
    for block in blocks[:HELD]:
        freed(meter, name, block)
    for turn, block in enumerate(blocks[HELD:]):
        costs["free"].append(freed(meter, name, block))
        call, ticks = (("alloc", ()), ("alloc_wait", (FOREVER,)))[turn % 2]
        costs[call].append(meter.cost(f"{name}_{call}", *ticks))
        assert costs[call][-1].result in blocks
    assert meter.word("port_sleeps") == 0
    return costs
