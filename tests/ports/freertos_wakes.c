/* SPDX-License-Identifier: Apache-2.0
 *
 * What the port of FreeRTOS calls of the kernel, and from where. The kernel is here: one task runs,
 * which the test chooses, and others are on the list as if they slept.
 */
#define RW_PORT_NEED_WAIT

#include "FreeRTOS.h"
#include "task.h"

#include "../shims/check.h" /* the runtime has one of that name, too */

#include "ramwright/pool.h"

#include "waiter.h"

#include "wakes_memory.h"

/* Of the kernel's calls the last, and how many there were. */
static struct {
    unsigned gives, gives_from_isr, takes, yields;
    TaskHandle_t task;
    UBaseType_t index;
    TickType_t ticks;
    bool masked; /* when it yielded */
} called;

static char tasks[3]; /* their addresses are what matters */
static unsigned running;
static bool started;
static TickType_t now;
static void *freed_meanwhile;
static void *taken[2];

static TaskHandle_t task(unsigned number)
{
    return (TaskHandle_t)(void *)&tasks[number];
}

static bool masked(void)
{
    uint32_t primask;
    __asm__ volatile("mrs %0, primask" : "=r"(primask));
    return primask != 0U;
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    return task(running);
}

BaseType_t xTaskGetSchedulerState(void)
{
    return started ? taskSCHEDULER_RUNNING : taskSCHEDULER_RUNNING - 1;
}

TickType_t xTaskGetTickCount(void)
{
    return now;
}

UBaseType_t uxTaskPriorityGet(const TaskHandle_t of)
{
    CHECK(of == NULL);
    return running;
}

/* A task sleeps until its time is over, or somebody frees a block. */
uint32_t ulTaskGenericNotifyTake(UBaseType_t index, BaseType_t clear, TickType_t ticks)
{
    CHECK(clear == pdTRUE && !masked());
    called.takes++;
    called.index = index;
    called.ticks = ticks;
    if (freed_meanwhile == NULL) {
        now += ticks;
        return 0;
    }
    now += 1U;
    void *const block = freed_meanwhile;
    freed_meanwhile = NULL;
    CHECK(jobs_free(block) == RW_OK);
    return 1;
}

BaseType_t xTaskGenericNotify(TaskHandle_t of, UBaseType_t index, uint32_t value)
{
    (void)value;
    called.gives++;
    called.task = of;
    called.index = index;
    return pdTRUE;
}

void vTaskGenericNotifyGiveFromISR(TaskHandle_t of, UBaseType_t index, BaseType_t *woken)
{
    called.gives_from_isr++;
    called.task = of;
    called.index = index;
    *woken = pdTRUE;
}

void vPortYieldFromISR(BaseType_t woken)
{
    called.yields += woken != pdFALSE;
    called.masked = masked();
}

static rw_waiter_t sleepers[3];

/* The task of that number and priority waits from here on. */
static void sleeps(unsigned number)
{
    running = number;
    rw_waiter_open(&sleepers[number], &jobs_pool.object, rw_pool_free_basic_wait_8);
    const uintptr_t lock = rw_port_lock_interrupt();
    rw_waiter_join(&sleepers[number], &((rw_pool_wait_state_t *)(void *)jobs_pool.state)->waiters);
    rw_port_unlock_interrupt(lock);
    running = 0;
}

/* Whether the waiter was handed the block; it then gives it up. */
static bool has(unsigned number, void *block)
{
    const bool good = sleepers[number].block == block;
    return rw_waiter_sleep(&sleepers[number], 0) == block && good;
}

static void free_first(void)
{
    CHECK(jobs_free(taken[0]) == RW_OK);
}

static void wait_for_one(void)
{
    CHECK(jobs_alloc_wait(1) == NULL && last_fault() == RW_E_CONTEXT);
    CHECK(jobs_alloc_wait(0) == NULL && last_fault() == RW_OK);
}

static void check_wake_by_a_task(void)
{
    sleeps(1);
    sleeps(2);
    free_first();
    CHECK(called.gives == 1 && called.gives_from_isr == 0 && called.yields == 0);
    CHECK(called.task == task(2) && called.index == 1 && !masked());
    CHECK(jobs_alloc() == NULL && has(2, taken[0]));
}

static void check_wake_by_a_handler(void)
{
    in_interrupt(free_first);
    CHECK(called.gives == 1 && called.gives_from_isr == 1 && called.yields == 1);
    CHECK(called.task == task(1) && called.index == 1 && !called.masked);
    CHECK(jobs_alloc() == NULL && has(1, taken[0]));
}

static void check_where_nobody_may_wait(void)
{
    in_interrupt(wait_for_one);
    started = false;
    wait_for_one();
    started = true;
    const uintptr_t lock = rw_port_lock_interrupt();
    wait_for_one();
    rw_port_unlock_interrupt(lock);
}

static void check_times(void)
{
    const unsigned takes = called.takes;
    CHECK(jobs_alloc_wait(7) == NULL);
    CHECK(called.takes == takes + 1U && called.ticks == 7 && called.index == 1);
    freed_meanwhile = taken[0];
    CHECK(jobs_alloc_wait(RW_FOREVER) == taken[0] && called.ticks == portMAX_DELAY);
    freed_meanwhile = taken[1];
    CHECK(jobs_alloc_wait(9) == taken[1] && called.ticks == 9);
    CHECK(called.takes == takes + 3U && last_fault() == RW_OK);
}

int main(void)
{
    started = true;
    taken[0] = jobs_alloc_wait(1);
    taken[1] = jobs_alloc_wait(RW_FOREVER);
    CHECK(taken[0] != NULL && taken[1] != NULL && called.takes == 0);
    check_wake_by_a_task();
    check_wake_by_a_handler();
    check_where_nobody_may_wait();
    check_times();
    finish();
}
