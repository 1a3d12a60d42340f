/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, second floor: the operations, run under the lock.
 *
 *     alloc   free block, low end taken     | used n | free rest |   rest >= 2 granules, else kept
 *             virgin end                    | used n | virgin ...
 *
 *     free    | free | THIS | free |   ->   |       free        |    never two free neighbours
 *             | free | THIS | virgin   ->   | virgin ...             nor one before the virgin end
 *
 * With checks on every word of the arena is validated before it is believed, and everything before
 * anything is changed.
 */
#ifndef RAMWRIGHT_SRC_HEAP_CORE_H
#define RAMWRIGHT_SRC_HEAP_CORE_H

#include "heap_lists.h"

/* What a search or an alloc found: the index of a block; 0 iff there is no room;
 * HEAP_DAMAGED | index iff the block there is damaged, nothing then being changed. */
typedef uint32_t heap_found_t;
#define HEAP_DAMAGED 0x80000000U

/* Why nothing allocated starts at block. */
RW_NOINLINE rw_status_t heap_blame(const rw_heap_t *heap, const void *block)
{
    const uintptr_t offset = (uintptr_t)block - (uintptr_t)heap->object.arena;
    if (offset >= heap->object.size) {
        return RW_E_FOREIGN;
    }
    if (offset % RW_HEAP_GRANULE != 0U || offset == 0U) {
        return RW_E_MISALIGNED;
    }
    return RW_E_DOUBLE_FREE;
}

/* Looks for a free block of at least size granules. */
RW_INLINE heap_found_t heap_find(heap_view_t heap, uint32_t size)
{
    const uint32_t class = heap_class(size);
    uint32_t looks = HEAP_LOOKS;
    uint32_t index = heap_first(heap, class);
    while (index != 0U) {
        if (heap_size(heap.traits, *heap_header(heap, index)) >= size) {
            return index;
        }
        if (--looks == 0U) {
            break;
        }
        const uint32_t next = heap_link(heap, index, HEAP_NEXT);
        if (heap.traits.checked && next > heap.top) {
            return HEAP_DAMAGED | index;
        }
        index = next;
    }
    return heap_first_from(heap, class + 1U);
}

/* Takes size granules from a free block; 0 iff none is large enough. */
RW_INLINE heap_found_t heap_take_recycled(heap_view_t heap, uint32_t size)
{
    const heap_found_t index = heap_find(heap, size);
    if ((int32_t)index <= 0) {
        return index;
    }
    const uint32_t header = *heap_header(heap, index);
    const uint32_t found = heap_size(heap.traits, header);
    const uint32_t rest = found - size;
    if (heap.traits.checked &&
        (!heap_is_free(heap.traits, header, index) || found < size || index + found > heap.top)) {
        return HEAP_DAMAGED | index;
    }
    if (!HEAP_SHARED(heap, unlink, index, found)) {
        return HEAP_DAMAGED | index;
    }
    if (rest >= HEAP_BLOCK_MIN) {
        HEAP_SHARED(heap, insert, index + size, rest);
    } else {
        size = found;
        *heap_header(heap, index + size) ^= heap_prev_bits(heap.traits);
    }
    *heap_header(heap, index) = heap_header_make(heap.traits, index, size);
    heap.state->used += size;
    return index;
}

/* Takes size granules from the virgin end, after a gap of that many; 0 iff it is too small. */
RW_INLINE uint32_t heap_take_virgin(heap_view_t heap, uint32_t gap, uint32_t size)
{
    rw_heap_state_t *state = heap.state;
    const uint32_t index = heap.top + gap + 1U;
    const uint32_t top = heap.top + gap + size;
    if (top > heap.self->granules) {
        return 0;
    }
    state->top = top;
    if (top > state->peak) {
        state->peak = top;
    }
    state->used += size;
    *heap_header(heap, index) = heap_header_make(heap.traits, index, size);
    return index;
}

