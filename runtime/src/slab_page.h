/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs, ground floor: pages, maps, lists, addresses. The data structure is explained in
 * ramwright/slab.h. What is external here serves all cores; all of it runs with the slab locked.
 */
#ifndef RAMWRIGHT_SRC_SLAB_PAGE_H
#define RAMWRIGHT_SRC_SLAB_PAGE_H

#include "ramwright/slab.h"

#include "bytes.h"
#include "inline.h"

#define SLAB_WORD_BITS 32U
#define SLAB_FIRST_BIT 0x80000000U

_Static_assert(offsetof(rw_slab_t, object) == 0, "an object's address is its slab's");
_Static_assert(RW_SLAB_BLOCKS_MAX == SLAB_WORD_BITS * SLAB_WORD_BITS,
               "one bit of full for each map word");
_Static_assert(sizeof(rw_slab_state_t) % _Alignof(rw_zone_state_t) == 0,
               "the states of the zones follow without a gap");

#define SLAB_RUNS RW_ZONE_PLACE(0U)                 /* place of the zone of runs */
#define SLAB_PLACES (RW_ZONE_PLACE(1U) - SLAB_RUNS) /* from one zone to the next */
#define SLAB_SHIFT_BITS 5U                          /* of rw_zone_t.cut */

_Static_assert(sizeof(rw_zone_t) == sizeof(rw_zone_state_t),
               "a zone and its state are at the same distance from the first");
_Static_assert(sizeof(rw_zone_t) != SLAB_PLACES * sizeof(uint32_t) ||
                   sizeof(rw_slab_state_t) == SLAB_RUNS * sizeof(uint32_t),
               "where a zone is three words of 32 bits, its place says where its state is");

RW_INLINE const rw_slab_t *slab_of(const rw_object_t *object)
{
    return (const rw_slab_t *)(const void *)object;
}

/* RW_OPAQUE, here and below: what the slab's own state takes goes into the offsets of fields. */
RW_INLINE rw_zone_state_t *slab_zone_state(const rw_slab_t *slab, const rw_zone_t *zone)
{
    const ptrdiff_t distance = (const uint8_t *)zone - (const uint8_t *)slab->zones;
    uint8_t *before = (uint8_t *)slab->state + distance;
    RW_OPAQUE(before);
    return (rw_zone_state_t *)(void *)(before + sizeof(rw_slab_state_t));
}

/* Bytes from the slab's state to that of the zone at place, which the load of a state scales where
 * a zone is three words of 32 bits. */
RW_INLINE size_t slab_distance(size_t place)
{
    return sizeof(rw_zone_t) == SLAB_PLACES * sizeof(uint32_t)
               ? place * sizeof(uint32_t)
               : (place + 1U) / SLAB_PLACES * sizeof(rw_zone_t);
}

RW_INLINE const rw_zone_t *slab_zone_at(const rw_slab_t *slab, size_t place)
{
    const uint8_t *after = (const uint8_t *)slab->zones + slab_distance(place);
    RW_OPAQUE(after);
    return (const rw_zone_t *)(const void *)(after - sizeof(rw_slab_state_t));
}

RW_INLINE rw_zone_state_t *slab_zone_state_at(const rw_slab_t *slab, size_t place)
{
    return (rw_zone_state_t *)(void *)((uint8_t *)slab->state + slab_distance(place));
}

/* Bytes of a block of the zone. */
RW_INLINE size_t slab_block_size(const rw_zone_t *zone)
{
    return (size_t)(uint16_t)(zone->block_size - 1U) + 1U;
}

/* The place after the last zone. Time: O(zones). */
RW_INLINE uint32_t slab_places_end(const rw_slab_t *slab)
{
    uint32_t place = SLAB_RUNS;
    do {
        place += SLAB_PLACES;
    } while (slab_block_size(slab_zone_at(slab, place)) <= slab->last);
    return place + SLAB_PLACES;
}

/* Index of the last block of a slab of the zone. */
RW_INLINE uint32_t slab_last_block(const rw_zone_t *zone)
{
    return (uint32_t)zone->cut >> SLAB_SHIFT_BITS;
}

/* Blocks of a slab of the zone. */
RW_INLINE uint32_t slab_blocks(const rw_zone_t *zone)
{
    return slab_last_block(zone) + 1U;
}

RW_INLINE size_t slab_size(const rw_slab_t *slab)
{
    return (size_t)1 << slab->slab_shift;
}

/* The page after page. */
RW_INLINE rw_page_t *slab_page_after(const rw_slab_t *slab, rw_page_t *page)
{
    return (rw_page_t *)(void *)((uint8_t *)page + slab->page_size);
}

/* The address is computed once: without RW_OPAQUE each access would be, with the sum inside it. */
RW_INLINE rw_page_t *slab_page(const rw_slab_t *slab, uint32_t index)
{
    uint8_t *page = (uint8_t *)slab->pages + (size_t)index * slab->page_size;
    RW_OPAQUE(page);
    return (rw_page_t *)(void *)page;
}

RW_INLINE uint32_t *slab_map(rw_page_t *page)
{
    return (uint32_t *)(void *)(page + 1);
}

