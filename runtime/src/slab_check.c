/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: verifies pages, maps, lists and accounts against each other. Nothing read is trusted:
 * every pointer is compared with what it may be before it is followed, every list is walked for at
 * most as many steps as there are slabs.
 */
#include "ramwright/slab.h"

#include "ramwright/dispatch.h"
#include "ramwright/port.h"

#include "slab_page.h"

/* What the pages add up to, to be compared with lists and accounts. */
typedef struct slab_census {
    uint32_t returned; /* free slabs below the watermark */
    uint32_t in_runs;  /* slabs */
} slab_census_t;

RW_INLINE uint32_t slab_ones(uint32_t bits)
{
    uint32_t count = 0;
    for (; bits != 0; bits &= bits - 1U) {
        count++;
    }
    return count;
}

/* Whether zone is one of the slab's, that of runs apart. */
static bool slab_zone_known(const rw_slab_t *slab, const rw_zone_t *zone)
{
    for (uint32_t place = SLAB_RUNS + SLAB_PLACES; place < slab_places_end(slab);
         place += SLAB_PLACES) {
        if (zone == slab_zone_at(slab, place)) {
            return true;
        }
    }
    return false;
}

/* Whether the words of the page's map from first on are zero. */
static bool slab_map_zero(const rw_slab_t *slab, rw_page_t *page, uint32_t first)
{
    const uint32_t *const end = (uint32_t *)(void *)slab_page_after(slab, page);
    for (const uint32_t *word = slab_map(page) + first; word < end; word++) {
        if (*word != 0) {
            return false;
        }
    }
    return true;
}

/* Whether nothing is left of the use that a slab without an owner, or within a run, was put to. */
static bool slab_page_clear(const rw_slab_t *slab, rw_page_t *page)
{
    return page->full == 0 && slab_map_zero(slab, page, 0);
}

/* Whether map and full agree, free is what the map says, no bit beyond the last block is set, and a
 * slab that others than runs may come back to the list from says to which. */
static bool slab_map_sound(const rw_slab_t *slab, rw_page_t *page)
{
    const uint32_t blocks = slab_blocks(page->zone);
    const uint32_t words = (blocks + SLAB_WORD_BITS - 1U) / SLAB_WORD_BITS;
    const uint32_t rest = words * SLAB_WORD_BITS - blocks;
    uint32_t full = 0;
    uint32_t used = 0;
    for (uint32_t word = 0; word < words; word++) {
        const uint32_t bits = slab_map(page)[word];
        full |= bits == UINT32_MAX ? SLAB_FIRST_BIT >> word : 0U;
        used += slab_ones(bits);
    }
    const uint32_t beyond = slab_map(page)[words - 1U] & (((uint32_t)1 << rest) - 1U);
    if (blocks > 1U && used == blocks &&
        page->link != &slab_zone_state(slab, page->zone)->partial) {
        return false;
    }
    return page->full == full && used != 0 && page->free + used == blocks && beyond == 0 &&
           slab_map_zero(slab, page, words);
}

/* Whether a run of at least one slab starts at index, and its other pages say so. */
static bool slab_run_sound(const rw_slab_t *slab, uint32_t index)
{
    rw_page_t *const first = slab_page(slab, index);
    const uint32_t length = first->full + 1U;
    if (first->base != slab_address(slab, index) || first->free != 0 || length == 0 ||
        length > slab->state->top - index || *slab_map(first) != SLAB_FIRST_BIT ||
        !slab_map_zero(slab, first, 1)) {
        return false;
    }
    for (uint32_t other = index + 1U; other < index + length; other++) {
        rw_page_t *const page = slab_page(slab, other);
        if (page->zone != slab->zones || page->index != other || page->base != NULL ||
            !slab_page_clear(slab, page)) {
            return false;
        }
    }
    return true;
}

/* Looks at every page by itself. Returns the index of the first that is not sound, slab_count iff
 * all are. */
static uint32_t slab_check_pages(const rw_slab_t *slab, slab_census_t *census)
{
    uint32_t index = 0;
    while (index < slab->slab_count) {
        rw_page_t *const page = slab_page(slab, index);
        const bool opened = index < slab->state->top;
        uint32_t length = 1;
        bool sound = page->index == (opened ? index : 0U);
        if (page->zone == NULL) {
            sound = sound && slab_page_clear(slab, page);
            census->returned += opened ? 1U : 0U;
        } else if (!opened) {
            sound = false;
        } else if (page->zone == slab->zones) {
            sound = sound && slab_run_sound(slab, index);
            length = page->full + 1U;
            census->in_runs += length;
        } else {
            sound = sound && slab_zone_known(slab, page->zone) &&
                    page->base == slab_address(slab, index) && slab_map_sound(slab, page);
        }
        if (!sound) {
            return index;
        }
        index += length;
    }
    return index;
}

