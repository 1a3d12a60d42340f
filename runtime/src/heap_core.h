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

/* Blocks of the request's own class that an alloc looks at, since not all of them are large enough,
 * before it goes to the next class, of which all are. */
#ifndef HEAP_LOOKS
#define HEAP_LOOKS 2U
#endif

/* What a search or an alloc found: the index of a block; 0 iff there is no room;
 * HEAP_DAMAGED | index iff the block there is damaged, nothing then being changed. */
typedef uint32_t heap_found_t;
#define HEAP_DAMAGED 0x80000000U

/* Why no intact used block starts at block. */
RW_INLINE rw_status_t heap_blame(heap_view_t heap, const rw_heap_t *self, const void *block)
{
    const uintptr_t offset = (uintptr_t)block - (uintptr_t)self->object.arena;
    const uint32_t index = (uint32_t)(offset / RW_HEAP_GRANULE);
    if (offset >= self->object.size) {
        return RW_E_FOREIGN;
    }
    if (offset % RW_HEAP_GRANULE != 0U || offset == 0U) {
        return RW_E_MISALIGNED;
    }
    return index > heap.state->top || heap_is_free(heap.traits, *heap_header(heap, index), index)
               ? RW_E_DOUBLE_FREE
               : RW_E_CORRUPT;
}

RW_NOINLINE rw_status_t heap_blame_16(const rw_heap_t *heap, const void *block)
{
    return heap_blame(heap_view((heap_traits_t){true, false}, heap), heap, block);
}

RW_NOINLINE rw_status_t heap_blame_32(const rw_heap_t *heap, const void *block)
{
    return heap_blame(heap_view((heap_traits_t){true, true}, heap), heap, block);
}

/* Granules from index to the next multiple of alignment granules, a power of two; never 1, which
 * would be too small for a free block. */
RW_INLINE uint32_t heap_gap(heap_view_t heap, uint32_t index, uint32_t alignment)
{
    const uintptr_t place = (uintptr_t)heap_payload(heap, index) / RW_HEAP_GRANULE;
    const uint32_t gap = (0U - (uint32_t)place) & (alignment - 1U);
    return gap == 1U ? gap + alignment : gap;
}

/* A free block and how the search came to it. */
typedef struct heap_place {
    uint32_t index; /* 0: none found */
    uint32_t prev;  /* the block before it in its list; 0: it is the first */
    heap_bin_t bin; /* of its list */
    uint32_t class; /* likewise */
    bool damaged;
} heap_place_t;

/* Whether the block at index holds size granules behind the gap that alignment asks for, if its
 * header is to be believed. */
RW_INLINE bool heap_holds(heap_view_t heap, uint32_t index, uint32_t size, uint32_t alignment)
{
    const uint32_t least = size + heap_gap(heap, index, alignment);
    return heap_header_holds(heap.traits, *heap_header(heap, index), least);
}

/* Looks for a free block of at least size granules. */
RW_INLINE heap_place_t heap_find(heap_view_t heap, uint32_t size, uint32_t alignment)
{
    heap_place_t place = {0, 0, NULL, heap_class(size), false};
    uint32_t looks = HEAP_LOOKS;
    place.bin = heap_bin(heap, place.class);
    place.index = heap_head(heap.traits, place.bin);
    while (place.index != 0U) {
        if (heap_holds(heap, place.index, size, alignment)) {
            return place;
        }
        if (--looks == 0U) {
            break;
        }
        place.prev = place.index;
        place.index = heap_link(heap, place.index, HEAP_NEXT);
        if (heap.traits.checked && place.index > heap.state->top) {
            place.index = place.prev; /* its link is what is damaged */
            place.damaged = true;
            return place;
        }
    }
    place.prev = 0;
    place.index = 0;
    while ((place.class = heap_class_from(heap, place.class + 1U)) != 0U) {
        place.bin = heap_bin(heap, place.class);
        place.index = heap_head(heap.traits, place.bin);
        if (heap_holds(heap, place.index, size, alignment)) {
            return place;
        }
        place.damaged = heap.traits.checked && alignment == 1U;
        if (place.damaged) {
            return place;
        }
        place.index = 0;
    }
    return place;
}

RW_INLINE uint32_t heap_refuse(rw_heap_state_t *state)
{
    const uint32_t failures = state->failures + 1U;
    if (failures != 0U) {
        state->failures = failures;
    }
    return 0;
}

/* Takes a found block out of its list: heap_unlink for who knows how it came by it, so the link
 * back is not needed. Returns its size; 0, nothing changed, iff its header or its next link is
 * damaged. */
RW_INLINE uint32_t heap_pick(heap_view_t heap, heap_place_t place)
{
    const uint32_t index = place.index;
    const rw_word_t *block = heap_header(heap, index);
    RW_OPAQUE(block);
    const uint32_t size = heap_free_size(heap.traits, *block);
    if (heap.traits.checked &&
        (!heap_is_free(heap.traits, *block, index) || !heap_size_fits(heap, index, size))) {
        return 0;
    }
    const uint32_t next = heap_link_at(heap.traits, block, HEAP_NEXT);
    if (next != 0U) {
        if (heap.traits.checked && !heap_link_sound(heap, next, HEAP_PREV, index)) {
            return 0;
        }
        heap_set_link(heap, next, HEAP_PREV, place.prev);
    } else if (place.prev == 0U) {
        heap.state->map[place.class / 32U] &= ~heap_map_bit(place.class);
    }
    if (place.prev != 0U) {
        heap_set_link(heap, place.prev, HEAP_NEXT, next);
    } else {
        heap_set_head(heap.traits, place.bin, next);
    }
    return size;
}

