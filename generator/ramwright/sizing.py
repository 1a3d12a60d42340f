# SPDX-License-Identifier: Apache-2.0
"""What each object costs: the constants of its allocator, its state in .bss, its flash."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from ramwright import abi
from ramwright.layout import HeapPlan, PoolPlan, SlabPlan, ZonePlan
from ramwright.model import Buffer, Heap, Pool, Slab, Zone


def pool_plan(pool: Pool) -> PoolPlan:
    """Constants of a pool."""
    shift = abi.shift_of(pool.stride)
    bits = _link_bits(pool)
    links = 0 if bits == 32 else _word(pool.count * bits // 8)
    return PoolPlan(
        block_size=pool.block_size,
        stride=pool.stride,
        count=pool.count,
        shift=shift,
        inverse=abi.inverse_of_odd(pool.stride >> shift),
        link_bits=bits,
        links_size=links,
        state_size=links + (abi.POOL_WAIT_STATE if pool.wait else abi.POOL_STATE),
        wait=pool.wait,
    )


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
        link_bits=16 if granules <= abi.HEAP_GRANULES_MAX_16 else 32,
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
        state_size=abi.SLAB_STATE + (len(zones) + 1) * abi.SLAB_ZONE_STATE,
        table_shift=table_shift,
        size_table=_size_table(zones, table_shift),
    )


def state_size(thing: Buffer | Pool | Heap | Slab) -> int:
    """Bytes of .bss that `thing` needs in the home region of a 32-bit target."""
    if isinstance(thing, Pool):
        return pool_plan(thing).state_size
    if isinstance(thing, Heap):
        heap = heap_plan(thing)
        return _word(abi.HEAP_STATE + heap.bins * heap.link_bits // 8)
    if isinstance(thing, Slab):
        slab = slab_plan(thing)
        per_slab = abi.SLAB_PAGE + 4 * slab.map_words
        return slab.state_size + slab.slab_count * per_slab
    return 0


def descriptor_size(thing: Buffer | Pool | Heap | Slab) -> int:
    """Bytes of flash that describe `thing` on a 32-bit target, its name's text left out."""
    if isinstance(thing, Pool):
        return abi.POOL
    if isinstance(thing, Heap):
        return abi.HEAP
    if isinstance(thing, Slab):
        slab = slab_plan(thing)
        return _word(abi.SLAB + len(slab.all_zones) * abi.SLAB_ZONE + len(slab.size_table))
    return 0


def _word(size: int) -> int:
    return -(-size // 4) * 4


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
        table += [number * abi.SLAB_PLACES] * ((zone.block_size >> shift) - len(table))
    return tuple(table)