/* Whether page is one of the slabs below the watermark. */
static bool slab_page_known(const rw_slab_t *slab, const rw_page_t *page)
{
    const uintptr_t distance = (uintptr_t)page - (uintptr_t)slab->pages;
    const uint32_t top = slab->state->top;
    return top != 0U && distance <= (uintptr_t)(top - 1U) * slab->page_size &&
           distance % _Alignof(rw_page_t) == 0U && page->index < top &&
           slab_page(slab, page->index) == page;
}

/* Length of the list that starts at first and holds only pages of zone with room (zone NULL: free
 * ones), linked back unless it is the list of free ones; slab_count + 1 iff it is not sound. */
static uint32_t slab_list_length(const rw_slab_t *slab, rw_page_t *const *first,
                                 const rw_zone_t *zone)
{
    const uint32_t unsound = slab->slab_count + 1U;
    uint32_t length = 0;
    for (rw_page_t *const *link = first; *link != NULL; link = &(*link)->next) {
        const rw_page_t *const page = *link;
        if (!slab_page_known(slab, page) || length == slab->slab_count || page->zone != zone) {
            return unsound;
        }
        if (zone != NULL && (page->free == 0 || page->link != link)) {
            return unsound;
        }
        length++;
    }
    return length;
}

/* Whether the zone's account and list agree with the pages that name it. */
static bool slab_zone_sound(const rw_slab_t *slab, const rw_zone_t *zone)
{
    const rw_zone_state_t *const owner = slab_zone_state(slab, zone);
    uint32_t slabs = 0;
    uint32_t with_room = 0;
    for (uint32_t index = 0; index < slab->state->top; index++) {
        const rw_page_t *const page = slab_page(slab, index);
        if (page->zone == zone) {
            slabs++;
            with_room += zone != slab->zones && page->free != 0 ? 1U : 0U;
        }
    }
    return owner->slabs == slabs && slabs <= zone->max_slabs && owner->peak >= slabs &&
           slab_list_length(slab, &owner->partial, zone) == with_room;
}

/* Whether the lists and the accounts are sound, every page being so. */
static bool slab_accounts_sound(const rw_slab_t *slab, const slab_census_t *census)
{
    uint32_t shared = 0;
    for (uint32_t place = SLAB_RUNS; place < slab_places_end(slab); place += SLAB_PLACES) {
        const rw_zone_t *const zone = slab_zone_at(slab, place);
        if (!slab_zone_sound(slab, zone)) {
            return false;
        }
        const uint32_t slabs = slab_zone_state(slab, zone)->slabs;
        shared += slabs > zone->min_slabs ? slabs - zone->min_slabs : 0U;
    }
    const rw_slab_state_t *const state = slab->state;
    return slab_zone_state_at(slab, SLAB_RUNS)->slabs == census->in_runs &&
           state->shared == shared && shared <= slab->shared_count &&
           slab_list_length(slab, &state->returned, NULL) == census->returned;
}

/* Returns the address of the first damaged slab, of the arena if an account or a list is damaged;
 * NULL iff all is sound. */
static const void *slab_check_locked(const rw_slab_t *slab)
{
    if (slab->state->top > slab->slab_count) {
        return slab->object.arena;
    }
    slab_census_t census; /* no initialiser: it may become a call of memset */
    census.returned = 0;
    census.in_runs = 0;
    const uint32_t damaged = slab_check_pages(slab, &census);
    if (damaged < slab->slab_count) {
        return slab_address(slab, damaged);
    }
    return slab_accounts_sound(slab, &census) ? NULL : slab->object.arena;
}

RW_INLINE rw_status_t slab_check(const rw_object_t *object, rw_sharing_t sharing)
{
    const uintptr_t state = rw_port_lock(sharing);
    const void *const damaged = slab_check_locked(slab_of(object));
    rw_port_unlock(sharing, state);
    if (damaged == NULL) {
        return RW_OK;
    }
    rw_on_fault(RW_E_CORRUPT, object, damaged);
    return RW_E_CORRUPT;
}

#define SLAB_CORES(name, sharing)                                                                  \
    rw_status_t rw_slab_check_basic_##name(const rw_object_t *object)                              \
    {                                                                                              \
        return slab_check(object, sharing);                                                        \
    }                                                                                              \
    RW_CORE_ALIAS(rw_slab_check_none_##name, rw_slab_check_basic_##name)

SLAB_CORES(none, RW_SHARING_NONE);
SLAB_CORES(interrupt, RW_SHARING_INTERRUPT);
#if defined(RW_PORT_CORE_LOCK)
SLAB_CORES(core, RW_SHARING_CORE);
#endif
#if defined(RW_PORT_TASK_IS_INTERRUPT)
RW_CORE_ALIAS(rw_slab_check_none_task, rw_slab_check_none_interrupt);
RW_CORE_ALIAS(rw_slab_check_basic_task, rw_slab_check_basic_interrupt);
#else
SLAB_CORES(task, RW_SHARING_TASK);
#endif

rw_status_t rw_slab_check(const rw_slab_t *slab)
{
    return rw_check_cores[slab->object.core](&slab->object);
}
