/* SPDX-License-Identifier: Apache-2.0
 *
 * POSIX host, for tests and simulation: contracts in ramwright/port.h. Threads play both tasks and
 * interrupt handlers, so both locks are one lock of the process (runtime/src/ports/posix.c). A
 * signal handler is no interrupt handler here: it must not call the runtime.
 */
#ifndef RAMWRIGHT_PORTS_POSIX_H
#define RAMWRIGHT_PORTS_POSIX_H

#include <stdint.h>

/* Takes the lock of the process; a thread that holds it takes it again at no risk. */
void rw_posix_lock(void);

/* Gives it back; free when given back as often as taken. */
void rw_posix_unlock(void);

/* A spinlock, as between cores: whoever holds it does not take it again. */
void rw_posix_lock_core(void);
void rw_posix_unlock_core(void);

#define RW_PORT_TASK_IS_INTERRUPT
#define RW_PORT_CORE_LOCK
#define RW_PORT_CAS

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

#endif
