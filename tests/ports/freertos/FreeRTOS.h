/* SPDX-License-Identifier: Apache-2.0
 *
 * Declarations of what the port uses of FreeRTOS, to compile it. OLD_KERNEL: before 10.4.
 */
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stdint.h>

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t TickType_t;

#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define portMAX_DELAY ((TickType_t)0xffffffffUL)
#define configUSE_TASK_NOTIFICATIONS 1
#if !defined(OLD_KERNEL)
#define configTASK_NOTIFICATION_ARRAY_ENTRIES 2
#endif

void vPortYieldFromISR(BaseType_t woken);
#define portYIELD_FROM_ISR(x) vPortYieldFromISR(x)
BaseType_t xPortIsInsideInterrupt(void);

#endif
