/* SPDX-License-Identifier: Apache-2.0
 *
 * Declarations of what the port uses of CMSIS-RTOS2, to compile it.
 */
#ifndef CMSIS_OS2_H_
#define CMSIS_OS2_H_

#include <stdint.h>

#define osWaitForever 0xFFFFFFFFU
#define osFlagsWaitAny 0x00000000U

typedef enum { osKernelInactive = 0, osKernelRunning = 2 } osKernelState_t;
typedef enum { osPriorityNone = 0, osPriorityNormal = 24, osPriorityError = -1 } osPriority_t;
typedef void *osThreadId_t;

osKernelState_t osKernelGetState(void);
uint32_t osKernelGetTickCount(void);
osThreadId_t osThreadGetId(void);
osPriority_t osThreadGetPriority(osThreadId_t thread_id);
uint32_t osThreadFlagsSet(osThreadId_t thread_id, uint32_t flags);
uint32_t osThreadFlagsWait(uint32_t flags, uint32_t options, uint32_t timeout);

#endif