/* Takes size granules of a found block, behind a gap that the caller lists. Returns their real
 * number, 0 iff the block is damaged. */
RW_INLINE uint32_t heap_take_recycled(heap_view_t heap, heap_place_t place, uint32_t gap,
                                      uint32_t size)
{
    const uint32_t found = place.damaged ? 0U : heap_pick(heap, place);
    const uint32_t rest = found - gap - size;
    if (heap.traits.checked && found == 0U) {
        return 0;
    }
    if (rest >= HEAP_BLOCK_MIN) {
        HEAP_SHARED(heap, insert, place.index + gap + size, rest);
        return size;
    }
    *heap_header(heap, place.index + found) ^= heap_prev_bits(heap.traits);
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
    return top + 1U;
}

RW_INLINE heap_found_t heap_alloc_locked(heap_view_t heap, uint32_t size)
{
    const heap_place_t place = heap_find(heap, size, 1);
    uint32_t index = place.index;
    if (index != 0U) {
        size = heap_take_recycled(heap, place, 0, size);
        if (heap.traits.checked && size == 0U) {
            return HEAP_DAMAGED | index;
        }
    } else {
        index = heap_take_virgin(heap, 0, size);
        if (index == 0U) {
            return 0;
        }
    }
    heap.state->used += size;
    *heap_header(heap, index) = heap_used_header(heap.traits, index, size);
    return index;
}

/* Index of the free block that ends before index; at most 0 iff its footer or header is damaged. */
RW_INLINE int32_t heap_free_before(heap_view_t heap, uint32_t index)
{
    const uint32_t header = ~*heap_footer_before(heap, index);
    const int32_t start = (int32_t)(index - heap_free_size(heap.traits, header));
    if (heap.traits.checked && (start <= 0 || *heap_header(heap, (uint32_t)start) != header)) {
        return 0;
    }
    return start;
}

/* Finds the block a caller means. *index and *header are set iff it is RW_OK. */
RW_INLINE rw_status_t heap_identify(heap_view_t heap, const void *block, uint32_t *index,
                                    uint32_t *header)
{
    const uintptr_t wide_index = heap_index(heap, block);
    *index = (uint32_t)wide_index;
    if (heap.traits.checked) {
        const uint32_t top = heap.state->top;
        if (wide_index - 1U < top) {
            *header = *heap_header(heap, *index);
            uint32_t size = heap_size(heap.traits, *header);
            RW_OPAQUE(size); /* else it is extracted once for each comparison */
            if (heap_is_used(heap.traits, *header, *index) && size >= HEAP_BLOCK_MIN &&
                *index + size <= top + 1U) {
                return RW_OK;
            }
        }
        return heap.traits.wide ? heap_blame_32(heap.self, block) : heap_blame_16(heap.self, block);
    }
    *header = *heap_header(heap, *index);
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
    uint32_t end = index + heap_size(heap.traits, header);
    if (heap_prev_is_free(header)) {
        start = (uint32_t)heap_free_before(heap, index);
        if (heap.traits.checked && start == 0U) {
            return RW_E_CORRUPT;
        }
    }
    if (end <= heap.state->top) {
        const uint32_t place = end;
        header = *heap_header(heap, place);
        if (!heap_is_used(heap.traits, header, place)) {
            const uint32_t after = heap_free_size(heap.traits, header);
            if (heap.traits.checked && (!heap_is_free(heap.traits, header, place) ||
                                        !heap_size_fits(heap, place, after))) {
                return RW_E_CORRUPT;
            }
            end += after;
            if (!heap_delist(heap, place, after)) {
                return RW_E_CORRUPT;
            }
        }
    }
    if (start != index && !heap_delist(heap, start, index - start)) {
        const uint32_t next = index + heap_size(heap.traits, *heap_header(heap, index));
        if (end != next) {
            HEAP_SHARED(heap, insert, next, end - next); /* undone, but for its place in the list */
        }
        return RW_E_CORRUPT;
    }
    RW_OPAQUE(index); /* else what follows is compiled twice */
    rw_word_t *own = heap_header(heap, index);
    header = *own; /* again, rather than kept in a register across calls */
    const uint32_t size = heap_size(heap.traits, header);
    const uint32_t next = index + size;
    uint32_t freed = heap_free_bits(heap.traits);
    RW_OPAQUE(freed);      /* else it is applied byte by byte */
    *own = header ^ freed; /* tells a double free */
    heap.state->used -= size;
    if (end > heap.state->top) {
        heap.state->top = start - 1U;
        return RW_OK;
    }
    if (end == next) {
        *heap_header(heap, next) ^= heap_prev_bits(heap.traits);
    }
    HEAP_SHARED(heap, insert, start, end - start);
    return RW_OK;
}

#endif
