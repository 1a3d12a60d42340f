/* SPDX-License-Identifier: Apache-2.0
 *
 * A port for one thread that plays the interrupts itself: whenever the outermost lock is given
 * back, what would have come meanwhile comes. The same at every run, whatever the machine does.
 * A program whose tasks wait switches between them itself.
 */
#ifndef RAMWRIGHT_TEST_PORT_NESTED_H
#define RAMWRIGHT_TEST_PORT_NESTED_H

#include <stdbool.h>
#include <stdint.h>

#define RW_PORT_TASK_IS_INTERRUPT
#define RW_PORT_CORE_LOCK
#define RW_PORT_WAIT

extern uintptr_t nested_masked;
void nested_unmasked(void); /* called with no lock held */

static inline uintptr_t rw_port_lock_interrupt(void)
{
    const uintptr_t state = nested_masked;
    nested_masked = 1;
    return state;
}

static inline void rw_port_unlock_interrupt(uintptr_t state)
{
    nested_masked = state;
    if (state == 0U) {
        nested_unmasked();
    }
}

static inline uintptr_t rw_port_lock_task(void)
{
    return rw_port_lock_interrupt();
}

static inline void rw_port_unlock_task(uintptr_t state)
{
    rw_port_unlock_interrupt(state);
}

static inline uintptr_t rw_port_lock_core(void)
{
    return rw_port_lock_interrupt();
}

static inline void rw_port_unlock_core(uintptr_t state)
{
    rw_port_unlock_interrupt(state);
}

#if defined(RW_PORT_NEED_WAIT)

typedef struct rw_port_event {
    bool set;
} rw_port_event_t;

void nested_sleep(const rw_port_event_t *event, rw_ticks_t ticks); /* as rw_port_wait */
rw_ticks_t rw_port_tick(void);
int32_t rw_port_priority(void);
const void *rw_port_task(void);

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
    nested_sleep(event, ticks);
}

static inline void rw_port_wake(rw_port_event_t *event, uintptr_t state)
{
    event->set = true;
    rw_port_unlock_interrupt(state);
}

static inline bool rw_port_can_wait(void)
{
    return nested_masked == 0U;
}

#endif

#endif
