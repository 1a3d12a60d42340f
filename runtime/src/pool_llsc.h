/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, taking and giving shared with interrupt handlers by load-linked and store-conditional.
 *
 * Every retry means that another context got ahead, so contexts that interrupt each other finish
 * from the innermost outwards. No store lies between a load-linked and its store-conditional: an
 * implementation may drop the reservation then.
 */
#ifndef RAMWRIGHT_SRC_POOL_LLSC_H
#define RAMWRIGHT_SRC_POOL_LLSC_H

#include "pool_links.h"

/* Takes a block. Returns its token; >= 0 iff the pool is empty.
 *
 * The link read may be stale, but then somebody ran since head was, and the store fails. Between
 * the store and the mark the block belongs to this call and its link still reads as free, so a
 * handler that frees the block by mistake is told so. */
RW_INLINE int32_t pool_take_lock_free(const rw_pool_t *pool, pool_width_t width)
{
    uint32_t *const place = (uint32_t *)&pool->state->head;
    pool_step_t step;
    do {
        step = pool_step(pool, width, (int32_t)rw_port_load_linked_32(place));
        if (step.token >= 0) {
            return step.token;
        }
    } while (!rw_port_store_conditional_32(place, (uint32_t)step.head));
    if (pool_checked(width)) {
        pool_link_set(pool, width, step.token, pool_allocated(width));
        __atomic_signal_fence(__ATOMIC_SEQ_CST); /* before the caller passes the block on */
    }
    return step.token;
}

/* Changes an allocated block's link, which lies at place; false iff the block is not allocated. Of
 * two contexts that free the same block one succeeds. */
RW_INLINE bool pool_claim(pool_width_t width, void *place, int32_t link)
{
    if (width == POOL_WIDTH_8) {
        do {
            if (rw_port_load_linked_8(place) != (uint8_t)INT8_MIN) {
                return false;
            }
        } while (!rw_port_store_conditional_8(place, (uint32_t)link));
    } else {
        do {
            if (rw_port_load_linked_16(place) != (uint16_t)INT16_MIN) {
                return false;
            }
        } while (!rw_port_store_conditional_16(place, (uint32_t)link));
    }
    return true;
}

/* Gives a block back. Returns whether it was allocated; without checks that is taken on trust.
 * The block is this call's from the claim until it is on the chain, so its link may be corrected
 * by a plain store when head has moved on. */
RW_INLINE bool pool_give_lock_free(const rw_pool_t *pool, pool_width_t width, int32_t token)
{
    uint32_t *const place = (uint32_t *)&pool->state->head;
    void *const link = pool_link_place(pool, width, token);
    uint32_t head = *place;
    if (!pool_checked(width)) {
        pool_link_store(width, link, (int32_t)head);
    } else if (!pool_claim(width, link, (int32_t)head)) {
        return false;
    }
    while (rw_port_load_linked_32(place) != head ||
           !rw_port_store_conditional_32(place, (uint32_t)token)) {
        head = *place;
        pool_link_store(width, link, (int32_t)head);
    }
    return true;
}

#endif
