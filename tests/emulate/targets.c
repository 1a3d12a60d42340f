/* SPDX-License-Identifier: Apache-2.0 */
#include "targets.h"

static const void *object_of(void *context)
{
    return ((const subject_t *)context)->object;
}

static size_t used_of(void *context)
{
    const subject_t *subject = context;
    rw_stats_t stats;
    subject->stats(subject->object, &stats);
    return stats.used;
}

/* A target with what all kinds have in common. */
static shadow_target_t target_of(subject_t *subject)
{
    return (shadow_target_t){
        .context = subject,
        .used = used_of,
        .arenas = subject->arenas,
        .arena_count = subject->arena_count,
        .alignment = subject->alignment,
    };
}

static void *pool_alloc(void *context, size_t size)
{
    (void)size;
    return rw_pool_alloc(object_of(context));
}

static int pool_free(void *context, void *block)
{
    return (int)rw_pool_free(object_of(context), block);
}

static size_t pool_usable(void *context, const void *block)
{
    return rw_pool_usable_size(object_of(context), block);
}

static int pool_check(void *context)
{
    return (int)rw_pool_check(object_of(context));
}

static void pool_stats(const void *object, rw_stats_t *out)
{
    rw_pool_stats(object, out);
}

shadow_target_t pool_target(subject_t *subject)
{
    subject->stats = pool_stats;
    shadow_target_t target = target_of(subject);
    target.alloc = pool_alloc;
    target.free = pool_free;
    target.usable = pool_usable;
    target.check = pool_check;
    return target;
}

/* Heap, slab and memheap offer the same calls under their own names. */
#define GENERAL_TARGET(kind)                                                                       \
    static void *kind##_alloc(void *context, size_t size)                                          \
    {                                                                                              \
        return rw_##kind##_alloc(object_of(context), size);                                        \
    }                                                                                              \
    static void *kind##_alloc_aligned(void *context, size_t alignment, size_t size)                \
    {                                                                                              \
        return rw_##kind##_alloc_aligned(object_of(context), alignment, size);                     \
    }                                                                                              \
    static void *kind##_realloc(void *context, void *block, size_t size)                           \
    {                                                                                              \
        return rw_##kind##_realloc(object_of(context), block, size);                               \
    }                                                                                              \
    static int kind##_free(void *context, void *block)                                             \
    {                                                                                              \
        return (int)rw_##kind##_free(object_of(context), block);                                   \
    }                                                                                              \
    static size_t kind##_usable(void *context, const void *block)                                  \
    {                                                                                              \
        return rw_##kind##_usable_size(object_of(context), block);                                 \
    }                                                                                              \
    static int kind##_check(void *context)                                                         \
    {                                                                                              \
        return (int)rw_##kind##_check(object_of(context));                                         \
    }                                                                                              \
    static void kind##_stats(const void *object, rw_stats_t *out)                                  \
    {                                                                                              \
        rw_##kind##_stats(object, out);                                                            \
    }                                                                                              \
    shadow_target_t kind##_target(subject_t *subject)                                              \
    {                                                                                              \
        subject->stats = kind##_stats;                                                             \
        shadow_target_t target = target_of(subject);                                               \
        target.alloc = kind##_alloc;                                                               \
        target.alloc_aligned = kind##_alloc_aligned;                                               \
        target.realloc = kind##_realloc;                                                           \
        target.free = kind##_free;                                                                 \
        target.usable = kind##_usable;                                                             \
        target.check = kind##_check;                                                               \
        return target;                                                                             \
    }

GENERAL_TARGET(heap)
GENERAL_TARGET(slab)
GENERAL_TARGET(memheap)
