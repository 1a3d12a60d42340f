# SPDX-License-Identifier: Apache-2.0
"""What a config means: one named tuple a concept, integers evaluated, references resolved.

Nothing here knows YAML, C or the linker. Every value has passed the schema and the meaning rules
(rules.py); names are C identifiers. `where` is where the user wrote the thing.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Literal, NamedTuple

from ramwright.errors import Mark

Attribute = Literal["dma", "fast", "cached", "external", "retained", "exec", "shared"]
Sharing = Literal["none", "task", "interrupt", "core"]
Checks = Literal["none", "basic", "full"]
Insert = Literal["before", "after"]
At = Literal["start", "end"]
Rtos = Literal["none", "freertos", "rt-thread", "cmsis-rtos2", "zephyr", "threadx", "posix"]


class Region(NamedTuple):
    """A bank of RAM."""

    name: str
    origin: int
    size: int
    linker: str  # the MEMORY name in the board's script
    attributes: frozenset[Attribute]
    reserve_start: int  # bytes at the start for the application's own sections
    reserve_end: int  # likewise at the end
    alias_of: str | None  # another address of the same bytes; holds no objects
    where: Mark
    banks: tuple[int, ...] = ()  # sizes of the banks it consists of, where it has several

    @property
    def end(self) -> int:
        """First address past the region."""
        return self.origin + self.size

    @property
    def borders(self) -> tuple[int, ...]:
        """Offsets at which a bank begins behind another."""
        return tuple(accumulate(self.banks[:-1]))


class Section(NamedTuple):
    """An output section of the board's script that adopts an object, and what it collects."""

    output: str
    input: str  # section of the object's storage in the generated C


class Placement(NamedTuple):
    """Where an object goes: by default wherever the linker's order puts it."""

    region: str
    address: int | None  # pinned absolute address, from `address:` or `at:`
    section: Section | None  # of the board's script, which adopts the object
    alignment: int  # a power of two
    where: Mark
    at: At | None = None  # the side `at:` named, from which the address was computed


class CType(NamedTuple):
    """A C type by its spelling and the header that declares it."""

    spelling: str  # "struct can_frame" or "can_frame_t"
    header: str | None  # as written: can.h or <can.h>


class Buffer(NamedTuple):
    """Placed storage without an allocator."""

    name: str
    placement: Placement
    size: int
    ctype: CType | None


class Pool(NamedTuple):
    """Blocks of one size. The stride between blocks is block_size rounded up to the alignment."""

    name: str
    placement: Placement
    block_size: int
    count: int  # type: ignore[assignment]  # hides the method of tuple
    ctype: CType | None
    wait: bool  # tasks may wait for a block
    sharing: Sharing
    checks: Checks
    debug_name: bool
    quarantine: int  # freed blocks held back; 0 but with checks full

    @property
    def stride(self) -> int:
        """Bytes from one block to the next."""
        alignment = self.placement.alignment
        return -(-self.block_size // alignment) * alignment


class Heap(NamedTuple):
    """General allocation."""

    name: str
    placement: Placement
    size: int
    sharing: Sharing
    checks: Checks
    debug_name: bool
    quarantine: int  # freed blocks held back; 0 but with checks full


class Zone(NamedTuple):
    """One block size of a slab."""

    block_size: int
    min_slabs: int  # slabs kept for this zone even while others want them
    max_slabs: int  # at most this many; slab_count when the user set no limit
    where: Mark


class Slab(NamedTuple):
    """Blocks of several sizes: zones share slab_count slabs of slab_size bytes on demand."""

    name: str
    placement: Placement
    slab_size: int  # a power of two
    slab_count: int
    zones: tuple[Zone, ...]  # ascending block_size
    sharing: Sharing
    checks: Checks
    debug_name: bool
    quarantine: int  # freed blocks held back; 0 but with checks full


class Memheap(NamedTuple):
    """Several heaps or slabs used as one, in member order."""

    name: str
    members: tuple[str, ...]
    debug_name: bool
    where: Mark


def riscv_extensions(cpu: str) -> str:
    """The letters of what a RISC-V `cpu` has (imac); empty for every other."""
    return cpu[4:] if cpu.startswith(("rv32", "rv64")) else ""


def is_xtensa(cpu: str) -> bool:
    """Whether `cpu` is an Xtensa core."""
    return cpu.startswith("xtensa-")


def pointer_size(cpu: str) -> int:
    """Bytes of a pointer of `cpu`. A host is planned as the 32-bit target it stands for."""
    return 8 if cpu.startswith("rv64") else 4


class Target(NamedTuple):
    """What the layout is for."""

    cpu: str  # cortex-m0, …, rv32imac, …, xtensa-lx7, or host
    rtos: Rtos  # whose port the runtime is compiled with
    cores: int = 1  # that run the image

    @property
    def pointer(self) -> int:
        """Bytes of one, as the plan counts them."""
        return pointer_size(self.cpu)


class Link(NamedTuple):
    """Where the linker fragment goes in the board's script."""

    anchor: str
    insert: Insert


class Config(NamedTuple):
    """One layout. Mappings keep declaration order."""

    name: str
    file: str  # the top file as the user named it
    target: Target
    home: str
    link: Link
    regions: dict[str, Region]
    buffers: dict[str, Buffer]
    pools: dict[str, Pool]
    heaps: dict[str, Heap]
    slabs: dict[str, Slab]
    memheaps: dict[str, Memheap]
    default: str | None  # a heap, slab or memheap
    default_where: Mark  # where the config says so
    variant: str | None = None  # which overlay was applied
    files: tuple[str, ...] = ()  # all that was read: the top file, included ones, headers measured
