/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, second floor, east wing: the rarer operations, run under the lock.
 *
 *     resize    | THIS    | free |  other   ->  | THIS  | free    |  other    shrunk, tail returned
 *                                           ->  | THIS      | free|  other    grown
 *
 *     lower     | free | THIS | free | other -> | THIS                | other the caller moves its
 *                                                                             bytes and resizes
 *
 *     aligned   | free              |  ->  | free gap | used | free |         gap 0 or >= 2
 * granules
 */
#ifndef RAMWRIGHT_SRC_HEAP_RESIZE_H
#define RAMWRIGHT_SRC_HEAP_RESIZE_H

#include "heap_core.h"

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
    const uint32_t index = (uint32_t)heap_index(heap, block);
    uint32_t header = 0;
    if (!heap_identify(heap, heap_index(heap, block), &header)) {
        return RW_E_FOREIGN; /* or another: heap_blame tells */
    }
    const uint32_t old = heap_size(heap.traits, header);
    const uint32_t next = index + old;
    const bool last = next > heap.state->top;
    uint32_t end = next;
    if (!last && !heap_free_after(heap, next, &end)) {
        return RW_E_CORRUPT;
    }
    const uint32_t after = end - next;
    if (size > (last ? heap.self->granules - index + 1U : old + after)) {
        return RW_E_SIZE;
    }
    if (last) {
        heap_move_top(heap, index + size - 1U);
    } else {
        if (after != 0U) {
            heap_delist(heap, heap_links(heap, next));
        }
        size = heap_divide(heap, index, old + after, size, after != 0U);
    }
    heap.state->used += size - old;
    *heap_header(heap, index) = heap_used_header(heap.traits, index, size) ^
                                (heap_prev_is_free(header) ? heap_prev_bits(heap.traits) : 0U);
    return RW_OK;
}

/* Joins a block with the free one before it, and the free one behind it, if that makes at least
 * size granules. Returns where the payload has to be moved; 0, nothing changed, iff that is not to
 * be had or, with checks on, no intact used block starts there. Damaged is the block itself iff a
 * neighbour is. */
RW_INLINE heap_grant_t heap_lower_locked(heap_view_t heap, const void *block, uint32_t size)
{
    const uint32_t index = (uint32_t)heap_index(heap, block);
    uint32_t header = 0;
    if (!heap_identify(heap, heap_index(heap, block), &header) || !heap_prev_is_free(header)) {
        return (heap_grant_t){NULL, 0};
    }
    const uint32_t next = index + heap_size(heap.traits, header);
    const bool last = next > heap.state->top;
    heap_links_t links;
    const uint32_t start = (uint32_t)heap_free_before(heap, index, &links);
    uint32_t end = next;
    if ((heap.traits.checked && start == 0U) || (!last && !heap_free_after(heap, next, &end))) {
        return (heap_grant_t){NULL, index};
    }
    if (size > (last ? heap.self->granules + 1U : end) - start) {
        return (heap_grant_t){NULL, 0};
    }
    heap_delist(heap, links);
    if (end != next) {
        heap_delist(heap, heap_links(heap, next));
        *heap_header(heap, end) ^= heap_prev_bits(heap.traits);
    }
    if (last) {
        end = start + size > next ? start + size : next;
        heap_move_top(heap, end - 1U);
    }
    heap.state->used += end - start - (next - index);
    heap_mark_freed(heap, index);
    *heap_header(heap, start) = heap_used_header(heap.traits, start, end - start);
    return (heap_grant_t){heap_payload(heap, start), 0};
}

/* alignment in granules, a power of two. */
RW_INLINE heap_grant_t heap_alloc_aligned_locked(heap_view_t heap, uint32_t alignment,
                                                 uint32_t size)
{
    uint32_t index = heap_find(heap, size, alignment);
    uint32_t gap = heap_gap(heap, index != 0U ? index : heap.state->top + 1U, alignment);
    if (index != 0U) {
        size = heap_take_recycled(heap, index, gap, size);
        if (heap.traits.checked && size == 0U) {
            return (heap_grant_t){NULL, index};
        }
    } else {
        index = heap_take_virgin(heap, gap, size);
        if (index == 0U) {
            return (heap_grant_t){NULL, 0};
        }
    }
    heap.state->used += size;
    *heap_header(heap, index + gap) = heap_used_header(heap.traits, index + gap, size) ^
                                      (gap != 0U ? heap_prev_bits(heap.traits) : 0U);
    if (gap != 0U) {
        HEAP_SHARED(heap, insert, index, gap);
    }
    return (heap_grant_t){heap_payload(heap, index + gap), 0};
}

#endif
