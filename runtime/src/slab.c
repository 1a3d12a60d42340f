/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: alloc, free, resize. Blocks are found and given here; slab_zone.h says what
 * happens when a map word or a slab fills or empties, slab_run.c serves requests beyond every zone.
 */
#include "ramwright/slab.h"

#include "ramwright/dispatch.h"
#include "ramwright/port.h"

#include "object.h"
#include "slab_zone.h"

/* Takes a block of page, the zone's first slab with room. */
RW_INLINE void *slab_take_locked(const rw_slab_t *slab, const rw_zone_t *zone, rw_page_t *page)
{
    const uint32_t word = slab_first(page->room);
    uint32_t *const base = slab_map_base(page, word);
    const uint32_t bit = slab_first(~base[SLAB_MAP]);
    const uint32_t bits = base[SLAB_MAP] | SLAB_FIRST_BIT >> bit;
    base[SLAB_MAP] = bits;
    uint32_t used = page->used + 1U;
    RW_OPAQUE(used); /* else it is narrowed for the store and compared narrow */
    page->used = (uint16_t)used;
    if (bits == UINT32_MAX) {
        slab_word_exhausted(page, word, used);
    }
    uint8_t *first = slab_address(slab, page->index);
    RW_OPAQUE(first); /* two multiply-accumulates: keeps the sum from being taken apart */
    return first + (size_t)(word * SLAB_WORD_BITS + bit) * zone->block_size;
}

/* Calls the fault hook. The arguments of free come first: they are where they have to be. */
RW_NOINLINE rw_status_t slab_fault(const rw_object_t *object, const void *address,
                                   rw_status_t fault)
{
    rw_on_fault(fault, object, address);
    return fault;
}

/* The rare ends of alloc and free. They find the slab locked and unlock it: called last, they cost
 * the usual way no register. */
typedef void *slab_grow_t(const rw_slab_t *slab, const rw_zone_t *zone, uintptr_t state);
typedef rw_status_t slab_revive_t(rw_page_t *page, uint32_t word, uintptr_t state);
typedef rw_status_t slab_give_run_t(const rw_slab_t *slab, void *block, const rw_page_t *page,
                                    uintptr_t state);

RW_INLINE void *slab_alloc_zone(const rw_slab_t *slab, const rw_zone_t *zone, rw_sharing_t sharing,
                                slab_grow_t *grow)
{
    const uintptr_t state = rw_port_lock(sharing);
    rw_page_t *const page = zone->state->partial;
    if (page == NULL) {
        return grow(slab, zone, state);
    }
    void *const block = slab_take_locked(slab, zone, page);
    rw_port_unlock(sharing, state);
    return block;
}

/* Takes a run; also what is left to say of a size that is 0 or more than the arena. */
RW_INLINE void *slab_alloc_run(const rw_object_t *object, size_t alignment, size_t size,
                               rw_sharing_t sharing)
{
    if (size > object->size) {
        (void)slab_fault(object, NULL, RW_E_SIZE);
        return NULL;
    }
    if (size == 0) {
        return NULL;
    }
    const uintptr_t state = rw_port_lock(sharing);
    void *const block = rw_slab_run_take(slab_of(object), size, alignment);
    rw_port_unlock(sharing, state);
    return block;
}

/* Whether blocks at multiples of distance from the arena's start are at multiples of alignment. */
RW_INLINE bool slab_aligned(const rw_slab_t *slab, size_t distance, size_t alignment)
{
    return (((uintptr_t)slab->object.arena | distance) & (alignment - 1U)) == 0U;
}

/* The first zone with blocks of size and alignment; NULL iff there is none. */
RW_NOINLINE const rw_zone_t *slab_zone_aligned(const rw_slab_t *slab, size_t alignment, size_t size)
{
    if (size - 1U >= slab->largest || !slab_aligned(slab, slab->slab_size, alignment)) {
        return NULL;
    }
    const rw_zone_t *const end = slab->zones + slab->zone_count;
    for (const rw_zone_t *zone = slab_zone_for(slab, size); zone < end; zone++) {
        if (slab_aligned(slab, zone->block_size, alignment)) {
            return zone;
        }
    }
    return NULL;
}

