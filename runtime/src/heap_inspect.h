/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, second floor, west wing: looking without touching. Run under the lock.
 */
#ifndef RAMWRIGHT_SRC_HEAP_INSPECT_H
#define RAMWRIGHT_SRC_HEAP_INSPECT_H

#include "heap_core.h"

#define HEAP_DAMAGED 0x80000000U /* with a block's index, or alone */

/* Whether that can be the header of the block at index <= top. Too small a size wraps. */
RW_INLINE bool heap_header_sound(heap_view_t heap, uint32_t index, uint32_t header)
{
    return (heap_is_used(heap.traits, header, index) || heap_is_free(heap.traits, header, index)) &&
           heap_size(heap.traits, header) - HEAP_BLOCK_MIN < heap.state->top - index;
}

/* Walks the blocks: *free_blocks is their number of free ones. 0 iff all is well, else
 * HEAP_DAMAGED | index. */
RW_INLINE uint32_t heap_check_blocks(heap_view_t heap, uint32_t *free_blocks)
{
    uint32_t used = 0;
    bool prev_free = false;
    uint32_t index = 1;
    while (index <= heap.state->top) {
        const uint32_t header = *heap_header(heap, index);
        const uint32_t size = heap_size(heap.traits, header);
        const bool is_free = heap_is_free(heap.traits, header, index);
        if (!heap_header_sound(heap, index, header) || heap_prev_is_free(header) != prev_free) {
            return HEAP_DAMAGED | index;
        }
        if (is_free && (prev_free || *heap_footer_before(heap, index + size) != ~header)) {
            return HEAP_DAMAGED | index;
        }
        *free_blocks += is_free ? 1U : 0U;
        used += is_free ? 0U : size;
        prev_free = is_free;
        index += size;
    }
    return prev_free || used != heap.state->used ? HEAP_DAMAGED : 0U;
}

RW_INLINE bool heap_listed(heap_view_t heap, uint32_t class)
{
    return (heap_map(heap)[class / 32U] & heap_map_bit(class)) != 0U;
}

/* Walks one list, counting its blocks down from *free_blocks. */
RW_INLINE uint32_t heap_check_list(heap_view_t heap, uint32_t class, uint32_t *free_blocks)
{
    int32_t prev = -(int32_t) class;
    uint32_t index = heap_head(heap.traits, heap_bin(heap, class));
    if (heap_listed(heap, class) != (index != 0U)) {
        return HEAP_DAMAGED;
    }
    for (; index != 0U; index = heap_next(heap, heap_links(heap, index))) {
        if (index > heap.state->top || *free_blocks == 0U) {
            return HEAP_DAMAGED | (prev > 0 ? (uint32_t)prev : 0U);
        }
        const uint32_t header = *heap_header(heap, index);
        const heap_links_t links = heap_links(heap, index);
        if (!heap_is_free(heap.traits, header, index) ||
            heap_class(heap.traits, heap_size(heap.traits, header)) != class ||
            heap_prev(heap, links) != prev || !heap_links_sound(heap, index, header, links)) {
            return HEAP_DAMAGED | index;
        }
        (*free_blocks)--;
        prev = (int32_t)index;
    }
    return 0;
}

RW_INLINE uint32_t heap_check_locked(heap_view_t heap)
{
    uint32_t free_blocks = 0;
    if (heap.state->top > heap.state->peak || heap.state->peak > heap.self->granules) {
        return HEAP_DAMAGED;
    }
    uint32_t damage = heap_check_blocks(heap, &free_blocks);
    const uint32_t last = heap_class(heap.traits, heap.self->granules);
    const uint32_t classes = 32U * heap_map_words(heap.traits);
    for (uint32_t class = HEAP_CLASS_FIRST; class <= last && damage == 0U; class ++) {
        damage = heap_check_list(heap, class, &free_blocks);
    }
    for (uint32_t class = last + 1U; class < classes && damage == 0U; class ++) {
        damage = heap_listed(heap, class) ? HEAP_DAMAGED : 0U; /* no such class */
    }
    return damage == 0U && free_blocks != 0U ? HEAP_DAMAGED : damage;
}

RW_INLINE void heap_walk_locked(heap_view_t heap, rw_visit_t visit, void *context)
{
    uint32_t index = 1;
    while (index <= heap.state->top) {
        const uint32_t header = *heap_header(heap, index);
        const uint32_t size = heap_size(heap.traits, header);
        if (!heap_header_sound(heap, index, header)) {
            return;
        }
        const rw_block_t block = {&heap.self->object, heap_payload(heap, index), heap_bytes(size),
                                  heap_is_used(heap.traits, header, index)};
        if (!visit(&block, context)) {
            return;
        }
        index += size;
    }
}

/* Granules of the largest request that would succeed: an alloc looks at the first block of its own
 * class, so of the largest class that has any, its first block decides. */
RW_INLINE uint32_t heap_largest(heap_view_t heap)
{
    const uint32_t virgin = heap.self->granules - heap.state->top;
    uint32_t word = heap_map_words(heap.traits);
    do {
        if (word == 0U) {
            return virgin;
        }
        word--;
    } while (heap_map(heap)[word] == 0U);
    const uint32_t class = 32U * word + 31U - (uint32_t)__builtin_ctz(heap_map(heap)[word]);
    const uint32_t index = heap_head(heap.traits, heap_bin(heap, class));
    const uint32_t recycled = heap_size(heap.traits, *heap_header(heap, index));
    return recycled > virgin ? recycled : virgin;
}

RW_INLINE void heap_stats_locked(heap_view_t heap, rw_stats_t *out)
{
    const rw_heap_state_t *state = heap.state;
    const uint32_t largest = heap_largest(heap);
    out->size = heap.self->object.size;
    out->used = (size_t)state->used * RW_HEAP_GRANULE;
    out->peak = state->peak == 0U ? 0U : ((size_t)state->peak + 1U) * RW_HEAP_GRANULE;
    out->free = out->size - out->used;
    out->largest = largest < HEAP_BLOCK_MIN ? 0U : heap_bytes(largest);
    out->failures = state->failures;
}

#endif
