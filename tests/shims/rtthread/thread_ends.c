/* SPDX-License-Identifier: Apache-2.0
 *
 * The port of RT-Thread: which of the kernel's calls put a thread to sleep and wake it, and that it
 * is told of threads that are deleted while they wait: by the cleanup function, which the kernel
 * calls when the thread is gone and its stack is there yet. What the port calls of the kernel is
 * here: one thread runs, which the test chooses.
 */
#define RW_PORT_NEED_WAIT

#include "ramwright/pool.h"
#include "ramwright/port.h"

#include "waiter.h"

#include "rtthread_memory.h"
#include "semihosting.h"

#include <rthw.h>

static struct rt_thread threads[3];
static rt_thread_t running;
static unsigned own_cleanups;
static unsigned given_back;
static void *last_given_back;

rt_thread_t rt_thread_self(void)
{
    return running;
}

/* The kernel's calls, and with what. */
static struct {
    unsigned suspends, resumes, timers, switches;
    rt_thread_t resumed;
    rt_tick_t time;
} called;

/* Of the kernel's state what the test sets. */
static rt_tick_t now;
static rt_uint8_t nest;
static rt_base_t critical;

/* What somebody else does as soon as the thread sleeps: hand it a block, or let time pass. */
static struct {
    rw_wait_list_t *list;
    void *block;
    rt_tick_t ticks;
    bool deleted; /* half: the thread left its list, and is not closed yet */
} meanwhile;

rt_err_t rt_thread_suspend(rt_thread_t thread)
{
    called.suspends++;
    return thread == running ? RT_EOK : -RT_ERROR;
}

rt_err_t rt_thread_resume(rt_thread_t thread)
{
    called.resumes++;
    called.resumed = thread;
    rt_list_remove(&thread->tlist);
    return -RT_ERROR; /* as for one that is deleted */
}

rt_err_t rt_timer_control(rt_timer_t timer, int command, void *argument)
{
    if (timer == &running->thread_timer && command == RT_TIMER_CTRL_SET_TIME) {
        called.time = *(rt_tick_t *)argument;
    }
    return RT_EOK;
}

rt_err_t rt_timer_start(rt_timer_t timer)
{
    called.timers += timer == &running->thread_timer;
    return RT_EOK;
}

void rt_schedule(void)
{
    called.switches++;
    now += meanwhile.ticks;
    meanwhile.ticks = 0;
    if (meanwhile.deleted) {
        rt_list_remove(&running->tlist);
    }
    rw_wait_list_t *const list = meanwhile.list;
    if (list != NULL) {
        meanwhile.list = NULL;
        const uintptr_t lock = rw_port_lock_interrupt();
        rw_waiter_hand_over(list, list->waiting, meanwhile.block, lock);
    }
}

rt_tick_t rt_tick_get(void)
{
    return now;
}

rt_uint8_t rt_interrupt_get_nest(void)
{
    return nest;
}

rt_base_t rt_critical_level(void)
{
    return critical;
}

rt_base_t rt_hw_interrupt_disable(void)
{
    return (rt_base_t)rw_port_lock_interrupt();
}

void rt_hw_interrupt_enable(rt_base_t level)
{
    rw_port_unlock_interrupt((uintptr_t)level);
}

static void expect(bool holds, const char *what)
{
    if (!holds) {
        print(what);
        stop(1);
    }
}

#define EXPECT(what) expect((what), "does not hold: " #what "\n")

static rw_status_t give_back(void *block, const rw_object_t *object)
{
    (void)object;
    given_back++;
    last_given_back = block;
    return RW_OK;
}

static void own_cleanup(struct rt_thread *thread)
{
    EXPECT(thread == &threads[1]);
    own_cleanups++;
}

/* Thread number waits from here on. */
static void begin(unsigned number, rw_waiter_t *waiter, rw_wait_list_t *list)
{
    running = &threads[number];
    rw_waiter_open(waiter, NULL, give_back);
    const uintptr_t lock = rw_port_lock_interrupt();
    rw_waiter_join(waiter, list);
    rw_port_unlock_interrupt(lock);
}

/* What the idle thread does with a deleted one. */
static void bury(rt_thread_t thread)
{
    running = &threads[0];
    if (thread->cleanup != NULL) {
        thread->cleanup(thread);
    }
}

/* A block that comes before the thread sleeps: it does not sleep at all. */
static void woken_before(void)
{
    rw_wait_list_t list = {NULL, NULL};
    rw_waiter_t waiter;
    int block;
    begin(0, &waiter, &list);
    const uintptr_t lock = rw_port_lock_interrupt();
    rw_waiter_hand_over(&list, &waiter, &block, lock);
    EXPECT(called.resumes == 0U && called.switches == 1U);
    EXPECT(rw_waiter_sleep(&waiter, RW_FOREVER) == &block && called.suspends == 0U);
}

