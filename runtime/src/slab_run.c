/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: runs of whole slabs, for requests larger than every zone.
 */
#include "slab_page.h"

/* Index of the slab after the lowest run of count slabs that nobody owns and that starts at a
 * multiple of alignment, and in *end its page; 0 iff there is none. */
RW_INLINE uint32_t slab_run_find(const rw_slab_t *slab, size_t count, size_t alignment,
                                 rw_page_t **end)
{
    size_t left = count;
    rw_page_t *page = slab->pages;
    uint32_t index = 0;
    do {
        const uintptr_t address = (uintptr_t)slab_address(slab, index);
        const bool owned = page->zone != NULL;
        page = slab_page_after(slab, page);
        RW_OPAQUE(page);
        index++;
        if (owned || (left == count && (address & (alignment - 1U)) != 0U)) {
            left = count;
        } else if (--left == 0) {
            *end = page;
            return index;
        }
    } while (index < slab->slab_count);
    return 0;
}

/* Takes those slabs off the list of returned ones that have an owner. */
RW_INLINE void slab_run_filter(rw_slab_state_t *state)
{
    rw_page_t **link = &state->returned;
    for (rw_page_t *page = *link; page != NULL; page = *link) {
        if (page->zone != NULL) {
            *link = page->next;
        } else {
            link = &page->next;
        }
    }
}

RW_INLINE rw_page_t *slab_run_take(const rw_slab_t *slab, size_t count, size_t alignment)
{
    rw_slab_state_t *const state = slab->state;
    rw_page_t *page;
    uint32_t index = slab_run_find(slab, count, alignment, &page);
    if (index == 0) {
        return NULL;
    }
    /* Slabs never used and skipped for the sake of alignment count as returned. */
    for (; alignment != 1U && state->top < index - count; state->top++) {
        rw_page_t *const skipped = slab_page(slab, state->top);
        skipped->index = state->top;
        slab_return(state, skipped);
    }
    if (state->top < index) {
        state->top = (uint16_t)index;
    }
    const uint32_t first = index - (uint32_t)count;
    do {
        index--;
        page = (rw_page_t *)(void *)((uint8_t *)page - slab->page_size);
        RW_OPAQUE(page);
        page->zone = slab->zones;
        page->base = NULL;
        page->index = (uint16_t)index;
    } while (index != first);
    page->full = (uint32_t)count - 1U;
    slab_run_filter(state);
    return page;
}

rw_page_t *rw_slab_run_take(size_t count, const rw_slab_t *slab)
{
    return slab_run_take(slab, count, 1);
}

rw_page_t *rw_slab_run_take_aligned(size_t count, const rw_slab_t *slab, size_t alignment)
{
    return slab_run_take(slab, count, alignment);
}

void rw_slab_run_trim(const rw_slab_t *slab, rw_page_t *page, size_t length)
{
    rw_slab_state_t *const state = slab->state;
    rw_zone_state_t *const owner = slab_zone_state_at(slab, SLAB_RUNS);
    uint32_t last = page->full;
    page->full = (uint32_t)length - 1U;
    for (; last != page->full; last--) {
        slab_give(state, slab->zones, owner, slab_page(slab, page->index + last));
    }
}
