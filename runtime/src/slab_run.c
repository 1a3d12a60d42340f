/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: runs of whole slabs, for requests larger than every zone.
 */
#include "slab_page.h"

/* Index of the lowest run of length free slabs that starts at a multiple of alignment; slab_count
 * iff there is none. */
RW_INLINE uint32_t slab_run_find(const rw_slab_t *slab, uint32_t length, size_t alignment)
{
    uint32_t start = 0;
    for (uint32_t index = 0; index < slab->slab_count; index++) {
        const uintptr_t address = (uintptr_t)slab_address(slab, index);
        if (!slab_page_free(slab_page(slab, index)) ||
            (start == index && (address & (alignment - 1U)) != 0U)) {
            start = index + 1U;
        } else if (index + 1U - start == length) {
            return start;
        }
    }
    return slab->slab_count;
}

void *rw_slab_run_take(const rw_slab_t *slab, size_t size, size_t alignment)
{
    rw_slab_state_t *const state = slab->state;
    const uint32_t length = slab_run_length(slab, size);
    const uint32_t start = length + state->shared <= slab->shared_count
                               ? slab_run_find(slab, length, alignment)
                               : slab->slab_count;
    if (start == slab->slab_count) {
        return slab_refuse(slab);
    }
    state->shared = (uint16_t)(state->shared + length);
    if (state->top < start + length) {
        state->top = (uint16_t)(start + length);
    }
    /* The list of returned slabs is made anew. Slabs never used and skipped for the sake of
     * alignment count as returned. */
    state->returned = NULL;
    for (uint32_t index = state->top; index-- > 0;) {
        rw_page_t *const page = slab_page(slab, index);
        page->index = (uint16_t)index;
        if (index - start < length) {
            page->used = 1;
            page->room = index == start ? length : 0;
        } else if (slab_page_free(page)) {
            slab_return(slab, page);
        }
    }
    return slab_address(slab, start);
}

void rw_slab_run_trim(const rw_slab_t *slab, uint32_t index, uint32_t length)
{
    rw_page_t *const page = slab_page(slab, index);
    const uint32_t slabs = page->room;
    page->room = length;
    slab->state->shared = (uint16_t)(slab->state->shared - (slabs - length));
    for (uint32_t last = index + slabs; last > index + length; last--) {
        rw_page_t *const other = slab_page(slab, last - 1U);
        other->used = 0;
        slab_return(slab, other);
    }
}
