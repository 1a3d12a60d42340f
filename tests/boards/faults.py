# SPDX-License-Identifier: Apache-2.0
"""Faults seeded into the values read from a good ELF: what the linker would have to get wrong."""

from __future__ import annotations

import struct as packing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ramwright import abi
from ramwright.elf import ElfImage, Section, Symbol
from ramwright.layout import Layout
from ramwright.link_view import arena_symbol, check_symbol, script_symbol
from ramwright.structs import offsets
from ramwright.verify import verify


@dataclass(frozen=True)
class Good:
    """A layout and an ELF that agree."""

    layout: Layout
    elf: ElfImage
    path: Path

    def codes(self, elf: ElfImage) -> set[str]:
        """What verify finds in `elf`."""
        return {problem.code for problem in verify(self.layout, elf)}

    def arena(self, name: str) -> str:
        """The linker symbol of an object."""
        return arena_symbol(self.layout, next(o for o in self.layout.objects if o.name == name))

    def address(self, name: str) -> int:
        """The address of an object."""
        return self.elf.symbols[self.arena(name)].address

    def with_symbol(self, name: str, address: int) -> ElfImage:
        """The ELF with global symbol `name` at `address`."""
        symbols = {**self.elf.symbols, name: Symbol(name, address, 0, None)}
        return self.elf._replace(symbols=symbols)

    def without_symbol(self, name: str) -> ElfImage:
        """The ELF without global symbol `name`."""
        symbols = {key: value for key, value in self.elf.symbols.items() if key != name}
        return self.elf._replace(symbols=symbols)

    def with_bytes(self, address: int, data: bytes) -> ElfImage:
        """The ELF with other bytes in its image."""
        contents = []
        for start, old in self.elf.contents:
            at = address - start
            if at >= 0 and at + len(data) <= len(old):
                old = old[:at] + data + old[at + len(data) :]
            contents.append((start, old))
        assert tuple(contents) != self.elf.contents
        return self.elf._replace(contents=tuple(contents))

    def with_field(self, symbol: str, kind: str, field: str, value: int) -> ElfImage:
        """The ELF with another value in one field of a descriptor."""
        at, size = offsets(kind, self.elf.pointer_size)[field]
        address = self.elf.symbols[symbol].address + at
        return self.with_bytes(address, value.to_bytes(size, "little"))


def in_the_image(good: Good, name: str) -> ElfImage:
    """The ELF with bits in a section."""
    sections = tuple(
        section._replace(nobits=False) if section.name == name else section
        for section in good.elf.sections
    )
    return good.elf._replace(sections=sections)


def also(good: Good, *sections: Section) -> ElfImage:
    """The ELF with more sections."""
    return good.elf._replace(sections=tuple(sorted((*good.elf.sections, *sections), key=_start)))


def _start(section: Section) -> int:
    return section.address


def with_range(good: Good, start: str, end: str, name: str, size: int = 4) -> ElfImage:
    """The ELF with a pair of symbols around the first bytes of an object."""
    address = good.address(name)
    symbols = {
        **good.elf.symbols,
        start: Symbol(start, address - 4, 0, None),
        end: Symbol(end, address + size, 0, None),
    }
    return good.elf._replace(symbols=symbols)


def with_table(good: Good, name: str, *words: int) -> ElfImage:
    """The ELF with a CMSIS table of one entry."""
    return _with_words(good, f"__{name}_table_start__", f"__{name}_table_end__", words)


def with_section_table(good: Good, name: str, *words: int) -> ElfImage:
    """The ELF with an MCUXpresso table of one entry."""
    first = f"__{name}_section_table"
    return _with_words(good, first, f"{first}_end", words)


def _with_words(good: Good, first: str, last: str, words: tuple[int, ...]) -> ElfImage:
    at = 0x08080000
    symbols = {
        **good.elf.symbols,
        first: Symbol("", at, 0, None),
        last: Symbol("", at + 4 * len(words), 0, None),
    }
    data = packing.pack(f"<{len(words)}I", *words)
    return good.elf._replace(symbols=symbols, contents=(*good.elf.contents, (at, data)))


def with_sbrk(good: Good) -> ElfImage:
    """The ELF with a C heap from below an object to a stack above it."""
    address = good.address("bulk")
    added = {"_sbrk": 0x08000100, "end": address - 8, "__stack": address + 0x8000}
    symbols = {name: symbol for name, symbol in good.elf.symbols.items() if name != "_end"}
    symbols |= {name: Symbol(name, value, 0, None) for name, value in added.items()}
    for name in ("_estack", "_sstack"):
        del symbols[name]
    return good.elf._replace(symbols=symbols)