/* Where map words start, counted in words from their page. */
#define SLAB_MAP (sizeof(rw_page_t) / sizeof(uint32_t))

/* A place from which a map word is SLAB_MAP words away: the distance then goes into the load and
 * the store, and the place is computed once for both. */
RW_INLINE uint32_t *slab_map_base(rw_page_t *page, uint32_t word)
{
    uint32_t *base = (uint32_t *)(void *)page + word;
    RW_OPAQUE(base);
    return base;
}

RW_INLINE uint8_t *slab_address(const rw_slab_t *slab, uint32_t index)
{
    return slab->object.arena + ((size_t)index << slab->slab_shift);
}

/* Position of the most significant set bit, counted from the top; bits is not 0. */
RW_INLINE uint32_t slab_first(uint32_t bits)
{
    return (uint32_t)__builtin_clz(bits);
}

/* Bit of a block in its map word. */
RW_INLINE uint32_t slab_bit(uint32_t block)
{
    return rw_rotate_right(SLAB_FIRST_BIT, block);
}

/* Whether these are all blocks of a slab but one. Reads the zone anew: kept, their number would
 * cost every free an instruction. */
RW_INLINE bool slab_all_but_one(const rw_zone_t *zone, uint32_t blocks)
{
    RW_OPAQUE_MEMORY();
    uint32_t cut = zone->cut;
    RW_OPAQUE(cut); /* else it is narrowed once more */
    return blocks == cut >> SLAB_SHIFT_BITS;
}

/* Index of the block that starts at offset in a slab of the zone; far above any count if none does
 * (see pool_index in pool_links.h for why). */
RW_INLINE uint32_t slab_block_index(const rw_zone_t *zone, uintptr_t offset)
{
    if ((uint32_t)offset != offset) {
        return UINT32_MAX; /* nothing that 32 bits can express */
    }
    const uint32_t product = (uint32_t)offset * (uint32_t)zone->inverse;
    RW_OPAQUE_MEMORY(); /* cut is read late, into a register that short instructions reach */
    return rw_rotate_right(product, zone->cut);
}

/* Sizes are told by the offset of their last byte, so that 0 is larger than any. */

/* Place of the zone that serves blocks of which that is the last byte; that of runs if none does.
 */
RW_INLINE uint32_t slab_place_for(const rw_slab_t *slab, size_t last)
{
    uint32_t place = SLAB_RUNS;
    if (last <= slab->last) {
        place = slab->size_table[last >> slab->table_shift];
        RW_OPAQUE(place); /* a branch: predicated, it would cost every call */
    }
    return place;
}

/* Slabs that hold a block of which that is the last byte; 1 if a zone serves it. */
RW_INLINE size_t slab_run_length(const rw_slab_t *slab, size_t last)
{
    return (last >> slab->slab_shift) + 1U;
}

/* Makes page, which was the first of its zone's slabs with room when it ran out of it, the first
 * again: link still says of which list. */
RW_INLINE void slab_relink(rw_page_t *page)
{
    rw_page_t **const link = page->link;
    rw_page_t *const next = *link;
    page->next = next;
    if (next != NULL) {
        next->link = &page->next;
    }
    *link = page;
}

/* Takes page out of the list of its zone's slabs with room. */
RW_INLINE void slab_unlink(const rw_page_t *page)
{
    rw_page_t *const next = page->next;
    rw_page_t **const link = page->link;
    *link = next;
    if (next != NULL) {
        next->link = link;
    }
}

/* Makes a slab, its map all zero and full too, one that nobody owns; its free then means nothing.
 */
RW_INLINE void slab_return(rw_slab_state_t *state, rw_page_t *page)
{
    page->zone = NULL;
    page->next = state->returned;
    state->returned = page;
}

/* As slab_return, of a slab of the zone. */
RW_INLINE void slab_give(rw_slab_state_t *state, const rw_zone_t *zone, rw_zone_state_t *owner,
                         rw_page_t *page)
{
    const uint32_t slabs = owner->slabs - 1U;
    owner->slabs = (uint16_t)slabs;
    if (slabs >= zone->min_slabs) {
        uint32_t shared = state->shared - 1U;
        RW_OPAQUE(shared); /* else it is narrowed before it is stored */
        state->shared = (uint16_t)shared;
    }
    slab_return(state, page);
}

/* An allocated block, found by its address. */
typedef struct slab_place {
    rw_page_t *page; /* of its slab */
    size_t extent;   /* usable bytes */
} slab_place_t;

/* Finds block; its status is what free would return for it. */
rw_status_t rw_slab_locate(const rw_slab_t *slab, const void *block, slab_place_t *out);

/* The lowest run of count slabs that nobody owns; NULL iff there is none. They are the zone's of
 * runs then, the answer is the page of the first. */
rw_page_t *rw_slab_run_take(size_t count, const rw_slab_t *slab);

/* As rw_slab_run_take, from a multiple of alignment, a power of two. */
rw_page_t *rw_slab_run_take_aligned(size_t count, const rw_slab_t *slab, size_t alignment);

/* Shortens the run that starts with page to length slabs, at least 1. */
void rw_slab_run_trim(const rw_slab_t *slab, rw_page_t *page, size_t length);

#endif
