# SPDX-License-Identifier: Apache-2.0
"""Bytes that somebody else writes, told from an ELF's symbols: what startup code clears and copies,
the C heap, the stack.

Linker scripts agree on no names, so these are the names that are in use: CMSIS, STM32Cube,
RT-Thread, nRF, Teensy, libopencm3, Microchip, ChibiOS, MCUXpresso, WCH, newlib.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from ramwright.elf import ElfImage

RangeKind = Literal["cleared", "copied", "heap", "stack"]

_CLEARED = (
    ("_sbss", "_ebss"),
    ("__bss_start__", "__bss_end__"),
    ("__bss_start", "__bss_end"),
    ("__bss_start", "__bss_end__"),
    ("_szero", "_ezero"),
    ("_bss_start", "_bss_end"),
    ("__bss_base__", "__bss_end__"),
    ("__bss_base__", "__bss_limit__"),
    ("_bss", "_ebss"),
)
# libopencm3 clears on from where the copy of .data ended.
_CLEARED_FROM_DATA = ("_edata", "_ebss")
_COPIED = (
    ("_sdata", "_edata"),
    ("__data_start__", "__data_end__"),
    ("__data_start", "__data_end"),
    ("_data", "_edata"),
    ("_data_vma", "_edata"),
    ("_data_start", "_data_end"),
    ("_srelocate", "_erelocate"),
    ("_sccmram", "_eccmram"),
    ("__data_base__", "__data_end__"),
    ("__data_base__", "__data_limit__"),
)
_HEAP = (
    ("__HeapBase", "__HeapLimit"),
    ("_heap_start", "_heap_end"),
    ("__heap_start__", "__heap_end__"),
    ("__heap_start", "__heap_end"),
    ("_sheap", "_eheap"),
    ("__heap_base__", "__heap_end__"),
    ("_pvHeapStart", "_pvHeapLimit"),
)
_STACK = (
    ("__StackLimit", "__StackTop"),
    ("_sstack", "_estack"),
    ("_susrstack", "_eusrstack"),
    ("__stack_start__", "__stack_end__"),
    ("__stack_limit", "__stack"),
    ("__main_stack_base__", "__main_stack_end__"),
    ("__process_stack_base__", "__process_stack_end__"),
)
_STACK_TOPS = (
    "_estack",
    "__StackTop",
    "__stack",
    "_stack_top",
    "_stack",
    "_vStackTop",
    "_eusrstack",
)
_STACK_SIZES = ("_Min_Stack_Size", "__STACK_SIZE", "__stack_size__", "__stack_size", "STACK_SIZE")
_HEAP_STARTS = ("end", "_end", "__end__")
_SBRK = ("_sbrk", "sbrk", "_sbrk_r")
# Variables of the malloc of newlib, newlib-nano, picolibc. A linked _sbrk tells nothing: it comes
# with the board's other system calls, whether malloc calls it or not.
_LIBRARY_HEAP = ("__malloc_av_", "__malloc_free_list", "__malloc_sbrk_base", "__malloc_sbrk_start")
_RTTHREAD_HEAP = ("rt_system_heap_init", "__bss_end")


class _Table(NamedTuple):
    """A table of ranges in the image: entries of [source,] destination, length."""

    kind: RangeKind
    first: str  # symbol of the first entry
    last: str  # symbol past the last entry
    words: int  # of an entry
    unit: int  # bytes that a length of 1 stands for


_TABLES = (
    _Table("cleared", "__zero_table_start__", "__zero_table_end__", 2, 4),
    _Table("copied", "__copy_table_start__", "__copy_table_end__", 3, 4),
    _Table("cleared", "__bss_section_table", "__bss_section_table_end", 2, 1),
    _Table("copied", "__data_section_table", "__data_section_table_end", 3, 1),
)


class Range(NamedTuple):
    """Bytes that others write, and the symbols that tell."""

    kind: RangeKind
    start: int
    end: int
    told_by: str

    def overlaps(self, address: int, size: int) -> bool:
        """Whether any of the bytes at `address` is in the range."""
        return self.start < address + size and address < self.end

    def holds(self, address: int, size: int) -> bool:
        """Whether all of the bytes at `address` are in the range."""
        return self.start <= address and address + size <= self.end


def ranges(elf: ElfImage, banks: Iterable[tuple[int, int]]) -> tuple[Range, ...]:
    """Every such range of `elf`; `banks` are the first address of each region and that past it."""
    stacks = list(_stacks(elf))
    heaps = list(_pairs(elf, "heap", _HEAP))
    found = (
        *_cleared(elf),
        *_pairs(elf, "copied", _COPIED),
        *(entry for table in _TABLES for entry in _entries(elf, table)),
        *stacks,
        *heaps,
        *_open_heaps(elf, stacks, list(banks), bounded=bool(heaps)),
    )
    return tuple(one for one in found if one.start < one.end)


def tells_cleared(elf: ElfImage) -> bool:
    """Whether `elf` says what startup code clears, be it nothing."""
    tables = (table.first for table in _TABLES if table.kind == "cleared")
    return bool(_cleared(elf)) or any(first in elf.symbols for first in tables)


def cleared_names() -> str:
    """The names by which `tells_cleared` goes, for a message."""
    pairs = [f"{first}..{last}" for first, last in (*_CLEARED, _CLEARED_FROM_DATA)]
    tables = [table.first for table in _TABLES if table.kind == "cleared"]
    return ", ".join(pairs + tables)


def library_heap(elf: ElfImage) -> str:
    """A variable of the C library's own malloc, where that is linked; else empty."""
    return next((name for name in _LIBRARY_HEAP if elf.variable(name) is not None), "")


