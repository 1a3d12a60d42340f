/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: how zones get slabs, use them up word by word, and return them. Inlined into the cores, so
 * that the way through them saves and restores once.
 */
#ifndef RAMWRIGHT_SRC_SLAB_ZONE_H
#define RAMWRIGHT_SRC_SLAB_ZONE_H

#include "slab_page.h"

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

/* Charges one more slab to the zone's account. */
RW_INLINE void slab_charge(const rw_slab_t *slab, const rw_zone_t *zone)
{
    rw_zone_state_t *const owner = zone->state;
    const uint32_t slabs = owner->slabs;
    if (slabs >= zone->min_slabs) {
        slab->state->shared++;
    }
    owner->slabs = (uint16_t)(slabs + 1U);
    if (owner->peak == slabs) {
        owner->peak++;
    }
}

/* A slab nobody owns, its map all zero. A returned one is preferred; if there is none, the accounts
 * see to it that a never used one is left. */
RW_INLINE rw_page_t *slab_take_page(const rw_slab_t *slab)
{
    rw_slab_state_t *const state = slab->state;
    rw_page_t *page = state->returned;
    if (page != NULL) {
        state->returned = page->next;
    } else {
        const uint32_t top = state->top;
        state->top = (uint16_t)(top + 1U);
        page = slab_page(slab, top);
        page->index = (uint16_t)top;
    }
    return page;
}

/* Gives the zone, none of whose slabs has room but which may have another, that one and takes the
 * first block of it. Returns its address. */
RW_INLINE void *slab_zone_grow(const rw_slab_t *slab, const rw_zone_t *zone)
{
    slab_charge(slab, zone);
    rw_page_t *const page = slab_take_page(slab);
    const uint32_t last = zone->blocks - 1U;
    page->zone = zone;
    page->room = UINT32_MAX;
    page->used = 1;
    *slab_map_last(page, last) = SLAB_OTHER_BITS >> last % SLAB_WORD_BITS;
    *slab_map(page) |= SLAB_FIRST_BIT;
    if (last != 0) {
        page->next = NULL;
        page->link = &zone->state->partial;
        zone->state->partial = page;
    }
    return slab_address(slab, page->index);
}

/* After the last free block of a map word of the zone's first slab was taken. */
RW_INLINE void slab_word_exhausted(rw_page_t *page, uint32_t word, uint32_t used)
{
    page->room ^= SLAB_FIRST_BIT >> word;
    if (used == page->zone->blocks) {
        slab_unlink(page);
    }
}

/* After a block of a map word without free blocks was given back, others of the slab being used. */
RW_INLINE void slab_word_revived(rw_page_t *page, uint32_t word)
{
    page->room |= SLAB_FIRST_BIT >> word;
    if (page->used + 1U == page->zone->blocks) {
        slab_link(page->zone->state, page);
    }
}

/* After the last block in use of a zone's slab was given back. */
RW_INLINE void slab_zone_shrink(const rw_slab_t *slab, rw_page_t *page)
{
    const rw_zone_t *const zone = page->zone;
    rw_zone_state_t *const owner = zone->state;
    const uint32_t last = zone->blocks - 1U;
    *slab_map_last(page, last) = 0;
    if (last != 0) {
        slab_unlink(page);
    }
    const uint32_t slabs = owner->slabs - 1U;
    owner->slabs = (uint16_t)slabs;
    if (slabs >= zone->min_slabs) {
        slab->state->shared--;
    }
    slab_return(slab, page);
}

#endif
