/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, taking and giving shared between threads by compare-and-swap.
 *
 * Compare-and-swap cannot see that head left and came back, so a tag in the upper half of the word
 * is counted up by every change. A thread would have to sleep through a multiple of 2^32 changes
 * between its load and its swap to be deceived.
 */
#ifndef RAMWRIGHT_SRC_POOL_CAS_H
#define RAMWRIGHT_SRC_POOL_CAS_H

#include "pool_links.h"

/* The word that follows word when head becomes head. */
RW_INLINE uint64_t pool_tagged(uint64_t word, int32_t head)
{
    return ((word >> 32) + 1U) << 32 | (uint32_t)head;
}

/* Takes a block. Returns its token; >= 0 iff the pool is empty.
 *
 * The link read may be stale, but then head has changed and its tag with it. Until the mark is set
 * the link reads as free, so a thread that frees the block by mistake is told so. */
RW_INLINE int32_t pool_take_lock_free(const rw_pool_t *pool, pool_width_t width)
{
    pool_step_t step;
    uint64_t word = atomic_load_explicit(&pool->state->head, memory_order_acquire);
    do {
        step = pool_step(pool, width, (int32_t)(uint32_t)word);
        if (step.token >= 0) {
            return step.token;
        }
    } while (!atomic_compare_exchange_weak_explicit(&pool->state->head, &word,
                                                    pool_tagged(word, step.head),
                                                    memory_order_acq_rel, memory_order_acquire));
    if (pool_checked(width)) {
        pool_link_set(pool, width, step.token, pool_allocated(width));
    }
    return step.token;
}

/* Changes an allocated block's link, which lies at place; false iff the block is not allocated. Of
 * two threads that free the same block one succeeds. */
RW_INLINE bool pool_claim(pool_width_t width, void *place, int32_t link)
{
    if (width == POOL_WIDTH_8) {
        int8_t allocated = INT8_MIN;
        return __atomic_compare_exchange_n((int8_t *)place, &allocated, (int8_t)link, false,
                                           __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    }
    int16_t allocated = INT16_MIN;
    return __atomic_compare_exchange_n((int16_t *)place, &allocated, (int16_t)link, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Gives a block back. Returns whether it was allocated; without checks that is taken on trust.
 * The block is this call's from the claim until it is on the chain, so its link may be corrected
 * by a plain store when head has moved on. */
RW_INLINE bool pool_give_lock_free(const rw_pool_t *pool, pool_width_t width, int32_t token)
{
    void *const link = pool_link_place(pool, width, token);
    uint64_t word = atomic_load_explicit(&pool->state->head, memory_order_relaxed);
    if (!pool_checked(width)) {
        pool_link_store(width, link, (int32_t)(uint32_t)word);
    } else if (!pool_claim(width, link, (int32_t)(uint32_t)word)) {
        return false;
    }
    while (!atomic_compare_exchange_weak_explicit(&pool->state->head, &word,
                                                  pool_tagged(word, token), memory_order_release,
                                                  memory_order_relaxed)) {
        pool_link_store(width, link, (int32_t)(uint32_t)word);
    }
    return true;
}

#endif
