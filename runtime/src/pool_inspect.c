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
    uint32_t length;    /* blocks on it */
    uint32_t watermark; /* blocks ever used, from its bottom */
    bool sound;         /* ends at a watermark after at most count blocks */
} pool_chain_t;

/* Whether link, found on the chain or at its head, is a token. */
RW_INLINE bool pool_token_valid(const rw_pool_t *pool, int32_t link)
{
    return link < 0 && link >= -(int32_t)pool->count;
}

/* Follows the chain, to the token stop at most (0: to its end). */
RW_INLINE pool_chain_t pool_chain(const rw_pool_t *pool, pool_width_t width, int32_t stop)
{
    pool_chain_t chain; /* set one by one: an initialiser may become a call of memset */
    chain.length = 0;
    int32_t link = pool_head(pool->state);
    while (pool_token_valid(pool, link) && link != stop && chain.length < pool->count) {
        link = pool_link(pool, width, link);
        chain.length++;
    }
    chain.sound = link >= 0 && link <= (int32_t)pool->count;
    chain.watermark = chain.sound ? (uint32_t)link : 0U;
    return chain;
}

/* Whether the block is allocated. With checks its link says so, without it must be neither above
 * the watermark nor on the chain. */
RW_INLINE bool pool_used(const rw_pool_t *pool, bool checked, pool_width_t width, int32_t token)
{
    if (checked) {
        return pool_link(pool, width, token) == pool_allocated(width);
    }
    const pool_chain_t chain = pool_chain(pool, width, token);
    return chain.sound && token + (int32_t)pool->count < (int32_t)chain.watermark;
}

RW_INLINE size_t pool_usable(const rw_object_t *object, const void *block, bool checked,
                             pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const uintptr_t index = pool_index(pool, block);
    if (index >= pool->count ||
        !pool_used(pool, checked, width, (int32_t)index - (int32_t)pool->count)) {
        return 0;
    }
    return (size_t)pool->block_size;
}

/* Number of links with a value of its own: allocated ones, or never used ones. */
RW_INLINE uint32_t pool_links_equal(const rw_pool_t *pool, pool_width_t width, int32_t value)
{
    uint32_t number = 0;
    for (int32_t token = -(int32_t)pool->count; token < 0; token++) {
        number += pool_link(pool, width, token) == value ? 1U : 0U;
    }
    return number;
}

/* Every link below the watermark is allocated or on the chain, no link above it was touched. */
RW_INLINE bool pool_links_sound(const rw_pool_t *pool, pool_width_t width,
                                const pool_chain_t *chain)
{
    for (uint32_t index = chain->watermark; index < pool->count; index++) {
        if (pool_link(pool, width, (int32_t)index - (int32_t)pool->count) != POOL_NEVER_USED) {
            return false;
        }
    }
    const uint32_t never_used = pool->count - chain->watermark;
    const uint32_t used = pool_links_equal(pool, width, pool_allocated(width));
    return pool_links_equal(pool, width, POOL_NEVER_USED) == never_used &&
           chain->length + used == chain->watermark;
}

RW_INLINE rw_status_t pool_check(const rw_object_t *object, bool checked, pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const pool_chain_t chain = pool_chain(pool, width, 0);
    if (chain.sound && chain.length <= chain.watermark &&
        (!checked || pool_links_sound(pool, width, &chain))) {
        return RW_OK;
    }
    rw_on_fault(RW_E_CORRUPT, object, object->arena);
    return RW_E_CORRUPT;
}

/* Blocks ever used. Without checks the links of allocated blocks are old: only the chain knows. */
RW_INLINE uint32_t pool_watermark(const rw_pool_t *pool, bool checked, pool_width_t width)
{
    return checked ? pool->count - pool_links_equal(pool, width, POOL_NEVER_USED)
                   : pool_chain(pool, width, 0).watermark;
}

RW_INLINE void pool_walk(const rw_object_t *object, rw_visit_t visit, void *context, bool checked,
                         pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const int32_t first = -(int32_t)pool->count;
    const int32_t end = first + (int32_t)pool_watermark(pool, checked, width);
    rw_block_t report;
    report.object = object;
    report.size = (size_t)pool->block_size;
    for (int32_t token = first; token < end; token++) {
        report.address = pool_block(pool, token);
        report.used = pool_used(pool, checked, width, token);
        if (!visit(&report, context)) {
            return;
        }
    }
}

/* Blocks allocated now. */
RW_INLINE uint32_t pool_used_count(const rw_pool_t *pool, bool checked, pool_width_t width,
                                   uint32_t watermark)
{
    if (checked) {
        return pool_links_equal(pool, width, pool_allocated(width));
    }
    const pool_chain_t chain = pool_chain(pool, width, 0);
    return chain.length < watermark ? watermark - chain.length : 0U;
}

RW_INLINE void pool_stats(const rw_object_t *object, rw_stats_t *out, bool checked,
                          pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const size_t block_size = (size_t)pool->block_size;
    const uint32_t watermark = pool_watermark(pool, checked, width);
    const uint32_t used = pool_used_count(pool, checked, width, watermark);
    out->size = object->size;
    out->used = used * block_size;
    out->peak = watermark * block_size;
    out->free = object->size - used * block_size;
    out->largest = used < pool->count ? block_size : 0U;
    out->failures = 0;
}

/* Sharing makes no difference here. */
#define POOL_CORES(checks, checked, width)                                                         \
    size_t rw_pool_usable_##checks##_none_##width(const rw_object_t *object, const void *block)    \
    {                                                                                              \
        return pool_usable(object, block, checked, POOL_WIDTH_##width);                            \
    }                                                                                              \
    rw_status_t rw_pool_check_##checks##_none_##width(const rw_object_t *object)                   \
    {                                                                                              \
        return pool_check(object, checked, POOL_WIDTH_##width);                                    \
    }                                                                                              \
    void rw_pool_walk_##checks##_none_##width(const rw_object_t *object, rw_visit_t visit,         \
                                              void *context)                                       \
    {                                                                                              \
        pool_walk(object, visit, context, checked, POOL_WIDTH_##width);                            \
    }                                                                                              \
    void rw_pool_stats_##checks##_none_##width(const rw_object_t *object, rw_stats_t *out)         \
    {                                                                                              \
        pool_stats(object, out, checked, POOL_WIDTH_##width);                                      \
    }                                                                                              \
    RW_CORE_ALIAS(rw_pool_usable_##checks##_shared_##width,                                        \
                  rw_pool_usable_##checks##_none_##width);                                         \
    RW_CORE_ALIAS(rw_pool_check_##checks##_shared_##width, rw_pool_check_##checks##_none_##width); \
    RW_CORE_ALIAS(rw_pool_walk_##checks##_shared_##width, rw_pool_walk_##checks##_none_##width);   \
    RW_CORE_ALIAS(rw_pool_stats_##checks##_shared_##width, rw_pool_stats_##checks##_none_##width)

POOL_CORES(none, false, 8);
POOL_CORES(none, false, 16);
POOL_CORES(basic, true, 8);
POOL_CORES(basic, true, 16);

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
