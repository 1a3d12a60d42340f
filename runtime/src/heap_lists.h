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
 * bins[class - 2] is the first block of a class, its links lead on.
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
    const size_t width = heap.traits.wide ? sizeof(uint32_t) : sizeof(uint16_t);
    uint8_t *bin = (uint8_t *)heap.state + class * width;
    RW_OPAQUE(bin); /* the rest is an offset for the loads and stores */
    return bin + sizeof(rw_heap_state_t) + heap_map_words(heap.traits) * sizeof(uint32_t) -
           HEAP_CLASS_FIRST * width;
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

/* With links of 32 bits: whether a free block, whose header is intact, ends below the virgin end,
 * and the blocks, or the bin, that its links lead to lead back to it. */
RW_NOINLINE bool heap_neighbours_agree(uint32_t index, rw_heap_state_t *state, uint8_t *headers)
{
    const heap_view_t heap = {{true, true}, NULL, state, headers};
    const heap_links_t links = heap_links(heap, index);
    const uint32_t next = heap_next(heap, links);
    const int32_t prev = heap_prev(heap, links);
    const uint32_t size = heap_free_size(heap.traits, *heap_header(heap, index));
    if (index + size > state->top) {
        return false;
    }
    if (next != 0U &&
        (next > state->top || heap_prev(heap, heap_links(heap, next)) != (int32_t)index)) {
        return false;
    }
    if (prev > 0) {
        const uint32_t before = (uint32_t)prev;
        return before <= state->top && heap_next(heap, heap_links(heap, before)) == index;
    }
    const uint32_t class = heap_class(heap.traits, size);
    return prev == -(int32_t) class && heap_head(heap.traits, heap_bin(heap, class)) == index;
}

/* Whether the links of a free block, whose header is intact, are to be believed, and then its size
 * too. */
RW_INLINE bool heap_links_sound(heap_view_t heap, uint32_t index, uint32_t header,
                                heap_links_t links)
{
    if (!heap.traits.checked) {
        return true;
    }
    if (heap.traits.wide) {
        return heap_neighbours_agree(index, heap.state, heap.headers);
    }
    return heap_echo(links.first, links.second) == header;
}

/* Whether a block is free, and all its words are to be believed. */
RW_INLINE bool heap_free_sound(heap_view_t heap, uint32_t index, uint32_t header,
                               heap_links_t links)
{
    if (!heap.traits.checked) {
        return true;
    }
    if (heap.traits.wide) {
        return heap_is_free(heap.traits, header, index) &&
               heap_links_sound(heap, index, header, links);
    }
    return heap_links_sound(heap, index, header, links) && /* first, while the header is whole */
           heap_is_free(heap.traits, header, index);
}

/* Takes the free block with these links out of its list. */
RW_INLINE void heap_unlink(heap_view_t heap, heap_links_t links)
{
    const uint32_t next = heap_next(heap, links);
    const int32_t prev = heap_prev(heap, links);
    if (prev <= 0) {
        uint32_t class = (uint32_t)-prev;
        RW_OPAQUE(class); /* else it is computed for each use */
        heap_set_head(heap.traits, heap_bin(heap, class), next);
        if (next == 0U) {
            *heap_map_word(heap, class) ^= heap_map_bit(class); /* was set */
            return;
        }
    } else {
        heap_set_next(heap, (uint32_t)prev, next);
    }
    if (next != 0U) {
        heap_set_prev(heap, next, prev);
    }
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
    const uint32_t links = heap.traits.wide ? next : next - (class << 16);
    block[0] = header;
    block[1] = links;
    if (heap.traits.wide) {
        block[2] = 0U - class;
    } else if (heap.traits.checked) {
        block[2] = heap_echo(links, header);
    }
    block[2U * size - 1U] = ~header; /* the footer */
    heap_set_head(heap.traits, bin, index);
    RW_OPAQUE(index); /* else its low half is kept in a second register */
    if (next != 0U) {
        heap_set_prev(heap, next, (int32_t)index);
    } else {
        *heap_map_word(heap, class) |= heap_map_bit(class);
    }
}

/* One copy of each per traits instead of one per caller; they know nothing of the descriptor. State
 * and headers come last and stay where they are, so a caller has them there from its beginning. */
#define HEAP_SHARE(suffix, is_checked, is_wide)                                                    \
    RW_NOINLINE void heap_unlink_##suffix(uint32_t first, uint32_t second, rw_heap_state_t *state, \
                                          uint8_t *headers)                                        \
    {                                                                                              \
        heap_unlink((heap_view_t){{is_checked, is_wide}, NULL, state, headers},                    \
                    (heap_links_t){first, second});                                                \
        RW_KEPT(state);                                                                            \
        RW_KEPT(headers);                                                                          \
    }                                                                                              \
    RW_NOINLINE void heap_insert_##suffix(uint32_t index, uint32_t size, rw_heap_state_t *state,   \
                                          uint8_t *headers)                                        \
    {                                                                                              \
        heap_insert((heap_view_t){{is_checked, is_wide}, NULL, state, headers}, index, size);      \
        RW_KEPT(state);                                                                            \
        RW_KEPT(headers);                                                                          \
    }

HEAP_SHARE(none_16, false, false)
HEAP_SHARE(none_32, false, true)
HEAP_SHARE(basic_16, true, false)
HEAP_SHARE(basic_32, true, true)

/* Calls the copy for the heap's traits. */
#define HEAP_SHARED(heap, function, ...)                                                           \
    ((heap).traits.checked                                                                         \
         ? ((heap).traits.wide                                                                     \
                ? heap_##function##_basic_32(__VA_ARGS__, (heap).state, (heap).headers)            \
                : heap_##function##_basic_16(__VA_ARGS__, (heap).state, (heap).headers))           \
         : ((heap).traits.wide                                                                     \
                ? heap_##function##_none_32(__VA_ARGS__, (heap).state, (heap).headers)             \
                : heap_##function##_none_16(__VA_ARGS__, (heap).state, (heap).headers)))

/* Takes a free block out of its list. */
RW_INLINE void heap_delist(heap_view_t heap, heap_links_t links)
{
    HEAP_SHARED(heap, unlink, links.first, links.second);
}

#endif
