/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: what can be asked about blocks and about the whole; nothing here changes a slab.
 */
#include "ramwright/slab.h"

#include "ramwright/dispatch.h"
#include "ramwright/port.h"

#include "slab_page.h"

/* Whether block of a zone's slab is in use. */
RW_INLINE bool slab_block_used(rw_page_t *page, uint32_t block)
{
    return (slab_map(page)[block / SLAB_WORD_BITS] & slab_bit(block)) != 0U;
}

/* Bytes usable of a block of the page. */
static size_t slab_extent(const rw_slab_t *slab, const rw_page_t *page)
{
    return page->zone == slab->zones ? ((size_t)page->full + 1U) << slab->slab_shift
                                     : slab_block_size(page->zone);
}

rw_status_t rw_slab_locate(const rw_slab_t *slab, const void *block, slab_place_t *out)
{
    const uintptr_t offset = (uintptr_t)block - (uintptr_t)slab->object.arena;
    if (offset >= slab->object.size) {
        return RW_E_FOREIGN;
    }
    rw_page_t *const page = slab_page(slab, (uint32_t)(offset >> slab->slab_shift));
    if (page->zone == NULL) {
        return RW_E_DOUBLE_FREE;
    }
    const uint32_t index = slab_block_index(page->zone, (uintptr_t)block - (uintptr_t)page->base);
    if (index >= slab_blocks(page->zone)) {
        return RW_E_MISALIGNED;
    }
    out->page = page;
    out->extent = slab_extent(slab, page);
    return slab_block_used(page, index) ? RW_OK : RW_E_DOUBLE_FREE;
}

RW_INLINE size_t slab_usable(const rw_object_t *object, const void *block, rw_sharing_t sharing)
{
    slab_place_t place;
    const uintptr_t state = rw_port_lock(sharing);
    const rw_status_t status = rw_slab_locate(slab_of(object), block, &place);
    rw_port_unlock(sharing, state);
    return status == RW_OK ? place.extent : 0;
}

/* Reports the blocks of a page, which has an owner. Returns whether to go on. */
static bool slab_walk_page(const rw_slab_t *slab, rw_page_t *page, rw_visit_t visit, void *context)
{
    rw_block_t report;
    report.object = &slab->object;
    report.size = slab_extent(slab, page);
    for (uint32_t block = 0; block < slab_blocks(page->zone); block++) {
        report.address = page->base + block * report.size;
        report.used = slab_block_used(page, block);
        if (!visit(&report, context)) {
            return false;
        }
    }
    return true;
}

static void slab_walk_locked(const rw_slab_t *slab, rw_visit_t visit, void *context)
{
    bool more = true;
    for (uint32_t index = 0; more && index < slab->state->top; index++) {
        rw_page_t *const page = slab_page(slab, index);
        if (page->zone != NULL && page->base != NULL) { /* what a run goes on with has no base */
            more = slab_walk_page(slab, page, visit, context);
        }
    }
}

RW_INLINE void slab_walk(const rw_object_t *object, rw_visit_t visit, void *context,
                         rw_sharing_t sharing)
{
    const uintptr_t state = rw_port_lock(sharing);
    slab_walk_locked(slab_of(object), visit, context);
    rw_port_unlock(sharing, state);
}

/* Whether the zone at place has room or may have another slab. */
static bool slab_has_room(const rw_slab_t *slab, uint32_t place)
{
    const rw_zone_t *const zone = slab_zone_at(slab, place);
    const rw_zone_state_t *const owner = slab_zone_state_at(slab, place);
    return owner->partial != NULL ||
           (owner->slabs < zone->max_slabs &&
            (owner->slabs < zone->min_slabs || slab->state->shared < slab->shared_count));
}

/* Block size of the largest zone that has room or may have another slab; 0 iff none. */
static size_t slab_largest_zone(const rw_slab_t *slab)
{
    uint32_t place = slab_places_end(slab);
    while ((place -= SLAB_PLACES) != SLAB_RUNS) {
        if (slab_has_room(slab, place)) {
            return slab_block_size(slab_zone_at(slab, place));
        }
    }
    return 0;
}

/* The largest request that would succeed: a run, if one is left that is longer than what belongs
 * to zones. */
static size_t slab_largest(const rw_slab_t *slab)
{
    uint32_t found = 0;
    uint32_t longest = 0;
    for (uint32_t index = 0; index < slab->slab_count; index++) {
        found = slab_page(slab, index)->zone == NULL ? found + 1U : 0U;
        longest = found > longest ? found : longest;
    }
    const uint32_t allowed = (uint32_t)slab->shared_count - slab->state->shared;
    const size_t run = (size_t)(longest < allowed ? longest : allowed) << slab->slab_shift;
    return run > slab->last + 1U ? run : slab_largest_zone(slab);
}

/* Blocks in use of a page, which has an owner and is not what a run goes on with. */
static uint32_t slab_page_used(const rw_page_t *page)
{
    return slab_blocks(page->zone) - page->free;
}

static size_t slab_failures(const rw_slab_t *slab)
{
    size_t sum = 0;
    for (uint32_t place = SLAB_RUNS; place < slab_places_end(slab); place += SLAB_PLACES) {
        if (__builtin_add_overflow(sum, slab_zone_state_at(slab, place)->failures, &sum)) {
            return SIZE_MAX;
        }
    }
    return sum;
}