def _pairs(elf: ElfImage, kind: RangeKind, pairs: Iterable[tuple[str, str]]) -> Iterator[Range]:
    for first, last in pairs:
        start, end = elf.address(first), elf.address(last)
        if start is not None and end is not None:
            yield Range(kind, start, end, f"{first}..{last}")


def _cleared(elf: ElfImage) -> list[Range]:
    return list(_pairs(elf, "cleared", _CLEARED)) or list(
        _pairs(elf, "cleared", [_CLEARED_FROM_DATA])
    )


def _entries(elf: ElfImage, table: _Table) -> Iterator[Range]:
    start, end = elf.address(table.first), elf.address(table.last)
    if start is None or end is None:
        return
    for entry in range(start, end, 4 * table.words):
        target = elf.number(entry + 4 * (table.words - 2), 4)
        length = elf.number(entry + 4 * (table.words - 1), 4)
        if target is not None and length is not None:
            yield Range(table.kind, target, target + table.unit * length, table.first)


def _stacks(elf: ElfImage) -> Iterator[Range]:
    known = list(_pairs(elf, "stack", _STACK))
    yield from known
    top, size = _first(elf, _STACK_TOPS), _first(elf, _STACK_SIZES)
    if not known and top and size and size[1] < top[1]:
        yield Range("stack", top[1] - size[1], top[1], f"{top[0]} - {size[0]}")


def _open_heaps(
    elf: ElfImage, stacks: Iterable[Range], banks: list[tuple[int, int]], *, bounded: bool
) -> Iterator[Range]:
    """Heaps that begin at a symbol and grow: sbrk's to a stack above it in the bank, else, unless
    it is `bounded`, to the bank's end; RT-Thread's always to the end."""
    start, top = _first(elf, _HEAP_STARTS), _first(elf, _STACK_TOPS)
    if start and _first(elf, _SBRK):
        limits = [stack.start for stack in stacks] + ([top[1]] if top else [])
        for end in _ends_above(start[1], banks):
            above = [limit for limit in limits if start[1] < limit <= end]
            if above or not bounded:
                nearest = min([end, *above])
                yield Range("heap", start[1], nearest, f"{start[0]}, which sbrk grows from")
    init, name = _RTTHREAD_HEAP
    begin = elf.address(name)
    if init in elf.symbols and begin is not None:
        for end in _ends_above(begin, banks):
            yield Range("heap", begin, end, f"{name}, where the heap of RT-Thread begins")


def _ends_above(address: int, banks: list[tuple[int, int]]) -> list[int]:
    """The end of the bank that holds `address`, if one does."""
    return [end for origin, end in banks if origin <= address < end]


def _first(elf: ElfImage, names: Iterable[str]) -> tuple[str, int] | None:
    for name in names:
        address = elf.address(name)
        if address is not None:
            return name, address
    return None
