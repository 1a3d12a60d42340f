/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, taking and giving for one caller at a time; under the interrupt lock, also for shared
 * pools on cores without exclusives (Cortex-M0, M0+).
 */
#ifndef RAMWRIGHT_SRC_POOL_PLAIN_H
#define RAMWRIGHT_SRC_POOL_PLAIN_H

#include "pool_links.h"

/* Takes a block. Returns its token; >= 0 iff the pool is empty. */
RW_INLINE int32_t pool_take_plain(const rw_pool_t *pool, pool_width_t width)
{
    const pool_step_t step = pool_step(pool, width, pool_head(pool->state));
    if (step.token < 0) {
        pool_head_set(pool->state, step.head);
        if (pool_checked(width)) {
            pool_link_set(pool, width, step.token, pool_allocated(width));
        }
    }
    return step.token;
}

/* Gives a block back. Returns whether it was allocated; without checks that is taken on trust. */
RW_INLINE bool pool_give_plain(const rw_pool_t *pool, pool_width_t width, int32_t token)
{
    void *const link = pool_link_place(pool, width, token);
    rw_pool_state_t *const state =
        pool->state; /* read once: to the compiler a link may overlay it */
    if (pool_checked(width) && pool_link_load(width, link) != pool_allocated(width)) {
        return false;
    }
    pool_link_store(width, link, pool_head(state));
    pool_head_set(state, token);
    return true;
}

#endif
