/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools: what can be asked about blocks and about the whole. Nothing here takes a lock or changes a
 * pool: each link is read once, so what others do meanwhile shows or does not, but no answer refers
 * to a place outside the pool.
 */
#include "ramwright/pool.h"

#include "ramwright/dispatch.h"

#include "pool_links.h"

/* What the chain of free blocks leads to. */
typedef struct pool_chain {
    uint32_t length;   /* blocks on it */
    int32_t watermark; /* at its bottom, in units of the tokens */
    bool sound;        /* ends at a watermark after at most count blocks */
} pool_chain_t;

/* Blocks of the pool. */
RW_INLINE uint32_t pool_count(const rw_pool_t *pool, pool_width_t width)
{
    return pool_checked(width) ? pool->full : (uint32_t)pool_index(pool, pool->end);
}

/* Whether link, found on the chain or at its head, is a token. In a block it may be anything. */
RW_INLINE bool pool_token_valid(const rw_pool_t *pool, pool_width_t width, int32_t link)
{
    return link < 0 && (pool_checked(width) ? link >= -(int32_t)pool_count(pool, width)
                                            : pool_index(pool, pool_block(pool, width, link)) <
                                                  pool_count(pool, width));
}

/* The token of the block with this index; 0 past the last. */
RW_INLINE int32_t pool_token(const rw_pool_t *pool, pool_width_t width, uint32_t index)
{
    return ((int32_t)index - (int32_t)pool_count(pool, width)) * pool_unit(pool, width);
}

/* Follows the chain, to the token stop at most (0: to its end). */
RW_INLINE pool_chain_t pool_chain(const rw_pool_t *pool, pool_width_t width, int32_t stop)
{
    pool_chain_t chain; /* set one by one: an initialiser may become a call of memset */
    chain.length = 0;
    int32_t link = pool_head(pool->state);
    while (pool_token_valid(pool, width, link) && link != stop &&
           chain.length < pool_count(pool, width)) {
        link = pool_link(pool, width, link);
        chain.length++;
    }
    chain.sound = link >= 0 && link <= (int32_t)pool->full;
    chain.watermark = chain.sound ? link : 0;
    return chain;
}

/* Whether the block is allocated. With checks its link says so, without it must be neither above
 * the watermark nor on the chain. */
RW_INLINE bool pool_used(const rw_pool_t *pool, pool_width_t width, int32_t token)
{
    if (pool_checked(width)) {
        return pool_link(pool, width, token) == pool_allocated(width);
    }
    const pool_chain_t chain = pool_chain(pool, width, token);
    return chain.sound && token + (int32_t)pool->full < chain.watermark;
}

RW_INLINE size_t pool_usable(const rw_object_t *object, const void *block, pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const uintptr_t index = pool_index(pool, block);
    if (index >= pool_count(pool, width) ||
        !pool_used(pool, width, pool_token(pool, width, (uint32_t)index))) {
        return 0;
    }
    return (size_t)pool->block_size;
}

/* Number of links with a value of its own: allocated ones, or never used ones. */
RW_INLINE uint32_t pool_links_equal(const rw_pool_t *pool, pool_width_t width, int32_t value)
{
    uint32_t number = 0;
    for (int32_t token = -(int32_t)pool_count(pool, width); token < 0; token++) {
        number += pool_link(pool, width, token) == value ? 1U : 0U;
    }
    return number;
}

/* Every link below the watermark is allocated or on the chain, no link above it was touched. */
RW_INLINE bool pool_links_sound(const rw_pool_t *pool, pool_width_t width,
                                const pool_chain_t *chain)
{
    const uint32_t ever_used = (uint32_t)chain->watermark;
    for (uint32_t index = ever_used; index < pool_count(pool, width); index++) {
        if (pool_link(pool, width, pool_token(pool, width, index)) != POOL_NEVER_USED) {
            return false;
        }
    }
    const uint32_t never_used = pool_count(pool, width) - ever_used;
    const uint32_t used = pool_links_equal(pool, width, pool_allocated(width));
    return pool_links_equal(pool, width, POOL_NEVER_USED) == never_used &&
           chain->length + used == ever_used;
}

RW_INLINE rw_status_t pool_check(const rw_object_t *object, pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const pool_chain_t chain = pool_chain(pool, width, 0);
    if (chain.sound && (int32_t)chain.length * pool_unit(pool, width) <= chain.watermark &&
        (!pool_checked(width) || pool_links_sound(pool, width, &chain))) {
        return RW_OK;
    }
    rw_on_fault(RW_E_CORRUPT, object, object->arena);
    return RW_E_CORRUPT;
}

