/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, second floor, east wing: the rarer operations, run under the lock.
 *
 *     resize    | THIS    | free |  other   ->  | THIS  | free    |  other    shrunk, tail returned
 *                                           ->  | THIS      | free|  other    grown
 *
 *     aligned   | free              |  ->  | free gap | used | free |         gap 0 or >= 2
 * granules
 */
#ifndef RAMWRIGHT_SRC_HEAP_RESIZE_H
#define RAMWRIGHT_SRC_HEAP_RESIZE_H

#include "heap_core.h"

/* Moves the virgin end to just behind a block of size granules at index. */
RW_INLINE void heap_move_top(heap_view_t heap, uint32_t index, uint32_t size)
{
    const uint32_t top = index + size - 1U;
    heap.state->top = top;
    if (top > heap.state->peak) {
        heap.state->peak = top;
    }
}

/* Divides the room granules at index, behind them a used block, into a used block of at least size
 * and a free one; returns the former's size. was_free: whether that used block's PREV is set. */
RW_INLINE uint32_t heap_divide(heap_view_t heap, uint32_t index, uint32_t room, uint32_t size,
                               bool was_free)
{
    const uint32_t rest = room - size;
    const bool is_free = rest >= HEAP_BLOCK_MIN;
    if (is_free != was_free) {
        *heap_header(heap, index + room) ^= heap_prev_bits(heap.traits);
    }
    if (!is_free) {
        return room;
    }
    HEAP_SHARED(heap, insert, index + size, rest);
    return size;
}

/* RW_E_SIZE iff there is no room behind the block. */
RW_INLINE rw_status_t heap_resize_locked(heap_view_t heap, void *block, uint32_t size)
{
    uint32_t index = 0;
    uint32_t header = 0;
    const rw_status_t status = heap_identify(heap, block, &index, &header);
    if (status != RW_OK) {
        return status;
    }
    const uint32_t old = heap_size(heap.traits, header);
    const bool last = index + old > heap.top;
    const uint32_t after = last ? 0U : heap_free_after(heap, index + old);
    if (after == HEAP_DAMAGED) {
        return RW_E_CORRUPT;
    }
    if (size > (last ? heap.self->granules - index + 1U : old + after)) {
        return RW_E_SIZE;
    }
    if (last) {
        heap_move_top(heap, index, size);
    } else {
        if (after != 0U && !HEAP_SHARED(heap, unlink, index + old, after)) {
            return RW_E_CORRUPT;
        }
        size = heap_divide(heap, index, old + after, size, after != 0U);
    }
    heap.state->used += size - old;
    *heap_header(heap, index) = heap_header_make(heap.traits, index, size) ^
                                (heap_prev_is_free(header) ? heap_prev_bits(heap.traits) : 0U);
    return RW_OK;
}

/* Granules from index to the next multiple of alignment granules; never 1, which would be too
 * small for a free block. */
RW_INLINE uint32_t heap_gap(heap_view_t heap, uint32_t index, uint32_t alignment)
{
    const uint32_t place = (uint32_t)((uintptr_t)heap.arena / RW_HEAP_GRANULE) + index;
    const uint32_t gap = (0U - place) & (alignment - 1U);
    return gap == 1U ? gap + alignment : gap;
}

/* Frees the first gap granules of the used block at index, which follows a used one. Returns the
 * index of what remains. */
RW_INLINE uint32_t heap_cut_front(heap_view_t heap, uint32_t index, uint32_t gap)
{
    if (gap == 0U) {
        return index;
    }
    const uint32_t size = heap_size(heap.traits, *heap_header(heap, index));
    *heap_header(heap, index + gap) =
        heap_header_make(heap.traits, index + gap, size - gap) ^ heap_prev_bits(heap.traits);
    HEAP_SHARED(heap, insert, index, gap);
    heap.state->used -= gap;
    return index + gap;
}

/* One copy per traits: alloc_aligned needs it too. */
#define HEAP_SHARE_RESIZE(suffix, is_checked, is_wide)                                             \
    RW_NOINLINE rw_status_t heap_resize_##suffix(const rw_heap_t *heap, void *block,               \
                                                 uint32_t size)                                    \
    {                                                                                              \
        return heap_resize_locked(heap_view((heap_traits_t){is_checked, is_wide}, heap), block,    \
                                  size);                                                           \
    }

HEAP_SHARE_RESIZE(none_16, false, false)
HEAP_SHARE_RESIZE(none_32, false, true)
HEAP_SHARE_RESIZE(basic_16, true, false)
HEAP_SHARE_RESIZE(basic_32, true, true)

/* alignment in granules, a power of two >= 2. From a free block large enough for the worst gap,
 * else from the virgin end, where the gap is known. */
RW_INLINE heap_found_t heap_alloc_aligned_locked(heap_view_t heap, uint32_t alignment,
                                                 uint32_t size)
{
    const uint32_t worst = size + alignment + 1U;
    heap_found_t index = worst > heap.self->granules ? 0U : heap_take_recycled(heap, worst);
    if ((int32_t)index > 0) {
        index = heap_cut_front(heap, index, heap_gap(heap, index, alignment));
        (void)HEAP_SHARED(heap, resize, heap_payload(heap, index), size);
        return index;
    }
    if (index != 0U) {
        return index;
    }
    const uint32_t gap = heap_gap(heap, heap.top + 1U, alignment);
    index = heap_take_virgin(heap, gap, size);
    if (index == 0U) {
        return heap_refuse(heap.state);
    }
    if (gap != 0U) {
        *heap_header(heap, index) ^= heap_prev_bits(heap.traits);
        HEAP_SHARED(heap, insert, index - gap, gap);
    }
    return index;
}

#endif
