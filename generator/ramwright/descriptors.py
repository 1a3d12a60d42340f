# SPDX-License-Identifier: Apache-2.0
"""The descriptors of a linked ELF against those that the layout generates, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ramwright import abi
from ramwright.elf import ElfImage
from ramwright.layout import FullPlan, HeapPlan, Layout, MemheapPlan, Object, PoolPlan, SlabPlan
from ramwright.link_view import arena_symbol
from ramwright.structs import Struct, offsets, size_of, struct_at
from ramwright.view import core_of, cores, handle

_KINDS = {"pool": 0, "heap": 1, "slab": 2, "memheap": 3}  # rw_kind_t
_ATTRIBUTES = ("dma", "fast", "cached", "external", "retained", "exec", "shared")  # bit 0 up


class State(NamedTuple):
    """Mutable bytes that an allocator keeps outside its arena; startup code must clear them."""

    address: int
    size: int


class Linked(NamedTuple):
    """One descriptor found in the ELF: what is wrong with it, and the state it points to."""

    faults: tuple[str, ...]
    states: tuple[State, ...]


def layout_handle(layout: Layout) -> str:
    """The symbol of the descriptor of the whole layout."""
    return f"{layout.name}_layout"


def linked_object(layout: Layout, elf: ElfImage, obj: Object) -> Linked | None:
    """The descriptor of a pool, heap or slab; None if the linker dropped the object."""
    address = elf.variable(handle(obj))
    if address is None:
        return _folded(elf, obj)
    struct = struct_at(elf, f"rw_{obj.kind}_t", address)
    if struct is None:
        return Linked(("it has no bytes in the image",), ())
    expected = _head(layout, elf, obj) | _constants(obj)
    if isinstance(obj.plan, PoolPlan):
        expected["first"] = expected["arena"]
        expected["end"] = expected["arena"] + obj.size
    faults = [
        *_differences(struct, expected),
        *_name_fault(elf, struct, obj.name, obj.debug_name),
        *_core_faults(elf, struct.fields["core"], obj),
    ]
    states = [State(_state_address(struct, obj), _state_size(obj, elf.pointer_size))]
    if isinstance(obj.plan, SlabPlan):
        states.append(
            State(struct.fields["pages"], obj.plan.slab_count * struct.fields["page_size"])
        )
        faults += _zone_faults(elf, struct, obj.plan)
        faults += _size_table_faults(elf, struct, obj.plan)
    if obj.full is not None:
        layer = _layer(elf, address + size_of(f"rw_{obj.kind}_t", elf.pointer_size), obj, obj.full)
        faults += layer.faults
        states += layer.states
    return Linked(tuple(faults), tuple(states))


def linked_memheap(layout: Layout, elf: ElfImage, memheap: MemheapPlan) -> Linked | None:
    """The descriptor of a memheap; None if the linker dropped it."""
    address = elf.variable(f"{memheap.name}_memheap")
    if address is None:
        return None
    struct = struct_at(elf, "rw_memheap_t", address)
    if struct is None:
        return Linked(("it has no bytes in the image",), ())
    sizes = {obj.name: obj.size for obj in layout.objects}
    expected = {
        "arena": 0,
        "size": sum(sizes[member] for member in memheap.members),
        "kind": _KINDS["memheap"],
        "member_count": len(memheap.members),
    }
    members = [elf.variable(handle(layout.object_named[member])) for member in memheap.members]
    faults = [
        *_differences(struct, expected),
        *_name_fault(elf, struct, memheap.name, memheap.debug_name),
        *_array_fault(elf, struct.fields["members"], members, "members"),
    ]
    return Linked(tuple(faults), ())


def linked_layout(layout: Layout, elf: ElfImage) -> Linked | None:
    """The descriptor of the whole layout, its ABI number apart; None if the linker dropped it."""
    address = elf.variable(layout_handle(layout))
    if address is None:
        return None
    struct = struct_at(elf, "rw_layout_t", address)
    if struct is None:
        return Linked(("it has no bytes in the image",), ())
    handles = {elf.variable(handle(obj)): obj for obj in layout.allocators}
    expected = [_object_address(elf, obj) for obj in layout.allocators]
    faults = [
        *_differences(struct, {"object_count": len(handles)}),
        *_name_fault(elf, struct, layout.name, True),
        *_array_fault(elf, struct.fields["objects"], expected, "objects"),
    ]
    return Linked(tuple(faults), ())


def _object_address(elf: ElfImage, obj: Object) -> int | None:
    """Where the rw_object_t of an object lies, which in a pool's descriptor is not at the start."""
    address = elf.variable(handle(obj))
    start, _ = offsets(f"rw_{obj.kind}_t", elf.pointer_size)["arena"]
    return None if address is None else address + start


