/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, second floor: the operations, run under the lock.
 *
 *     alloc   free block, low end taken     | used n | free rest |   unless the rest is too small
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

/* What an alloc comes to. */
typedef struct heap_grant {
    void *block;      /* NULL: none, nothing changed */
    uint32_t damaged; /* index of the block whose damage is why; 0: there is no room */
} heap_grant_t;

/* Granules from index to the next multiple of alignment granules, a power of two; never 1, which
 * would be too small for a free block. */
RW_INLINE uint32_t heap_gap(heap_view_t heap, uint32_t index, uint32_t alignment)
{
    const uintptr_t place = (uintptr_t)heap_payload(heap, index) / RW_HEAP_GRANULE;
    const uint32_t gap = (0U - (uint32_t)place) & (alignment - 1U);
    return gap == 1U ? gap + alignment : gap;
}

/* Whether the block at index holds size granules behind the gap that alignment asks for, if its
 * header is to be believed. */
RW_INLINE bool heap_holds(heap_view_t heap, uint32_t index, uint32_t size, uint32_t alignment)
{
    const uint32_t least = size + heap_gap(heap, index, alignment);
    return heap_header_holds(heap.traits, *heap_header(heap, index), least);
}

/* Looks for a free block of at least size granules: the first in their own class, not all of whose
 * blocks are large enough, then that of the next one that has any. With an alignment that asks for
 * more, also of those after it. 0 iff none is found. */
