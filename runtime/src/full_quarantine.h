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

/* What a free has of the quarantine. */
typedef struct full_entry {
    rw_held_t *place; /* whose turn it was */
    bool placed;      /* false: the block that was there has not left yet, since the call that makes
                         it leave was interrupted, RW_FULL_SPARE frees deep */
} full_entry_t;

/* The n-th place from one on. */
static inline rw_held_t *full_place(const rw_full_t *full, const rw_held_t *from, uint32_t n)
{
    const uint32_t place = (uint32_t)(from - full->held) + n;
    return &full->held[place < full->places ? place : place - full->places];
}

/* Puts a block, of which nothing is known yet, into the next place. */
static inline void full_put(const rw_full_t *full, void *block, full_entry_t *entry)
{
    rw_held_t *const place = &full->held[full->state->next];
    full->state->next = (uint16_t)(full_place(full, place, 1) - full->held);
    entry->place = place;
    entry->placed = place->block == NULL;
    if (entry->placed) {
        place->block = block;
        place->extent = FULL_FILLING;
    }
}

/* Undoes that; the turn is the place's again unless others have come since. */
static inline void full_take_back(const rw_full_t *full, const full_entry_t *entry)
{
    if (entry->placed) {
        entry->place->block = NULL;
    }
    if (&full->held[full->state->next] == full_place(full, entry->place, 1)) {
        full->state->next = (uint16_t)(entry->place - full->held);
    }
}

/* The place of the block that has to leave for an entry. */
static inline rw_held_t *full_oldest(const rw_full_t *full, const full_entry_t *entry)
{
    return full_place(full, entry->place, entry->placed ? RW_FULL_SPARE : 0U);
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
        held->extent = 0;
    }
}

/* Takes the lock: a block has left its place, unless another has come there since. */
static inline void full_leave(rw_sharing_t sharing, rw_held_t *held, const void *block)
{
    const uintptr_t lock = rw_full_lock(sharing);
    if (held->block == block && held->extent == FULL_LEAVING) {
        held->block = NULL;
        held->extent = 0;
    }
    rw_full_unlock(sharing, lock);
}

#endif
