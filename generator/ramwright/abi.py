# SPDX-License-Identifier: Apache-2.0
"""Sizes and limits of the C runtime on a 32-bit target: runtime/include/ramwright, in numbers.

tests/test_abi.py holds every figure here against `sizeof`, so the two cannot drift apart.
"""

from __future__ import annotations

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
HEAP_STATE = 28  # rw_heap_state_t
HEAP_GRANULE = 8
HEAP_GRANULES_MAX_16 = 32767  # with 16-bit links
HEAP_GRANULES_MAX = 2**22 - 1  # with 32-bit links

SLAB = 44  # rw_slab_t
SLAB_BLOCKS_MAX = 1024
SLAB_STATE = 8  # rw_slab_state_t
SLAB_PAGE = 24  # rw_page_t
SLAB_ZONE = 12  # rw_zone_t
SLAB_ZONE_STATE = 12  # rw_zone_state_t
SLAB_SHIFT_BITS = 5  # of rw_zone_t.cut
SLAB_PLACES = 3  # from one zone to the next in a size table

MEMHEAP = 24  # rw_memheap_t


def heap_bins(granules: int) -> int:
    """Size classes of a heap of `granules`, as heap.h numbers them: up to that of the largest size
    a request can name, which is two granules more."""
    assert granules >= 2
    shift = max((granules + 2).bit_length() - 3, 0)
    return 4 * shift + (granules + 2 >> shift) - 1


def inverse_of_odd(value: int) -> int:
    """The multiplicative inverse of odd `value` modulo 2**64; its low 32 bits serve 32 bits."""
    assert value % 2 == 1
    return pow(value, -1, 1 << 64)


def shift_of(value: int) -> int:
    """Trailing zero bits of `value`."""
    assert value > 0
    return (value & -value).bit_length() - 1