def with_rtthread_heap(good: Good) -> ElfImage:
    """The ELF with the kernel's heap from before the objects of the home to the end of the RAM."""
    symbols = {
        **good.elf.symbols,
        "rt_system_heap_init": Symbol("", 0x08000100, 0, None),
        "__bss_end": Symbol("", good.address("notes"), 0, None),
    }
    del symbols["__bss_start"]
    return good.elf._replace(symbols=symbols)


def with_stack_of_size(good: Good) -> ElfImage:
    """The ELF with a stack told by its top and its size."""
    symbols = {
        **good.elf.symbols,
        "_estack": Symbol("", good.address("bulk") + 4, 0, None),
        "_Min_Stack_Size": Symbol("", 0x400, 0, None),
    }
    del symbols["_sstack"]
    return good.elf._replace(symbols=symbols)


def without_cleared(good: Good) -> ElfImage:
    """The ELF whose script calls the ends of .bss as no other does."""
    symbols = {name: s for name, s in good.elf.symbols.items() if "bss" not in name}
    return good.elf._replace(symbols=symbols)


def moved_state(good: Good, size: int) -> ElfImage:
    """The ELF whose startup clears less than .bss."""
    begin = good.elf.symbols["_sbss"].address
    symbols = {**good.elf.symbols}
    for name in ("_ebss", "__bss_end"):
        symbols[name] = Symbol(name, begin + size, 0, None)
    return good.elf._replace(symbols=symbols)


def without_pool(good: Good) -> ElfImage:
    """The ELF without a pool's descriptor and state."""
    variables = {n: s for n, s in good.elf.variables.items() if not n.startswith("frames_")}
    return good.without_symbol("frames_pool")._replace(variables=variables)


def layout_member(good: Good, index: int) -> int:
    """The address of an entry of the layout's list of objects."""
    at, size = offsets("rw_layout_t", 4)["objects"]
    objects = good.elf.number(good.elf.symbols["motor_layout"].address + at, size)
    assert objects is not None
    return objects + 4 * index


def pointed(good: Good, symbol: str, kind: str, field: str) -> int:
    """What a pointer in a descriptor points to."""
    at, size = offsets(kind, 4)[field]
    value = good.elf.number(good.elf.symbols[symbol].address + at, size)
    assert value is not None
    return value


