/* SPDX-License-Identifier: Apache-2.0
 *
 * Zephyr, from 3.1, any architecture, one core: contracts in ramwright/port.h. Locks are irq_lock,
 * which leaves zero-latency interrupts open: their handlers must not call the runtime. Threads wait
 * on a semaphore on their stack, so CONFIG_OBJ_CORE_SEM, which would list it, stays off.
 *
 * Waking a thread under irq_lock does not switch to it; the port asks for the switch afterwards.
 *
 * An aborted thread is told to the runtime after k_thread_abort(thread): rw_wait_forget(thread).
 */
#ifndef RAMWRIGHT_PORTS_ZEPHYR_H
#define RAMWRIGHT_PORTS_ZEPHYR_H

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/irq.h>

#define RW_PORT_KERNEL_LOCKS
#define RW_PORT_TASK_IS_INTERRUPT
#define RW_PORT_WAIT

static inline uintptr_t rw_port_lock_interrupt(void)
{
    return irq_lock();
}

static inline void rw_port_unlock_interrupt(uintptr_t key)
{
    irq_unlock((unsigned int)key);
}

static inline uintptr_t rw_port_lock_task(void)
{
    return rw_port_lock_interrupt();
}

static inline void rw_port_unlock_task(uintptr_t key)
{
    rw_port_unlock_interrupt(key);
}

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#include "ramwright/ports/cortex_m.h"
#endif

#if defined(RW_PORT_NEED_WAIT)

#include <zephyr/kernel.h>

#if defined(CONFIG_SMP) && CONFIG_SMP
#error "ramwright: waiting is for one core; CONFIG_SMP has several"
#endif
#if defined(CONFIG_OBJ_CORE_SEM)
#error "ramwright: CONFIG_OBJ_CORE_SEM would list semaphores that lie on stacks; switch it off"
#endif

typedef struct rw_port_event {
    struct k_sem semaphore;
} rw_port_event_t;

static inline void rw_port_event_open(rw_port_event_t *event, rw_waiter_t *waiter)
{
    (void)waiter;
    (void)k_sem_init(&event->semaphore, 0, 1);
}

static inline void rw_port_event_close(rw_port_event_t *event)
{
    (void)event;
}

static inline void rw_port_wait(rw_port_event_t *event, rw_ticks_t ticks)
{
    (void)k_sem_take(&event->semaphore,
                     ticks == RW_FOREVER ? K_FOREVER : K_TICKS((k_ticks_t)ticks));
}

static inline void rw_port_wake(rw_port_event_t *event, uintptr_t key)
{
    k_sem_give(&event->semaphore);
    rw_port_unlock_interrupt(key);
    if (!k_is_in_isr() && !k_is_pre_kernel()) {
        k_sched_lock();
        k_sched_unlock(); /* switches to the most urgent thread */
    }
}

static inline bool rw_port_can_wait(void)
{
    const unsigned int key = irq_lock();
    const bool open = arch_irq_unlocked(key);
    irq_unlock(key);
    return open && !k_is_in_isr() && !k_is_pre_kernel();
}

static inline rw_ticks_t rw_port_tick(void)
{
    return (rw_ticks_t)k_uptime_ticks();
}

/* Less is more urgent in Zephyr. */
static inline int32_t rw_port_priority(void)
{
    return -(int32_t)k_thread_priority_get(k_current_get());
}

static inline const void *rw_port_task(void)
{
    return k_current_get();
}

#endif

#endif
