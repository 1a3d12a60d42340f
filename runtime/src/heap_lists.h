/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, first floor: free blocks by size class.
 *
 * Four classes an octave; up to 7 granules a class of its own for every size:
 *
 *     granules   2  3  4  5  6  7  8..9  10..11  12..13  14..15  16..19 ...
 *     class      0  1  2  3  4  5  6     7       8       9       10     ...
 *
 * bins[class] is the first block of a class, its links lead on: doubly linked, 0 ends the list.
 * Bit 31 - class % 32 of map[class / 32] tells that the list is not empty, in this order because
 * counting leading zeros then finds the smallest class in one instruction.
 */
#ifndef RAMWRIGHT_SRC_HEAP_LISTS_H
#define RAMWRIGHT_SRC_HEAP_LISTS_H

#include "heap_block.h"

/* Blocks of the request's own class that an alloc looks at, since not all of them are large enough,
 * before it goes to the next class, of which all are. */
#define HEAP_LOOKS 3U

RW_INLINE uint32_t heap_class(uint32_t granules)
{
    const uint32_t shift = 29U - (uint32_t)__builtin_clz(granules | 4U);
    return 4U * shift + (granules >> shift) - HEAP_BLOCK_MIN;
}

RW_INLINE uint32_t heap_first(heap_view_t heap, uint32_t class)
{
    return heap.traits.wide ? ((const uint32_t *)heap.bins)[class]
                            : ((const uint16_t *)heap.bins)[class];
}

RW_INLINE void heap_set_first(heap_view_t heap, uint32_t class, uint32_t index)
{
    if (heap.traits.wide) {
        ((uint32_t *)heap.bins)[class] = index;
    } else {
        ((uint16_t *)heap.bins)[class] = (uint16_t)index;
    }
}

RW_INLINE uint32_t heap_map_bit(uint32_t class)
{
    return 0x80000000U >> (class % 32U);
}

/* First block of the smallest class from class on that has any; 0 iff none has. */
RW_INLINE uint32_t heap_first_from(heap_view_t heap, uint32_t class)
{
    uint32_t word = class / 32U;
    uint32_t bits = heap.state->map[word] & (UINT32_MAX >> (class % 32U));
    while (bits == 0U) {
        if (++word == RW_HEAP_MAP_WORDS) {
            return 0;
        }
        bits = heap.state->map[word];
    }
    return heap_first(heap, 32U * word + (uint32_t)__builtin_clz(bits));
}

/* Whether a link leads to a block whose link in the other direction leads back. */
RW_INLINE bool heap_link_sound(heap_view_t heap, uint32_t link, heap_direction_t back,
                               uint32_t index)
{
    return link <= heap.top && heap_link(heap, link, back) == index;
}

/* Takes a block out of its list. False, nothing changed, iff a link is damaged. */
RW_INLINE bool heap_unlink(heap_view_t heap, uint32_t index, uint32_t size)
{
    const uint32_t next = heap_link(heap, index, HEAP_NEXT);
    const uint32_t prev = heap_link(heap, index, HEAP_PREV);
    if (heap.traits.checked && next != 0U && !heap_link_sound(heap, next, HEAP_PREV, index)) {
        return false;
    }
    if (prev != 0U) {
        if (heap.traits.checked && !heap_link_sound(heap, prev, HEAP_NEXT, index)) {
            return false;
        }
        heap_set_link(heap, prev, HEAP_NEXT, next);
    } else {
        const uint32_t class = heap_class(size);
        if (heap.traits.checked && heap_first(heap, class) != index) {
            return false;
        }
        heap_set_first(heap, class, next);
        if (next == 0U) {
            heap.state->map[class / 32U] &= ~heap_map_bit(class);
        }
    }
    if (next != 0U) {
        heap_set_link(heap, next, HEAP_PREV, prev);
    }
    return true;
}

/* Writes header, footer and links of the free block [index, index + size) and lists it first. */
RW_INLINE void heap_insert(heap_view_t heap, uint32_t index, uint32_t size)
{
    const uint32_t class = heap_class(size);
    const uint32_t next = heap_first(heap, class);
    *heap_header(heap, index) =
        heap_header_make(heap.traits, index, size) ^ heap_free_bits(heap.traits);
    *heap_footer_before(heap, index + size) = index;
    heap_set_link(heap, index, HEAP_NEXT, next);
    heap_set_link(heap, index, HEAP_PREV, 0);
    heap_set_first(heap, class, index);
    if (next != 0U) {
        heap_set_link(heap, next, HEAP_PREV, index);
    } else {
        heap.state->map[class / 32U] |= heap_map_bit(class);
    }
}

/* One copy of each per traits instead of one per caller. */
#define HEAP_SHARE(suffix, is_checked, is_wide)                                                    \
    RW_NOINLINE bool heap_unlink_##suffix(const rw_heap_t *heap, uint32_t index, uint32_t size)    \
    {                                                                                              \
        return heap_unlink(heap_view((heap_traits_t){is_checked, is_wide}, heap), index, size);    \
    }                                                                                              \
    RW_NOINLINE void heap_insert_##suffix(const rw_heap_t *heap, uint32_t index, uint32_t size)    \
    {                                                                                              \
        heap_insert(heap_view((heap_traits_t){is_checked, is_wide}, heap), index, size);           \
    }

HEAP_SHARE(none_16, false, false)
HEAP_SHARE(none_32, false, true)
HEAP_SHARE(basic_16, true, false)
HEAP_SHARE(basic_32, true, true)

/* Calls the copy for the heap's traits. */
#define HEAP_SHARED(heap, function, ...)                                                           \
    ((heap).traits.checked                                                                         \
         ? ((heap).traits.wide ? heap_##function##_basic_32((heap).self, __VA_ARGS__)              \
                               : heap_##function##_basic_16((heap).self, __VA_ARGS__))             \
         : ((heap).traits.wide ? heap_##function##_none_32((heap).self, __VA_ARGS__)               \
                               : heap_##function##_none_16((heap).self, __VA_ARGS__)))

#endif
