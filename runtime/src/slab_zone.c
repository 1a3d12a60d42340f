/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: how zones get slabs, use them up word by word, and return them.
 */
#include "slab_page.h"

void *rw_slab_refuse(const rw_slab_t *slab)
{
    rw_slab_state_t *const state = slab->state;
    if (state->failures != UINT32_MAX) {
        state->failures++;
    }
    return NULL;
}

RW_INLINE void slab_return(const rw_slab_t *slab, rw_page_t *page, uint32_t index)
{
    rw_slab_state_t *const state = slab->state;
    page->zone = NULL;
    page->used = 0;
    page->limit = 0;
    page->next = state->returned;
    state->returned = (uint16_t)(index + 1U);
}

void rw_slab_return(const rw_slab_t *slab, rw_page_t *page, uint32_t index)
{
    slab_return(slab, page, index);
}

/* Charges one more slab to the zone's account. Returns false iff it may not have one. */
RW_INLINE bool slab_account(const rw_slab_t *slab, const rw_zone_t *zone)
{
    rw_zone_state_t *const owner = zone->state;
    const uint32_t slabs = owner->slabs;
    if (!slab_zone_may_grow(slab, zone)) {
        return false;
    }
    if (slabs >= zone->min_slabs) {
        slab->state->shared++;
    }
    owner->slabs = (uint16_t)(slabs + 1U);
    if (owner->peak <= slabs) {
        owner->peak = (uint16_t)(slabs + 1U);
    }
    return true;
}

/* The map word of the next blocks of a zone, rest in number, all free. */
RW_INLINE uint32_t slab_word_of(uint32_t rest)
{
    return rest < SLAB_WORD_BITS ? ~(UINT32_MAX >> rest) : UINT32_MAX;
}

/* A returned slab is preferred; if there is none, the accounts see to it that a never used one is
 * left. */
void *rw_slab_zone_grow(const rw_slab_t *slab, const rw_zone_t *zone)
{
    if (!slab_account(slab, zone)) {
        return rw_slab_refuse(slab);
    }
    rw_slab_state_t *const state = slab->state;
    uint32_t name = state->returned;
    if (name == 0) {
        name = state->top + 1U;
        state->top = (uint16_t)name;
    }
    rw_page_t *const page = slab_page(slab, name - 1U);
    state->returned = page->next; /* 0 in a page never used, and then the list was empty */
    const uint32_t blocks = zone->blocks;
    uint32_t word = ~SLAB_FIRST_BIT; /* the first block is taken already */
    uint32_t limit = SLAB_WORD_BITS;
    if (blocks < SLAB_WORD_BITS) {
        word &= ~(UINT32_MAX >> blocks);
        limit = blocks;
    }
    *slab_map(page) = word;
    page->zone = zone;
    page->next = 0;
    page->used = 1;
    page->limit = (uint16_t)limit;
    page->room = 0;
    if (word != 0) {
        page->room = SLAB_FIRST_BIT;
        zone->state->partial = (uint16_t)name;
    }
    return slab_address(slab, name - 1U);
}

void rw_slab_word_exhausted(rw_page_t *page, uint32_t word)
{
    page->room ^= SLAB_FIRST_BIT >> word;
    if (page->room != 0) {
        return;
    }
    const rw_zone_t *const zone = page->zone;
    const uint32_t limit = page->limit;
    const uint32_t rest = zone->blocks - limit;
    if (rest == 0) {
        zone->state->partial = page->next;
        return;
    }
    const uint32_t next = limit / SLAB_WORD_BITS;
    slab_map(page)[next] = slab_word_of(rest);
    page->limit = (uint16_t)(rest < SLAB_WORD_BITS ? zone->blocks : limit + SLAB_WORD_BITS);
    page->room = SLAB_FIRST_BIT >> next;
}

void rw_slab_word_revived(const rw_slab_t *slab, rw_page_t *page, uint32_t index, uint32_t word)
{
    if (page->room == 0) {
        rw_zone_state_t *const owner = page->zone->state;
        page->next = owner->partial;
        if (page->next != 0) {
            slab_page(slab, page->next - 1U)->prev = (uint16_t)(index + 1U);
        }
        owner->partial = (uint16_t)(index + 1U);
    }
    page->room |= SLAB_FIRST_BIT >> word;
}

/* Takes a slab with room out of its zone's list. */
RW_INLINE void slab_unlink(const rw_slab_t *slab, rw_zone_state_t *owner, const rw_page_t *page,
                           uint32_t index)
{
    const uint16_t next = page->next;
    if (owner->partial == index + 1U) {
        owner->partial = next;
        return;
    }
    slab_page(slab, page->prev - 1U)->next = next;
    if (next != 0) {
        slab_page(slab, next - 1U)->prev = page->prev;
    }
}

void rw_slab_zone_shrink(const rw_slab_t *slab, rw_page_t *page, uint32_t index)
{
    const rw_zone_t *const zone = page->zone;
    rw_zone_state_t *const owner = zone->state;
    if (page->room != 0) {
        slab_unlink(slab, owner, page, index);
    }
    const uint32_t slabs = owner->slabs - 1U;
    owner->slabs = (uint16_t)slabs;
    if (slabs >= zone->min_slabs) {
        slab->state->shared--;
    }
    slab_return(slab, page, index);
}
