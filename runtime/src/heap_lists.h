/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, first floor: free blocks by size class.
 *
 * Up to 15 granules a class of its own for every size, numbered by it; then eight classes an
 * octave. With links of 16 bits, from 256 granules (2 KiB) on four classes an octave have to do:
 *
 *     granules   2  3 .. 15  16..17  18..19 .. 30..31  32..35 ..  240..255  256..319  320..383 ..
 *     class      2  3 .. 15  16      17     .. 23      24     ..  47        48        49       ..
 *
 * bins[class - 2] is the first block of a class, its links lead on: doubly linked, 0 ends the list.
 * Bit 31 - class % 32 of map[class / 32] tells that the list is not empty, in this order because
 * counting leading zeros then finds the smallest class in one instruction.
 */
#ifndef RAMWRIGHT_SRC_HEAP_LISTS_H
#define RAMWRIGHT_SRC_HEAP_LISTS_H

#include "heap_block.h"

#define HEAP_CLASS_FIRST 2U
#define HEAP_CLASS_COARSE 48U /* with links of 16 bits, from it on two classes are one */

RW_INLINE uint32_t heap_class(heap_traits_t traits, uint32_t granules)
{
    const uint32_t shift = 28U - (uint32_t)__builtin_clz(granules | 8U);
    const uint32_t class = 8U * shift + (granules >> shift);
    return traits.wide || class <= HEAP_CLASS_COARSE ? class : class / 2U + HEAP_CLASS_COARSE / 2U;
}

RW_INLINE uint32_t heap_map_words(heap_traits_t traits)
{
    return traits.wide ? RW_HEAP_MAP_WORDS_32 : RW_HEAP_MAP_WORDS_16;
}

RW_INLINE uint32_t *heap_map(heap_view_t heap)
{
    return (uint32_t *)(void *)(heap.state + 1);
}

/* Where the head of a class's list is stored. */
typedef void *heap_bin_t;

RW_INLINE heap_bin_t heap_bin(heap_view_t heap, uint32_t class)
{
    const uint32_t width = heap.traits.wide ? sizeof(uint32_t) : sizeof(uint16_t);
    uint8_t *bin = (uint8_t *)heap.state + (size_t) class * width;
    RW_OPAQUE(bin); /* the rest is an offset for the loads and stores */
    return bin + sizeof(rw_heap_state_t) + heap_map_words(heap.traits) * sizeof(uint32_t) -
           (size_t)HEAP_CLASS_FIRST * width;
}

RW_INLINE uint32_t heap_head(heap_traits_t traits, heap_bin_t bin)
{
    return traits.wide ? *(const uint32_t *)bin : *(const uint16_t *)bin;
}

RW_INLINE void heap_set_head(heap_traits_t traits, heap_bin_t bin, uint32_t index)
{
    if (traits.wide) {
        *(uint32_t *)bin = index;
    } else {
        *(uint16_t *)bin = (uint16_t)index;
    }
}

/* A class's bit in its word of the map. */
RW_INLINE uint32_t heap_map_bit(uint32_t class)
{
    return rw_rotate_right(0x80000000U, class);
}

/* Where that is. */
RW_INLINE uint32_t *heap_map_word(heap_view_t heap, uint32_t class)
{
    uint32_t *word = (uint32_t *)(void *)heap.state + class / 32U;
    RW_OPAQUE(word); /* the rest is an offset for loads and stores */
    return word + sizeof(rw_heap_state_t) / sizeof(uint32_t);
}

/* The smallest class from class on that has blocks; 0 iff none has. The word of class exists. */
RW_INLINE uint32_t heap_class_from(heap_view_t heap, uint32_t class)
{
    do {
        const uint32_t bits = *heap_map_word(heap, class) << class % 32U;
        if (bits != 0U) {
            class += (uint32_t)__builtin_clz(bits);
            RW_ASSUME(class != 0U);
            return class;
        }
        class = (class | 31U) + 1U;
    } while (class < 32U * heap_map_words(heap.traits));
    return 0;
}

/* Whether a link leads to a block whose link in the other direction leads back. */
RW_INLINE bool heap_link_sound(heap_view_t heap, uint32_t link, heap_direction_t back,
                               uint32_t index)
{
    return link <= heap.state->top && heap_link(heap, link, back) == index;
}

/* Takes the first block of a class out of its list. False, nothing changed, iff its link is
 * damaged. */
