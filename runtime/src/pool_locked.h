/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, taking and giving under the lock that fits the sharing, where no way without it is known.
 */
#ifndef RAMWRIGHT_SRC_POOL_LOCKED_H
#define RAMWRIGHT_SRC_POOL_LOCKED_H

#include "pool_plain.h"

RW_INLINE int32_t pool_take_locked(const rw_pool_t *pool, rw_sharing_t sharing, pool_width_t width)
{
    const uintptr_t state = rw_port_lock(sharing);
    const int32_t token = pool_take_plain(pool, width);
    rw_port_unlock(sharing, state);
    return token;
}

RW_INLINE bool pool_give_locked(const rw_pool_t *pool, rw_sharing_t sharing, pool_width_t width,
                                int32_t token)
{
    const uintptr_t state = rw_port_lock(sharing);
    const bool given = pool_give_plain(pool, width, token);
    rw_port_unlock(sharing, state);
    return given;
}

#endif
