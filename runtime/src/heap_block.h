/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, ground floor: what the words of an arena mean. Blocks are named by the index of the
 * granule their payload starts on.
 *
 *     header, links of 16 bits    | PREV |        size 15 | check 16 |
 *     header, links of 32 bits    | PREV | FREE | size 22 | check  8 |
 *
 *     PREV : the block before is free            size : of the block, in granules
 *     FREE : the block is free (with links of 16 bits, the check alone tells)
 *
 * Cut header ^ 4 * index into pieces as wide as the check and XOR them: the result is 0 for a used
 * block, one constant for a free one, anything else is damage. So
 *  - every error within one byte shows;
 *  - a header copied to another index does not fit there (with 8 check bits: unless the indices'
 *    pieces agree), nor does a fill pattern of equal pieces;
 *  - other data passes for the header of a used block once in 2^16 (2^8) cases;
 *  - flags are changed by XOR with a constant, which leaves a damaged header damaged.
 * With checks none the check bits of a used block are zero and only those of a free one are set.
 */
#ifndef RAMWRIGHT_SRC_HEAP_BLOCK_H
#define RAMWRIGHT_SRC_HEAP_BLOCK_H

#include "ramwright/heap.h"

#include "bytes.h"
#include "inline.h"

#define HEAP_BLOCK_MIN 2U /* granules: header, two links, footer */

_Static_assert(HEAP_BLOCK_MIN *RW_HEAP_GRANULE == 4U * sizeof(uint32_t),
               "the smallest block holds header, two links of 32 bits and footer");
_Static_assert(RW_HEAP_GRANULES_MAX_16 < (1U << 15), "sizes fit a header with 16 check bits");
_Static_assert(RW_HEAP_GRANULES_MAX_32 < (1U << 22), "sizes fit a header with 8 check bits");

/* What a core is specialised for. Constants wherever it is used: every function that takes it is
 * inlined, so what does not apply leaves no code. */
typedef struct heap_traits {
    bool checked; /* checks basic */
    bool wide;    /* links of 32 bits, else of 16 */
} heap_traits_t;

/* A heap as one operation sees it: what the descriptor says, loaded once, because the compiler must
 * assume that a store into the arena changes everything else. */
typedef struct heap_view {
    heap_traits_t traits;
    const rw_heap_t *self;
    uint8_t *arena;
    rw_heap_state_t *state;
    void *bins;
    uint32_t top; /* on entry */
} heap_view_t;

RW_INLINE heap_view_t heap_view(heap_traits_t traits, const rw_heap_t *heap)
{
    return (heap_view_t){traits,      heap,       heap->object.arena,
                         heap->state, heap->bins, heap->state->top};
}

/* What XOR turns a used block's header into a free one's by, and back. */
RW_INLINE uint32_t heap_free_bits(heap_traits_t traits)
{
    return traits.wide ? 0x400000F0U : 0x0FF0U;
}

/* Likewise for PREV, with the check bit it implies. */
RW_INLINE uint32_t heap_prev_bits(heap_traits_t traits)
{
    const uint32_t flag = 0x80000000U;
    return traits.checked ? flag | flag >> (traits.wide ? 24 : 16) : flag;
}

/* XOR of the pieces; with 8 check bits, FREE comes before them. */
RW_INLINE uint32_t heap_fold(heap_traits_t traits, uint32_t word, uint32_t index)
{
    uint32_t fold = word ^ index << 2;
    fold ^= fold >> 16;
    return traits.wide ? (uint8_t)(fold ^ fold >> 8) | (word >> 22 & 0x100U) : (uint16_t)fold;
}

/* Whether a used block's header is intact; with checks none, whether the block is used. */
RW_INLINE bool heap_is_used(heap_traits_t traits, uint32_t header, uint32_t index)
{
    return traits.checked ? heap_fold(traits, header, index) == 0U
                          : (header & heap_free_bits(traits)) == 0U;
}

/* Likewise for a free block. */
RW_INLINE bool heap_is_free(heap_traits_t traits, uint32_t header, uint32_t index)
{
    return traits.checked ? heap_fold(traits, header, index) == (traits.wide ? 0x1B0U : 0x0FF0U)
                          : (header & heap_free_bits(traits)) != 0U;
}

/* Header of a used block after a used one. */
RW_INLINE uint32_t heap_header_make(heap_traits_t traits, uint32_t index, uint32_t size)
{
    const uint32_t header = size << (traits.wide ? 8 : 16);
    return traits.checked ? header | heap_fold(traits, header, index) : header;
}

RW_INLINE uint32_t heap_size(heap_traits_t traits, uint32_t header)
{
    return traits.wide ? (header & 0x3FFFFFFFU) >> 8 : (header & 0x7FFFFFFFU) >> 16;
}

RW_INLINE bool heap_prev_is_free(uint32_t header)
{
    return (header & 0x80000000U) != 0U;
}

RW_INLINE uint8_t *heap_payload(heap_view_t heap, uint32_t index)
{
    return heap.arena + (size_t)index * RW_HEAP_GRANULE;
}

RW_INLINE rw_word_t *heap_header(heap_view_t heap, uint32_t index)
{
    return (rw_word_t *)(void *)heap_payload(heap, index) - 1;
}

/* Last word of the free block before index: that block's index. */
RW_INLINE rw_word_t *heap_footer_before(heap_view_t heap, uint32_t index)
{
    return (rw_word_t *)(void *)heap_payload(heap, index) - 2;
}

typedef uint16_t __attribute__((may_alias)) heap_half_t;

/* Links of a free block: its neighbours in the list of its class. */
typedef enum heap_direction { HEAP_NEXT = 0, HEAP_PREV = 1 } heap_direction_t;

RW_INLINE uint32_t heap_link(heap_view_t heap, uint32_t index, heap_direction_t direction)
{
    const void *payload = heap_payload(heap, index);
    return heap.traits.wide ? ((const rw_word_t *)payload)[direction]
                            : ((const heap_half_t *)payload)[direction];
}

RW_INLINE void heap_set_link(heap_view_t heap, uint32_t index, heap_direction_t direction,
                             uint32_t to)
{
    void *payload = heap_payload(heap, index);
    if (heap.traits.wide) {
        ((rw_word_t *)payload)[direction] = to;
    } else {
        ((heap_half_t *)payload)[direction] = (uint16_t)to;
    }
}

/* Whether a block of size granules can lie at index, index <= top + 1. */
RW_INLINE bool heap_size_fits(heap_view_t heap, uint32_t index, uint32_t size)
{
    return size - HEAP_BLOCK_MIN < heap.top - index; /* false for size < HEAP_BLOCK_MIN too */
}

/* Index of the block at address; above every index iff no block can start there. */
RW_INLINE uintptr_t heap_index(heap_view_t heap, const void *address)
{
    const uintptr_t offset = (uintptr_t)address - (uintptr_t)heap.arena;
    return offset >> 3 | offset << (sizeof(offset) * 8U - 3U); /* misaligned: high bits set */
}

/* Granules of a block that offers size bytes, 1 <= size <= SIZE_MAX - 3. */
RW_INLINE uint32_t heap_granules(size_t size)
{
    const uint32_t granules = (uint32_t)((size + 3U) / RW_HEAP_GRANULE) + 1U;
    return granules < HEAP_BLOCK_MIN ? HEAP_BLOCK_MIN : granules;
}

/* What a block of that many granules offers. */
RW_INLINE size_t heap_bytes(uint32_t granules)
{
    return (size_t)granules * RW_HEAP_GRANULE - sizeof(uint32_t);
}

#endif
