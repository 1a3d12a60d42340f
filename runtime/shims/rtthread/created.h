/* SPDX-License-Identifier: Apache-2.0
 *
 * What the objects made at run time have in common.
 *
 * Nothing here, nor in the allocators' cores that these objects call by name, knows the layout's
 * tables (ramwright/dispatch.h): a firmware that makes no object at run time links none of it.
 */
#ifndef RAMWRIGHT_SHIMS_RTTHREAD_CREATED_H
#define RAMWRIGHT_SHIMS_RTTHREAD_CREATED_H

#include <rtthread.h>

#include "ramwright/dispatch.h"
#include "ramwright/rtthread/memory.h"

/* Of whatever is cut from storage, and of blocks of heaps and slabs. */
#define RW_CREATED_ALIGNMENT 8U

/* The objects of one kind, the highest first, of two at one place the younger, and behind them an
 * end that starts at 0: whoever looks for an address stops there without a test for it. All zero =
 * none. */
typedef struct rw_created_list {
    rw_created_t *first;
    rw_created_t *last; /* found; NULL: none yet, or not kept */
    bool nested;        /* one was made in a block of another */
} rw_created_list_t;

/* An object of a list from where first or a next of it points to; NULL iff that is its end. */
static inline rw_created_t *rw_created_listed(rw_created_t *place)
{
    return place == NULL || place->next == NULL ? NULL : place;
}

/* Whether the block that begins where the arena of outer does is in use and has room for created.
 */
typedef bool (*rw_created_holds_t)(const rw_created_t *outer, const rw_created_t *created);

/* Lists an object that is not listed. Whoever makes one where one may lie removes that first.
 * Objects that begin behind its start in its arena were left there without an end, and are taken
 * off while what they keep there can still be read; so are those that begin at its start, unless
 * it lies in their first block. holds is NULL where no block begins with the arena. Time:
 * O(objects), masked. */
void rw_created_add(rw_created_list_t *list, rw_created_t *created, const rw_object_t *object,
                    rw_created_holds_t holds);

/* Takes an object off; false iff it was not listed. Time: O(objects), masked. */
bool rw_created_remove(rw_created_list_t *list, const rw_created_t *created);

/* The object whose arena holds address; NULL iff none. Time: O(objects), masked; O(1) where it is
 * the one that was found last. */
rw_created_t *rw_created_owner(rw_created_list_t *list, const void *address);

/* Name, cut to what fits, and type. */
void rw_created_label(struct rt_object *object, const char *name, unsigned type);

/* Of a core what realloc needs. */
typedef struct rw_created_calls {
    rw_alloc_core_t alloc;
    rw_resize_core_t resize;
    rw_usable_core_t usable;
    rw_free_core_t free;
} rw_created_calls_t;

/* realloc(NULL, n) allocates, realloc(p, 0) frees; a block that cannot be had stays as it was. */
void *rw_created_realloc(const rw_created_calls_t *calls, const rw_object_t *object, void *block,
                         size_t size);

/* The storage that a caller hands over, cut from its low end. */
typedef struct rw_created_room {
    uint8_t *at;
    size_t left;
} rw_created_room_t;

/* What is at start after rounding it up to alignment, a power of two: left is 0 if nothing is. */
rw_created_room_t rw_created_room(void *start, size_t size, size_t alignment);

/* Cuts off size bytes, cleared, and rounds what is left up to alignment; NULL, the room then being
 * used up, iff it is too small. */
void *rw_created_cut(rw_created_room_t *room, size_t size, size_t alignment);

#endif
