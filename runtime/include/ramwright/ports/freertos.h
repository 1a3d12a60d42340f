/* SPDX-License-Identifier: Apache-2.0
 *
 * FreeRTOS, from 9.0, one core: contracts in ramwright/port.h. Locks and atomics are the machine's;
 * tasks wait on a direct-to-task notification, which costs them no object.
 *
 * The notification is the last of the array (configTASK_NOTIFICATION_ARRAY_ENTRIES), or the one
 * that RW_FREERTOS_NOTIFICATION names. Keep it free of other uses by tasks that wait for blocks:
 * they would eat each other's. The kernel's own stream and message buffers use number 0.
 *
 * A deleted task is told to the runtime in FreeRTOSConfig.h:
 *
 *   void rw_wait_forget(const void *task);
 *   #define traceTASK_DELETE(task) rw_wait_forget(task)
 *
 * The kernel's own ports for RISC-V and Xtensa cannot tell whether an interrupt handler runs. There
 * FreeRTOSConfig.h defines RW_FREERTOS_IN_INTERRUPT() as what can: xPortInIsrContext() of the
 * ESP-IDF, a flag that the vector code sets, a comparison of the stack pointer.
 */
#ifndef RAMWRIGHT_PORTS_FREERTOS_H
#define RAMWRIGHT_PORTS_FREERTOS_H

#include "ramwright/ports/machine.h"

#define RW_PORT_WAIT

#if defined(RW_PORT_NEED_WAIT)

#include "FreeRTOS.h"
#include "task.h"

#if (defined(__riscv) || defined(__XTENSA__)) && !defined(RW_FREERTOS_IN_INTERRUPT)
#error "ramwright: waiting on this core needs RW_FREERTOS_IN_INTERRUPT() in FreeRTOSConfig.h"
#endif

#if configUSE_TASK_NOTIFICATIONS == 0
#error "ramwright: waiting needs configUSE_TASK_NOTIFICATIONS 1 in FreeRTOSConfig.h"
#endif

_Static_assert(sizeof(TickType_t) >= sizeof(rw_ticks_t), "16-bit ticks wrap too soon to wait");

/* Since 10.4 a task has several notifications, and the calls that name one are macros. */
#if defined(xTaskNotifyGiveIndexed)
#if !defined(RW_FREERTOS_NOTIFICATION)
#define RW_FREERTOS_NOTIFICATION (configTASK_NOTIFICATION_ARRAY_ENTRIES - 1)
#endif
#define RW_FREERTOS_TAKE(ticks) ulTaskNotifyTakeIndexed(RW_FREERTOS_NOTIFICATION, pdTRUE, ticks)
#define RW_FREERTOS_GIVE(task) xTaskNotifyGiveIndexed(task, RW_FREERTOS_NOTIFICATION)
#define RW_FREERTOS_GIVE_FROM_ISR(task, woken)                                                     \
    vTaskNotifyGiveIndexedFromISR(task, RW_FREERTOS_NOTIFICATION, woken)
#else
#define RW_FREERTOS_TAKE(ticks) ulTaskNotifyTake(pdTRUE, ticks)
#define RW_FREERTOS_GIVE(task) xTaskNotifyGive(task)
#define RW_FREERTOS_GIVE_FROM_ISR(task, woken) vTaskNotifyGiveFromISR(task, woken)
#endif

typedef struct rw_port_event {
    TaskHandle_t task;
} rw_port_event_t;

static inline bool rw_freertos_in_interrupt(void)
{
#if defined(RW_FREERTOS_IN_INTERRUPT)
    return RW_FREERTOS_IN_INTERRUPT() != pdFALSE;
#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
    uint32_t ipsr;
    __asm volatile("mrs %0, ipsr" : "=r"(ipsr));
    return ipsr != 0U;
#else
    return xPortIsInsideInterrupt() != pdFALSE;
#endif
}

static inline void rw_port_event_open(rw_port_event_t *event, rw_waiter_t *waiter)
{
    (void)waiter;
    event->task = xTaskGetCurrentTaskHandle();
}

static inline void rw_port_event_close(rw_port_event_t *event)
{
    (void)event;
}

static inline void rw_port_wait(rw_port_event_t *event, rw_ticks_t ticks)
{
    (void)event;
    (void)RW_FREERTOS_TAKE(ticks == RW_FOREVER ? portMAX_DELAY : (TickType_t)ticks);
}

/* The kernel's own critical section in there may open ours: by then the task is notified. */
static inline void rw_port_wake(rw_port_event_t *event, uintptr_t state)
{
    if (rw_freertos_in_interrupt()) {
        BaseType_t woken = pdFALSE;
        RW_FREERTOS_GIVE_FROM_ISR(event->task, &woken);
        rw_port_unlock_interrupt(state);
        portYIELD_FROM_ISR(woken);
    } else {
        (void)RW_FREERTOS_GIVE(event->task);
        rw_port_unlock_interrupt(state);
    }
}

static inline bool rw_port_can_wait(void)
{
    return rw_machine_can_switch() && !rw_freertos_in_interrupt() &&
           xTaskGetSchedulerState() == taskSCHEDULER_RUNNING;
}

static inline rw_ticks_t rw_port_tick(void)
{
    return (rw_ticks_t)xTaskGetTickCount();
}

static inline int32_t rw_port_priority(void)
{
    return (int32_t)uxTaskPriorityGet(NULL);
}

static inline const void *rw_port_task(void)
{
    return xTaskGetCurrentTaskHandle();
}

#endif

#endif
