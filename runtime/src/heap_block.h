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
 * Cut header and index into pieces as wide as the check and XOR them all: the result is 0
 * for a free block, one constant for a used one, anything else is damage. So
 *  - every error within one byte shows;
 *  - a header copied to another index does not fit there (with 8 check bits: unless the indices'
 *    pieces agree), nor does a fill pattern of equal pieces;
 *  - other data passes for the header of a used block once in 2^16 (2^8) cases;
 *  - flags are changed by XOR with a constant, which leaves a damaged header damaged.
 * With checks none the check bits of a free block are zero and those of a used one all ones.
 *
 * The footer of a free block is the complement of its header, so no fill pattern makes a pair.
 *
 * Its links lead to its neighbours in the list of its class. next 0 ends the list; prev of the
 * first block is minus the class, so that leaving a list takes no look at a size.
 *
 *     links of 16 bits    | next | prev | echo of prev | echo of next |    halves of two words
 *     links of 32 bits    | next | prev |                                  words
 *
 * Links of 16 bits carry an echo: the two words, the first turned by a half, XOR to the header. So
 * one comparison tells whether all three words are intact and belong together: every error within
 * one of them shows, no fill pattern and no copy of another block's links passes, and other data
 * does once in 2^32 cases. A neighbour that comes or goes rewrites one link with its echo, which
 * must not sign the other, damaged one: the half of the header that is in it, the size or size ^
 * index, is what a fill pattern lacks (but for prev where both are equal) and other data has once
 * in 2^16 cases. Links of 32 bits leave no room for an echo: there the neighbours are asked, and
 * have to agree.
 */
#ifndef RAMWRIGHT_SRC_HEAP_BLOCK_H
#define RAMWRIGHT_SRC_HEAP_BLOCK_H

#include "ramwright/heap.h"

#include "bytes.h"
#include "inline.h"

#define HEAP_BLOCK_MIN 2U /* granules: header, two words of links, footer */
#define HEAP_FREE 0x40000000U

_Static_assert(HEAP_BLOCK_MIN *RW_HEAP_GRANULE == 4U * sizeof(uint32_t),
               "the smallest block holds header, two words of links and footer");
_Static_assert(RW_HEAP_OVERHEAD == RW_HEAP_GRANULE + sizeof(uint32_t),
               "the granule that no block starts on and the header of the one block");
_Static_assert(RW_HEAP_GRANULES_MAX_16 < (1U << 15), "sizes fit a header with 16 check bits");
_Static_assert(RW_HEAP_GRANULES_MAX_32 < (1U << 22), "sizes fit a header with 8 check bits");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the first of two narrow links is the low half of a word");

/* What a core is specialised for. Constants wherever it is used: every function that takes it is
 * inlined, so what does not apply leaves no code. */
typedef struct heap_traits {
    bool checked; /* checks basic */
    bool wide;    /* links of 32 bits, else of 16 */
} heap_traits_t;

/* A heap as one operation sees it. */
typedef struct heap_view {
    heap_traits_t traits;
    const rw_heap_t *self;
    rw_heap_state_t *state;
    uint8_t *headers; /* where the header of index 0 would be: a word before the arena */
} heap_view_t;

RW_INLINE heap_view_t heap_view(heap_traits_t traits, const rw_heap_t *heap)
{
    rw_heap_state_t *state = heap->state;
    uint8_t *headers = heap->object.arena - sizeof(uint32_t);
    RW_OPAQUE(state);   /* else it is loaded amidst the first computation, which that splits */
    RW_OPAQUE(headers); /* else compilers keep the arena in a second register */
    return (heap_view_t){traits, heap, state, headers};
}

/* What XOR turns a used block's header into a free one's by, and back. */
RW_INLINE uint32_t heap_free_bits(heap_traits_t traits)
{
    return traits.wide ? HEAP_FREE | 0xFFU : 0xFFFFU;
}

/* What heap_fold makes of a used block's header. With 8 check bits, its bit 6 differs from that of
 * FREE's byte, or one damaged byte could make a used block's header a free one's. */
RW_INLINE uint32_t heap_used_fold(heap_traits_t traits)
{
    return traits.wide ? 0xBFBFBFBFU : UINT32_MAX;
}

/* Likewise for PREV, with the check bit it implies. */
RW_INLINE uint32_t heap_prev_bits(heap_traits_t traits)
{
    const uint32_t flag = 0x80000000U;
    return traits.checked ? flag | flag >> (traits.wide ? 24 : 16) : flag;
}

/* XOR of the pieces, repeated: 0 for a free block. */
RW_INLINE uint32_t heap_fold(heap_traits_t traits, uint32_t header, uint32_t index)
{
    uint32_t fold = header ^ index;
    fold ^= fold >> 16 | fold << 16;
    RW_OPAQUE(fold); /* else it is computed once for each constant it is compared with */
    return traits.wide ? fold ^ (fold >> 8 | fold << 24) : fold;
}

/* Whether a used block's header is intact; with checks none, whether the block is used. */
RW_INLINE bool heap_is_used(heap_traits_t traits, uint32_t header, uint32_t index)
{
    if (!traits.checked) {
        return traits.wide ? (header & HEAP_FREE) == 0U : (uint16_t)header != 0U;
    }
    return heap_fold(traits, header, index) == heap_used_fold(traits) &&
           !(traits.wide && (header & HEAP_FREE) != 0U);
}

/* Likewise for a free block. */
RW_INLINE bool heap_is_free(heap_traits_t traits, uint32_t header, uint32_t index)
{
    if (!traits.checked) {
        return !heap_is_used(traits, header, index);
    }
    return heap_fold(traits, header, index) == 0U && (!traits.wide || (header & HEAP_FREE) != 0U);
}

