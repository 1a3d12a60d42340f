/* SPDX-License-Identifier: Apache-2.0 */
#include "object.h"

#include "bytes.h"

bool rw_object_multiply(const rw_object_t *object, size_t count, size_t size, size_t *product)
{
    if (__builtin_mul_overflow(count, size, product)) {
        rw_on_fault(RW_E_SIZE, object, NULL);
        return false;
    }
    return true;
}

void *rw_object_calloc(const rw_object_t *object, size_t count, size_t size)
{
    size_t product;
    if (!rw_object_multiply(object, count, size, &product)) {
        return NULL;
    }
    void *block = rw_alloc_cores[object->core](object, product);
    if (block != NULL) {
        rw_bytes_clear(block, product);
    }
    return block;
}

void *rw_object_move(const rw_object_t *owner, void *block, const rw_object_t *taker, void *moved,
                     size_t size)
{
    const size_t usable = rw_usable_cores[owner->core](owner, block);
    rw_bytes_copy(moved, block, usable < size ? usable : size);
    if (usable != 0U && rw_free_cores[owner->core](block, owner) == RW_OK) {
        return moved;
    }
    (void)rw_free_cores[taker->core](moved, taker);
    return NULL;
}

void *rw_object_lower(const rw_object_t *object, void *block, size_t size)
{
    const rw_lower_core_t lower = rw_lower_cores[object->core];
    const size_t usable = rw_usable_cores[object->core](object, block);
    if (usable >= size) {
        return block;
    }
    void *lowered = lower == NULL ? NULL : lower(object, block, size);
    if (lowered == NULL) {
        return NULL;
    }
    rw_bytes_copy(lowered, block, usable);
    /* The lock was released between: damage that came meanwhile is reported, the block is large
     * enough even so. */
    (void)rw_resize_cores[object->core](object, lowered, size);
    return lowered;
}

void *rw_object_realloc(const rw_object_t *object, void *block, size_t size)
{
    if (block == NULL) {
        return rw_alloc_cores[object->core](object, size);
    }
    if (size == 0U) {
        (void)rw_free_cores[object->core](block, object);
        return NULL;
    }
    const rw_status_t status = rw_resize_cores[object->core](object, block, size);
    if (status != RW_E_SIZE) {
        return status == RW_OK ? block : NULL;
    }
    void *moved = rw_alloc_cores[object->core](object, size);
    if (moved == NULL) {
        return rw_object_lower(object, block, size);
    }
    return rw_object_move(object, block, object, moved, size);
}

rw_status_t rw_objects_check(const rw_object_t *const *objects, size_t count)
{
    rw_status_t first = RW_OK;
    for (size_t i = 0; i < count; i++) {
        const rw_status_t status = rw_check_cores[objects[i]->core](objects[i]);
        if (first == RW_OK) {
            first = status;
        }
    }
    return first;
}

/* A visitor's answer has to end the walk of the remaining objects too. */
typedef struct rw_relay {
    rw_visit_t visit;
    void *context;
    bool going;
} rw_relay_t;

static bool rw_relay_visit(const rw_block_t *block, void *context)
{
    rw_relay_t *relay = context;
    relay->going = relay->visit(block, relay->context);
    return relay->going;
}

void rw_objects_walk(const rw_object_t *const *objects, size_t count, rw_visit_t visit,
                     void *context)
{
    rw_relay_t relay = {visit, context, true};
    for (size_t i = 0; i < count && relay.going; i++) {
        rw_walk_cores[objects[i]->core](objects[i], rw_relay_visit, &relay);
    }
}

void rw_objects_stats(const rw_object_t *const *objects, size_t count, rw_stats_t *out)
{
    out->size = 0;
    out->used = 0;
    out->peak = 0;
    out->free = 0;
    out->largest = 0;
    out->failures = 0;
    for (size_t i = 0; i < count; i++) {
        rw_stats_t stats;
        rw_stats_cores[objects[i]->core](objects[i], &stats);
        out->size += stats.size;
        out->used += stats.used;
        out->peak += stats.peak;
        out->free += stats.free;
        if (__builtin_add_overflow(out->failures, stats.failures, &out->failures)) {
            out->failures = SIZE_MAX;
        }
        if (stats.largest > out->largest) {
            out->largest = stats.largest;
        }
    }
}
