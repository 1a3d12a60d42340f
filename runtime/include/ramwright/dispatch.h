/* SPDX-License-Identifier: Apache-2.0
 *
 * How a generic call finds the core its object was given.
 *
 * A core is one mechanism specialised for one set of per-object properties (checks, sharing, link
 * width), e.g. rw_heap_alloc_basic_task_16. All cores are compiled into the runtime library, each
 * function in a section of its own; what nothing refers to is not linked.
 *
 *  - A generated accessor (main_alloc) calls its core by name: no dispatch. One kind does what its
 *    core would (pool_accessor.h).
 *  - A generic call (rw_heap_alloc) looks up the core by rw_object_t.core in the tables below. The
 *    generated source defines them with exactly the cores its layout uses. There is one table an
 *    operation, so an operation that nobody calls generically costs nothing.
 *
 * A free takes the block first: there an accessor has it already.
 *
 * The tables are indexed alike; a core that lacks an operation (a pool has no resize) leaves a
 * null entry that no call reaches.
 */
#ifndef RAMWRIGHT_DISPATCH_H
#define RAMWRIGHT_DISPATCH_H

#include "ramwright/base.h"
#include "ramwright/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A second name for a function defined earlier in the same file: the same code at the same address,
 * whichever of the names a program refers to. Where the port's task lock is its interrupt lock
 * (RW_PORT_TASK_IS_INTERRUPT) the ..._task_... cores are such names of the ..._interrupt_... cores;
 * generated code names both without knowing. */
#define RW_CORE_ALIAS(alias_name, function)                                                        \
    extern __typeof__(function) alias_name __attribute__((alias(#function)))

typedef void *(*rw_pool_alloc_core_t)(const rw_object_t *object);
typedef void *(*rw_pool_alloc_wait_core_t)(const rw_object_t *object, rw_ticks_t timeout);
typedef void *(*rw_alloc_core_t)(const rw_object_t *object, size_t size);
typedef void *(*rw_alloc_aligned_core_t)(const rw_object_t *object, size_t alignment, size_t size);
typedef rw_status_t (*rw_free_core_t)(void *block, const rw_object_t *object);
/* Changes a block's size without moving it. RW_OK, or RW_E_SIZE iff it cannot grow in place
 * (not a fault), or the fault found. */
typedef rw_status_t (*rw_resize_core_t)(const rw_object_t *object, void *block, size_t size);
/* Joins a block with the free space around it and returns where its payload is to be moved, so that
 * at least size bytes are usable there; the caller moves it, then resizes. NULL, nothing changed,
 * iff the space does not suffice or is damaged. */
typedef void *(*rw_lower_core_t)(const rw_object_t *object, const void *block, size_t size);
/* Bytes usable at block; 0 iff block is not an allocated block of the object. */
typedef size_t (*rw_usable_core_t)(const rw_object_t *object, const void *block);
typedef rw_status_t (*rw_check_core_t)(const rw_object_t *object);
typedef void (*rw_walk_core_t)(const rw_object_t *object, rw_visit_t visit, void *context);
typedef void (*rw_stats_core_t)(const rw_object_t *object, rw_stats_t *out);
/* false iff there is no zone of that number. */
typedef bool (*rw_zone_stats_core_t)(const rw_object_t *object, size_t number,
                                     rw_zone_stats_t *out);

/* Defined by the generated source of the layout. */
extern const rw_pool_alloc_core_t rw_pool_alloc_cores[];           /* pools */
extern const rw_pool_alloc_wait_core_t rw_pool_alloc_wait_cores[]; /* pools that wait */
extern const rw_object_t *const rw_waiting_pools[]; /* the pools that wait; NULL ends them */
extern const rw_alloc_core_t rw_alloc_cores[];      /* heaps, slabs */
extern const rw_alloc_aligned_core_t rw_alloc_aligned_cores[]; /* heaps, slabs */
extern const rw_resize_core_t rw_resize_cores[];               /* heaps, slabs */
extern const rw_lower_core_t rw_lower_cores[];                 /* heaps; null for slabs */
extern const rw_free_core_t rw_free_cores[];                   /* pools, heaps, slabs */
extern const rw_usable_core_t rw_usable_cores[];               /* pools, heaps, slabs */
extern const rw_check_core_t rw_check_cores[];                 /* pools, heaps, slabs */
extern const rw_walk_core_t rw_walk_cores[];                   /* pools, heaps, slabs */
extern const rw_stats_core_t rw_stats_cores[];                 /* pools, heaps, slabs */
extern const rw_zone_stats_core_t rw_zone_stats_cores[];       /* slabs */

#ifdef __cplusplus
}
#endif

#endif