/* Header of a free block. */
RW_INLINE uint32_t heap_free_header(heap_traits_t traits, uint32_t index, uint32_t size)
{
    if (traits.wide) {
        const uint32_t header = size << 8 | HEAP_FREE;
        return traits.checked ? header | (uint8_t)heap_fold(traits, header, index) : header;
    }
    return traits.checked ? size << 16 ^ size ^ index : size << 16;
}

/* Header of a used block after a used one. */
RW_INLINE uint32_t heap_used_header(heap_traits_t traits, uint32_t index, uint32_t size)
{
    if (traits.checked && !traits.wide) {
        uint32_t check = ~(size ^ index);
        RW_OPAQUE(check);
        return check + ((size + 1U) << 16); /* as below, in fewer instructions */
    }
    return heap_free_header(traits, index, size) ^ heap_free_bits(traits);
}

RW_INLINE uint32_t heap_size(heap_traits_t traits, uint32_t header)
{
    return traits.wide ? (header & 0x3FFFFFFFU) >> 8 : (header & 0x7FFFFFFFU) >> 16;
}

/* Of an intact free block: no free block precedes it. */
RW_INLINE uint32_t heap_free_size(heap_traits_t traits, uint32_t header)
{
    return traits.wide ? heap_size(traits, header) : header >> 16;
}

/* Whether what may be a free block's header gives at least size granules. */
RW_INLINE bool heap_header_holds(heap_traits_t traits, uint32_t header, uint32_t size)
{
    return traits.wide ? heap_size(traits, header) >= size : header >> 16 >= size;
}

RW_INLINE bool heap_prev_is_free(uint32_t header)
{
    return (header & 0x80000000U) != 0U;
}

/* The header of a block: words of its payload follow, the footer of a free block before precedes.
 */
RW_INLINE rw_word_t *heap_header(heap_view_t heap, uint32_t index)
{
    return (rw_word_t *)(void *)(heap.headers + (size_t)index * RW_HEAP_GRANULE);
}

RW_INLINE void *heap_payload(heap_view_t heap, uint32_t index)
{
    return heap_header(heap, index) + 1;
}

/* Last word of the free block before index. */
RW_INLINE rw_word_t *heap_footer_before(heap_view_t heap, uint32_t index)
{
    return heap_header(heap, index) - 1;
}

typedef uint16_t __attribute__((may_alias)) heap_half_t;

/* What leads from a free block to its neighbours in the list of its class, as it lies there. */
typedef struct heap_links {
    uint32_t first, second;
} heap_links_t;

RW_INLINE heap_half_t *heap_halves(rw_word_t *header)
{
    RW_OPAQUE(header); /* else its address is computed for each of them */
    return (heap_half_t *)(void *)header;
}

RW_INLINE heap_links_t heap_links(heap_view_t heap, uint32_t index)
{
    const rw_word_t *header = heap_header(heap, index);
    RW_OPAQUE(header); /* else the address of each word is computed */
    return (heap_links_t){header[1], header[2]};
}

/* 0: none. */
RW_INLINE uint32_t heap_next(heap_view_t heap, heap_links_t links)
{
    return heap.traits.wide ? links.first : (uint16_t)links.first;
}

/* Not above 0: none; minus the class. */
RW_INLINE int32_t heap_prev(heap_view_t heap, heap_links_t links)
{
    return heap.traits.wide ? (int32_t)links.second : (int32_t)links.first >> 16;
}

RW_INLINE void heap_set_next(heap_view_t heap, uint32_t index, uint32_t to)
{
    rw_word_t *header = heap_header(heap, index);
    if (heap.traits.wide) {
        header[1] = to;
        return;
    }
    heap_half_t *halves = heap_halves(header);
    halves[2] = (uint16_t)to;
    if (heap.traits.checked) {
        uint32_t echo = to ^ halves[1];
        RW_OPAQUE(echo); /* else both are cut to their low halves before */
        halves[5] = (uint16_t)echo;
    }
}

RW_INLINE void heap_set_prev(heap_view_t heap, uint32_t index, int32_t to)
{
    rw_word_t *header = heap_header(heap, index);
    if (heap.traits.wide) {
        header[2] = (uint32_t)to;
        return;
    }
    heap_half_t *halves = heap_halves(header);
    halves[3] = (uint16_t)to;
    if (heap.traits.checked) {
        uint32_t echo = (uint32_t)to ^ halves[0];
        RW_OPAQUE(echo); /* as above */
        halves[4] = (uint16_t)echo;
    }
}

/* The second word of the narrow links of a block with that header; of both words, the header. */
RW_INLINE uint32_t heap_echo(uint32_t links, uint32_t header)
{
    return (links >> 16 | links << 16) ^ header;
}

/* Index of the block at address; above every index iff no block can start there. */
RW_INLINE uintptr_t heap_index(heap_view_t heap, const void *address)
{
    const uintptr_t offset = (uintptr_t)address - (uintptr_t)heap.self->object.arena;
    return offset >> 3 | offset << (sizeof(offset) * 8U - 3U); /* misaligned: high bits set */
}

/* Granules of a block that offers size bytes; for size 0 more than any heap has. */
RW_INLINE size_t heap_granules(size_t size)
{
    size_t words = (size - 1U) / sizeof(uint32_t); /* beyond the first; does not wrap */
    words = words == 0U ? 1U : words;
    RW_OPAQUE(words); /* else all that follows is done for either case */
    return (words + 3U) / 2U;
}

/* What a block of that many granules offers. */
RW_INLINE size_t heap_bytes(uint32_t granules)
{
    return (size_t)granules * RW_HEAP_GRANULE - sizeof(uint32_t);
}

#endif