Seed = Callable[[Good], ElfImage]
FAULTS: dict[str, tuple[Seed, str, str]] = {
    "another architecture": (
        lambda g: g.elf._replace(machine="EM_RISCV"),
        "RW0518",
        "is for RISCV with 32 bits",
    ),
    "another word size": (lambda g: g.elf._replace(pointer_size=8), "RW0518", "with 64 bits"),
    "no check script": (
        lambda g: g.without_symbol(check_symbol(g.layout)),
        "RW0502",
        "without motor_memory_check.ld",
    ),
    "the C library's own malloc": (
        lambda g: g.with_symbol("__malloc_free_list", g.address("notes")),
        "RW0519",
        "a second heap beside `system`: the C library's own malloc is linked (__malloc_free_list)",
    ),
    "arena missing": (lambda g: g.without_symbol(g.arena("bulk")), "RW0503", "heap bulk"),
    "arena in no section": (
        lambda g: g.with_symbol(g.arena("bulk"), 0x1000C000),
        "RW0503",
        "in no section",
    ),
    "arena outside its region": (
        lambda g: g.with_symbol(g.arena("ring"), g.address("notes") // 32 * 32 + 32),
        "RW0504",
        "outside region other",
    ),
    "pinned elsewhere": (
        lambda g: g.with_symbol(g.arena("crash"), g.address("crash") - 64),
        "RW0505",
        "is pinned to 0x1000ffc0 but linked at 0x1000ff80",
    ),
    "misaligned": (
        lambda g: g.with_symbol(g.arena("ring"), g.address("ring") + 4),
        "RW0505",
        "not a multiple of 32",
    ),
    "arena in the image": (lambda g: in_the_image(g, ".ramwright.other"), "RW0506", "not NOBITS"),
    "a segment loads bytes": (
        lambda g: g.elf._replace(loaded=(*g.elf.loaded, (g.address("bulk") - 4, 8))),
        "RW0506",
        "a segment of the program headers",
    ),
    "two arenas overlap": (
        lambda g: g.with_symbol(g.arena("bulk"), g.address("ring")),
        "RW0507",
        "overlaps ring",
    ),
    "a section overlaps": (
        lambda g: also(g, Section(".ccm2", g.address("bulk") + 8, 4, nobits=True)),
        "RW0507",
        "overlaps output section .ccm2",
    ),
    "cleared": (
        lambda g: with_range(g, "__bss_start__", "__bss_end__", "notes"),
        "RW0508",
        "startup code clears",
    ),
    "copied": (
        lambda g: with_range(g, "_sccmram", "_eccmram", "bulk"),
        "RW0508",
        "startup code copies to",
    ),
    "cleared by a table": (
        lambda g: with_table(g, "zero", g.address("bulk") - 8, 3),
        "RW0508",
        "__zero_table_start__",
    ),
    "cleared by a table of MCUXpresso": (
        lambda g: with_section_table(g, "bss", g.address("bulk") - 8, 12),
        "RW0508",
        "(__bss_section_table)",
    ),
    "copied by a table of MCUXpresso": (
        lambda g: with_section_table(g, "data", 0x08000000, g.address("bulk") - 8, 12),
        "RW0508",
        "__data_section_table",
    ),
    "copied by a table": (
        lambda g: with_table(g, "copy", 0x08000000, g.address("bulk") - 8, 3),
        "RW0508",
        "__copy_table_start__",
    ),
    "in the heap": (
        lambda g: with_range(g, "__HeapBase", "__HeapLimit", "bulk"),
        "RW0509",
        "the C heap uses",
    ),
    "in the heap of sbrk": (with_sbrk, "RW0509", "end, which sbrk grows from"),
    "in the heap of RT-Thread": (with_rtthread_heap, "RW0509", "heap of RT-Thread begins"),
    "in the stack": (
        lambda g: with_range(g, "__StackLimit", "__StackTop", "bulk"),
        "RW0509",
        "the stack uses",
    ),
    "in a stack told by its size": (
        with_stack_of_size,
        "RW0509",
        "_estack - _Min_Stack_Size",
    ),
    "state not cleared": (lambda g: moved_state(g, 8), "RW0510", "does not clear"),
    "state in the image": (lambda g: in_the_image(g, ".bss"), "RW0510", "not NOBITS"),
    "state in another bank": (
        lambda g: g.with_field("bulk_heap", "rw_heap_t", "state", g.address("ring")),
        "RW0510",
        "outside the home region ram",
    ),
    "pool: arena": (
        lambda g: g.with_field("frames_pool", "rw_pool_t", "arena", 0x20000000),
        "RW0511",
        "arena is 0x20000000",
    ),
    "pool: core": (
        lambda g: g.with_field("frames_pool", "rw_pool_t", "core", 99),
        "RW0511",
        "core is 99",
    ),
    "pool: full": (
        lambda g: g.with_field("frames_pool", "rw_pool_t", "full", 11),
        "RW0511",
        "full is 11, not 10",
    ),
    "pool: name": (
        lambda g: g.with_field("frames_pool", "rw_pool_t", "name", 0),
        "RW0511",
        "its name is None, not 'frames'",
    ),
    "heap: attributes": (
        lambda g: g.with_field("bulk_heap", "rw_heap_t", "attributes", 1),
        "RW0511",
        "attributes is 1, not 2",
    ),
    "heap: granules": (
        lambda g: g.with_field("small_heap", "rw_heap_t", "granules", 1000),
        "RW0511",
        "granules is 1000",
    ),
    "slab: a zone": (
        lambda g: g.with_bytes(
            pointed(g, "kernel_slab", "rw_slab_t", "zones") + offsets("rw_zone_t", 4)["cut"][0],
            b"\x07\x00",
        ),
        "RW0511",
        "zone 0: cut is 7",
    ),
    "slab: the size table": (
        lambda g: g.with_bytes(pointed(g, "kernel_slab", "rw_slab_t", "size_table"), b"\x01"),
        "RW0511",
        "its table from size to zone differs",
    ),
    "slab: nowhere": (
        lambda g: g.with_symbol("kernel_slab", 0x20000000 + 0x10000),
        "RW0511",
        "no bytes in the image",
    ),
    "memheap: members": (
        lambda g: g.with_bytes(
            pointed(g, "system_memheap", "rw_memheap_t", "members"), b"\x00\x00\x00\x08"
        ),
        "RW0511",
        "its members differ",
    ),
    "layout: order of objects": (
        lambda g: g.with_bytes(
            layout_member(g, 0),
            (g.elf.read(layout_member(g, 1), 4) or b"")
            + (g.elf.read(layout_member(g, 0), 4) or b""),
        ),
        "RW0511",
        "its objects differ",
    ),
    "ABI of the code": (
        lambda g: g.with_field("motor_layout", "rw_layout_t", "abi", abi.RW_ABI + 1),
        "RW0512",
        "the compiled layout",
    ),
    "script of another config": (
        lambda g: g.with_symbol(script_symbol(g.layout), 1),
        "RW0515",
        "its digest is 0x00000001",
    ),
    "cleared by nothing known": (
        without_cleared,
        "RW0516",
        "tells what startup code clears",
    ),
    "pool dropped": (without_pool, "RW0513", "pool frames"),
    "memheap dropped": (lambda g: g.without_symbol("system_memheap"), "RW0513", "memheap system"),
    "section across a border": (
        lambda g: also(g, Section(".big", 0x1FFFFF00, 0x108, nobits=True)),
        "RW0514",
        "crosses a border of region ram",
    ),
}