RW_INLINE uint32_t heap_find(heap_view_t heap, uint32_t size, uint32_t alignment)
{
    uint32_t class = heap_class(heap.traits, size);
    uint32_t index = heap_head(heap.traits, heap_bin(heap, class));
    if (index != 0U && heap_holds(heap, index, size, alignment)) {
        return index;
    }
    do {
        class = heap_class_from(heap, class + 1U);
        if (class == 0U) {
            return 0;
        }
        index = heap_head(heap.traits, heap_bin(heap, class));
    } while (alignment != 1U && !heap_holds(heap, index, size, alignment));
    RW_ASSUME(index != 0U); /* a class in the map has blocks */
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

/* Whether what an alloc of size granules leaves of a block becomes a block of its own. Less than an
 * eighth, up to 48 bytes, stays with it: small blocks between large ones keep these apart. */
RW_INLINE bool heap_splits(uint32_t size, uint32_t rest)
{
    const uint32_t least = size / 8U < 6U ? size / 8U : 6U;
    return rest >= HEAP_BLOCK_MIN && rest >= least;
}

/* Takes size granules of a found block, behind a gap that the caller lists. Returns their real
 * number, 0, nothing changed, iff the block is damaged. */
RW_INLINE uint32_t heap_take_recycled(heap_view_t heap, uint32_t index, uint32_t gap, uint32_t size)
{
    const uint32_t header = *heap_header(heap, index);
    uint32_t found = heap_free_size(heap.traits, header);
    RW_OPAQUE(found); /* else it is computed for each use */
    const uint32_t rest = found - gap - size;
    const heap_links_t links = heap_links(heap, index);
    if (heap.traits.checked &&
        (!heap_free_sound(heap, index, header, links) || gap + size > found)) {
        return 0;
    }
    heap_delist(heap, links);
    RW_ASSUME(size != 0U);
    if (heap_splits(size, rest)) {
        HEAP_SHARED(heap, insert, index + gap + size, rest);
        return size;
    }
    *heap_header(heap, index + found) ^= heap_prev_bits(heap.traits);
    RW_ASSUME(size + rest != 0U);
    return size + rest;
}

/* Moves the virgin end to behind granule top. */
RW_INLINE void heap_move_top(heap_view_t heap, uint32_t top)
{
    heap.state->top = top;
    if (top > heap.state->peak) {
        heap.state->peak = top;
    }
}

/* Takes gap + size granules from the virgin end; 0, counted as a failure, iff it is too small. */
RW_INLINE uint32_t heap_take_virgin(heap_view_t heap, uint32_t gap, uint32_t size)
{
    const uint32_t top = heap.state->top;
    if (gap + size > heap.self->granules - top) {
        return heap_refuse(heap.state);
    }
    heap_move_top(heap, top + gap + size);
    RW_ASSUME(top + 1U != 0U);
    return top + 1U;
}

/* Writes the header of a used block after a used one; returns its payload. */
RW_INLINE void *heap_mark_used(heap_view_t heap, uint32_t index, uint32_t size)
{
    rw_word_t *header = heap_header(heap, index);
    RW_OPAQUE(header);
    if (heap.traits.checked && !heap.traits.wide) { /* by halves, in fewer instructions */
        uint32_t check = ~(size ^ index);
        RW_OPAQUE(check);
        heap_half_t *halves = (heap_half_t *)(void *)header;
        halves[1] = (uint16_t)size;
        halves[0] = (uint16_t)check;
    } else {
        *header = heap_used_header(heap.traits, index, size);
    }
    return header + 1;
}

RW_INLINE heap_grant_t heap_alloc_locked(heap_view_t heap, uint32_t size)
{
    uint32_t index = heap_find(heap, size, 1);
    if (index != 0U) {
        size = heap_take_recycled(heap, index, 0, size);
        if (heap.traits.checked && size == 0U) {
            return (heap_grant_t){NULL, index};
        }
    } else {
        index = heap_take_virgin(heap, 0, size);
        if (index == 0U) {
            return (heap_grant_t){NULL, 0};
        }
    }
    heap.state->used += size;
    return (heap_grant_t){heap_mark_used(heap, index, size), 0};
}

/* Index and links of the free block that ends before index; at most 0 iff its footer, header or
 * links are damaged. */
RW_INLINE int32_t heap_free_before(heap_view_t heap, uint32_t index, heap_links_t *links)
{
    const uint32_t header = ~*heap_footer_before(heap, index);
    const int32_t start = (int32_t)(index - heap_free_size(heap.traits, header));
    if (heap.traits.checked && (start <= 0 || *heap_header(heap, (uint32_t)start) != header)) {
        return 0;
    }
    *links = heap_links(heap, (uint32_t)start);
    return heap_free_sound(heap, (uint32_t)start, header, *links) ? start : 0;
}

/* Makes a used block's header that of a free block of no size: where another block comes to lie
 * over it, that tells a double free. */
RW_INLINE void heap_mark_freed(heap_view_t heap, uint32_t index)
{
    if (heap.traits.checked) {
        *heap_header(heap, index) = heap_free_header(heap.traits, index, 0);
    }
}

/* Reads the header of the block a caller means. False iff no intact used block starts there, which
 * is seen with checks on only. */
RW_INLINE bool heap_identify(heap_view_t heap, uintptr_t index, uint32_t *header)
{
    const uint32_t block = (uint32_t)index;
    const uintptr_t behind = heap.state->top - index; /* too large for 0, as if above top */
    if (heap.traits.checked && behind >= heap.state->top) {
        return false;
    }
    *header = *heap_header(heap, block);
    return !heap.traits.checked ||
           (heap_is_used(heap.traits, *header, block) &&
            heap_size(heap.traits, *header) - HEAP_BLOCK_MIN < (uint32_t)behind);
}

/* Moves *end behind the block at index <= top if that is free. False iff it is damaged. */
RW_INLINE bool heap_free_after(heap_view_t heap, uint32_t index, uint32_t *end)
{
    const uint32_t header = *heap_header(heap, index);
    if (!heap_is_free(heap.traits, header, index)) {
        return !heap.traits.checked || heap_is_used(heap.traits, header, index);
    }
    *end = index + heap_free_size(heap.traits, header);
    return heap_links_sound(heap, index, header, heap_links(heap, index));
}

/* Gives back the used block at index. False, nothing changed, iff a neighbour is damaged. */
RW_INLINE bool heap_free_locked(heap_view_t heap, uint32_t index, uint32_t header)
{
    const uint32_t next = index + heap_size(heap.traits, header);
    uint32_t start = index;
    uint32_t end = next;
    if (next <= heap.state->top && !heap_free_after(heap, next, &end)) {
        return false;
    }
    if (heap_prev_is_free(header)) {
        heap_links_t links;
        start = (uint32_t)heap_free_before(heap, index, &links);
        if (heap.traits.checked && start == 0U) {
            return false;
        }
        heap_delist(heap, links);
    }
    heap_mark_freed(heap, index);
    heap.state->used -= next - index;
    if (end != next) {
        heap_delist(heap, heap_links(heap, next));
    } else if (next > heap.state->top) {
        heap.state->top = start - 1U;
        return true;
    } else {
        *heap_header(heap, next) ^= heap_prev_bits(heap.traits);
    }
    HEAP_SHARED(heap, insert, start, end - start);
    return true;
}

#endif
