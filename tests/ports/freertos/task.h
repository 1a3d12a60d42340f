/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INC_TASK_H
#define INC_TASK_H

struct tskTaskControlBlock;
typedef struct tskTaskControlBlock *TaskHandle_t;

#define taskSCHEDULER_RUNNING ((BaseType_t)2)

TaskHandle_t xTaskGetCurrentTaskHandle(void);
BaseType_t xTaskGetSchedulerState(void);
TickType_t xTaskGetTickCount(void);
UBaseType_t uxTaskPriorityGet(const TaskHandle_t task);

#if defined(OLD_KERNEL)
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);
BaseType_t xTaskGenericNotifyOld(TaskHandle_t task);
#define xTaskNotifyGive(task) xTaskGenericNotifyOld(task)
void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken);
#else
uint32_t ulTaskGenericNotifyTake(UBaseType_t index, BaseType_t clear, TickType_t ticks);
#define ulTaskNotifyTakeIndexed(index, clear, ticks) ulTaskGenericNotifyTake(index, clear, ticks)
BaseType_t xTaskGenericNotify(TaskHandle_t task, UBaseType_t index, uint32_t value);
#define xTaskNotifyGiveIndexed(task, index) xTaskGenericNotify(task, index, 0)
void vTaskGenericNotifyGiveFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t *woken);
#define vTaskNotifyGiveIndexedFromISR(task, index, woken)                                          \
    vTaskGenericNotifyGiveFromISR(task, index, woken)
#endif

#endif