def linked_abi(layout: Layout, elf: ElfImage) -> int | None:
    """The ABI number of the runtime that the layout was compiled for; None if it was dropped."""
    address = elf.variable(layout_handle(layout))
    struct = None if address is None else struct_at(elf, "rw_layout_t", address)
    return struct.fields["abi"] if struct else None


def _folded(elf: ElfImage, obj: Object) -> Linked | None:
    """An object whose descriptor link-time optimisation folded into its users: its state tells of
    it. None if that is not there either."""
    state = elf.variables.get(f"{obj.name}_state")
    if state is None or state.size != _state_size(obj, elf.pointer_size):
        return None
    names = (*_STATE_PIECES[obj.kind], "quarantine", "notes")
    pieces = (elf.variables.get(f"{obj.name}_{name}") for name in names)
    found = (piece for piece in (state, *pieces) if piece)
    return Linked((), tuple(State(piece.address, piece.size) for piece in found))


def _core_faults(elf: ElfImage, core: int, obj: Object) -> Iterator[str]:
    """What the tables of cores that are linked have for `obj`: a number alone would be the same in
    the layout of another config."""
    expected = core_of(obj)
    for operation in _OPERATIONS:
        table = "pool_alloc" if (obj.kind, operation) == ("pool", "alloc") else operation
        start = elf.variable(f"rw_{table}_cores")
        entry = start and elf.number(start + core * elf.pointer_size, elf.pointer_size)
        names = elf.functions.get(entry & ~1) if entry else None
        function = f"rw_{obj.kind}_{operation}_{expected.name}"
        if names and function not in names:
            yield f"rw_{table}_cores[{core}] is {min(names)}, not {function}"
            return


def _state_address(struct: Struct, obj: Object) -> int:
    """Where the variable starts that is named after the object and `state`: a pool's descriptor
    points to the head behind the links."""
    links = obj.plan.links_size if isinstance(obj.plan, PoolPlan) else 0
    return struct.fields["state"] - links


def _state_size(obj: Object, pointer: int) -> int:
    """Bytes of that variable; a heap's map and bins lie behind its state."""
    if isinstance(obj.plan, PoolPlan):
        return obj.plan.state_size
    if isinstance(obj.plan, HeapPlan):
        return abi.heap_control(obj.plan.granules)
    assert isinstance(obj.plan, SlabPlan)
    return abi.slab_control(len(obj.plan.all_zones), pointer)


_STATE_PIECES: dict[str, tuple[str, ...]] = {
    "pool": (),
    "heap": (),
    "slab": ("pages",),
}
_OPERATIONS = (
    *("alloc", "alloc_aligned", "resize", "lower", "free"),
    *("usable", "check", "walk", "stats"),
)


def _head(layout: Layout, elf: ElfImage, obj: Object) -> dict[str, int]:
    region = layout.region_named[obj.region]
    attributes = sum(1 << bit for bit, name in enumerate(_ATTRIBUTES) if name in region.attributes)
    return {
        "arena": elf.address(arena_symbol(layout, obj)) or 0,
        "size": obj.size,
        "core": cores(layout).index(core_of(obj)),
        "kind": _KINDS[obj.kind],
        "attributes": attributes,
        "overhead": abi.overhead(obj.kind, full=obj.full is not None),
    }