RW_INLINE void *slab_alloc_aligned(const rw_object_t *object, size_t alignment, size_t size,
                                   rw_sharing_t sharing, slab_grow_t *grow)
{
    const rw_slab_t *const slab = slab_of(object);
    if (alignment == 0U || (alignment & (alignment - 1U)) != 0U || alignment > object->size) {
        (void)slab_fault(object, NULL, RW_E_ALIGNMENT);
        return NULL;
    }
    const rw_zone_t *const zone = slab_zone_aligned(slab, alignment, size);
    return zone != NULL ? slab_alloc_zone(slab, zone, sharing, grow)
                        : slab_alloc_run(object, alignment, size, sharing);
}

/* Gives back the run that starts at block, in a slab that no zone owns. */
RW_INLINE rw_status_t slab_give_run_locked(const rw_slab_t *slab, const void *block,
                                           const rw_page_t *page)
{
    if (page->used == 0) {
        return RW_E_DOUBLE_FREE;
    }
    if (page->room == 0 || block != slab_address(slab, page->index)) {
        return RW_E_MISALIGNED;
    }
    rw_slab_run_trim(slab, page->index, 0);
    return RW_OK;
}

/* The end of free: gives the lock back and reports. */
RW_INLINE rw_status_t slab_freed(const rw_object_t *object, const void *block, rw_status_t status,
                                 rw_sharing_t sharing, uintptr_t state)
{
    rw_port_unlock(sharing, state);
    return status == RW_OK ? RW_OK : slab_fault(object, block, status);
}

/* Gives back the block at offset in a slab of the zone. */
RW_INLINE rw_status_t slab_give(const rw_slab_t *slab, const rw_zone_t *zone, void *address,
                                rw_page_t *page, uintptr_t offset, bool checked,
                                rw_sharing_t sharing, uintptr_t state, slab_revive_t *revive)
{
    const uintptr_t block = slab_block_index(zone, offset);
    if (checked && block >= zone->blocks) {
        return slab_freed(&slab->object, address, RW_E_MISALIGNED, sharing, state);
    }
    const uint32_t word = (uint32_t)block / SLAB_WORD_BITS;
    const uint32_t bit = slab_bit((uint32_t)block);
    uint32_t *const base = slab_map_base(page, word);
    const uint32_t bits = base[SLAB_MAP];
    if (checked && (bits & bit) == 0) {
        return slab_freed(&slab->object, address, RW_E_DOUBLE_FREE, sharing, state);
    }
    base[SLAB_MAP] = bits & ~bit;
    uint32_t used = page->used - 1U;
    RW_OPAQUE(used); /* else it is compared with 1 first and decreased afterwards */
    page->used = (uint16_t)used;
    if (used == 0) {
        slab_zone_shrink(slab, page);
    } else if (bits == UINT32_MAX) {
        return revive(page, word, state);
    }
    rw_port_unlock(sharing, state);
    return RW_OK;
}

RW_INLINE rw_status_t slab_free(const rw_object_t *object, void *block, bool checked,
                                rw_sharing_t sharing, slab_revive_t *revive,
                                slab_give_run_t *give_run)
{
    const rw_slab_t *const slab = slab_of(object);
    if (!checked && block == NULL) {
        return RW_OK;
    }
    const uintptr_t offset = (uintptr_t)block - (uintptr_t)object->arena;
    const uint32_t shift = slab->slab_shift;
    const uintptr_t index = offset >> shift;
    if (checked && index >= slab->slab_count) {
        return block == NULL ? RW_OK : slab_fault(object, block, RW_E_FOREIGN);
    }
    const uintptr_t inside = offset - (index << shift);
    const uintptr_t state = rw_port_lock(sharing);
    rw_page_t *const page = slab_page(slab, (uint32_t)index);
    const rw_zone_t *const zone = page->zone;
    if (zone == NULL) {
        return give_run(slab, block, page, state);
    }
    return slab_give(slab, zone, block, page, inside, checked, sharing, state, revive);
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
    const rw_zone_t *const zone = size <= slab->largest ? slab_zone_for(slab, size) : NULL;
    if (zone != place.zone) {
        return RW_E_SIZE;
    }
    if (zone == NULL) {
        rw_slab_run_trim(slab, place.index, slab_run_length(slab, size));
    }
    return RW_OK;
}

