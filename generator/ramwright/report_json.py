# SPDX-License-Identifier: Apache-2.0
"""The memory map as JSON, for tools and diffs; the format is described in docs/map.md."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ramwright import abi
from ramwright.errors import Problem
from ramwright.layout import HeapPlan, Object, PoolPlan, SlabPlan
from ramwright.memory_map import MemoryMap, RegionMap

VERSION = 1

Json = dict[str, object]


def map_json(memory: MemoryMap, problems: Iterable[Problem] = ()) -> str:
    """The map, one member a line, keys in a fixed order."""
    layout = memory.layout
    document: Json = {
        "ramwright_map": VERSION,
        "name": layout.name,
        "variant": layout.config.variant,
        "basis": memory.basis,
        "cpu": layout.config.target.cpu,
        "home": layout.config.home,
        "default": layout.config.default,
        "regions": [_region(region) for region in memory.regions],
        "objects": [_object(obj, memory.addresses[obj.name]) for obj in layout.objects],
        "memheaps": [
            {"name": memheap.name, "members": list(memheap.members)} for memheap in layout.memheaps
        ],
        "problems": [
            {"code": problem.code, "severity": problem.severity, "what": problem.what}
            for problem in problems
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def _region(region: RegionMap) -> Json:
    plan = region.plan
    return {
        "name": plan.name,
        "origin": plan.origin,
        "size": plan.size,
        "linker": plan.linker,
        "attributes": list(plan.attributes),
        "spans": [
            {"offset": s.offset, "size": s.size, "kind": s.kind, "object": s.object}
            for s in region.spans
        ],
    }


def _object(obj: Object, address: int | None) -> Json:
    common: Json = {
        "name": obj.name,
        "kind": obj.kind,
        "region": obj.region,
        "address": address,
        "size": obj.size,
        "alignment": obj.alignment,
        "type": obj.ctype.spelling if obj.ctype else None,
        "state": obj.state_size,
        "flash": obj.descriptor_size,
    }
    if obj.kind == "buffer":
        return common
    held = {"quarantine": obj.full.places - abi.QUARANTINE_SPARE} if obj.full else {}
    return {**common, "sharing": obj.sharing, "checks": obj.checks, **held, **_plan(obj)}


def _plan(obj: Object) -> Json:
    plan = obj.plan
    if isinstance(plan, PoolPlan):
        return {"block_size": plan.block_size, "stride": plan.stride, "count": plan.count}
    if isinstance(plan, HeapPlan):
        return {"classes": plan.bins, "link_bits": plan.link_bits}
    assert isinstance(plan, SlabPlan)
    zones = [
        {
            "block_size": zone.block_size,
            "blocks": zone.blocks,
            "min_slabs": zone.min_slabs,
            "max_slabs": zone.max_slabs,
        }
        for zone in plan.zones
    ]
    return {"slab_size": plan.slab_size, "slab_count": plan.slab_count, "zones": zones}
