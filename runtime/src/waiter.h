/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiters: the protocol of docs/adr/0011-waiting.md, for any object that hands out blocks. The
 * object's own lists lie in an rw_wait_list_t; what it does with a block is its own affair. Sources
 * that include this define RW_PORT_NEED_WAIT before every other header.
 */
#ifndef RAMWRIGHT_SRC_WAITER_H
#define RAMWRIGHT_SRC_WAITER_H

#include "ramwright/dispatch.h"
#include "ramwright/wait.h"

#if defined(RW_PORT_WAIT)

/* A task that waits, on its stack. */
struct rw_waiter {
    rw_waiter_t *next;
    rw_waiter_t **link; /* what points to this waiter; NULL: it is on no list */
    void *block;        /* NULL until one is handed over */
    const rw_object_t *object;
    rw_free_core_t give_back; /* of the object */
    const void *task;
    int32_t priority;
    rw_port_event_t event;
};

/* Makes the calling task a waiter, on no list yet. No lock is held. */
void rw_waiter_open(rw_waiter_t *waiter, const rw_object_t *object, rw_free_core_t give_back);

/* Puts it on the list. The interrupt lock is held, and the object has no free block. */
void rw_waiter_join(rw_waiter_t *waiter, rw_wait_list_t *list);

/* Ends a waiter that has not joined. */
void rw_waiter_close(rw_waiter_t *waiter);

/* Sleeps until a block is handed over, for timeout ticks at most, and ends the waiter. No lock is
 * held. Returns the block; NULL iff none came. */
void *rw_waiter_sleep(rw_waiter_t *waiter, rw_ticks_t timeout);

/* Hands block to waiter, the first of list->waiting, and wakes its task. Called inside the section
 * that rw_port_lock_interrupt opened with the answer state; leaves it. */
void rw_waiter_hand_over(rw_wait_list_t *list, rw_waiter_t *waiter, void *block, uintptr_t state);

/* Ends a waiter whose task does not run again: it leaves its list, and its object gets back what it
 * was handed. No lock is held. */
void rw_waiter_abandon(rw_waiter_t *waiter);

/* Does so to the waiter of task, if list has it. Returns whether it had. */
bool rw_wait_list_forget(rw_wait_list_t *list, const void *task);

#endif

#endif
