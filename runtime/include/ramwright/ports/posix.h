/* SPDX-License-Identifier: Apache-2.0
 *
 * POSIX host, for tests and simulation: contracts in ramwright/port.h. Threads play both tasks and
 * interrupt handlers, so both locks are one lock of the process (runtime/src/ports/posix.c; waiting
 * is in posix_wait.c). A signal handler is no interrupt handler here: it must not call the runtime.
 *
 * Ticks are milliseconds. A thread cancelled while it waits leaves the list by itself; a thread
 * that holds the lock may not wait.
 */
#ifndef RAMWRIGHT_PORTS_POSIX_H
#define RAMWRIGHT_PORTS_POSIX_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Takes the lock of the process; a thread that holds it takes it again at no risk. */
void rw_posix_lock(void);

/* Gives it back; free when given back as often as taken. */
void rw_posix_unlock(void);

/* A spinlock, as between cores: whoever holds it does not take it again. */
void rw_posix_lock_core(void);
void rw_posix_unlock_core(void);

/* The priority with which the calling thread waits, 0 at first; greater is more urgent. Threads of
 * a host seldom have one of their own. */
void rw_posix_set_priority(int32_t priority);

#ifdef __cplusplus
}
#endif

#define RW_PORT_TASK_IS_INTERRUPT
#define RW_PORT_CORE_LOCK
#define RW_PORT_CAS
#define RW_PORT_WAIT

static inline uintptr_t rw_port_lock_interrupt(void)
{
    rw_posix_lock();
    return 0;
}

static inline void rw_port_unlock_interrupt(uintptr_t state)
{
    (void)state;
    rw_posix_unlock();
}

static inline uintptr_t rw_port_lock_core(void)
{
    rw_posix_lock_core();
    return 0;
}

static inline void rw_port_unlock_core(uintptr_t state)
{
    (void)state;
    rw_posix_unlock_core();
}

static inline uintptr_t rw_port_lock_task(void)
{
    return rw_port_lock_interrupt();
}

static inline void rw_port_unlock_task(uintptr_t state)
{
    rw_port_unlock_interrupt(state);
}

#if defined(RW_PORT_NEED_WAIT)

#include <pthread.h>

typedef struct rw_port_event {
    pthread_cond_t condition;
    rw_waiter_t *waiter;
    bool set;
} rw_port_event_t;

void rw_port_event_open(rw_port_event_t *event, rw_waiter_t *waiter);
void rw_port_event_close(rw_port_event_t *event);
void rw_port_wait(rw_port_event_t *event, rw_ticks_t ticks);
void rw_port_wake(rw_port_event_t *event, uintptr_t state);
bool rw_port_can_wait(void);
rw_ticks_t rw_port_tick(void);
int32_t rw_port_priority(void);
const void *rw_port_task(void);

#endif

#endif