/* The thread's own timer runs for as long as it may wait, less than half the clock at once. */
static void times(void)
{
    static const rw_ticks_t given[] = {7, RW_FOREVER - 1U, RW_FOREVER};
    static const rt_tick_t set[] = {7, RT_TICK_MAX / 2U - 1U, 0};
    for (unsigned i = 0; i < 3U; i++) {
        rw_wait_list_t list = {NULL, NULL};
        rw_waiter_t waiter;
        int block;
        const unsigned suspends = called.suspends;
        const unsigned timers = called.timers;
        called.time = 0;
        begin(0, &waiter, &list);
        meanwhile.list = &list;
        meanwhile.block = &block;
        EXPECT(rw_waiter_sleep(&waiter, given[i]) == &block);
        EXPECT(called.suspends == suspends + 1U && called.time == set[i]);
        EXPECT(called.timers == timers + (set[i] != 0U));
        EXPECT(called.resumes == i + 1U && called.resumed == &threads[0]);
    }
    rw_wait_list_t list = {NULL, NULL};
    rw_waiter_t waiter;
    begin(0, &waiter, &list);
    meanwhile.ticks = 7;
    EXPECT(rw_waiter_sleep(&waiter, 7) == NULL && list.waiting == NULL);
}

/* A block that comes while the kernel is at deleting the thread: the thread is not made ready. */
static void woken_while_deleted(void)
{
    rw_wait_list_t list = {NULL, NULL};
    rw_waiter_t waiter;
    int block;
    const unsigned resumes = called.resumes;
    begin(0, &waiter, &list);
    meanwhile.list = &list;
    meanwhile.block = &block;
    meanwhile.deleted = true;
    EXPECT(rw_waiter_sleep(&waiter, RW_FOREVER) == &block);
    EXPECT(called.resumes == resumes && list.handed == NULL);
    meanwhile.deleted = false;
}

static void where_nobody_may_wait(void)
{
    EXPECT(rw_port_can_wait());
    nest = 1;
    EXPECT(!rw_port_can_wait());
    nest = 0;
    critical = 1;
    EXPECT(!rw_port_can_wait());
    critical = 0;
    const uintptr_t lock = rw_port_lock_interrupt();
    EXPECT(!rw_port_can_wait());
    rw_port_unlock_interrupt(lock);
    rt_thread_t const before = running;
    running = NULL; /* the kernel does not run yet */
    EXPECT(!rw_port_can_wait());
    running = before;
}

/* Less is more urgent in RT-Thread. */
static void urgency(void)
{
    rw_wait_list_t list = {NULL, NULL};
    rw_waiter_t waiters[3];
    static const rt_uint8_t priorities[] = {20, 5, 12};
    for (unsigned i = 0; i < 3U; i++) {
        threads[i].current_priority = priorities[i];
        begin(i, &waiters[i], &list);
        threads[i].current_priority = 0;
    }
    EXPECT(list.waiting == &waiters[1] && waiters[1].next == &waiters[2]);
    for (unsigned i = 0; i < 3U; i++) {
        running = &threads[i];
        EXPECT(rw_waiter_sleep(&waiters[i], 0) == NULL);
    }
}

static void deleted(void)
{
    rw_waiter_t waiters[3];
    rw_wait_list_t list = {NULL, NULL};
    int block;
    threads[1].cleanup = own_cleanup;
    for (unsigned i = 0; i < 3U; i++) {
        begin(i, &waiters[i], &list);
    }

    /* The second was handed a block, which goes back; its own cleanup function is called. */
    rw_wait_list_t *const lists = &list;
    const uintptr_t lock = rw_port_lock_interrupt();
    rw_waiter_hand_over(lists, &waiters[1], &block, lock);
    EXPECT(list.waiting == &waiters[0] && waiters[0].next == &waiters[2]);
    bury(&threads[1]);
    EXPECT(list.handed == NULL && given_back == 1U && last_given_back == &block);
    EXPECT(own_cleanups == 1U && threads[1].cleanup == own_cleanup);

    /* The third is deleted while it waits. */
    bury(&threads[2]);
    EXPECT(list.waiting == &waiters[0] && waiters[0].next == NULL && last_given_back == NULL);
    EXPECT(threads[2].cleanup == NULL);

    /* The first was forgotten by hand; then its cleanup function finds nothing more to do. */
    void (*const as_it_waited)(struct rt_thread *) = threads[0].cleanup;
    EXPECT(as_it_waited != NULL && rw_wait_list_forget(&list, &threads[0]));
    EXPECT(list.waiting == NULL && threads[0].cleanup == NULL && given_back == 3U);
    as_it_waited(&threads[0]);
    EXPECT(given_back == 3U);

    /* A thread that came back from waiting has its own cleanup function again. */
    begin(1, &waiters[1], &list);
    EXPECT(threads[1].cleanup != own_cleanup);
    EXPECT(rw_waiter_sleep(&waiters[1], 0) == NULL && threads[1].cleanup == own_cleanup);
    bury(&threads[1]);
    EXPECT(own_cleanups == 2U && given_back == 3U);
}

int main(void)
{
    for (unsigned i = 0; i < 3U; i++) {
        rt_list_init(&threads[i].tlist);
    }
    woken_before();
    times();
    woken_while_deleted();
    where_nobody_may_wait();
    urgency();
    deleted();
    print("deleted threads are off every list\n");
    stop(0);
}
