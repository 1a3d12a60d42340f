/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: how zones get slabs, use them up word by word, and return them. Inlined into the cores, so
 * that the way through them saves and restores once.
 */
#ifndef RAMWRIGHT_SRC_SLAB_ZONE_H
#define RAMWRIGHT_SRC_SLAB_ZONE_H

#include "ramwright/port.h"

#include "slab_page.h"

/* A slab nobody owns, its map all zero. A returned one is preferred; if there is none, the accounts
 * see to it that a never used one is left. */
RW_INLINE rw_page_t *slab_take_page(const rw_slab_t *slab)
{
    RW_OPAQUE_MEMORY(); /* else a caller's copy serves, out of the reach of short instructions */
    rw_slab_state_t *const state = slab->state;
    rw_page_t *page = state->returned;
    if (page == NULL) { /* first: it is the longer way, and as it stands the straight one */
        const uint32_t top = state->top;
        state->top = (uint16_t)(top + 1U);
        page = slab_page(slab, top);
        page->index = (uint16_t)top;
    } else {
        state->returned = page->next;
    }
    return page;
}

/* Makes page the zone's, with its first block in use. */
RW_INLINE void *slab_cut(const rw_slab_t *slab, const rw_zone_t *zone, rw_zone_state_t *owner,
                         rw_page_t *page)
{
    page->zone = zone;
    *slab_map(page) = SLAB_FIRST_BIT;
    const uint32_t left = slab_last_block(zone);
    page->free = (uint16_t)left;
    if (left != 0) {
        page->next = NULL;
        page->link = &owner->partial;
        owner->partial = page;
    }
    uint8_t *const address = slab_address(slab, page->index);
    page->base = address;
    return address;
}

/* Ends a request for which there is no room. Returns NULL, the answer to it. */
RW_INLINE void *slab_refuse(rw_zone_state_t *owner, rw_sharing_t sharing, uintptr_t lock)
{
    const uint32_t failures = owner->failures + 1U;
    if (failures != 0U) {
        owner->failures = failures;
    }
    rw_port_unlock(sharing, lock);
    return NULL;
}

/* Ends a request for a block with such a last byte: for none, or for more than the arena has.
 * Returns NULL, the answer to it. */
RW_INLINE void *slab_reject(const rw_slab_t *slab, size_t last, rw_sharing_t sharing,
                            uintptr_t lock)
{
    rw_port_unlock(sharing, lock);
    if (last != SIZE_MAX) {
        rw_on_fault(RW_E_SIZE, &slab->object, NULL);
    }
    return NULL;
}

/* Gives the zone, none of whose slabs has room, another one, and takes the first block of it; of
 * the zone of runs, a run of as many slabs as the last byte asks for, from a multiple of alignment,
 * a power of two. Returns its address, or NULL if that may not be; gives the lock back. */
RW_INLINE void *slab_grow(const rw_slab_t *slab, size_t last, uint32_t place, size_t alignment,
                          rw_sharing_t sharing, uintptr_t lock)
{
    const rw_zone_t *zone = slab_zone_at(slab, place);
    RW_OPAQUE(zone); /* else it is computed once more, to be stored */
    rw_zone_state_t *owner = slab_zone_state_at(slab, place);
    RW_OPAQUE(owner);
    const size_t count = slab_run_length(slab, last);
    size_t slabs = owner->slabs + count;
    rw_slab_state_t *const state = slab->state;
    size_t shared = state->shared;
    if (slabs > zone->min_slabs) {
        shared += count;
    }
    if (slabs > zone->max_slabs || shared > slab->shared_count) {
        return last >= slab->object.size ? slab_reject(slab, last, sharing, lock)
                                         : slab_refuse(owner, sharing, lock);
    }
    rw_page_t *const page = place != SLAB_RUNS ? slab_take_page(slab)
                            : alignment == 1U  ? rw_slab_run_take(count, slab)
                                               : rw_slab_run_take_aligned(count, slab, alignment);
    if (page == NULL) {
        return slab_refuse(owner, sharing, lock);
    }
    state->shared = (uint16_t)shared;
    owner->slabs = (uint16_t)slabs;
    RW_OPAQUE(slabs); /* else it is narrowed once more */
    if (slabs > owner->peak) {
        owner->peak = (uint16_t)slabs;
    }
    void *const block = slab_cut(slab, zone, owner, page);
    rw_port_unlock(sharing, lock);
    return block;
}

/* After the last block in use of a slab, or a run, was given back; others says whether it was not
 * the slab's only one. */
RW_INLINE void slab_vacated(const rw_slab_t *slab, const rw_zone_t *zone, rw_page_t *page,
                            bool others)
{
    rw_zone_state_t *const owner = slab_zone_state(slab, zone);
    rw_slab_state_t *const state = slab->state;
    if (others) {
        slab_unlink(page);
    }
    uint32_t more = page->full;
    for (;;) {
        slab_give(state, zone, owner, page);
        if (more == 0) {
            break;
        }
        more--;
        page->full = 0;
        page = slab_page_after(slab, page);
        RW_OPAQUE_MEMORY();
    }
}

#endif
