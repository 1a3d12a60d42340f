/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's port, and a kernel of one task. It sleeps by going through its time; interrupts
 * come when the test says so.
 */
#ifndef WAITING_PORT_H
#define WAITING_PORT_H

#include "ramwright/ports/machine.h"

#define RW_PORT_WAIT

#if defined(RW_PORT_NEED_WAIT)

typedef struct rw_port_event {
    volatile bool set;
} rw_port_event_t;

extern uint32_t port_now;
extern uint32_t port_sleeps; /* how often the task began to sleep */

static inline void rw_port_event_open(rw_port_event_t *event, rw_waiter_t *waiter)
{
    (void)waiter;
    event->set = false;
}

static inline void rw_port_event_close(rw_port_event_t *event)
{
    (void)event;
}

static inline void rw_port_wait(rw_port_event_t *event, rw_ticks_t ticks)
{
    port_sleeps++;
    while (!event->set && ticks-- != 0U) {
        port_now++;
    }
}

static inline void rw_port_wake(rw_port_event_t *event, uintptr_t state)
{
    event->set = true;
    rw_port_unlock_interrupt(state);
}

static inline bool rw_port_can_wait(void)
{
    return rw_machine_can_switch();
}

static inline rw_ticks_t rw_port_tick(void)
{
    return port_now;
}

static inline int32_t rw_port_priority(void)
{
    return 0;
}

static inline const void *rw_port_task(void)
{
    return &port_now;
}

#endif

#endif
