/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks full, second floor: the quarantine. What has no lock in its arguments runs under it.
 */
#ifndef RAMWRIGHT_SRC_FULL_QUARANTINE_H
#define RAMWRIGHT_SRC_FULL_QUARANTINE_H

#include "ramwright/port.h"

#include "full_block.h"

#define FULL_FILLING 0U
#define FULL_LEAVING SIZE_MAX

/* As rw_port_lock, out of line: the sharing is no constant here. */
uintptr_t rw_full_lock(rw_sharing_t sharing);
void rw_full_unlock(rw_sharing_t sharing, uintptr_t state);

/* Whether the block in a place is filled and stays. */
RW_INLINE bool full_settled(const rw_held_t *held)
{
    return held->block != NULL && held->extent != FULL_FILLING && held->extent != FULL_LEAVING;
}

/* The place of a block; NULL iff it is in none. */
static inline rw_held_t *full_find(const rw_full_t *full, const void *block)
{
    for (uint32_t place = 0; place < full->places; place++) {
        if (full->held[place].block == block) {
            return &full->held[place];
        }
    }
    return NULL;
}

/* Puts a block that is yet to be filled into the next place. NULL iff the block that was there,
 * whose call somebody interrupted so many frees ago, has not left yet. */
static inline rw_held_t *full_enter(const rw_full_t *full, void *block)
{
    rw_held_t *const held = &full->held[full->state->next];
    if (held->block != NULL) {
        return NULL;
    }
    held->block = block;
    held->extent = FULL_FILLING;
    const uint32_t next = full->state->next + 1U;
    full->state->next = (uint16_t)(next < full->places ? next : 0U);
    return held;
}

/* Marks the block in a place as about to leave, and returns it; block NULL iff none is there that
 * can leave. */
static inline rw_held_t full_evict(rw_held_t *held)
{
    rw_held_t leaving = {NULL, 0};
    if (full_settled(held)) {
        leaving = *held;
        held->extent = FULL_LEAVING;
    }
    return leaving;
}

/* Takes a block that is handed out again out of its place, if it is still said to be in one. */
static inline void full_forget(const rw_full_t *full, const void *block)
{
    rw_held_t *const held = full_find(full, block);
    if (held != NULL) {
        held->block = NULL;
    }
}

/* Takes the lock: the block in a place is filled now. */
static inline void full_settle(rw_sharing_t sharing, rw_held_t *held, size_t extent)
{
    const uintptr_t lock = rw_full_lock(sharing);
    held->extent = extent;
    rw_full_unlock(sharing, lock);
}

/* Takes the lock: a block has left its place, unless another has come there since. */
static inline void full_leave(rw_sharing_t sharing, rw_held_t *held, const void *block)
{
    const uintptr_t lock = rw_full_lock(sharing);
    if (held->block == block && held->extent == FULL_LEAVING) {
        held->block = NULL;
    }
    rw_full_unlock(sharing, lock);
}

#endif
