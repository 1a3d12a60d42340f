# SPDX-License-Identifier: Apache-2.0
"""Bytes: code of {alloc, free}, flash of a least application, control RAM, what boot costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from bench.build import Target
from bench.calls import Figures
from bench.link_map import Contribution

BOARD = {
    "ramwright": 1,
    "name": "closure",
    "debug_name": False,
    "home": "ram",
    "regions": {
        "ram": {"origin": 0x20000000, "size": "768K", "linker": "RAM", "reserve": "64K"},
        "bulk": {"origin": 0x200C0000, "size": "3M", "linker": "BULK", "attributes": ["external"]},
    },
}
ZONES = [{"block_size": size} for size in (16, 32, 64, 128, 512)]
SLABS = 40
SMALLEST_BLOCKS = SLABS * 1024 // 16  # if every slab goes to the zone of the smallest blocks
OBJECTS: dict[str, tuple[str, dict[str, object]]] = {
    "pool": ("pools", {"block_size": 64, "count": 64}),
    "heap": ("heaps", {"size": "64K"}),
    "slab": ("slabs", {"slab_size": "1K", "slab_count": SLABS, "zones": ZONES}),
}
WAITS = {"wait": True}
WIDE = {"region": "bulk", "size": "1M"}


@dataclass(frozen=True)
class Application:
    """The objects of a layout, their checks and sharing, and which of them are called."""

    objects: tuple[str, ...]
    checks: str = "basic"
    sharing: str = "interrupt"
    calls: tuple[str, ...] = ()  # empty: all objects
    keys: Mapping[str, object] = field(default_factory=dict)  # of all objects, instead of the usual

    @property
    def uses(self) -> tuple[str, ...]:
        """What the application calls."""
        return self.calls or self.objects

    def config(self, cpu: str) -> str:
        """The layout."""
        rtos = "freertos" if "wait" in self.keys else "none"
        found: dict[str, object] = {**BOARD, "target": {"cpu": cpu, "rtos": rtos}}
        how = {"region": "ram", "checks": self.checks, "sharing": self.sharing}
        for name in self.objects:
            kind, keys = OBJECTS[name]
            found[kind] = {name: {**how, **keys, **self.keys}}
        if "memheap" in self.uses:
            members = [name for name in self.objects if name != "pool"]
            found["memheaps"] = {"memheap": {"members": members}}
        return yaml.safe_dump(found, sort_keys=False)


def _each(name: str, sharings: Sequence[str]) -> dict[str, Application]:
    return {
        f"{name}-{checks}-{sharing}": Application((name,), checks, sharing)
        for checks in ("none", "basic")
        for sharing in sharings
    }


SLAB_APPLICATIONS = {
    **_each("slab", ("interrupt",)),
    "heap+slab": Application(("heap", "slab")),
    "memheap": Application(("heap", "slab"), calls=("memheap",)),
    "heap+slab+memheap": Application(("heap", "slab"), calls=("heap", "slab", "memheap")),
    "all": Application(("pool", "heap", "slab"), calls=("pool", "heap", "slab", "memheap")),
}
FULL_APPLICATIONS = {
    f"{name}-full-interrupt": Application((name,), "full") for name in ("pool", "heap", "slab")
}
WAITING_APPLICATIONS = {  # need a kernel
    f"waiting-{checks}": Application(("pool",), checks, calls=("waiting",), keys=WAITS)
    for checks in ("none", "basic", "full")
}
APPLICATIONS = {
    **_each("pool", ("none", "interrupt")),
    **_each("heap", ("none", "interrupt")),
    "heap-wide": Application(("heap",), keys=WIDE),
    **SLAB_APPLICATIONS,
    **FULL_APPLICATIONS,
}


def closure_figures(target: Target, names: Sequence[str] = tuple(APPLICATIONS)) -> Figures:
    """Sizes of the named applications, without the application itself."""
    found: Figures = {}
    for name in names:
        application = (APPLICATIONS | WAITING_APPLICATIONS)[name]
        linked = target.closure(name, application.config(target.cpu), application.uses)
        found |= _sizes(f"closure/{name}/{target.cpu}/{target.level}", linked)
    more = "closure/{}/" + f"{target.cpu}/{target.level}.flash"
    whole, parts = more.format("heap+slab+memheap"), more.format("heap+slab")
    if whole in found and parts in found:
        found[more.format("memheap-more")] = int(found[whole]) - int(found[parts])
    return found


def _sizes(prefix: str, linked: Sequence[Contribution]) -> Figures:
    ours = [part for part in linked if part.member != "closure.o"]
    own = [part for part in ours if not part.is_helper]
    return {
        f"{prefix}.code": sum(part.size for part in own if part.is_code),
        f"{prefix}.helpers": sum(part.size for part in ours if part.is_helper and part.is_flash),
        f"{prefix}.constants": sum(part.size for part in own if part.is_flash and not part.is_code),
        f"{prefix}.flash": sum(part.size for part in ours if part.is_flash),
        f"{prefix}.control": sum(part.size for part in ours if part.section.startswith(".bss")),
        f"{prefix}.data": sum(part.size for part in ours if part.section.startswith(".data")),
        f"{prefix}.init": sum(
            part.size for part in ours if part.section.startswith((".init", ".ctors"))
        ),
    }
