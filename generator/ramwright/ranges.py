# SPDX-License-Identifier: Apache-2.0
"""Bytes that somebody else writes, told from an ELF's symbols: what startup code clears and copies,
the C heap, the stack.

Linker scripts agree on no names, so these are the names that are in use: CMSIS, STM32Cube,
RT-Thread, nRF, Teensy, libopencm3, Microchip, newlib.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ramwright.elf import ElfImage

RangeKind = Literal["cleared", "copied", "heap", "stack"]

_CLEARED = (
    ("_sbss", "_ebss"),
    ("__bss_start__", "__bss_end__"),
    ("__bss_start", "__bss_end"),
    ("__bss_start", "__bss_end__"),
    ("_szero", "_ezero"),
    ("_bss_start", "_bss_end"),
)
# libopencm3 clears on from where the copy of .data ended.
_CLEARED_FROM_DATA = ("_edata", "_ebss")
_COPIED = (
    ("_sdata", "_edata"),
    ("__data_start__", "__data_end__"),
    ("__data_start", "__data_end"),
    ("_data", "_edata"),
    ("_data_start", "_data_end"),
    ("_srelocate", "_erelocate"),
    ("_sccmram", "_eccmram"),
)
_HEAP = (
    ("__HeapBase", "__HeapLimit"),
    ("_heap_start", "_heap_end"),
    ("__heap_start__", "__heap_end__"),
    ("__heap_start", "__heap_end"),
    ("_sheap", "_eheap"),
)
_STACK = (
    ("__StackLimit", "__StackTop"),
    ("_sstack", "_estack"),
    ("__stack_start__", "__stack_end__"),
    ("__stack_limit", "__stack"),
)
_STACK_TOPS = ("_estack", "__StackTop", "__stack", "_stack_top", "_stack")
_STACK_SIZES = ("_Min_Stack_Size", "__STACK_SIZE", "__stack_size__", "STACK_SIZE")
_HEAP_STARTS = ("end", "_end", "__end__")
_SBRK = ("_sbrk", "sbrk", "_sbrk_r")
_RTTHREAD_HEAP = ("rt_system_heap_init", "__bss_end")


@dataclass(frozen=True)
class Range:
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


def ranges(elf: ElfImage, ram_ends: Iterable[int]) -> tuple[Range, ...]:
    """Every such range of `elf`; `ram_ends` are the first addresses past the regions."""
    stacks = list(_stacks(elf))
    return (
        *_cleared(elf),
        *_pairs(elf, "copied", _COPIED),
        *_table(elf, "cleared", "zero", 2),
        *_table(elf, "copied", "copy", 3),
        *stacks,
        *_pairs(elf, "heap", _HEAP),
        *_open_heaps(elf, stacks, sorted(ram_ends)),
    )


def _pairs(elf: ElfImage, kind: RangeKind, pairs: Iterable[tuple[str, str]]) -> Iterator[Range]:
    for first, last in pairs:
        start, end = elf.address(first), elf.address(last)
        if start is not None and end is not None and start < end:
            yield Range(kind, start, end, f"{first}..{last}")


def _cleared(elf: ElfImage) -> list[Range]:
    return list(_pairs(elf, "cleared", _CLEARED)) or list(
        _pairs(elf, "cleared", [_CLEARED_FROM_DATA])
    )


def _table(elf: ElfImage, kind: RangeKind, name: str, words: int) -> Iterator[Range]:
    """The ranges of a CMSIS table: [source,] destination, length in words."""
    start, end = elf.address(f"__{name}_table_start__"), elf.address(f"__{name}_table_end__")
    if start is None or end is None:
        return
    for entry in range(start, end, 4 * words):
        target = elf.number(entry + 4 * (words - 2), 4)
        length = elf.number(entry + 4 * (words - 1), 4)
        if target is not None and length:
            yield Range(kind, target, target + 4 * length, f"__{name}_table_start__")


def _stacks(elf: ElfImage) -> Iterator[Range]:
    known = list(_pairs(elf, "stack", _STACK))
    yield from known
    top, size = _first(elf, _STACK_TOPS), _first(elf, _STACK_SIZES)
    if not known and top and size and size[1] < top[1]:
        yield Range("stack", top[1] - size[1], top[1], f"{top[0]} - {size[0]}")


def _open_heaps(elf: ElfImage, stacks: Iterable[Range], ram_ends: list[int]) -> Iterator[Range]:
    """Heaps that begin at a symbol and grow: sbrk's up to the stack, RT-Thread's to the end."""
    start = _first(elf, _HEAP_STARTS)
    if start and _first(elf, _SBRK):
        tops = [stack.start for stack in stacks if stack.start > start[1]]
        top = _first(elf, _STACK_TOPS)
        tops += [top[1]] if top and top[1] > start[1] else []
        if tops:
            yield Range("heap", start[1], min(tops), f"{start[0]}, which sbrk grows from")
    init, name = _RTTHREAD_HEAP
    begin = elf.address(name)
    if init in elf.symbols and begin is not None:
        for end in ram_ends:
            if begin < end:
                yield Range("heap", begin, end, f"{name}, where the heap of RT-Thread begins")
                return


def _first(elf: ElfImage, names: Iterable[str]) -> tuple[str, int] | None:
    for name in names:
        address = elf.address(name)
        if address is not None:
            return name, address
    return None
