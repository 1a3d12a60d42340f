/* SPDX-License-Identifier: Apache-2.0
 *
 * ThreadX (Azure RTOS, Eclipse ThreadX), from 6.0, one core: contracts in ramwright/port.h. Locks
 * and atomics are the machine's; a thread that waits does so on a semaphore of its own.
 *
 * A terminated thread is told to the runtime by a callback that knows its kind:
 *
 *   static void ended(TX_THREAD *thread, UINT condition)
 *   {
 *       if (condition == TX_THREAD_EXIT) { rw_wait_forget(thread); }
 *   }
 *   tx_thread_entry_exit_notify(&thread, ended);     after tx_thread_create
 *
 * Without TX_DISABLE_NOTIFY_CALLBACKS; or call rw_wait_forget(&thread) after tx_thread_terminate.
 */
#ifndef RAMWRIGHT_PORTS_THREADX_H
#define RAMWRIGHT_PORTS_THREADX_H

#include "ramwright/ports/machine.h"

#define RW_PORT_WAIT

#if defined(RW_PORT_NEED_WAIT)

#include "tx_api.h"
#include "tx_thread.h"

typedef struct rw_port_event {
    TX_SEMAPHORE semaphore;
} rw_port_event_t;

static inline void rw_port_event_open(rw_port_event_t *event, rw_waiter_t *waiter)
{
    (void)waiter;
    static CHAR name[] = "ramwright";
    (void)tx_semaphore_create(&event->semaphore, name, 0);
}

static inline void rw_port_event_close(rw_port_event_t *event)
{
    (void)tx_semaphore_delete(&event->semaphore);
}

static inline void rw_port_wait(rw_port_event_t *event, rw_ticks_t ticks)
{
    (void)tx_semaphore_get(&event->semaphore, ticks == RW_FOREVER ? TX_WAIT_FOREVER : (ULONG)ticks);
}

/* The kernel may switch in there, our section open: by then the semaphore is put. */
static inline void rw_port_wake(rw_port_event_t *event, uintptr_t state)
{
    (void)tx_semaphore_put(&event->semaphore);
    rw_port_unlock_interrupt(state);
}

static inline bool rw_port_can_wait(void)
{
    return rw_machine_can_switch() && TX_THREAD_GET_SYSTEM_STATE() == 0U &&
           tx_thread_identify() != TX_NULL;
}

static inline rw_ticks_t rw_port_tick(void)
{
    return (rw_ticks_t)tx_time_get();
}

/* Less is more urgent in ThreadX. */
static inline int32_t rw_port_priority(void)
{
    UINT priority = 0;
    (void)tx_thread_info_get(tx_thread_identify(), TX_NULL, TX_NULL, TX_NULL, &priority, TX_NULL,
                             TX_NULL, TX_NULL, TX_NULL);
    return -(int32_t)priority;
}

static inline const void *rw_port_task(void)
{
    return tx_thread_identify();
}

#endif

#endif