RW_INLINE uint32_t heap_refuse(rw_heap_state_t *state)
{
    const uint32_t failures = state->failures + 1U;
    if (failures != 0U) {
        state->failures = failures;
    }
    return 0;
}

RW_INLINE heap_found_t heap_alloc_locked(heap_view_t heap, uint32_t size)
{
    heap_found_t index = heap_take_recycled(heap, size);
    if (index == 0U) {
        index = heap_take_virgin(heap, 0, size);
    }
    return index != 0U ? index : heap_refuse(heap.state);
}

/* Index of the free block that ends before index; 0 iff its footer or header is damaged. */
RW_INLINE uint32_t heap_free_before(heap_view_t heap, uint32_t index)
{
    const uint32_t start = *heap_footer_before(heap, index);
    if (heap.traits.checked) {
        if (start - 1U >= index) {
            return 0;
        }
        const uint32_t header = *heap_header(heap, start);
        if (!heap_is_free(heap.traits, header, start) ||
            start + heap_size(heap.traits, header) != index || index - start < HEAP_BLOCK_MIN) {
            return 0;
        }
    }
    return start;
}

/* Finds the block a caller means. *index and *header are set iff it is RW_OK. */
RW_INLINE rw_status_t heap_identify(heap_view_t heap, const void *block, uint32_t *index,
                                    uint32_t *header)
{
    const uintptr_t wide_index = heap_index(heap, block);
    if (heap.traits.checked && wide_index - 1U >= heap.top) {
        return heap_blame(heap.self, block);
    }
    *index = (uint32_t)wide_index;
    *header = *heap_header(heap, *index);
    if (heap.traits.checked && (!heap_is_used(heap.traits, *header, *index) ||
                                !heap_size_fits(heap, *index, heap_size(heap.traits, *header)))) {
        return heap_is_free(heap.traits, *header, *index) ? RW_E_DOUBLE_FREE : RW_E_CORRUPT;
    }
    return RW_OK;
}

/* Size of the block at index <= top if it is free, 0 if it is used; HEAP_DAMAGED iff neither. */
RW_INLINE uint32_t heap_free_after(heap_view_t heap, uint32_t index)
{
    const uint32_t header = *heap_header(heap, index);
    const uint32_t size = heap_size(heap.traits, header);
    if (heap_is_used(heap.traits, header, index)) {
        return 0;
    }
    if (heap.traits.checked &&
        (!heap_is_free(heap.traits, header, index) || !heap_size_fits(heap, index, size))) {
        return HEAP_DAMAGED;
    }
    return size;
}

RW_INLINE rw_status_t heap_free_locked(heap_view_t heap, void *block)
{
    uint32_t index = 0;
    uint32_t header = 0;
    const rw_status_t status = heap_identify(heap, block, &index, &header);
    if (status != RW_OK) {
        return status;
    }
    uint32_t start = index;
    if (heap_prev_is_free(header)) {
        start = heap_free_before(heap, index);
        if (heap.traits.checked && start == 0U) {
            return RW_E_CORRUPT;
        }
    }
    const uint32_t next = index + heap_size(heap.traits, header);
    const uint32_t after = next <= heap.top ? heap_free_after(heap, next) : 0U;
    if (after != 0U && (after == HEAP_DAMAGED || !HEAP_SHARED(heap, unlink, next, after))) {
        return RW_E_CORRUPT;
    }
    if (start != index && !HEAP_SHARED(heap, unlink, start, index - start)) {
        if (after != 0U) {
            HEAP_SHARED(heap, insert, next, after); /* undone, but for its place in the list */
        }
        return RW_E_CORRUPT;
    }
    heap.state->used -= next - index;
    *heap_header(heap, index) = header ^ heap_free_bits(heap.traits); /* tells a double free */
    if (next + after > heap.top) {
        heap.state->top = start - 1U;
        return RW_OK;
    }
    if (after == 0U) {
        *heap_header(heap, next) ^= heap_prev_bits(heap.traits);
    }
    HEAP_SHARED(heap, insert, start, next + after - start);
    return RW_OK;
}

#endif
