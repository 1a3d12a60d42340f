# SPDX-License-Identifier: Apache-2.0
"""The runtime's descriptors as they lie in flash: field offsets after runtime/include/ramwright.

tests/test_verify.py holds every offset here against `offsetof`.
"""

from __future__ import annotations

from typing import NamedTuple

from ramwright.elf import ElfImage

_WORD = "pointer"  # of the target's pointer size; the others are of 4, 2, 1 bytes
_SIZES = {"u32": 4, "u16": 2, "u8": 1}
_END = ""  # of a struct within a struct: no field, but what follows it is aligned alike

_OBJECT = (
    ("arena", _WORD),
    ("size", _WORD),
    ("name", _WORD),
    ("core", "u8"),
    ("kind", "u8"),
    ("attributes", "u8"),
    ("overhead", "u8"),
    (_END, _WORD),
)

FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "rw_pool_t": (
        ("block_size", _WORD),
        ("end", _WORD),
        ("state", _WORD),
        ("full", "u32"),
        ("shift", "u32"),
        ("first", _WORD),
        ("inverse", _WORD),
        *_OBJECT,
    ),
    "rw_heap_t": (*_OBJECT, ("state", _WORD), ("granules", "u32")),
    "rw_slab_t": (
        *_OBJECT,
        ("slab_shift", "u8"),
        ("table_shift", "u8"),
        ("last", "u16"),
        ("slab_count", "u16"),
        ("shared_count", "u16"),
        ("state", _WORD),
        ("pages", _WORD),
        ("page_size", "u32"),
        ("size_table", _WORD),
        ("zones", _WORD),
    ),
    "rw_full_t": (
        ("state", _WORD),
        ("held", _WORD),
        ("notes", _WORD),
        ("block_size", _WORD),
        ("places", "u32"),
        ("note_shift", "u32"),
    ),
    "rw_zone_t": (
        ("inverse", _WORD),
        ("cut", "u16"),
        ("block_size", "u16"),
        ("min_slabs", "u16"),
        ("max_slabs", "u16"),
    ),
    "rw_memheap_t": (*_OBJECT, ("members", _WORD), ("member_count", "u32")),
    "rw_layout_t": (
        ("name", _WORD),
        ("objects", _WORD),
        ("object_count", "u16"),
        ("abi", "u16"),
    ),
}


class Struct(NamedTuple):
    """The fields of one descriptor in an ELF, as unsigned numbers."""

    fields: dict[str, int]
    sizes: dict[str, int]  # bytes of each field


def offsets(name: str, pointer_size: int) -> dict[str, tuple[int, int]]:
    """Offset and size of each field of struct `name`."""
    table: dict[str, tuple[int, int]] = {}
    cursor = 0
    for field, kind in FIELDS[name]:
        size = _SIZES.get(kind, pointer_size)
        cursor = -(-cursor // size) * size
        if field == _END:
            continue
        table[field] = (cursor, size)
        cursor += size
    return table


def size_of(name: str, pointer_size: int) -> int:
    """Bytes of struct `name`, as `sizeof`."""
    table = offsets(name, pointer_size)
    end = max(offset + size for offset, size in table.values())
    alignment = max(size for _, size in table.values())
    return -(-end // alignment) * alignment


def struct_at(elf: ElfImage, name: str, address: int) -> Struct | None:
    """The struct `name` at `address`; None where the image has no bytes there."""
    table = offsets(name, elf.pointer_size)
    values = {field: elf.number(address + at, size) for field, (at, size) in table.items()}
    fields = {field: value for field, value in values.items() if value is not None}
    if len(fields) < len(values):
        return None
    return Struct(fields, {field: size for field, (_, size) in table.items()})
