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
#define SLAB_OTHER_BITS (~SLAB_FIRST_BIT)

_Static_assert(offsetof(rw_slab_t, object) == 0, "an object's address is its slab's");
_Static_assert(RW_SLAB_BLOCKS_MAX == SLAB_WORD_BITS * SLAB_WORD_BITS,
               "one bit of room for each map word");

RW_INLINE const rw_slab_t *slab_of(const rw_object_t *object)
{
    return (const rw_slab_t *)(const void *)object;
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

/* The map word of a zone's block last. */
RW_INLINE uint32_t *slab_map_last(rw_page_t *page, uint32_t last)
{
    return slab_map(page) + last / SLAB_WORD_BITS;
}

RW_INLINE uint8_t *slab_address(const rw_slab_t *slab, uint32_t index)
{
    return slab->object.arena + (size_t)index * slab->slab_size;
}

/* Position of the most significant set bit, counted from the top; bits is not 0. */
RW_INLINE uint32_t slab_first(uint32_t bits)
{
    return (uint32_t)__builtin_clz(bits);
}

/* Bit of a block in its map word. */
RW_INLINE uint32_t slab_bit(uint32_t block)
{
    const uint32_t turn = block % SLAB_WORD_BITS;
    return SLAB_FIRST_BIT >> turn | SLAB_FIRST_BIT << ((0U - turn) % SLAB_WORD_BITS);
}

/* Index of the block that starts at offset in a slab of the zone; far above any count if none does
 * (see pool_index in pool_links.h for why). */
RW_INLINE uintptr_t slab_block_index(const rw_zone_t *zone, uintptr_t offset)
{
    const uintptr_t product = offset * zone->inverse;
    const uint32_t shift = zone->shift;
    return product >> shift | product << ((0U - shift) & (8U * (uint32_t)sizeof(product) - 1U));
}

/* Whether nobody owns the slab. */
RW_INLINE bool slab_page_free(const rw_page_t *page)
{
    return page->zone == NULL && page->used == 0;
}

/* Slabs of the run that starts with the page's; 0 iff none does. */
RW_INLINE uint32_t slab_run_slabs(const rw_page_t *page)
{
    return page->zone == NULL && page->used != 0 ? page->room : 0;
}

/* The zone that serves size, which is at least 1 and at most slab->largest. */
RW_INLINE const rw_zone_t *slab_zone_for(const rw_slab_t *slab, size_t size)
{
    return &slab->zones[slab->size_table[(size - 1U) / 8U]];
}

/* Slabs that hold size bytes, at most the arena. */
RW_INLINE uint32_t slab_run_length(const rw_slab_t *slab, size_t size)
{
    return (uint32_t)((size + slab->slab_size - 1U) >> slab->slab_shift);
}

/* Whether the zone may have another slab now. */
RW_INLINE bool slab_zone_may_grow(const rw_slab_t *slab, const rw_zone_t *zone)
{
    const uint32_t slabs = zone->state->slabs;
    return slabs < zone->max_slabs &&
           (slabs < zone->min_slabs || slab->state->shared < slab->shared_count);
}

/* Counts a refused request. Returns NULL, the answer to it. */
RW_INLINE void *slab_refuse(const rw_slab_t *slab)
{
    rw_slab_state_t *const state = slab->state;
    if (state->failures != UINT32_MAX) {
        state->failures++;
    }
    return NULL;
}

/* Puts a slab, its map all zero and used 0, on the list of returned ones. */
RW_INLINE void slab_return(const rw_slab_t *slab, rw_page_t *page)
{
    rw_slab_state_t *const state = slab->state;
    page->zone = NULL;
    page->next = state->returned;
    state->returned = page;
}

/* An allocated block, found by its address. */
typedef struct slab_place {
    const rw_zone_t *zone; /* NULL: a run */
    uint32_t index;        /* of its slab, or of the run's first */
    size_t extent;         /* usable bytes */
} slab_place_t;

/* Finds block; its status is what free would return for it. */
rw_status_t rw_slab_locate(const rw_slab_t *slab, const void *block, slab_place_t *out);

/* Takes the lowest run of slabs for size bytes that starts at a multiple of alignment, a power of
 * two. Returns its address; NULL iff there is none or it would break into a zone's minimum. */
void *rw_slab_run_take(const rw_slab_t *slab, size_t size, size_t alignment);

/* Shortens the run that starts at slab index to length slabs; 0 gives all of it back. */
void rw_slab_run_trim(const rw_slab_t *slab, uint32_t index, uint32_t length);

#endif
