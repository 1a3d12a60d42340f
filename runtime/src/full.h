/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks full, roof: the operations, each given the operation of the core below that it is about.
 * One copy serves all kinds and cores; what differs is in full_block.h.
 */
#ifndef RAMWRIGHT_SRC_FULL_H
#define RAMWRIGHT_SRC_FULL_H

#include "ramwright/dispatch.h"
#include "ramwright/full.h"

/* What almost every operation needs of the core below. */
typedef struct full_core {
    rw_usable_core_t usable;
    rw_free_core_t free;
    rw_sharing_t sharing; /* which lock the layer takes, never while it calls the core */
} full_core_t;

/* Begins a call that will own a block whose guard is not set. Returns where the blocks of a pool
 * start that were never handed out before. */
uint8_t *rw_full_begin(const rw_object_t *object, const full_core_t *core);

/* Gives the core what the quarantine holds. Returns whether that was anything. */
bool rw_full_empty(const rw_object_t *object, const full_core_t *core);

/* Ends what rw_full_begin began: dresses the block that the core gave, if it gave one, and takes it
 * out of its place. virgin: what rw_full_begin returned before the core was asked. */
void *rw_full_granted(const rw_object_t *object, const full_core_t *core, uint8_t *block,
                      size_t size, const uint8_t *virgin);

/* Contracts as those of dispatch.h. */
void *rw_full_alloc(const rw_object_t *object, size_t size, const full_core_t *core,
                    rw_alloc_core_t alloc);
void *rw_full_alloc_aligned(const rw_object_t *object, size_t alignment, size_t size,
                            const full_core_t *core, rw_alloc_aligned_core_t alloc);
void *rw_full_alloc_pool(const rw_object_t *object, const full_core_t *core,
                         rw_pool_alloc_core_t alloc);
rw_status_t rw_full_free(void *block, const rw_object_t *object, const full_core_t *core);
rw_status_t rw_full_resize(const rw_object_t *object, void *block, size_t size,
                           const full_core_t *core, rw_resize_core_t resize);
void *rw_full_lower(const rw_object_t *object, const void *block, size_t size,
                    const full_core_t *core, rw_resize_core_t resize, rw_lower_core_t lower);
size_t rw_full_usable(const rw_object_t *object, const void *block, const full_core_t *core);
rw_status_t rw_full_check(const rw_object_t *object, const full_core_t *core, rw_check_core_t check,
                          rw_walk_core_t walk);
void rw_full_walk(const rw_object_t *object, rw_visit_t visit, void *context,
                  const full_core_t *core, rw_walk_core_t walk);
void rw_full_stats(const rw_object_t *object, rw_stats_t *out, const full_core_t *core,
                   rw_stats_core_t stats);

/* Pools whose tasks may wait. usable and free of the core are then these two: a block that was
 * handed to a task that has not run since is nobody's to use or free. */
size_t rw_full_wait_usable(const rw_object_t *object, const void *block, rw_usable_core_t usable);
rw_status_t rw_full_wait_give(void *block, const rw_object_t *object, rw_free_core_t give);
void *rw_full_wait_alloc(const rw_object_t *object, rw_ticks_t timeout, const full_core_t *core,
                         rw_pool_alloc_core_t alloc);
rw_status_t rw_full_wait_free(void *block, const rw_object_t *object, const full_core_t *core);
/* Walks as check has to see the pool: without the blocks that are on their way to a task. */
void rw_full_wait_walk(const rw_object_t *object, rw_visit_t visit, void *context,
                       rw_walk_core_t walk);

#endif