/* Blocks ever used. Without checks only the chain knows. */
RW_INLINE uint32_t pool_watermark(const rw_pool_t *pool, pool_width_t width)
{
    if (pool_checked(width)) {
        return pool_count(pool, width) - pool_links_equal(pool, width, POOL_NEVER_USED);
    }
    const int32_t bytes = pool_chain(pool, width, 0).watermark;
    return (uint32_t)pool_index(pool, pool->first + bytes);
}

RW_INLINE void pool_walk(const rw_object_t *object, rw_visit_t visit, void *context,
                         pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const uint32_t watermark = pool_watermark(pool, width);
    rw_block_t report;
    report.object = object;
    report.size = (size_t)pool->block_size;
    for (uint32_t index = 0; index < watermark; index++) {
        const int32_t token = pool_token(pool, width, index);
        report.address = pool_block(pool, width, token);
        report.used = pool_used(pool, width, token);
        if (!visit(&report, context)) {
            return;
        }
    }
}

/* Blocks allocated now. */
RW_INLINE uint32_t pool_used_count(const rw_pool_t *pool, pool_width_t width, uint32_t watermark)
{
    if (pool_checked(width)) {
        return pool_links_equal(pool, width, pool_allocated(width));
    }
    const pool_chain_t chain = pool_chain(pool, width, 0);
    return chain.length < watermark ? watermark - chain.length : 0U;
}

RW_INLINE void pool_stats(const rw_object_t *object, rw_stats_t *out, pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const size_t block_size = (size_t)pool->block_size;
    const uint32_t watermark = pool_watermark(pool, width);
    const uint32_t used = pool_used_count(pool, width, watermark);
    out->size = object->size;
    out->used = used * block_size;
    out->peak = watermark * block_size;
    out->free = object->size - used * block_size;
    out->largest = used < pool_count(pool, width) ? block_size : 0U;
    out->failures = 0;
}

#define POOL_CORES(checks, width)                                                                  \
    size_t rw_pool_usable_##checks##_none_##width(const rw_object_t *object, const void *block)    \
    {                                                                                              \
        return pool_usable(object, block, POOL_WIDTH_##width);                                     \
    }                                                                                              \
    rw_status_t rw_pool_check_##checks##_none_##width(const rw_object_t *object)                   \
    {                                                                                              \
        return pool_check(object, POOL_WIDTH_##width);                                             \
    }                                                                                              \
    void rw_pool_walk_##checks##_none_##width(const rw_object_t *object, rw_visit_t visit,         \
                                              void *context)                                       \
    {                                                                                              \
        pool_walk(object, visit, context, POOL_WIDTH_##width);                                     \
    }                                                                                              \
    void rw_pool_stats_##checks##_none_##width(const rw_object_t *object, rw_stats_t *out)         \
    {                                                                                              \
        pool_stats(object, out, POOL_WIDTH_##width);                                               \
    }                                                                                              \
    POOL_CORES_ALIAS(checks##_shared_##width, checks##_none_##width)

/* Sharing and waiting make no difference here. */
#define POOL_CORES_ALIAS(name, same)                                                               \
    RW_CORE_ALIAS(rw_pool_usable_##name, rw_pool_usable_##same);                                   \
    RW_CORE_ALIAS(rw_pool_check_##name, rw_pool_check_##same);                                     \
    RW_CORE_ALIAS(rw_pool_walk_##name, rw_pool_walk_##same);                                       \
    RW_CORE_ALIAS(rw_pool_stats_##name, rw_pool_stats_##same)

POOL_CORES(none, 32);
POOL_CORES(basic, 8);
POOL_CORES(basic, 16);

#if defined(RW_PORT_CORE_LOCK)
POOL_CORES_ALIAS(none_core_32, none_none_32);
POOL_CORES_ALIAS(basic_core_8, basic_none_8);
POOL_CORES_ALIAS(basic_core_16, basic_none_16);
#endif

#if defined(RW_PORT_WAIT)
POOL_CORES_ALIAS(none_wait_32, none_none_32);
POOL_CORES_ALIAS(basic_wait_8, basic_none_8);
POOL_CORES_ALIAS(basic_wait_16, basic_none_16);
#endif

size_t rw_pool_usable_size(const rw_pool_t *pool, const void *block)
{
    return rw_usable_cores[pool->object.core](&pool->object, block);
}

rw_status_t rw_pool_check(const rw_pool_t *pool)
{
    return rw_check_cores[pool->object.core](&pool->object);
}

void rw_pool_walk(const rw_pool_t *pool, rw_visit_t visit, void *context)
{
    rw_walk_cores[pool->object.core](&pool->object, visit, context);
}

void rw_pool_stats(const rw_pool_t *pool, rw_stats_t *out)
{
    rw_stats_cores[pool->object.core](&pool->object, out);
}
