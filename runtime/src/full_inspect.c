/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks full: check, walk, stats. The cores of heaps and slabs walk under their own lock, which is
 * the layer's too: the port has one for each sharing. Those of pools take none, so the layer does.
 */
#include "full.h"

#include "full_quarantine.h"

RW_INLINE void full_walk(const rw_object_t *object, rw_visit_t visit, void *context,
                         rw_sharing_t sharing, rw_walk_core_t walk)
{
    const rw_sharing_t own = object->kind == RW_POOL ? sharing : RW_SHARING_NONE;
    const uintptr_t lock = rw_full_lock(own);
    walk(object, visit, context);
    rw_full_unlock(own, lock);
}

/* Whether the bytes of a block are as the layer left them, as far as nobody may be writing them. */
static bool full_untouched(const rw_block_t *block)
{
    const rw_object_t *const object = block->object;
    const rw_full_t *const full = full_of(object);
    const rw_held_t *const held = full_find(full, block->address);
    if (held != NULL) {
        return !full_settled(held) || full_holds(held->block, held->extent, RW_FULL_FREED);
    }
    const bool busy = full->state->busy != 0U;
    if (block->used) {
        size_t size;
        return busy || full_sound(object, block->address, block->size, &size);
    }
    if (busy && object->kind == RW_POOL) {
        return true; /* its core hands out blocks with no lock */
    }
    const size_t known = full_known(object, block->address, block->size, full->state->virgin);
    return full_holds(block->address, known, RW_FULL_FREED);
}

/* Ends the walk at the first block that somebody wrote to. */
static bool full_visit_check(const rw_block_t *block, void *context)
{
    const void **const damaged = context;
    *damaged = full_untouched(block) ? NULL : block->address;
    return *damaged == NULL;
}

rw_status_t rw_full_check(const rw_object_t *object, const full_core_t *core, rw_check_core_t check,
                          rw_walk_core_t walk)
{
    const rw_status_t status = check(object);
    if (status != RW_OK) {
        return status;
    }
    const void *damaged = NULL;
    full_walk(object, full_visit_check, &damaged, core->sharing, walk);
    if (damaged == NULL) {
        return RW_OK;
    }
    rw_on_fault(RW_E_CORRUPT, object, damaged);
    return RW_E_CORRUPT;
}

/* A walk of the user's. */
typedef struct full_relay {
    rw_visit_t visit;
    void *context;
} full_relay_t;

static bool full_visit_relay(const rw_block_t *block, void *context)
{
    const full_relay_t *const relay = context;
    rw_block_t seen; /* filled by member: compilers may call memcpy for the whole */
    seen.object = block->object;
    seen.address = block->address;
    seen.size = block->size;
    seen.used = block->used && full_find(full_of(block->object), block->address) == NULL;
    return relay->visit(&seen, relay->context);
}

void rw_full_walk(const rw_object_t *object, rw_visit_t visit, void *context,
                  const full_core_t *core, rw_walk_core_t walk)
{
    full_relay_t relay = {visit, context};
    full_walk(object, full_visit_relay, &relay, core->sharing, walk);
}

/* What a block takes of the arena: of a heap its header too. */
RW_INLINE size_t full_taken(const rw_object_t *object, size_t extent)
{
    const size_t last = object->kind == RW_HEAP ? RW_HEAP_GRANULE - 1U : 0U;
    return (extent + last) & ~last;
}

/* Bytes of the arena that the quarantine holds, and how many allocs were tried again. */
static size_t full_held(const rw_object_t *object, rw_sharing_t sharing, uint32_t *retries)
{
    const rw_full_t *const full = full_of(object);
    size_t bytes = 0;
    const uintptr_t lock = rw_full_lock(sharing);
    for (uint32_t place = 0; place < full->places; place++) {
        if (full_settled(&full->held[place])) {
            bytes += full_taken(object, full->held[place].extent);
        }
    }
    *retries = full->state->retries;
    rw_full_unlock(sharing, lock);
    return bytes;
}

/* a - b; 0 where others were quicker, between the answers of the core and of the layer. */
RW_INLINE size_t full_less(size_t a, size_t b)
{
    return a > b ? a - b : 0U;
}

void rw_full_stats(const rw_object_t *object, rw_stats_t *out, const full_core_t *core,
                   rw_stats_core_t stats)
{
    uint32_t retries;
    stats(object, out);
    const size_t held = full_held(object, core->sharing, &retries);
    out->used = full_less(out->used, held);
    out->free = out->size - out->used;
    out->failures = full_less(out->failures, retries);
    if (object->kind == RW_HEAP) {
        out->largest = full_less(out->largest, RW_FULL_SEAL);
    } else if (object->kind == RW_POOL) {
        const bool any = out->largest != 0U || held != 0U;
        out->largest = any ? full_of(object)->block_size : 0U;
    }
}
