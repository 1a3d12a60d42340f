/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: runs of whole slabs, for requests larger than every zone.
 */
#include "slab_page.h"

/* Index of the slab after the lowest run of count slabs that nobody owns and that starts at a
 * multiple of alignment; 0 iff there is none. */
RW_INLINE uint32_t slab_run_find(const rw_slab_t *slab, size_t count, size_t alignment)
{
    size_t left = count;
    rw_page_t *page = slab->pages;
    for (uint32_t index = 0; index < slab->slab_count;) {
        const uintptr_t address = (uintptr_t)slab_address(slab, index);
        if (page->zone != NULL || (left == count && (address & (alignment - 1U)) != 0U)) {
            left = count + 1U;
        }
        index++;
        if (--left == 0) {
            return index;
        }
        page = slab_page_after(slab, page);
    }
    return 0;
}

/* Takes those slabs off the list of returned ones that have an owner. */
RW_INLINE void slab_run_filter(rw_slab_state_t *state)
{
    rw_page_t **link = &state->returned;
    while (*link != NULL) {
        rw_page_t **const next = &(*link)->next;
        if ((*link)->zone != NULL) {
            *link = *next;
        } else {
            link = next;
        }
    }
}

RW_INLINE rw_page_t *slab_run_take(const rw_slab_t *slab, size_t count, size_t alignment)
{
    rw_slab_state_t *const state = slab_state(slab);
    uint32_t index = slab_run_find(slab, count, alignment);
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
    rw_page_t *page;
    size_t left = count;
    do {
        page = slab_page(slab, --index);
        page->zone = slab->zones;
        page->base = NULL;
        page->index = (uint16_t)index;
    } while (--left != 0);
    slab_run_filter(state);
    return page;
}

rw_page_t *rw_slab_run_take(const rw_slab_t *slab, size_t count)
{
    return slab_run_take(slab, count, 1);
}

rw_page_t *rw_slab_run_take_aligned(const rw_slab_t *slab, size_t count, size_t alignment)
{
    return slab_run_take(slab, count, alignment);
}

void rw_slab_run_trim(const rw_slab_t *slab, rw_page_t *page, size_t length)
{
    rw_slab_state_t *const state = slab_state(slab);
    rw_zone_state_t *const owner = slab_zone_state_at(slab, SLAB_RUNS);
    uint32_t room = page->room;
    page->room = (uint32_t)length;
    for (; room != length; room--) {
        slab_return(state, slab_page(slab, page->index + room - 1U));
        owner->slabs--;
        state->shared--;
    }
}
