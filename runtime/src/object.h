/* SPDX-License-Identifier: Apache-2.0
 *
 * What heaps, slabs and memheaps have in common, built on the operations of their cores: calloc and
 * realloc, whose clearing and copying happens under no lock, and whatever goes over several
 * objects.
 */
#ifndef RAMWRIGHT_SRC_OBJECT_H
#define RAMWRIGHT_SRC_OBJECT_H

#include "ramwright/dispatch.h"

/* count * size in *product; false, after a fault RW_E_SIZE of the object, iff that wraps. */
bool rw_object_multiply(const rw_object_t *object, size_t count, size_t size, size_t *product);

/* calloc and realloc of a heap or a slab; contracts as rw_heap_calloc, rw_heap_realloc. */
void *rw_object_calloc(const rw_object_t *object, size_t count, size_t size);
void *rw_object_realloc(const rw_object_t *object, void *block, size_t size);

/* Ends a realloc that has to move: copies block, which owner holds, into the new block of size
 * bytes, which is the taker's, and frees it. If it cannot be freed, or is no block any more, the
 * new one is given back and block is as it was. Returns what realloc returns. */
void *rw_object_move(const rw_object_t *owner, void *block, const rw_object_t *taker, void *moved,
                     size_t size);

/* Ends a realloc for which there is no new block: block stays if it is large enough as it is, else
 * it is moved down into free space before it. Returns the block's address; NULL iff that does not
 * suffice either, the block then as it was. */
void *rw_object_lower(const rw_object_t *object, void *block, size_t size);

static inline bool rw_object_holds(const rw_object_t *object, const void *address)
{
    return (uintptr_t)address - (uintptr_t)object->arena < object->size;
}

/* Bytes of the largest request that the object could ever serve. */
static inline size_t rw_object_capacity(const rw_object_t *object)
{
    return object->size - object->overhead;
}

/* Over several objects. Every one is checked; the first fault is the answer. */
rw_status_t rw_objects_check(const rw_object_t *const *objects, size_t count);
void rw_objects_walk(const rw_object_t *const *objects, size_t count, rw_visit_t visit,
                     void *context);
void rw_objects_stats(const rw_object_t *const *objects, size_t count, rw_stats_t *out);

#endif
