# SPDX-License-Identifier: Apache-2.0
"""Sizes and limits of the C runtime: runtime/include/ramwright, in numbers. Sizes are those on a
32-bit target; `sizes` has those that differ on a 64-bit one.

tests/test_abi.py holds every figure here against `sizeof`, so the two cannot drift apart.
"""

from __future__ import annotations

from typing import NamedTuple

RW_ABI = 1

POINTER = 4
OBJECT = 16  # rw_object_t
LAYOUT = 12  # rw_layout_t

POOL = 44  # rw_pool_t
POOL_STATE = 4  # rw_pool_state_t
POOL_WAIT_STATE = 12  # rw_pool_wait_state_t
POOL_COUNT_MAX = 32767
POOL_COUNT_MAX_8 = 127  # with 8-bit links

HEAP = 24  # rw_heap_t
HEAP_STATE = 16  # rw_heap_state_t
HEAP_GRANULE = 8
HEAP_OVERHEAD = 12
HEAP_CLASS_COARSE = 48  # with 16-bit links, size classes beyond it are half as many
HEAP_GRANULES_MAX_16 = 32767  # with 16-bit links
HEAP_GRANULES_MAX = 2**22 - 1  # with 32-bit links
HEAP_MAP_WORDS = {16: 3, 32: 6}  # by link width; they lie behind the state, the bins behind them

SLAB = 44  # rw_slab_t
SLAB_BLOCKS_MAX = 1024
SLAB_STATE = 8  # rw_slab_state_t
SLAB_PAGE = 24  # rw_page_t
SLAB_ZONE = 12  # rw_zone_t
SLAB_ZONE_STATE = 12  # rw_zone_state_t
SLAB_SHIFT_BITS = 5  # of rw_zone_t.cut
SLAB_PLACE = 2  # of the zone of runs: what a size table would say of it
SLAB_PLACES = 3  # from one zone's place to the next

MEMHEAP = 24  # rw_memheap_t

FULL = 24  # rw_full_t, behind the descriptor of any kind
FULL_SEAL = 8  # of a heap's block
FULL_STATE = 12  # rw_full_state_t
HELD = 8  # rw_held_t
NOTE = 2  # of a slab with checks full
QUARANTINE_MAX = 64
QUARANTINE_SPARE = 4  # places for blocks about to leave


class Sizes(NamedTuple):
    """Bytes of what holds pointers, and so depends on their size."""

    pointer: int
    pool: int
    pool_wait_state: int
    heap: int
    slab: int
    slab_state: int
    slab_page: int
    slab_zone: int
    slab_zone_state: int
    full: int
    full_state: int
    held: int


_NARROW = Sizes(
    pointer=POINTER,
    pool=POOL,
    pool_wait_state=POOL_WAIT_STATE,
    heap=HEAP,
    slab=SLAB,
    slab_state=SLAB_STATE,
    slab_page=SLAB_PAGE,
    slab_zone=SLAB_ZONE,
    slab_zone_state=SLAB_ZONE_STATE,
    full=FULL,
    full_state=FULL_STATE,
    held=HELD,
)
_WIDE = Sizes(
    pointer=8,
    pool=80,
    pool_wait_state=24,
    heap=48,
    slab=80,
    slab_state=16,
    slab_page=40,
    slab_zone=16,
    slab_zone_state=16,
    full=40,
    full_state=16,
    held=16,
)


def sizes(pointer: int) -> Sizes:
    """The sizes on a target whose pointers have that many bytes."""
    return _NARROW if pointer == POINTER else _WIDE


def overhead(kind: str, full: bool) -> int:
    """Bytes of an arena that no request can have: a heap's first granule, a header, a seal."""
    if kind != "heap":
        return 0
    return HEAP_OVERHEAD + (FULL_SEAL if full else 0)


def heap_link_bits(granules: int) -> int:
    """The narrowest links for a heap of `granules`."""
    return 16 if granules <= HEAP_GRANULES_MAX_16 else 32


def heap_bins(granules: int) -> int:
    """Size classes of a heap of `granules`, as heap.h numbers them from 2 on: up to its own."""
    assert granules >= 2
    shift = max(granules.bit_length() - 4, 0)
    last = 8 * shift + (granules >> shift)
    if heap_link_bits(granules) == 16 and last > HEAP_CLASS_COARSE:
        last = (last + HEAP_CLASS_COARSE) // 2
    return last - 1


def heap_control(granules: int) -> int:
    """Bytes of state, map and bins of a heap of `granules`, whole words."""
    links = heap_link_bits(granules)
    size = HEAP_STATE + 4 * HEAP_MAP_WORDS[links] + heap_bins(granules) * links // 8
    return -(-size // 4) * 4


def slab_control(zones: int, pointer: int) -> int:
    """Bytes of a slab's state and those of its `zones`, that of runs included."""
    return sizes(pointer).slab_state + zones * sizes(pointer).slab_zone_state


def inverse_of_odd(value: int) -> int:
    """The multiplicative inverse of odd `value` modulo 2**64; its low 32 bits serve 32 bits."""
    assert value % 2 == 1
    return pow(value, -1, 1 << 64)


def shift_of(value: int) -> int:
    """Trailing zero bits of `value`."""
    assert value > 0
    return (value & -value).bit_length() - 1