RW_INLINE rw_status_t slab_resize(const rw_object_t *object, const void *block, size_t size,
                                  rw_sharing_t sharing)
{
    const uintptr_t state = rw_port_lock(sharing);
    const rw_status_t status = slab_resize_locked(slab_of(object), block, size);
    rw_port_unlock(sharing, state);
    return status == RW_OK || status == RW_E_SIZE ? status : slab_fault(object, block, status);
}

/* What depends on the lock alone serves both levels of checks. Requests beyond the zones are out of
 * line, so that the way through the zones saves few registers. */
#define SLAB_CORES(name, sharing)                                                                  \
    RW_NOINLINE void *slab_alloc_run_##name(const rw_object_t *object, size_t size)                \
    {                                                                                              \
        return slab_alloc_run(object, 1, size, sharing);                                           \
    }                                                                                              \
    RW_NOINLINE void *slab_grow_##name(const rw_slab_t *slab, const rw_zone_t *zone,               \
                                       uintptr_t state)                                            \
    {                                                                                              \
        void *const block =                                                                        \
            slab_zone_may_grow(slab, zone) ? slab_zone_grow(slab, zone) : slab_refuse(slab);       \
        rw_port_unlock(sharing, state);                                                            \
        return block;                                                                              \
    }                                                                                              \
    RW_NOINLINE rw_status_t slab_revive_##name(rw_page_t *page, uint32_t word, uintptr_t state)    \
    {                                                                                              \
        slab_word_revived(page, word);                                                             \
        rw_port_unlock(sharing, state);                                                            \
        return RW_OK;                                                                              \
    }                                                                                              \
    RW_NOINLINE rw_status_t slab_give_run_##name(const rw_slab_t *slab, void *block,               \
                                                 const rw_page_t *page, uintptr_t state)           \
    {                                                                                              \
        return slab_freed(&slab->object, block, slab_give_run_locked(slab, block, page), sharing,  \
                          state);                                                                  \
    }                                                                                              \
    void *rw_slab_alloc_basic_##name(const rw_object_t *object, size_t size)                       \
    {                                                                                              \
        const rw_slab_t *const slab = slab_of(object);                                             \
        return size - 1U < slab->largest                                                           \
                   ? slab_alloc_zone(slab, slab_zone_for(slab, size), sharing, slab_grow_##name)   \
                   : slab_alloc_run_##name(object, size);                                          \
    }                                                                                              \
    void *rw_slab_alloc_aligned_basic_##name(const rw_object_t *object, size_t alignment,          \
                                             size_t size)                                          \
    {                                                                                              \
        return slab_alloc_aligned(object, alignment, size, sharing, slab_grow_##name);             \
    }                                                                                              \
    rw_status_t rw_slab_resize_basic_##name(const rw_object_t *object, void *block, size_t size)   \
    {                                                                                              \
        return slab_resize(object, block, size, sharing);                                          \
    }                                                                                              \
    rw_status_t rw_slab_free_basic_##name(void *block, const rw_object_t *object)                  \
    {                                                                                              \
        return slab_free(object, block, true, sharing, slab_revive_##name, slab_give_run_##name);  \
    }                                                                                              \
    rw_status_t rw_slab_free_none_##name(void *block, const rw_object_t *object)                   \
    {                                                                                              \
        return slab_free(object, block, false, sharing, slab_revive_##name, slab_give_run_##name); \
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
