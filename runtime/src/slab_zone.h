/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: how zones get slabs, use them up word by word, and return them. Inlined into the cores, so
 * that the way through them saves and restores once.
 */
#ifndef RAMWRIGHT_SRC_SLAB_ZONE_H
#define RAMWRIGHT_SRC_SLAB_ZONE_H

#include "slab_page.h"

/* A slab nobody owns, its map all zero. A returned one is preferred; if there is none, the accounts
 * see to it that a never used one is left. */
RW_INLINE rw_page_t *slab_take_page(const rw_slab_t *slab, rw_slab_state_t *state)
{
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

/* Makes page the zone's, with its first block in use, which takes count slabs if it takes all. */
RW_INLINE void *slab_cut(const rw_slab_t *slab, const rw_zone_t *zone, rw_zone_state_t *owner,
                         rw_page_t *page, size_t count)
{
    uint32_t left = slab_blocks(zone) - 1U;
    page->zone = zone;
    page->free = (uint16_t)left;
    *slab_map(page) = SLAB_FIRST_BIT;
    if (left != 0) {
        RW_OPAQUE(page); /* a branch, as in slab_take_locked */
        page->room = UINT32_MAX;
        page->next = NULL;
        page->link = &owner->partial;
        owner->partial = page;
    } else {
        page->room = (uint32_t)count;
    }
    uint8_t *const address = slab_address(slab, page->index);
    page->base = address;
    return address;
}

/* Gives the zone, none of whose slabs has room, another one, count being 1, and takes the first
 * block of it; or takes a run of count slabs that starts at a multiple of alignment, a power of
 * two. Returns its address; NULL iff that may not be. */
RW_INLINE void *slab_grow(const rw_slab_t *slab, size_t count, uint32_t place, size_t alignment)
{
    const rw_zone_t *const zone = slab_zone_at(slab, place);
    rw_zone_state_t *owner = slab_zone_state_at(slab, place);
    RW_OPAQUE(owner);
    rw_slab_state_t *const state = slab_state(slab);
    size_t slabs = owner->slabs + count;
    size_t shared = state->shared;
    if (slabs > zone->min_slabs) {
        shared += count;
    }
    rw_page_t *page = NULL;
    if (slabs <= zone->max_slabs && shared <= slab->shared_count) {
        page = place != SLAB_RUNS ? slab_take_page(slab, state)
               : alignment == 1U  ? rw_slab_run_take(slab, count)
                                  : rw_slab_run_take_aligned(slab, count, alignment);
    }
    if (page == NULL) {
        return slab_refuse(owner);
    }
    state->shared = (uint16_t)shared;
    owner->slabs = (uint16_t)slabs;
    RW_OPAQUE(slabs); /* else it is narrowed once more */
    if (slabs > owner->peak) {
        owner->peak = (uint16_t)slabs;
    }
    return slab_cut(slab, zone, owner, page, count);
}

/* After the first block was given back of a slab or a map word that had no free one. */
RW_INLINE void slab_revived(const rw_slab_t *slab, rw_page_t *page, uint32_t word)
{
    page->room |= SLAB_FIRST_BIT >> word;
    if (page->free == 1U) {
        slab_link(slab_zone_state(slab, page->zone), page);
    }
}

/* After the last block in use of a slab, or a run, was given back; others says that it was not the
 * slab's only one. */
RW_INLINE void slab_vacated(const rw_slab_t *slab, const rw_zone_t *zone, rw_page_t *page,
                            bool others)
{
    rw_zone_state_t *const owner = slab_zone_state(slab, zone);
    rw_slab_state_t *const state = slab_state(slab);
    if (others) {
        slab_unlink(page);
    } else {
        rw_slab_run_trim(slab, page, 1);
    }
    const uint32_t slabs = owner->slabs - 1U;
    owner->slabs = (uint16_t)slabs;
    if (slabs >= zone->min_slabs) {
        state->shared--;
    }
    slab_return(state, page);
}

#endif
