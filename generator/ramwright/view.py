# SPDX-License-Identifier: Apache-2.0
"""A Layout in C spelling: what memory.h.j2 and memory.c.j2 loop over and print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ramwright import abi
from ramwright.layout import (
    FullPlan,
    HeapPlan,
    Kind,
    Layout,
    MemheapPlan,
    Object,
    PoolPlan,
    SlabPlan,
)
from ramwright.link_view import adopted_symbol, arena_symbol
from ramwright.units import byte_count, spelled

_TYPES = {"pool": "rw_pool_t", "heap": "rw_heap_t", "slab": "rw_slab_t"}
_INCLUDES = {"pool": "pool.h", "heap": "heap.h", "slab": "slab.h"}
_TABLE_ROW = 16  # entries of a size table in a line

View = dict[str, object]


class Core(NamedTuple):
    """A mechanism of the runtime compiled for one set of properties: rw_<kind>_alloc_<name>."""

    kind: Kind
    name: str


class _Table(NamedTuple):
    """One table of dispatch.h: which operation, of which kinds."""

    name: str
    type: str
    operation: str
    kinds: tuple[Kind, ...]


_TABLES = (
    _Table("rw_pool_alloc_cores", "rw_pool_alloc_core_t", "alloc", ("pool",)),
    _Table("rw_pool_alloc_wait_cores", "rw_pool_alloc_wait_core_t", "alloc_wait", ("pool",)),
    _Table("rw_alloc_cores", "rw_alloc_core_t", "alloc", ("heap", "slab")),
    _Table("rw_alloc_aligned_cores", "rw_alloc_aligned_core_t", "alloc_aligned", ("heap", "slab")),
    _Table("rw_resize_cores", "rw_resize_core_t", "resize", ("heap", "slab")),
    _Table("rw_lower_cores", "rw_lower_core_t", "lower", ("heap",)),
    _Table("rw_free_cores", "rw_free_core_t", "free", ("heap", "slab", "pool")),
    _Table("rw_usable_cores", "rw_usable_core_t", "usable", ("heap", "slab", "pool")),
    _Table("rw_check_cores", "rw_check_core_t", "check", ("heap", "slab", "pool")),
    _Table("rw_walk_cores", "rw_walk_core_t", "walk", ("heap", "slab", "pool")),
    _Table("rw_stats_cores", "rw_stats_core_t", "stats", ("heap", "slab", "pool")),
    _Table("rw_zone_stats_cores", "rw_zone_stats_core_t", "zone_stats", ("slab",)),
)


def core_of(obj: Object) -> Core:
    """The core an object uses."""
    if isinstance(obj.plan, PoolPlan):
        return Core("pool", f"{obj.checks}_{_callers(obj, obj.plan)}_{obj.plan.link_bits}")
    if isinstance(obj.plan, HeapPlan):
        return Core("heap", f"{obj.checks}_{obj.sharing}_{obj.plan.link_bits}")
    assert obj.kind == "slab"
    return Core("slab", f"{obj.checks}_{obj.sharing}")


def _callers(obj: Object, plan: PoolPlan) -> str:
    """The part of a pool core's name that says who may call it."""
    if plan.wait:
        return "wait"
    return obj.sharing if obj.sharing in ("none", "core") else "shared"


def cores(layout: Layout) -> tuple[Core, ...]:
    """The cores of a layout in the order of rw_object_t.core: heaps, slabs, then pools."""
    used = {core_of(obj) for obj in layout.objects if obj.kind != "buffer"}
    return tuple(sorted(used, key=lambda core: (core.kind == "pool", core)))