RW_INLINE bool heap_pop(heap_view_t heap, uint32_t class, uint32_t index)
{
    const uint32_t next = heap_link(heap, index, HEAP_NEXT);
    if (next != 0U) {
        if (heap.traits.checked && !heap_link_sound(heap, next, HEAP_PREV, index)) {
            return false;
        }
        heap_set_link(heap, next, HEAP_PREV, 0);
    } else {
        *heap_map_word(heap, class) &= ~heap_map_bit(class);
    }
    heap_set_head(heap.traits, heap_bin(heap, class), next);
    return true;
}

/* Takes a block whose header is intact out of its list. False, nothing changed, iff a link is
 * damaged. */
RW_INLINE bool heap_unlink(heap_view_t heap, uint32_t index)
{
    rw_word_t *block = heap_header(heap, index);
    RW_OPAQUE(block);
    const uint32_t next = heap_link_at(heap.traits, block, HEAP_NEXT);
    const uint32_t prev = heap_link_at(heap.traits, block, HEAP_PREV);
    if (heap.traits.checked && next != 0U && !heap_link_sound(heap, next, HEAP_PREV, index)) {
        return false;
    }
    if (prev != 0U) {
        if (heap.traits.checked && !heap_link_sound(heap, prev, HEAP_NEXT, index)) {
            return false;
        }
        heap_set_link(heap, prev, HEAP_NEXT, next);
    } else {
        const uint32_t class = heap_class(heap.traits, heap_free_size(heap.traits, *block));
        heap_bin_t bin = heap_bin(heap, class);
        if (heap.traits.checked && heap_head(heap.traits, bin) != index) {
            return false;
        }
        heap_set_head(heap.traits, bin, next);
        if (next == 0U) {
            *heap_map_word(heap, class) &= ~heap_map_bit(class);
        }
    }
    if (next != 0U || !heap.traits.wide) { /* the narrow links of no block lie in the arena too */
        heap_set_link(heap, next, HEAP_PREV, prev);
    }
    return true;
}

/* Writes header, footer and links of the free block [index, index + size) and lists it first. */
RW_INLINE void heap_insert(heap_view_t heap, uint32_t index, uint32_t size)
{
    const uint32_t class = heap_class(heap.traits, size);
    heap_bin_t bin = heap_bin(heap, class);
    const uint32_t next = heap_head(heap.traits, bin);
    const uint32_t header = heap_free_header(heap.traits, index, size);
    rw_word_t *block = heap_header(heap, index);
    RW_OPAQUE(block);
    block[0] = header;
    block[1] = next; /* with narrow links, both of them */
    if (heap.traits.wide) {
        block[2] = 0;
    }
    block[2U * size - 1U] = ~header; /* the footer */
    heap_set_head(heap.traits, bin, index);
    RW_OPAQUE(index); /* else its low half is kept in a second register */
    if (next != 0U) {
        heap_set_link(heap, next, HEAP_PREV, index);
    } else {
        *heap_map_word(heap, class) |= heap_map_bit(class);
    }
}

/* One copy of each per traits instead of one per caller; they know nothing of the descriptor. */
#define HEAP_SHARE(suffix, is_checked, is_wide)                                                    \
    RW_NOINLINE bool heap_unlink_##suffix(rw_heap_state_t *state, uint8_t *headers,                \
                                          uint32_t index)                                          \
    {                                                                                              \
        return heap_unlink((heap_view_t){{is_checked, is_wide}, NULL, state, headers}, index);     \
    }                                                                                              \
    RW_NOINLINE void heap_insert_##suffix(rw_heap_state_t *state, uint8_t *headers,                \
                                          uint32_t index, uint32_t size)                           \
    {                                                                                              \
        heap_insert((heap_view_t){{is_checked, is_wide}, NULL, state, headers}, index, size);      \
    }

HEAP_SHARE(none_16, false, false)
HEAP_SHARE(none_32, false, true)
HEAP_SHARE(basic_16, true, false)
HEAP_SHARE(basic_32, true, true)

/* Calls the copy for the heap's traits. */
#define HEAP_SHARED(heap, function, ...)                                                           \
    ((heap).traits.checked                                                                         \
         ? ((heap).traits.wide                                                                     \
                ? heap_##function##_basic_32((heap).state, (heap).headers, __VA_ARGS__)            \
                : heap_##function##_basic_16((heap).state, (heap).headers, __VA_ARGS__))           \
         : ((heap).traits.wide                                                                     \
                ? heap_##function##_none_32((heap).state, (heap).headers, __VA_ARGS__)             \
                : heap_##function##_none_16((heap).state, (heap).headers, __VA_ARGS__)))

/* heap_unlink, shared; constant true where nothing is checked. */
RW_INLINE bool heap_delist(heap_view_t heap, uint32_t index)
{
    const bool sound = HEAP_SHARED(heap, unlink, index);
    return sound || !heap.traits.checked;
}

#endif
