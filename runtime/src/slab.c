/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: alloc, free, resize. Blocks are found and given here; slab_zone.h says what
 * happens when a map word or a slab fills or empties, slab_run.c serves requests beyond every zone.
 */
#include "ramwright/slab.h"

#include "ramwright/dispatch.h"
#include "ramwright/port.h"

#include "fault.h"
#include "object.h"
#include "slab_zone.h"

/* Takes a block of page, the zone's first slab with room. */
RW_INLINE void *slab_take_locked(rw_page_t *page)
{
    uint32_t full = page->full;
    const uint32_t word = slab_first(~full);
    uint32_t *const base = slab_map_base(page, word);
    uint32_t bits = base[SLAB_MAP];
    const uint32_t bit = slab_first(~bits);
    uint32_t used = SLAB_FIRST_BIT >> bit;
    RW_SELDOM(used); /* else the word is kept there */
    bits |= used;
    base[SLAB_MAP] = bits;
    if (bits == UINT32_MAX) {
        RW_OPAQUE(full); /* a branch: predicated, all of this would cost every call */
        page->full = full ^ SLAB_FIRST_BIT >> word;
    }
    uint32_t left = page->free - 1U;
    RW_OPAQUE(left);
    page->free = (uint16_t)left;
    if (left == 0) {
        slab_unlink(page);
    }
    return page->base + (size_t)(word * SLAB_WORD_BITS + bit) * page->zone->block_size;
}

/* The rare end of alloc: slab_grow. It finds the slab locked and unlocks it: called last, it costs
 * the usual way no register. */
typedef void *slab_grow_t(const rw_slab_t *slab, size_t last, uint32_t place, uintptr_t state);

RW_INLINE void *slab_alloc(const rw_object_t *object, size_t size, rw_sharing_t sharing,
                           slab_grow_t *grow)
{
    const rw_slab_t *const slab = slab_of(object);
    const size_t last = size - 1U;
    const uint32_t place = slab_place_for(slab, last);
    const uintptr_t state = rw_port_lock(sharing);
    rw_page_t *const page = slab_zone_state_at(slab, place)->partial;
    if (page == NULL) {
        return grow(slab, last, place, state);
    }
    void *const block = slab_take_locked(page);
    rw_port_unlock(sharing, state);
    return block;
}

/* Whether blocks at multiples of distance from the arena's start are at multiples of alignment. */
RW_INLINE bool slab_aligned(const rw_slab_t *slab, size_t distance, size_t alignment)
{
    return (((uintptr_t)slab->object.arena | distance) & (alignment - 1U)) == 0U;
}

/* Block size of the first zone with blocks of size and alignment; 0 iff there is none. */
RW_NOINLINE size_t slab_size_aligned(const rw_slab_t *slab, size_t alignment, size_t size)
{
    if (size - 1U > slab->last || !slab_aligned(slab, slab_size(slab), alignment)) {
        return 0;
    }
    size_t place = slab_place_for(slab, size - 1U);
    size_t found;
    do {
        found = slab_block_size(slab_zone_at(slab, place));
        if (slab_aligned(slab, found, alignment)) {
            return found;
        }
        place += SLAB_PLACES;
    } while (found <= slab->last);
    return 0;
}

RW_INLINE void *slab_alloc_aligned(const rw_object_t *object, size_t alignment, size_t size,
                                   rw_sharing_t sharing, rw_alloc_core_t alloc)
{
    const rw_slab_t *const slab = slab_of(object);
    if (alignment == 0U || (alignment & (alignment - 1U)) != 0U || alignment > object->size) {
        rw_on_fault(RW_E_ALIGNMENT, object, NULL);
        return NULL;
    }
    const size_t aligned = slab_size_aligned(slab, alignment, size);
    if (aligned != 0U) {
        return alloc(object, aligned); /* from just that zone */
    }
    const uintptr_t state = rw_port_lock(sharing);
    return slab_grow(slab, size - 1U, SLAB_RUNS, alignment, sharing, state);
}

/* The end of a free that finds a fault: gives the lock back and reports. */
RW_INLINE rw_status_t slab_not_freed(const void *block, const rw_object_t *object,
                                     rw_status_t fault, rw_sharing_t sharing, uintptr_t state)
{
    rw_port_unlock(sharing, state);
    return rw_refuse_free(block, object, fault);
}

RW_INLINE rw_status_t slab_free(const rw_object_t *object, void *block, bool checked,
                                rw_sharing_t sharing)
{
    const rw_slab_t *const slab = slab_of(object);
    const uintptr_t offset = (uintptr_t)block - (uintptr_t)object->arena;
    if (checked ? offset >= object->size : block == NULL) { /* NULL is foreign, too */
        return checked ? rw_refuse_free(block, object, RW_E_FOREIGN) : RW_OK;
    }
    uintptr_t state = rw_port_lock(sharing);
    RW_SELDOM(state);
    rw_page_t *const page = slab_page(slab, (uint32_t)(offset >> slab->slab_shift));
    const rw_zone_t *const zone = page->zone;
    if (zone == NULL) {
        return slab_not_freed(block, object, RW_E_DOUBLE_FREE, sharing, state);
    }
    const uint32_t index = slab_block_index(zone, (uintptr_t)block - (uintptr_t)page->base);
    if (index > slab_last_block(zone)) {
        return slab_not_freed(block, object, RW_E_MISALIGNED, sharing, state);
    }
    const uint32_t word = index / SLAB_WORD_BITS;
    const uint32_t bit = slab_bit(index);
    uint32_t *const base = slab_map_base(page, word);
    const uint32_t bits = base[SLAB_MAP];
    if (checked && (bits & bit) == 0) {
        return slab_not_freed(block, object, RW_E_DOUBLE_FREE, sharing, state);
    }
    base[SLAB_MAP] = bits & ~bit;
    const uint32_t left = page->free;
    page->free = (uint16_t)(left + 1U);
    if ((bits & ~bit) == 0 && slab_all_but_one(zone, left)) {
        slab_vacated(slab, zone, page, left != 0);
    } else {
        if (bits == UINT32_MAX) {
            page->full ^= SLAB_FIRST_BIT >> word;
        }
        if (left == 0) {
            slab_relink(page);
        }
    }
    rw_port_unlock(sharing, state);
    return RW_OK;
}