def c_view(layout: Layout, banner: str) -> View:
    """Everything both C templates print."""
    numbering = {core: number for number, core in enumerate(cores(layout))}
    objects = _in_declaration_order(layout)
    buffers = [_buffer(layout, obj) for obj in objects if obj.kind == "buffer"]
    pools = [_pool(layout, obj, numbering) for obj in objects if obj.kind == "pool"]
    heaps = [_heap(layout, obj, numbering) for obj in objects if obj.kind == "heap"]
    slabs = [_slab(layout, obj, numbering) for obj in objects if obj.kind == "slab"]
    memheaps = [_memheap(layout, memheap) for memheap in layout.memheaps]
    by_address = [f"&{handle(obj)}.object" for obj in layout.allocators]
    allocators = [*heaps, *slabs, *memheaps]
    return {
        "banner": banner,
        "name": layout.name,
        "guard": f"{layout.name.upper()}_MEMORY_H",
        "abi": abi.RW_ABI,
        "runtime_includes": _runtime_includes(layout),
        "user_headers": _user_headers(objects),
        "buffers": buffers,
        "pools": pools,
        "heaps": heaps,
        "slabs": slabs,
        "memheaps": memheaps,
        "allocators": allocators,
        "owners": [*map(_owner, pools), *map(_owner, allocators)],
        "default": [one for one in allocators if one["name"] == layout.config.default],
        "placed_by_linker": not _on_host(layout),
        "arenas": _arenas(layout, objects),
        "adopted_arenas": [
            _adopted(layout, obj, number) for number, obj in enumerate(objects, 1) if obj.adopted
        ],
        "asserts": _asserts(objects),
        "own_alloc": any(pool["own_alloc"] for pool in pools),
        "waits": any(pool["wait"] for pool in pools),
        "waiting_pools": [f"&{pool['handle']}.object" for pool in pools if pool["wait"]],
        "tables": [_table(table, numbering) for table in _TABLES],
        "core_total": max(1, len(numbering)),
        "objects_by_address": by_address or ["0"],
        "object_slots": max(1, len(by_address)),
        "object_count": len(by_address),
    }


def handle(obj: Object) -> str:
    """The C identifier of an object's descriptor."""
    return f"{obj.name}_{obj.kind}"


def _in_declaration_order(layout: Layout) -> list[Object]:
    config = layout.config
    declared = (*config.buffers, *config.pools, *config.heaps, *config.slabs)
    return [layout.object_named[name] for name in declared]


def _runtime_includes(layout: Layout) -> list[str]:
    kinds = dict.fromkeys(obj.kind for obj in layout.objects if obj.kind != "buffer")
    names = [_INCLUDES[kind] for kind in ("pool", "heap", "slab") if kind in kinds]
    names += ["memheap.h"] if layout.memheaps else []
    names += ["full.h"] if any(obj.full for obj in layout.objects) else []
    return [f"ramwright/{name}" for name in ("attributes.h", *names, "layout.h")]


def _user_headers(objects: Iterable[Object]) -> list[str]:
    headers = (obj.ctype.header for obj in objects if obj.ctype)
    quoted = (h if h.startswith("<") else f'"{h}"' for h in headers if h)
    return list(dict.fromkeys(quoted))


def _c_string(text: str | None) -> str:
    return f'"{text}"' if text else "NULL"


def _attributes(layout: Layout, obj: Object) -> str:
    attributes = layout.region_named[obj.region].attributes
    return " | ".join(f"RW_{name.upper()}" for name in attributes) or "0"


def _summary(obj: Object, what: str) -> str:
    pinned = f" at 0x{obj.address:08x}" if obj.address is not None else ""
    tail = "" if obj.kind == "buffer" else f"; sharing {obj.sharing}, checks {obj.checks}"
    tail += ", tasks may wait" if isinstance(obj.plan, PoolPlan) and obj.plan.wait else ""
    return f"{obj.name}: {what} in {obj.region}{pinned}, {obj.alignment}-aligned{tail}."


def _common(layout: Layout, obj: Object, numbering: dict[Core, int]) -> View:
    core = core_of(obj)
    return {
        "name": obj.name,
        "handle": handle(obj),
        "type": _TYPES[obj.kind],
        "title": obj.kind.capitalize(),
        "arena": f"{obj.name}_arena",
        "size": obj.size,
        "alignment": obj.alignment,
        "debug_name": _c_string(obj.name if obj.debug_name else None),
        "core": numbering[core],
        "core_name": core.name,
        "attributes": _attributes(layout, obj),
        **_definition(layout, obj),
        "layer": _layer(obj, obj.full) if obj.full else None,
    }


def _definition(layout: Layout, obj: Object) -> View:
    """How the descriptor is defined, and what goes before its members. With checks full it is the
    head of a larger one, and the handle an alias of that; on a host another name, since
    AddressSanitizer puts a red zone behind an alias."""
    if obj.full and _on_host(layout):
        label = f'__asm__("{handle(obj)}")'
        definition = f"extern const rw_{obj.kind}_full_t {obj.name}_full {label};\n"
        definition += f"const rw_{obj.kind}_full_t {obj.name}_full"
        return {"definition": definition, "member": f".{obj.kind}."}
    if obj.full:
        definition = f"static const rw_{obj.kind}_full_t {obj.name}_full"
        return {"definition": definition, "member": f".{obj.kind}."}
    return {"definition": f"const {_TYPES[obj.kind]} {handle(obj)}", "member": "."}


