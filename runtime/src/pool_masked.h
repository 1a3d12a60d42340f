/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, taking and giving shared with interrupt handlers by masking interrupts.
 */
#ifndef RAMWRIGHT_SRC_POOL_MASKED_H
#define RAMWRIGHT_SRC_POOL_MASKED_H

#include "pool_plain.h"

RW_INLINE int32_t pool_take_shared(const rw_pool_t *pool, bool checked, pool_width_t width)
{
    const uintptr_t state = rw_port_lock_interrupt();
    const int32_t token = pool_take_plain(pool, checked, width);
    rw_port_unlock_interrupt(state);
    return token;
}

RW_INLINE bool pool_give_shared(const rw_pool_t *pool, bool checked, pool_width_t width,
                                int32_t token)
{
    const uintptr_t state = rw_port_lock_interrupt();
    const bool given = pool_give_plain(pool, checked, width, token);
    rw_port_unlock_interrupt(state);
    return given;
}

#endif
