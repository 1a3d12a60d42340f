# SPDX-License-Identifier: Apache-2.0
"""What each object costs: the constants of its allocator, its state in .bss, its flash.

`pointer` is the size of one on the target, 4 or 8 bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from ramwright import abi
from ramwright.layout import FullPlan, HeapPlan, PoolPlan, SlabPlan, ZonePlan
from ramwright.model import Buffer, Heap, Pool, Slab, Zone


def pool_plan(pool: Pool, pointer: int) -> PoolPlan:
    """Constants of a pool."""
    shift = abi.shift_of(pool.stride)
    bits = _link_bits(pool)
    links, state = _pool_sizes(pool, bits, pointer)
    return PoolPlan(
        block_size=pool.block_size,
        stride=pool.stride,
        count=pool.count,
        shift=shift,
        inverse=abi.inverse_of_odd(pool.stride >> shift),
        link_bits=bits,
        links_size=links,
        state_size=state,
        wait=pool.wait,
    )


def _pool_sizes(pool: Pool, bits: int, pointer: int) -> tuple[int, int]:
    """Bytes of the links, and of the state with them."""
    head = abi.sizes(pointer).pool_wait_state if pool.wait else abi.POOL_STATE
    alignment = pointer if pool.wait else abi.POOL_STATE
    links = 0 if bits == 32 else _rounded(pool.count * bits // 8, alignment)
    return links, links + head


def _link_bits(pool: Pool) -> int:
    if pool.checks == "none":
        return 32
    return 8 if pool.count <= abi.POOL_COUNT_MAX_8 else 16


def heap_plan(heap: Heap) -> HeapPlan:
    """Constants of a heap."""
    granules = heap.size // abi.HEAP_GRANULE - 1
    return HeapPlan(
        granules=granules,
        bins=abi.heap_bins(granules),
        link_bits=abi.heap_link_bits(granules),
    )


def slab_plan(slab: Slab) -> SlabPlan:
    """Constants of a slab."""
    zones = tuple(_zone_plan(slab, zone) for zone in slab.zones)
    step = gcd(*(zone.block_size for zone in zones))
    table_shift = abi.shift_of(step)
    return SlabPlan(
        slab_size=slab.slab_size,
        slab_shift=abi.shift_of(slab.slab_size),
        slab_count=slab.slab_count,
        zones=zones,
        map_words=-(-max(zone.blocks for zone in zones) // 32),
        table_shift=table_shift,
        size_table=_size_table(zones, table_shift),
    )


def full_plan(thing: Pool | Heap | Slab) -> FullPlan | None:
    """What checks full adds to `thing`; None without them."""
    if thing.checks != "full":
        return None
    places = thing.quarantine + abi.QUARANTINE_SPARE
    if not isinstance(thing, Slab):
        return FullPlan(places, 0, 0)
    shift = min(abi.shift_of(zone.block_size) for zone in thing.zones)
    return FullPlan(places, thing.slab_size * thing.slab_count >> shift, shift)


def state_size(thing: Buffer | Pool | Heap | Slab, pointer: int) -> int:
    """Bytes of .bss that `thing` needs in the home region."""
    if isinstance(thing, Buffer):
        return 0
    full = full_plan(thing)
    return _own_state_size(thing, pointer) + (full_state_size(full, pointer) if full else 0)


def full_state_size(full: FullPlan, pointer: int) -> int:
    """Bytes of .bss that checks full add."""
    sizes = abi.sizes(pointer)
    return sizes.full_state + full.places * sizes.held + _rounded(full.notes * abi.NOTE, 4)


def _own_state_size(thing: Pool | Heap | Slab, pointer: int) -> int:
    if isinstance(thing, Pool):
        return _pool_sizes(thing, _link_bits(thing), pointer)[1]
    if isinstance(thing, Heap):
        return abi.heap_control(heap_plan(thing).granules)
    slab = slab_plan(thing)
    page = _rounded(abi.sizes(pointer).slab_page + 4 * slab.map_words, pointer)
    return abi.slab_control(len(slab.all_zones), pointer) + slab.slab_count * page


def descriptor_size(thing: Buffer | Pool | Heap | Slab, pointer: int) -> int:
    """Bytes of flash that describe `thing`, its name's text left out."""
    if isinstance(thing, Buffer):
        return 0
    sizes = abi.sizes(pointer)
    full = sizes.full if thing.checks == "full" else 0
    if isinstance(thing, Pool):
        return sizes.pool + full
    if isinstance(thing, Heap):
        return sizes.heap + full
    slab = slab_plan(thing)
    tables = len(slab.all_zones) * sizes.slab_zone + len(slab.size_table)
    return _rounded(sizes.slab + full + tables, 4)


def _rounded(size: int, unit: int) -> int:
    return -(-size // unit) * unit


def _zone_plan(slab: Slab, zone: Zone) -> ZonePlan:
    shift = abi.shift_of(zone.block_size)
    return ZonePlan(
        block_size=zone.block_size,
        blocks=slab.slab_size // zone.block_size,
        shift=shift,
        inverse=abi.inverse_of_odd(zone.block_size >> shift),
        min_slabs=zone.min_slabs,
        max_slabs=zone.max_slabs,
    )


def _size_table(zones: Sequence[ZonePlan], shift: int) -> tuple[int, ...]:
    """For as many sizes each as 2**shift, up to the largest block: the place of the first zone that
    holds them, behind that of runs."""
    table: list[int] = []
    for number, zone in enumerate(zones, 1):
        place = abi.SLAB_PLACE + number * abi.SLAB_PLACES
        table += [place] * ((zone.block_size >> shift) - len(table))
    return tuple(table)
