/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: runs of whole slabs, for requests larger than every zone.
 */
#include "slab_page.h"

/* Index of the lowest run of length free slabs that starts at a multiple of alignment; slab_count
 * iff there is none. */
static uint32_t slab_run_find(const rw_slab_t *slab, uint32_t length, size_t alignment)
{
    uint32_t found = 0;
    for (uint32_t index = 0; index < slab->slab_count; index++) {
        const bool aligned = ((uintptr_t)slab_address(slab, index) & (alignment - 1U)) == 0U;
        if (!slab_page_free(slab_page(slab, index))) {
            found = 0;
        } else if (found != 0 || aligned) {
            found++;
            if (found == length) {
                return index + 1U - found;
            }
        }
    }
    return slab->slab_count;
}

/* Takes the slabs from start on, length of them, off the list of returned ones. */
static void slab_unreturn(const rw_slab_t *slab, uint32_t start, uint32_t length)
{
    uint16_t *link = &slab->state->returned;
    while (*link != 0) {
        uint16_t *const next = &slab_page(slab, *link - 1U)->next;
        if (*link - 1U - start < length) {
            *link = *next;
        } else {
            link = next;
        }
    }
}

/* Moves the watermark up to end; never-used slabs below start, skipped for the sake of alignment,
 * count as used and returned. */
static void slab_raise_top(const rw_slab_t *slab, uint32_t start, uint32_t end)
{
    rw_slab_state_t *const state = slab->state;
    for (uint32_t index = state->top; index < start; index++) {
        rw_slab_return(slab, slab_page(slab, index), index);
    }
    if (state->top < end) {
        state->top = (uint16_t)end;
    }
}

void *rw_slab_run_take(const rw_slab_t *slab, size_t size, size_t alignment)
{
    rw_slab_state_t *const state = slab->state;
    const uint32_t length = slab_run_length(slab, size);
    const uint32_t start = length + state->shared <= slab->shared_count
                               ? slab_run_find(slab, length, alignment)
                               : slab->slab_count;
    if (start == slab->slab_count) {
        return rw_slab_refuse(slab);
    }
    slab_unreturn(slab, start, length);
    slab_raise_top(slab, start, start + length);
    for (uint32_t index = start; index < start + length; index++) {
        slab_page(slab, index)->used = 1;
    }
    rw_page_t *const first = slab_page(slab, start);
    first->used = (uint16_t)length;
    first->limit = 1;
    state->shared = (uint16_t)(state->shared + length);
    return slab_address(slab, start);
}

void rw_slab_run_trim(const rw_slab_t *slab, uint32_t index, uint32_t length)
{
    rw_page_t *const page = slab_page(slab, index);
    const uint32_t slabs = page->used;
    page->used = (uint16_t)length;
    slab->state->shared = (uint16_t)(slab->state->shared - (slabs - length));
    for (uint32_t last = index + slabs; last > index + length; last--) {
        rw_slab_return(slab, slab_page(slab, last - 1U), last - 1U);
    }
}