def _layer(obj: Object, full: FullPlan) -> View:
    """What checks full add to the descriptor."""
    return {
        "handle": f"{obj.name}_full",
        "places": full.places,
        "notes": full.notes,
        "note_shift": full.note_shift,
        "block_size": obj.plan.block_size if isinstance(obj.plan, PoolPlan) else 0,
    }


def _calls(obj: Object, core_name: str) -> View:
    """How the accessors of a heap or slab reach their core."""
    return {
        "self": f"&{handle(obj)}.object",
        "alloc": f"rw_{obj.kind}_alloc_{core_name}",
        "alloc_aligned": f"rw_{obj.kind}_alloc_aligned_{core_name}",
        "free": f"rw_{obj.kind}_free_{core_name}",
        "free_arguments": f"block, &{handle(obj)}.object",
        "generic": f"rw_{obj.kind}",
    }


def _buffer(layout: Layout, obj: Object) -> View:
    return {
        "name": obj.name,
        "summary": _summary(obj, byte_count(obj.size)),
        "declaration": _declaration(obj, obj.name),
        "label": "" if _on_host(layout) else f' __asm__("{arena_symbol(layout, obj)}")',
    }


def _pool(layout: Layout, obj: Object, numbering: dict[Core, int]) -> View:
    plan = obj.plan
    assert isinstance(plan, PoolPlan)
    pointer = f"{obj.ctype.spelling} *" if obj.ctype else "void *"
    return {
        **_common(layout, obj, numbering),
        "summary": _summary(obj, f"{plan.count} blocks of {byte_count(plan.block_size)}"),
        "own_alloc": core_of(obj).name == "none_shared_32",  # ramwright/pool_accessor.h
        "typed": obj.ctype is not None,
        "element": obj.ctype.spelling if obj.ctype else "void",
        "pointer": pointer,
        "wait": plan.wait,
        "state_type": _pool_state_type(plan),
        "state": _pool_state(obj.name, plan),
        "full": plan.full,
        "stride": plan.stride,
        "shift": plan.shift,
        "inverse": f"0x{plan.inverse:016x}",
    }


def _pool_state_type(plan: PoolPlan) -> str:
    head = "rw_pool_wait_state_t" if plan.wait else "rw_pool_state_t"
    return (
        f"RW_POOL_CONTROL({head}, int{plan.link_bits}_t, {plan.count})"
        if plan.outer_links
        else head
    )


def _pool_state(name: str, plan: PoolPlan) -> str:
    """The address of the head, which the descriptor has."""
    inside = (".state" if plan.outer_links else "") + (".pool" if plan.wait else "")
    return f"&{name}_state{inside}"


def _heap(layout: Layout, obj: Object, numbering: dict[Core, int]) -> View:
    plan = obj.plan
    assert isinstance(plan, HeapPlan)
    common = _common(layout, obj, numbering)
    return {
        **common,
        **_calls(obj, str(common["core_name"])),
        "summary": _summary(obj, byte_count(obj.size)),
        "link_type": f"uint{plan.link_bits}_t",
        "map_words": abi.HEAP_MAP_WORDS[plan.link_bits],
        "bins": plan.bins,
        "granules": plan.granules,
    }


def _slab(layout: Layout, obj: Object, numbering: dict[Core, int]) -> View:
    plan = obj.plan
    assert isinstance(plan, SlabPlan)
    common = _common(layout, obj, numbering)
    blocks = ", ".join(str(zone.block_size) for zone in plan.zones)
    what = f"{plan.slab_count} slabs of {spelled(plan.slab_size)}, zones {blocks}"
    table = plan.size_table
    rows = [table[start : start + _TABLE_ROW] for start in range(0, len(table), _TABLE_ROW)]
    return {
        **common,
        **_calls(obj, str(common["core_name"])),
        "summary": _summary(obj, what),
        "slab_count": plan.slab_count,
        "slab_shift": plan.slab_shift,
        "table_shift": plan.table_shift,
        "map_words": plan.map_words,
        "zone_count": len(plan.all_zones),
        "zones": [
            {
                "inverse": f"0x{zone.inverse:016x}",
                "blocks": zone.blocks,
                "shift": zone.shift,
                "block_size": zone.block_size,
                "min_slabs": zone.min_slabs,
                "max_slabs": zone.max_slabs,
            }
            for zone in plan.all_zones
        ],
        "largest": plan.largest,
        "shared_count": plan.shared_count,
        "size_table_length": len(table),
        "size_table_rows": [", ".join(map(str, row)) for row in rows],
    }