static void slab_stats_locked(const rw_slab_t *slab, rw_stats_t *out)
{
    const uint32_t top = slab->state->top;
    size_t used = 0;
    for (uint32_t index = 0; index < top; index++) {
        const rw_page_t *const page = slab_page(slab, index);
        if (page->zone != NULL && page->base != NULL) {
            used += slab_page_used(page) * slab_extent(slab, page);
        }
    }
    out->size = slab->object.size;
    out->used = used;
    out->peak = (size_t)top << slab->slab_shift;
    out->free = slab->object.size - used;
    out->largest = slab_largest(slab);
    out->failures = slab_failures(slab);
}

static bool slab_zone_stats_locked(const rw_slab_t *slab, size_t number, rw_zone_stats_t *out)
{
    const size_t place = RW_ZONE_PLACE(number);
    if (number > RW_SLAB_ZONES_MAX || place >= slab_places_end(slab)) {
        return false;
    }
    const rw_zone_t *const zone = slab_zone_at(slab, place);
    const rw_zone_state_t *const owner = slab_zone_state_at(slab, place);
    size_t used = 0;
    for (uint32_t index = 0; index < slab->state->top; index++) {
        const rw_page_t *const page = slab_page(slab, index);
        used += page->zone == zone && page->base != NULL ? slab_page_used(page) : 0U;
    }
    out->block_size = place == SLAB_RUNS ? 0U : slab_block_size(zone);
    out->slabs = owner->slabs;
    out->peak = owner->peak;
    out->used = used;
    out->failures = owner->failures;
    return true;
}

RW_INLINE void slab_stats(const rw_object_t *object, rw_stats_t *out, rw_sharing_t sharing)
{
    const uintptr_t state = rw_port_lock(sharing);
    slab_stats_locked(slab_of(object), out);
    rw_port_unlock(sharing, state);
}

RW_INLINE bool slab_zone_stats(const rw_object_t *object, size_t number, rw_zone_stats_t *out,
                               rw_sharing_t sharing)
{
    const uintptr_t state = rw_port_lock(sharing);
    const bool found = slab_zone_stats_locked(slab_of(object), number, out);
    rw_port_unlock(sharing, state);
    return found;
}

/* The level of checks makes no difference here. */
#define SLAB_CORES(name, sharing)                                                                  \
    size_t rw_slab_usable_basic_##name(const rw_object_t *object, const void *block)               \
    {                                                                                              \
        return slab_usable(object, block, sharing);                                                \
    }                                                                                              \
    void rw_slab_walk_basic_##name(const rw_object_t *object, rw_visit_t visit, void *context)     \
    {                                                                                              \
        slab_walk(object, visit, context, sharing);                                                \
    }                                                                                              \
    void rw_slab_stats_basic_##name(const rw_object_t *object, rw_stats_t *out)                    \
    {                                                                                              \
        slab_stats(object, out, sharing);                                                          \
    }                                                                                              \
    bool rw_slab_zone_stats_basic_##name(const rw_object_t *object, size_t number,                 \
                                         rw_zone_stats_t *out)                                     \
    {                                                                                              \
        return slab_zone_stats(object, number, out, sharing);                                      \
    }                                                                                              \
    SLAB_CORES_ALIAS(none_##name, basic_##name)

#define SLAB_CORES_ALIAS(name, same)                                                               \
    RW_CORE_ALIAS(rw_slab_usable_##name, rw_slab_usable_##same);                                   \
    RW_CORE_ALIAS(rw_slab_walk_##name, rw_slab_walk_##same);                                       \
    RW_CORE_ALIAS(rw_slab_stats_##name, rw_slab_stats_##same);                                     \
    RW_CORE_ALIAS(rw_slab_zone_stats_##name, rw_slab_zone_stats_##same)

SLAB_CORES(none, RW_SHARING_NONE);
SLAB_CORES(interrupt, RW_SHARING_INTERRUPT);
#if defined(RW_PORT_CORE_LOCK)
SLAB_CORES(core, RW_SHARING_CORE);
#endif
#if defined(RW_PORT_TASK_IS_INTERRUPT)
SLAB_CORES_ALIAS(none_task, none_interrupt);
SLAB_CORES_ALIAS(basic_task, basic_interrupt);
#else
SLAB_CORES(task, RW_SHARING_TASK);
#endif

size_t rw_slab_usable_size(const rw_slab_t *slab, const void *block)
{
    return rw_usable_cores[slab->object.core](&slab->object, block);
}

void rw_slab_walk(const rw_slab_t *slab, rw_visit_t visit, void *context)
{
    rw_walk_cores[slab->object.core](&slab->object, visit, context);
}

void rw_slab_stats(const rw_slab_t *slab, rw_stats_t *out)
{
    rw_stats_cores[slab->object.core](&slab->object, out);
}

bool rw_slab_zone_stats(const rw_slab_t *slab, size_t number, rw_zone_stats_t *out)
{
    return rw_zone_stats_cores[slab->object.core](&slab->object, number, out);
}
