# SPDX-License-Identifier: Apache-2.0
"""Checks at every step of a measured run that blocks are what an allocator owes its caller."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from emulate.machine import Machine

ALIGNMENT = 8


class Violation(Exception):
    """A block overlaps another, lies elsewhere, is misaligned, or lost its content."""


@dataclass
class Shadow:
    """The live blocks between two addresses, each filled with a byte of its own."""

    machine: Machine
    spans: tuple[tuple[int, int], ...]  # start, end of each arena
    _sizes: dict[int, int] = field(default_factory=dict)
    _starts: list[int] = field(default_factory=list)

    def granted(self, address: int, size: int) -> None:
        """A block of `size` bytes was handed out."""
        end = address + size
        if address % ALIGNMENT:
            raise Violation(f"{address:#x} is misaligned")
        if not any(start <= address and end <= stop for start, stop in self.spans):
            raise Violation(f"{address:#x}, {size} bytes, lies outside")
        place = bisect_left(self._starts, address)
        before = self._starts[place - 1 : place]
        after = self._starts[place : place + 1]
        if any(start + self._sizes[start] > address for start in before) or any(
            start < end for start in after
        ):
            raise Violation(f"{address:#x}, {size} bytes, overlaps a live block")
        insort(self._starts, address)
        self._sizes[address] = size
        self.machine.write(address, _content(address, size))

    def returned(self, address: int) -> None:
        """A block is about to be given back."""
        size = self._sizes.pop(address)
        del self._starts[bisect_left(self._starts, address)]
        if self.machine.read(address, size) != _content(address, size):
            raise Violation(f"the content of {address:#x}, {size} bytes, changed")


def _content(address: int, size: int) -> bytes:
    """What fills a block: differs between neighbours."""
    return bytes([(address >> 3) * 167 & 0xFF]) * size
