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

/* An allocated block, found by its address. */
typedef struct slab_place {
    const rw_zone_t *zone; /* NULL: a run */
    uint32_t index;        /* of its slab, or of the run's first */
    size_t extent;         /* usable bytes */
} slab_place_t;

/* Finds block; its status is what free would return for it. */
rw_status_t rw_slab_locate(const rw_slab_t *slab, const void *block, slab_place_t *out);

/* Counts a refused request. Returns NULL, the answer to it. */
void *rw_slab_refuse(const rw_slab_t *slab);

/* Puts a slab on the list of returned ones. */
void rw_slab_return(const rw_slab_t *slab, rw_page_t *page, uint32_t index);

/* Gives the zone, none of whose slabs has room, one more and takes the first block of it.
 * Returns its address; NULL iff the zone has its maximum or only other zones' minima are left. */
void *rw_slab_zone_grow(const rw_slab_t *slab, const rw_zone_t *zone);

/* After the last free block of a map word of the zone's first slab was taken. */
void rw_slab_word_exhausted(rw_page_t *page, uint32_t word);

/* After a block of a map word without free blocks was given back, others of the slab being used. */
void rw_slab_word_revived(const rw_slab_t *slab, rw_page_t *page, uint32_t index, uint32_t word);

/* When the last block in use of a zone's slab is given back. */
void rw_slab_zone_shrink(const rw_slab_t *slab, rw_page_t *page, uint32_t index);

/* Takes the lowest run of slabs for size bytes that starts at a multiple of alignment, a power of
 * two. Returns its address; NULL iff there is none or it would break into a zone's minimum. */
void *rw_slab_run_take(const rw_slab_t *slab, size_t size, size_t alignment);

/* Shortens the run that starts at slab index to length slabs; 0 gives all of it back. */
void rw_slab_run_trim(const rw_slab_t *slab, uint32_t index, uint32_t length);

#endif
