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
               "one bit of room for each map word");
_Static_assert(sizeof(rw_slab_state_t) % _Alignof(rw_zone_state_t) == 0,
               "the states of the zones follow without a gap");

#define SLAB_RUNS 0U /* place of the zone of runs */
#define SLAB_PLACES RW_ZONE_PLACES
#define SLAB_SHIFT_BITS 5U /* of rw_zone_t.cut */

_Static_assert(sizeof(rw_zone_t) == sizeof(rw_zone_state_t),
               "a zone and its state are at the same distance from the first");

RW_INLINE const rw_slab_t *slab_of(const rw_object_t *object)
{
    return (const rw_slab_t *)(const void *)object;
}

RW_INLINE rw_slab_state_t *slab_state(const rw_slab_t *slab)
{
    return (rw_slab_state_t *)(void *)slab->zone_states - 1;
}

RW_INLINE rw_zone_state_t *slab_zone_state(const rw_slab_t *slab, const rw_zone_t *zone)
{
    const ptrdiff_t distance = (const uint8_t *)zone - (const uint8_t *)slab->zones;
    return (rw_zone_state_t *)(void *)((uint8_t *)slab->zone_states + distance);
}

/* Bytes from the first zone, or its state, to that at place. Where a zone is three words of 32 bits
 * a place is one of them: the load of a state scales it. */
RW_INLINE size_t slab_distance(size_t place)
{
    return sizeof(rw_zone_t) == SLAB_PLACES * sizeof(uint32_t)
               ? place * sizeof(uint32_t)
               : place / SLAB_PLACES * sizeof(rw_zone_t);
}

RW_INLINE const rw_zone_t *slab_zone_at(const rw_slab_t *slab, size_t place)
{
    return (const rw_zone_t *)(const void *)((const uint8_t *)slab->zones + slab_distance(place));
}

RW_INLINE rw_zone_state_t *slab_zone_state_at(const rw_slab_t *slab, size_t place)
{
    return (rw_zone_state_t *)(void *)((uint8_t *)slab->zone_states + slab_distance(place));
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

/* Blocks of a slab of the zone. */
RW_INLINE uint32_t slab_blocks(const rw_zone_t *zone)
{
    return (uint32_t)zone->cut >> SLAB_SHIFT_BITS;
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

/* Whether these are all blocks of a slab. Reads the zone anew: kept, their number would cost every
 * free an instruction. */
RW_INLINE bool slab_is_whole(const rw_zone_t *zone, uint32_t blocks)
{
    const uint32_t cut = *(const volatile uint16_t *)&zone->cut;
    return blocks == cut >> SLAB_SHIFT_BITS;
}

/* Index of the block that starts at offset in a slab of the zone; far above any count if none does
 * (see pool_index in pool_links.h for why). */
RW_INLINE uint32_t slab_block_index(const rw_zone_t *zone, uintptr_t offset)
{
    if ((uint32_t)offset != offset) {
        return UINT32_MAX; /* nothing that 32 bits can express */
    }
    return rw_rotate_right((uint32_t)offset * (uint32_t)zone->inverse, zone->cut);
}

/* Place of the zone that serves size, which is at least 1 and at most the largest block. */
RW_INLINE uint32_t slab_place_for(const rw_slab_t *slab, size_t size)
{
    return slab->size_table[(size - 1U) >> slab->table_shift];
}

/* Slabs that hold size bytes, which are at least 1. */
RW_INLINE size_t slab_run_length(const rw_slab_t *slab, size_t size)
{
    return ((size - 1U) >> slab->slab_shift) + 1U;
}

/* Makes page the first of a zone's slabs with room. */
RW_INLINE void slab_link(rw_zone_state_t *owner, rw_page_t *page)
{
    rw_page_t *const next = owner->partial;
    page->next = next;
    page->link = &owner->partial;
    if (next != NULL) {
        next->link = &page->next;
    }
    owner->partial = page;
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

/* Makes a slab, its map all zero, one that nobody owns; its free and room then mean nothing. */
RW_INLINE void slab_return(rw_slab_state_t *state, rw_page_t *page)
{
    page->zone = NULL;
    page->next = state->returned;
    state->returned = page;
}

/* Counts a refused request. Returns NULL, the answer to it. */
RW_INLINE void *slab_refuse(rw_zone_state_t *owner)
{
    const uint32_t failures = owner->failures + 1U;
    if (failures != 0U) {
        owner->failures = failures;
    }
    return NULL;
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
rw_page_t *rw_slab_run_take(const rw_slab_t *slab, size_t count);

/* As rw_slab_run_take, from a multiple of alignment, a power of two. */
rw_page_t *rw_slab_run_take_aligned(const rw_slab_t *slab, size_t count, size_t alignment);

/* Shortens the run that starts with page to length slabs, at least 1. */
void rw_slab_run_trim(const rw_slab_t *slab, rw_page_t *page, size_t length);

#endif
