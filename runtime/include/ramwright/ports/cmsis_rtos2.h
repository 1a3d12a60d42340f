/* SPDX-License-Identifier: Apache-2.0
 *
 * CMSIS-RTOS2 (RTX5, CMSIS-FreeRTOS and others), one core: contracts in ramwright/port.h. Locks and
 * atomics are the machine's; threads wait on one of their thread flags, RW_CMSIS_FLAG, by default
 * the highest. Keep it free of other uses by threads that wait for blocks.
 *
 * The flag is set with interrupts masked. RTX5 and CMSIS-FreeRTOS then take the way of an ISR; so
 * in RTX5 each waking takes a place in the ISR queue (OS_ISR_FIFO_QUEUE) for a moment.
 *
 * The kernel tells nobody of a terminated thread. Call osThreadSuspend(thread),
 * rw_wait_forget(thread), osThreadTerminate(thread).
 */
#ifndef RAMWRIGHT_PORTS_CMSIS_RTOS2_H
#define RAMWRIGHT_PORTS_CMSIS_RTOS2_H

#include "ramwright/ports/machine.h"

#define RW_PORT_WAIT

#if defined(RW_PORT_NEED_WAIT)

#include "cmsis_os2.h"

#if !defined(RW_CMSIS_FLAG)
#define RW_CMSIS_FLAG 0x40000000U /* bit 31 is taken: it marks errors */
#endif

_Static_assert(RW_FOREVER == osWaitForever, "timeouts pass unchanged");

typedef struct rw_port_event {
    osThreadId_t thread;
} rw_port_event_t;

static inline void rw_port_event_open(rw_port_event_t *event, rw_waiter_t *waiter)
{
    (void)waiter;
    event->thread = osThreadGetId();
}

static inline void rw_port_event_close(rw_port_event_t *event)
{
    (void)event;
}

static inline void rw_port_wait(rw_port_event_t *event, rw_ticks_t ticks)
{
    (void)event;
    (void)osThreadFlagsWait(RW_CMSIS_FLAG, osFlagsWaitAny, ticks);
}

static inline void rw_port_wake(rw_port_event_t *event, uintptr_t state)
{
    (void)osThreadFlagsSet(event->thread, RW_CMSIS_FLAG);
    rw_port_unlock_interrupt(state);
}

static inline bool rw_port_can_wait(void)
{
    return rw_machine_can_switch() && osKernelGetState() == osKernelRunning;
}

static inline rw_ticks_t rw_port_tick(void)
{
    return osKernelGetTickCount();
}

static inline int32_t rw_port_priority(void)
{
    return (int32_t)osThreadGetPriority(osThreadGetId());
}

static inline const void *rw_port_task(void)
{
    return osThreadGetId();
}

#endif

#endif
