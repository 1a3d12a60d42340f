/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiters and their lists. Lists are singly headed and doubly linked: every waiter knows the
 * pointer that points to it, so it leaves either list in a few instructions, and a zero head is an
 * empty list.
 */
#define RW_PORT_NEED_WAIT

#include "waiter.h"

#if defined(RW_PORT_WAIT)

#include "inline.h"

/* Puts waiter where *place points. */
RW_INLINE void waiter_link(rw_waiter_t *waiter, rw_waiter_t **place)
{
    waiter->next = *place;
    waiter->link = place;
    if (waiter->next != NULL) {
        waiter->next->link = &waiter->next;
    }
    *place = waiter;
}

/* Takes it off the list it is on, if any. */
RW_INLINE void waiter_unlink(rw_waiter_t *waiter)
{
    if (waiter->link == NULL) {
        return;
    }
    *waiter->link = waiter->next;
    if (waiter->next != NULL) {
        waiter->next->link = waiter->link;
    }
    waiter->link = NULL;
}

void rw_waiter_open(rw_waiter_t *waiter, const rw_object_t *object, rw_free_core_t give_back)
{
    waiter->link = NULL;
    waiter->block = NULL;
    waiter->object = object;
    waiter->give_back = give_back;
    waiter->task = rw_port_task();
    waiter->priority = rw_port_priority();
    rw_port_event_open(&waiter->event, waiter);
}

void rw_waiter_close(rw_waiter_t *waiter)
{
    rw_port_event_close(&waiter->event);
}

/* Behind all that are as urgent: they came before. */
void rw_waiter_join(rw_waiter_t *waiter, rw_wait_list_t *list)
{
    rw_waiter_t **place = &list->waiting;
    while (*place != NULL && (*place)->priority >= waiter->priority) {
        place = &(*place)->next;
    }
    waiter_link(waiter, place);
}

/* The ticks of left that remain; the time in *since is the last look at the clock. */
RW_INLINE rw_ticks_t waiter_remaining(rw_ticks_t left, rw_ticks_t *since)
{
    const rw_ticks_t now = rw_port_tick();
    const rw_ticks_t elapsed = now - *since;
    *since = now;
    return elapsed < left ? left - elapsed : 0U;
}

/* The look at block, under the lock, decides between hand-over and timeout; whatever else ended the
 * sleep, it goes on. */
void *rw_waiter_sleep(rw_waiter_t *waiter, rw_ticks_t timeout)
{
    rw_ticks_t since = rw_port_tick();
    rw_ticks_t left = timeout;
    bool over = false;
    while (!over) {
        rw_port_wait(&waiter->event, left);
        if (timeout != RW_FOREVER) {
            left = waiter_remaining(left, &since);
        }
        const uintptr_t state = rw_port_lock_interrupt();
        over = waiter->block != NULL || left == 0U;
        if (over) {
            waiter_unlink(waiter);
        }
        rw_port_unlock_interrupt(state);
    }
    rw_waiter_close(waiter);
    return waiter->block;
}

void rw_waiter_hand_over(rw_wait_list_t *list, rw_waiter_t *waiter, void *block, uintptr_t state)
{
    waiter_unlink(waiter);
    waiter->block = block;
    waiter_link(waiter, &list->handed);
    rw_port_wake(&waiter->event, state);
}

void rw_waiter_abandon(rw_waiter_t *waiter)
{
    const uintptr_t state = rw_port_lock_interrupt();
    void *const block = waiter->block;
    waiter_unlink(waiter);
    waiter->block = NULL;
    rw_port_unlock_interrupt(state);
    rw_waiter_close(waiter);
    (void)waiter->give_back(block, waiter->object);
}

RW_INLINE rw_waiter_t *waiter_of(rw_waiter_t *waiter, const void *task)
{
    while (waiter != NULL && waiter->task != task) {
        waiter = waiter->next;
    }
    return waiter;
}

bool rw_wait_list_forget(rw_wait_list_t *list, const void *task)
{
    const uintptr_t state = rw_port_lock_interrupt();
    rw_waiter_t *waiter = waiter_of(list->waiting, task);
    if (waiter == NULL) {
        waiter = waiter_of(list->handed, task);
    }
    rw_port_unlock_interrupt(state);
    if (waiter == NULL) {
        return false;
    }
    rw_waiter_abandon(waiter);
    return true;
}

#endif
