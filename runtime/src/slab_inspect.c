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

static rw_status_t slab_locate_in_zone(rw_page_t *page, uintptr_t offset, slab_place_t *out)
{
    const uintptr_t block = slab_block_index(page->zone, offset);
    if (block >= page->zone->blocks) {
        return RW_E_MISALIGNED;
    }
    out->zone = page->zone;
    out->extent = page->zone->block_size;
    return slab_block_used(page, (uint32_t)block) ? RW_OK : RW_E_DOUBLE_FREE;
}

rw_status_t rw_slab_locate(const rw_slab_t *slab, const void *block, slab_place_t *out)
{
    const uintptr_t offset = (uintptr_t)block - (uintptr_t)slab->object.arena;
    if (offset >= slab->object.size) {
        return RW_E_FOREIGN;
    }
    out->index = (uint32_t)(offset >> slab->slab_shift);
    rw_page_t *const page = slab_page(slab, out->index);
    const uintptr_t inside = offset & (slab->slab_size - 1U);
    if (page->zone != NULL) {
        return slab_locate_in_zone(page, inside, out);
    }
    if (page->used == 0) {
        return RW_E_DOUBLE_FREE;
    }
    out->zone = NULL;
    out->extent = (size_t)page->room << slab->slab_shift;
    return page->room != 0 && inside == 0 ? RW_OK : RW_E_MISALIGNED;
}

RW_INLINE size_t slab_usable(const rw_object_t *object, const void *block, rw_sharing_t sharing)
{
    slab_place_t place;
    const uintptr_t state = rw_port_lock(sharing);
    const rw_status_t status = rw_slab_locate(slab_of(object), block, &place);
    rw_port_unlock(sharing, state);
    return status == RW_OK ? place.extent : 0;
}

/* Reports the blocks of slab index. Returns whether to go on. */
static bool slab_walk_zone(const rw_slab_t *slab, uint32_t index, rw_visit_t visit, void *context)
{
    rw_page_t *const page = slab_page(slab, index);
    const rw_zone_t *const zone = page->zone;
    rw_block_t report;
    report.object = &slab->object;
    report.size = zone->block_size;
    for (uint32_t block = 0; block < zone->blocks; block++) {
        report.address = slab_address(slab, index) + (size_t)block * zone->block_size;
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
        const rw_page_t *const page = slab_page(slab, index);
        if (page->zone != NULL) {
            more = slab_walk_zone(slab, index, visit, context);
        } else if (slab_run_slabs(page) != 0) {
            const rw_block_t run = {.object = &slab->object,
                                    .address = slab_address(slab, index),
                                    .size = (size_t)page->room << slab->slab_shift,
                                    .used = true};
            more = visit(&run, context);
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

/* Block size of the largest zone that has room or may have another slab; 0 iff none. */
static size_t slab_largest_zone(const rw_slab_t *slab)
{
    for (uint32_t at = slab->zone_count; at > 0; at--) {
        const rw_zone_t *const zone = &slab->zones[at - 1U];
        if (zone->state->partial != NULL || slab_zone_may_grow(slab, zone)) {
            return zone->block_size;
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
        found = slab_page_free(slab_page(slab, index)) ? found + 1U : 0U;
        longest = found > longest ? found : longest;
    }
    const uint32_t allowed = (uint32_t)slab->shared_count - slab->state->shared;
    const size_t run = (size_t)(longest < allowed ? longest : allowed) << slab->slab_shift;
    return run > slab->largest ? run : slab_largest_zone(slab);
}

static void slab_stats_locked(const rw_slab_t *slab, rw_stats_t *out)
{
    size_t used = 0;
    for (uint32_t index = 0; index < slab->state->top; index++) {
        const rw_page_t *const page = slab_page(slab, index);
        if (page->zone != NULL) {
            used += (size_t)page->used * page->zone->block_size;
        } else {
            used += (size_t)slab_run_slabs(page) << slab->slab_shift;
        }
    }
    out->size = slab->object.size;
    out->used = used;
    out->peak = (size_t)slab->state->top << slab->slab_shift;
    out->free = slab->object.size - used;
    out->largest = slab_largest(slab);
    out->failures = slab->state->failures;
}

RW_INLINE void slab_stats(const rw_object_t *object, rw_stats_t *out, rw_sharing_t sharing)
{
    const uintptr_t state = rw_port_lock(sharing);
    slab_stats_locked(slab_of(object), out);
    rw_port_unlock(sharing, state);
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
    SLAB_CORES_ALIAS(none_##name, basic_##name)

#define SLAB_CORES_ALIAS(name, same)                                                               \
    RW_CORE_ALIAS(rw_slab_usable_##name, rw_slab_usable_##same);                                   \
    RW_CORE_ALIAS(rw_slab_walk_##name, rw_slab_walk_##same);                                       \
    RW_CORE_ALIAS(rw_slab_stats_##name, rw_slab_stats_##same)

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