def _memheap(layout: Layout, memheap: MemheapPlan) -> View:
    members = [layout.object_named[name] for name in memheap.members]
    return {
        "name": memheap.name,
        "handle": f"{memheap.name}_memheap",
        "type": "rw_memheap_t",
        "title": "Memheap",
        "summary": f"{memheap.name}: {', then '.join(memheap.members)}.",
        "debug_name": _c_string(memheap.name if memheap.debug_name else None),
        "size": sum(obj.size for obj in members),
        "members": [handle(obj) for obj in members],
        "member_count": len(memheap.members),
        "self": f"&{memheap.name}_memheap",
        "alloc": "rw_memheap_alloc",
        "alloc_aligned": "rw_memheap_alloc_aligned",
        "free": "rw_memheap_free",
        "free_arguments": f"&{memheap.name}_memheap, block",
        "generic": "rw_memheap",
    }


def _owner(one: View) -> View:
    """How a scope gives a block back to a pool, heap, slab or memheap."""
    untyped = {"typed": False, "element": "void", "pointer": "void *"}
    return {key: one.get(key, untyped.get(key)) for key in ("name", *untyped)}


def _on_host(layout: Layout) -> bool:
    """Whether the arenas are plain C arrays: on a host there is no script to place them."""
    return layout.config.target.cpu == "host"


def _declaration(obj: Object, identifier: str) -> str:
    if obj.ctype:
        return f"{obj.ctype.spelling} {identifier}"
    return f"uint8_t {identifier}[{obj.size}]"


def _arenas(layout: Layout, objects: Sequence[Object]) -> list[str]:
    """Definitions of everything on a host, declarations of arenas elsewhere."""
    if _on_host(layout):
        return [
            f"_Alignas({obj.alignment}) {_declaration(obj, obj.name)}"
            if obj.kind == "buffer"
            else f"static _Alignas({obj.alignment}) uint8_t {obj.name}_arena[{obj.size}]"
            for obj in objects
        ]
    return [
        f'extern uint8_t {obj.name}_arena[{obj.size}]\n    __asm__("{arena_symbol(layout, obj)}")'
        for obj in objects
        if obj.kind != "buffer"
    ]


def _adopted(layout: Layout, obj: Object, number: int) -> View:
    """`unique`, an assembler's way to tell sections of one name apart, where the name may be that
    of initialised variables too, which -flto puts into one file with this."""
    own = obj.section == f"{obj.adopted}.rw.{obj.name}"
    return {
        "name": obj.name,
        "output": obj.adopted,
        "section": obj.section,
        "type": "%nobits" if own else f"%nobits,unique,{number}",
        "symbol": adopted_symbol(layout, obj),
        "size": obj.size,
        "alignment": obj.alignment,
    }


def _asserts(objects: Sequence[Object]) -> list[View]:
    """Static asserts on the user's types and on the sizes the map counts with."""
    checks: list[View] = []
    for obj in objects:
        if obj.ctype is None:
            continue
        spelling = obj.ctype.spelling
        room = obj.plan.block_size if isinstance(obj.plan, PoolPlan) else obj.size
        key = "block_size" if isinstance(obj.plan, PoolPlan) else "size"
        checks.append(
            {
                "condition": f"sizeof({spelling}) <= {room}",
                "message": f"{obj.name}: {key} {room} is smaller than {spelling}",
            }
        )
        checks.append(
            {
                "condition": f"_Alignof({spelling}) <= {obj.alignment}",
                "message": f"{obj.name}: alignment {obj.alignment} is less than {spelling} needs",
            }
        )
    return checks


def _offers(core: Core, operation: str) -> bool:
    return operation != "alloc_wait" or "_wait_" in core.name


def _table(table: _Table, numbering: dict[Core, int]) -> View:
    entries = [
        f"[{number}] = rw_{core.kind}_{table.operation}_{core.name}"
        for core, number in numbering.items()
        if core.kind in table.kinds and _offers(core, table.operation)
    ]
    return {"name": table.name, "type": table.type, "entries": entries or ["0"]}
