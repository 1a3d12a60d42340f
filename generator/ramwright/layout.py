# SPDX-License-Identifier: Apache-2.0
"""The waist of the generator: frozen, integers only.

A Layout is the config with everything computed that C or the linker would otherwise have to
compute: sizes, alignments, strides, inverses, bins, tables, state sizes, the order and the nominal
offsets of objects. Back ends read it and compute nothing about memory themselves.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal, NamedTuple

from ramwright.model import Attribute, Checks, Config, CType, Sharing

Kind = Literal["buffer", "pool", "heap", "slab"]


class PoolPlan(NamedTuple):
    """Constants of a pool; fields as in runtime/include/ramwright/pool.h."""

    block_size: int  # as the user wrote it
    stride: int
    count: int  # type: ignore[assignment]  # hides the method of tuple
    shift: int
    inverse: int  # modulo 2**64; C truncates to uintptr_t
    link_bits: int  # 8 or 16 in the state; 32 in the free blocks themselves
    links_size: int  # bytes of the links in the state, in front of head
    state_size: int  # bytes, links included
    wait: bool

    @property
    def outer_links(self) -> bool:
        """Whether the links lie in the state."""
        return self.link_bits != 32

    @property
    def full(self) -> int:
        """The watermark when every block was used: in blocks, with links in them in bytes."""
        return self.count if self.outer_links else self.stride * self.count


class HeapPlan(NamedTuple):
    """Constants of a heap; fields as in runtime/include/ramwright/heap.h."""

    granules: int
    bins: int
    link_bits: int  # 16 or 32


class ZonePlan(NamedTuple):
    """Constants of one zone of a slab."""

    block_size: int
    blocks: int  # per slab
    shift: int
    inverse: int
    min_slabs: int
    max_slabs: int


class SlabPlan(NamedTuple):
    """Constants of a slab; fields as in runtime/include/ramwright/slab.h."""

    slab_size: int
    slab_shift: int
    slab_count: int
    zones: tuple[ZonePlan, ...]
    map_words: int  # 32-bit words of block bits per slab
    table_shift: int
    size_table: tuple[int, ...]  # (size - 1) >> table_shift -> place of the zone

    @property
    def largest(self) -> int:
        """Bytes of the largest block."""
        return self.zones[-1].block_size

    @property
    def shared_count(self) -> int:
        """Slabs that no zone is promised."""
        return self.slab_count - sum(zone.min_slabs for zone in self.zones)

    @property
    def all_zones(self) -> tuple[ZonePlan, ...]:
        """The zone of runs, in which one block takes whole slabs, and those of the config."""
        return (ZonePlan(0, 1, 0, 1, 0, self.slab_count), *self.zones)


class FullPlan(NamedTuple):
    """What checks full adds; fields as in runtime/include/ramwright/full.h."""

    places: int  # of the quarantine, spare ones included
    notes: int  # of a slab: places where a block can start; else 0
    note_shift: int  # log2 of the distance of such places


class Object(NamedTuple):
    """One object that owns bytes, placed."""

    name: str
    kind: Kind
    region: str
    adopted: str | None  # output section of the board's script that holds it, if any
    section: str | None  # then the input section of its storage, .ccmram.rw.can_rx
    address: int | None  # pinned absolute address, else the linker decides
    offset: int  # nominal offset in the region (exact when pinned)
    size: int  # bytes of the arena
    alignment: int
    payload: int  # bytes of size the user can use; the rest is padding
    state_size: int  # bytes of .bss
    descriptor_size: int  # bytes of flash, tables included, names excluded
    ctype: CType | None
    sharing: Sharing
    checks: Checks
    debug_name: bool
    plan: PoolPlan | HeapPlan | SlabPlan | None  # None for a buffer
    full: FullPlan | None  # None but with checks full


class MemheapPlan(NamedTuple):
    """A memheap owns no bytes."""

    name: str
    members: tuple[str, ...]
    debug_name: bool


class State(NamedTuple):
    """The .bss of one object's allocator, in the home region."""

    object: str
    offset: int  # nominal
    size: int


class RegionPlan(NamedTuple):
    """A region and what lies in it, in placement order: at: start, linked, pinned."""

    name: str
    origin: int
    size: int
    linker: str
    attributes: tuple[Attribute, ...]  # sorted
    reserve_start: int
    reserve_end: int
    alias_of: str | None
    home: bool
    states: tuple[State, ...]  # empty but in the home region
    objects: tuple[Object, ...]
    borders: tuple[int, ...] = ()  # offsets that no object straddles: where banks meet


class Layout:
    """Everything the back ends need. The regions are in declaration order."""

    def __init__(
        self,
        config: Config,
        regions: tuple[RegionPlan, ...],
        memheaps: tuple[MemheapPlan, ...],
    ) -> None:
        self.config = config
        self.regions = regions
        self.memheaps = memheaps

    @property
    def name(self) -> str:
        """Prefix of the outputs."""
        return self.config.name

    @cached_property
    def objects(self) -> tuple[Object, ...]:
        """All objects, region by region, in placement order."""
        return tuple(obj for region in self.regions for obj in region.objects)

    @cached_property
    def allocators(self) -> tuple[Object, ...]:
        """Those with a descriptor, by the address that they have in the plan."""
        regions = sorted(self.regions, key=lambda region: region.origin)
        objects = (obj for region in regions for obj in region.objects)
        return tuple(obj for obj in objects if obj.kind != "buffer")

    @cached_property
    def object_named(self) -> dict[str, Object]:
        """The objects by name."""
        return {obj.name: obj for obj in self.objects}

    @cached_property
    def region_named(self) -> dict[str, RegionPlan]:
        """The regions by name."""
        return {region.name: region for region in self.regions}