def _constants(obj: Object) -> dict[str, int]:
    plan = obj.plan
    if isinstance(plan, PoolPlan):
        return {
            "block_size": plan.stride,
            "inverse": plan.inverse,
            "shift": plan.shift,
            "full": plan.full,
        }
    if isinstance(plan, HeapPlan):
        return {"granules": plan.granules}
    assert isinstance(plan, SlabPlan)
    return {
        "last": plan.largest - 1,
        "slab_count": plan.slab_count,
        "shared_count": plan.shared_count,
        "slab_shift": plan.slab_shift,
        "table_shift": plan.table_shift,
    }


def _zone_faults(elf: ElfImage, struct: Struct, plan: SlabPlan) -> Iterator[str]:
    """Zones are numbered as in rw_slab_zone_stats: 0 is that of runs."""
    stride = size_of("rw_zone_t", elf.pointer_size)
    for index, zone in enumerate(plan.all_zones):
        linked = struct_at(elf, "rw_zone_t", struct.fields["zones"] + index * stride)
        if linked is None:
            yield f"zone {index} has no bytes in the image"
            continue
        expected = {
            "inverse": zone.inverse,
            "cut": (zone.blocks - 1) << abi.SLAB_SHIFT_BITS | zone.shift,
            "block_size": zone.block_size,
            "min_slabs": zone.min_slabs,
            "max_slabs": zone.max_slabs,
        }
        yield from (f"zone {index}: {fault}" for fault in _differences(linked, expected))


def _layer(elf: ElfImage, address: int, obj: Object, full: FullPlan) -> Linked:
    """What checks full has behind the descriptor."""
    struct = struct_at(elf, "rw_full_t", address)
    if struct is None:
        return Linked(("its quarantine has no bytes in the image",), ())
    expected = {
        "places": full.places,
        "note_shift": full.note_shift,
        "block_size": obj.plan.block_size if isinstance(obj.plan, PoolPlan) else 0,
    }
    sizes = abi.sizes(elf.pointer_size)
    states = [
        State(struct.fields["state"], sizes.full_state),
        State(struct.fields["held"], full.places * sizes.held),
    ]
    if full.notes:
        states.append(State(struct.fields["notes"], full.notes * abi.NOTE))
    return Linked(tuple(_differences(struct, expected)), tuple(states))


def _size_table_faults(elf: ElfImage, struct: Struct, plan: SlabPlan) -> Iterator[str]:
    if elf.read(struct.fields["size_table"], len(plan.size_table)) != bytes(plan.size_table):
        yield "its table from size to zone differs"


def _differences(struct: Struct, expected: Mapping[str, int]) -> Iterator[str]:
    for field, value in expected.items():
        linked = struct.fields[field]
        if linked != value & _mask(struct, field):
            yield f"{field} is {_shown(field, linked)}, not {_shown(field, value)}"


def _mask(struct: Struct, field: str) -> int:
    """Constants are truncated as C does: an inverse is computed modulo 2**64."""
    return (1 << 8 * struct.sizes[field]) - 1


def _shown(field: str, value: int) -> str:
    return f"{value:#x}" if field in ("arena", "first", "end", "inverse") else str(value)


def _name_fault(elf: ElfImage, struct: Struct, name: str, kept: bool) -> Iterator[str]:
    address = struct.fields["name"]
    linked = elf.text(address) if address else None
    if linked != (name if kept else None):
        yield (
            f"its name is {linked!r}, not {name!r}" if kept else f"its name is {linked!r}, not none"
        )


def _array_fault(
    elf: ElfImage, address: int, expected: Iterable[int | None], what: str
) -> Iterator[str]:
    size = elf.pointer_size
    for index, value in enumerate(expected):
        if elf.number(address + index * size, size) != value:
            yield f"its {what} differ from the config's"
            return
