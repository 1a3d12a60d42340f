/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks full: the cores, each a core with checks basic and the layer above it. Where a port's task
 * lock is its interrupt lock, so are its cores.
 */
#include "full.h"

#define FULL_CORE(kind, below, lock)                                                               \
    static const full_core_t full_##kind##_##below = {                                             \
        .usable = rw_##kind##_usable_basic_##below,                                                \
        .free = rw_##kind##_free_basic_##below,                                                    \
        .sharing = (lock),                                                                         \
    }

/* What all have alike. */
#define FULL_ANSWERS(kind, name)                                                                   \
    size_t rw_##kind##_usable_full_##name(const rw_object_t *object, const void *block)            \
    {                                                                                              \
        return rw_full_usable(object, block, &full_##kind##_##name);                               \
    }                                                                                              \
    void rw_##kind##_walk_full_##name(const rw_object_t *object, rw_visit_t visit, void *context)  \
    {                                                                                              \
        rw_full_walk(object, visit, context, &full_##kind##_##name,                                \
                     rw_##kind##_walk_basic_##name);                                               \
    }                                                                                              \
    void rw_##kind##_stats_full_##name(const rw_object_t *object, rw_stats_t *out)                 \
    {                                                                                              \
        rw_full_stats(object, out, &full_##kind##_##name, rw_##kind##_stats_basic_##name);         \
    }

/* What all kinds have. */
#define FULL_COMMON(kind, name)                                                                    \
    FULL_ANSWERS(kind, name)                                                                       \
    rw_status_t rw_##kind##_free_full_##name(void *block, const rw_object_t *object)               \
    {                                                                                              \
        return rw_full_free(block, object, &full_##kind##_##name);                                 \
    }                                                                                              \
    rw_status_t rw_##kind##_check_full_##name(const rw_object_t *object)                           \
    {                                                                                              \
        return rw_full_check(object, &full_##kind##_##name, rw_##kind##_check_basic_##name,        \
                             rw_##kind##_walk_basic_##name);                                       \
    }

/* What heaps and slabs have. */
#define FULL_SIZED(kind, name)                                                                     \
    void *rw_##kind##_alloc_full_##name(const rw_object_t *object, size_t size)                    \
    {                                                                                              \
        return rw_full_alloc(object, size, &full_##kind##_##name, rw_##kind##_alloc_basic_##name); \
    }                                                                                              \
    void *rw_##kind##_alloc_aligned_full_##name(const rw_object_t *object, size_t alignment,       \
                                                size_t size)                                       \
    {                                                                                              \
        return rw_full_alloc_aligned(object, alignment, size, &full_##kind##_##name,               \
                                     rw_##kind##_alloc_aligned_basic_##name);                      \
    }                                                                                              \
    rw_status_t rw_##kind##_resize_full_##name(const rw_object_t *object, void *block,             \
                                               size_t size)                                        \
    {                                                                                              \
        return rw_full_resize(object, block, size, &full_##kind##_##name,                          \
                              rw_##kind##_resize_basic_##name);                                    \
    }

#define FULL_HEAP(name, lock)                                                                      \
    FULL_CORE(heap, name, lock);                                                                   \
    FULL_COMMON(heap, name)                                                                        \
    FULL_SIZED(heap, name)                                                                         \
    void *rw_heap_lower_full_##name(const rw_object_t *object, const void *block, size_t size)     \
    {                                                                                              \
        return rw_full_lower(object, block, size, &full_heap_##name, rw_heap_resize_basic_##name,  \
                             rw_heap_lower_basic_##name);                                          \
    }

#define FULL_SLAB(name, lock)                                                                      \
    FULL_CORE(slab, name, lock);                                                                   \
    FULL_COMMON(slab, name)                                                                        \
    FULL_SIZED(slab, name)                                                                         \
    bool rw_slab_zone_stats_full_##name(const rw_object_t *object, size_t number,                  \
                                        rw_zone_stats_t *out)                                      \
    {                                                                                              \
        return rw_slab_zone_stats_basic_##name(object, number, out);                               \
    }

#define FULL_POOL_ALLOC(name)                                                                      \
    void *rw_pool_alloc_full_##name(const rw_object_t *object)                                     \
    {                                                                                              \
        return rw_full_alloc_pool(object, &full_pool_##name, rw_pool_alloc_basic_##name);          \
    }

#define FULL_POOL(name, lock)                                                                      \
    FULL_CORE(pool, name, lock);                                                                   \
    FULL_COMMON(pool, name)                                                                        \
    FULL_POOL_ALLOC(name)

/* A pool whose tasks may wait: the core below as the layer has to see it, and what that changes. */
#define FULL_POOL_WAIT(name)                                                                       \
    static size_t full_usable_##name(const rw_object_t *object, const void *block)                 \
    {                                                                                              \
        return rw_full_wait_usable(object, block, rw_pool_usable_basic_##name);                    \
    }                                                                                              \
    static rw_status_t full_give_##name(void *block, const rw_object_t *object)                    \
    {                                                                                              \
        return rw_full_wait_give(block, object, rw_pool_free_basic_##name);                        \
    }                                                                                              \
    static void full_walk_##name(const rw_object_t *object, rw_visit_t visit, void *context)       \
    {                                                                                              \
        rw_full_wait_walk(object, visit, context, rw_pool_walk_basic_##name);                      \
    }                                                                                              \
    static const full_core_t full_pool_##name = {                                                  \
        .usable = full_usable_##name,                                                              \
        .free = full_give_##name,                                                                  \
        .sharing = RW_SHARING_INTERRUPT,                                                           \
    };                                                                                             \
    FULL_ANSWERS(pool, name)                                                                       \
    FULL_POOL_ALLOC(name)                                                                          \
    void *rw_pool_alloc_wait_full_##name(const rw_object_t *object, rw_ticks_t timeout)            \
    {                                                                                              \
        return rw_full_wait_alloc(object, timeout, &full_pool_##name, rw_pool_alloc_basic_##name); \
    }                                                                                              \
    rw_status_t rw_pool_free_full_##name(void *block, const rw_object_t *object)                   \
    {                                                                                              \
        return rw_full_wait_free(block, object, &full_pool_##name);                                \
    }                                                                                              \
    rw_status_t rw_pool_check_full_##name(const rw_object_t *object)                               \
    {                                                                                              \
        return rw_full_check(object, &full_pool_##name, rw_pool_check_basic_##name,                \
                             full_walk_##name);                                                    \
    }

FULL_HEAP(none_16, RW_SHARING_NONE)
FULL_HEAP(none_32, RW_SHARING_NONE)
FULL_HEAP(interrupt_16, RW_SHARING_INTERRUPT)
FULL_HEAP(interrupt_32, RW_SHARING_INTERRUPT)
FULL_SLAB(none, RW_SHARING_NONE)
FULL_SLAB(interrupt, RW_SHARING_INTERRUPT)
FULL_POOL(none_8, RW_SHARING_NONE)
FULL_POOL(none_16, RW_SHARING_NONE)
FULL_POOL(shared_8, RW_SHARING_INTERRUPT)
FULL_POOL(shared_16, RW_SHARING_INTERRUPT)

#if defined(RW_PORT_CORE_LOCK)
FULL_HEAP(core_16, RW_SHARING_CORE)
FULL_HEAP(core_32, RW_SHARING_CORE)
FULL_SLAB(core, RW_SHARING_CORE)
FULL_POOL(core_8, RW_SHARING_CORE)
FULL_POOL(core_16, RW_SHARING_CORE)
#endif

#if defined(RW_PORT_WAIT)
FULL_POOL_WAIT(wait_8)
FULL_POOL_WAIT(wait_16)
#endif

#if defined(RW_PORT_TASK_IS_INTERRUPT)

#define FULL_TASK(kind, operation, width)                                                          \
    RW_CORE_ALIAS(rw_##kind##_##operation##_full_task##width,                                      \
                  rw_##kind##_##operation##_full_interrupt##width)

#define FULL_TASK_CORE(kind, width)                                                                \
    FULL_TASK(kind, alloc, width);                                                                 \
    FULL_TASK(kind, alloc_aligned, width);                                                         \
    FULL_TASK(kind, resize, width);                                                                \
    FULL_TASK(kind, free, width);                                                                  \
    FULL_TASK(kind, usable, width);                                                                \
    FULL_TASK(kind, check, width);                                                                 \
    FULL_TASK(kind, walk, width);                                                                  \
    FULL_TASK(kind, stats, width)

FULL_TASK_CORE(heap, _16);
FULL_TASK(heap, lower, _16);
FULL_TASK_CORE(heap, _32);
FULL_TASK(heap, lower, _32);
FULL_TASK_CORE(slab, );
FULL_TASK(slab, zone_stats, );

#else

FULL_HEAP(task_16, RW_SHARING_TASK)
FULL_HEAP(task_32, RW_SHARING_TASK)
FULL_SLAB(task, RW_SHARING_TASK)

#endif