/* Changes a block's size without moving it, within the limits of its zone or run. */
static rw_status_t slab_resize_locked(const rw_slab_t *slab, const void *block, size_t size)
{
    slab_place_t place;
    const rw_status_t status = rw_slab_locate(slab, block, &place);
    if (status != RW_OK) {
        return status;
    }
    if (size > place.extent || size == 0) {
        return RW_E_SIZE;
    }
    const rw_zone_t *const zone = slab_zone_at(slab, slab_place_for(slab, size - 1U));
    if (zone != place.page->zone) {
        return RW_E_SIZE;
    }
    if (zone == slab->zones) {
        rw_slab_run_trim(slab, place.page, slab_run_length(slab, size - 1U));
    }
    return RW_OK;
}

RW_INLINE rw_status_t slab_resize(const rw_object_t *object, const void *block, size_t size,
                                  rw_sharing_t sharing)
{
    const uintptr_t state = rw_port_lock(sharing);
    const rw_status_t status = slab_resize_locked(slab_of(object), block, size);
    rw_port_unlock(sharing, state);
    if (status != RW_OK && status != RW_E_SIZE) {
        rw_on_fault(status, object, block);
    }
    return status;
}

/* What depends on the lock alone serves both levels of checks. */
#define SLAB_CORES(name, sharing)                                                                  \
    RW_NOINLINE void *slab_grow_##name(const rw_slab_t *slab, size_t last, uint32_t place,         \
                                       uintptr_t state)                                            \
    {                                                                                              \
        return slab_grow(slab, last, place, 1, sharing, state);                                    \
    }                                                                                              \
    void *rw_slab_alloc_basic_##name(const rw_object_t *object, size_t size)                       \
    {                                                                                              \
        return slab_alloc(object, size, sharing, slab_grow_##name);                                \
    }                                                                                              \
    void *rw_slab_alloc_aligned_basic_##name(const rw_object_t *object, size_t alignment,          \
                                             size_t size)                                          \
    {                                                                                              \
        return slab_alloc_aligned(object, alignment, size, sharing, rw_slab_alloc_basic_##name);   \
    }                                                                                              \
    rw_status_t rw_slab_resize_basic_##name(const rw_object_t *object, void *block, size_t size)   \
    {                                                                                              \
        return slab_resize(object, block, size, sharing);                                          \
    }                                                                                              \
    rw_status_t rw_slab_free_basic_##name(void *block, const rw_object_t *object)                  \
    {                                                                                              \
        return slab_free(object, block, true, sharing);                                            \
    }                                                                                              \
    rw_status_t rw_slab_free_none_##name(void *block, const rw_object_t *object)                   \
    {                                                                                              \
        return slab_free(object, block, false, sharing);                                           \
    }                                                                                              \
    RW_CORE_ALIAS(rw_slab_alloc_none_##name, rw_slab_alloc_basic_##name);                          \
    RW_CORE_ALIAS(rw_slab_alloc_aligned_none_##name, rw_slab_alloc_aligned_basic_##name);          \
    RW_CORE_ALIAS(rw_slab_resize_none_##name, rw_slab_resize_basic_##name)

#define SLAB_CORES_ALIAS(checks, name, same)                                                       \
    RW_CORE_ALIAS(rw_slab_alloc_##checks##_##name, rw_slab_alloc_##checks##_##same);               \
    RW_CORE_ALIAS(rw_slab_alloc_aligned_##checks##_##name,                                         \
                  rw_slab_alloc_aligned_##checks##_##same);                                        \
    RW_CORE_ALIAS(rw_slab_resize_##checks##_##name, rw_slab_resize_##checks##_##same);             \
    RW_CORE_ALIAS(rw_slab_free_##checks##_##name, rw_slab_free_##checks##_##same)

SLAB_CORES(none, RW_SHARING_NONE);
SLAB_CORES(interrupt, RW_SHARING_INTERRUPT);
#if defined(RW_PORT_CORE_LOCK)
SLAB_CORES(core, RW_SHARING_CORE);
#endif
#if defined(RW_PORT_TASK_IS_INTERRUPT)
SLAB_CORES_ALIAS(none, task, interrupt);
SLAB_CORES_ALIAS(basic, task, interrupt);
#else
SLAB_CORES(task, RW_SHARING_TASK);
#endif

void *rw_slab_alloc(const rw_slab_t *slab, size_t size)
{
    return rw_alloc_cores[slab->object.core](&slab->object, size);
}

void *rw_slab_alloc_aligned(const rw_slab_t *slab, size_t alignment, size_t size)
{
    return rw_alloc_aligned_cores[slab->object.core](&slab->object, alignment, size);
}

void *rw_slab_calloc(const rw_slab_t *slab, size_t count, size_t size)
{
    return rw_object_calloc(&slab->object, count, size);
}

void *rw_slab_realloc(const rw_slab_t *slab, void *block, size_t size)
{
    return rw_object_realloc(&slab->object, block, size);
}

rw_status_t rw_slab_free(const rw_slab_t *slab, void *block)
{
    return rw_free_cores[slab->object.core](block, &slab->object);
}
