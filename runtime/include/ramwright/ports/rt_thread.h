/* SPDX-License-Identifier: Apache-2.0
 *
 * RT-Thread, 3.1 to 5.x, one core: contracts in ramwright/port.h. Locks and atomics are the
 * machine's; on Cortex-M the kernel's own are the same PRIMASK. A thread that waits is suspended
 * with its own timer, as the kernel's mempool does it, and is no object of the kernel's lists.
 *
 * A thread that is deleted while it waits is noticed: for as long as it waits, the thread's cleanup
 * function is one of the port's, which takes the waiter off its list and then calls the thread's
 * own. So a cleanup function is set before the thread runs. The kernel calls it from the idle
 * thread, to which rt_thread_delete and rt_thread_detach leave the stack until then; whoever uses
 * the stack again sooner calls rw_wait_forget(thread) first.
 */
#ifndef RAMWRIGHT_PORTS_RT_THREAD_H
#define RAMWRIGHT_PORTS_RT_THREAD_H

#include "ramwright/ports/machine.h"

#define RW_PORT_WAIT

#if defined(RW_PORT_NEED_WAIT)

#include <rthw.h>
#include <rtthread.h>

#if defined(RT_USING_SMP)
#error "ramwright: waiting is for one core; RT_USING_SMP has several"
#endif

/* The kernel's timers take less than half of the range of ticks. */
#define RW_RT_THREAD_TICKS_MAX (RT_TICK_MAX / 2U - 1U)

typedef struct rw_port_event {
    struct rw_port_event *next;
    struct rw_port_event **link; /* what points to this event */
    rw_waiter_t *waiter;
    rt_thread_t thread;
    void (*cleanup)(struct rt_thread *thread); /* the thread's own */
#if !defined(RT_SCHED_PRIV)
    rt_list_t asleep; /* the thread's list node while it sleeps */
#endif
    bool set;
} rw_port_event_t;

/* Kernels before 5.1 delete a thread in two steps, between which interrupts come in: it leaves the
 * list it is on; then it is closed. One that was resumed in between would be on the list of the
 * ready and on that of the deleted with the same node. So a thread that sleeps is on a list of the
 * event's, and is resumed only from there. */
#if defined(RT_SCHED_PRIV)

static inline void rw_rt_thread_open(rw_port_event_t *event)
{
    (void)event;
}

static inline void rw_rt_thread_sleep(rw_port_event_t *event)
{
    (void)rt_thread_suspend(event->thread);
}

static inline bool rw_rt_thread_sleeps(const rw_port_event_t *event)
{
    (void)event;
    return true; /* or is ready: then resuming does nothing */
}

#else

static inline void rw_rt_thread_open(rw_port_event_t *event)
{
    rt_list_init(&event->asleep);
}

static inline void rw_rt_thread_sleep(rw_port_event_t *event)
{
    (void)rt_thread_suspend(event->thread);
    rt_list_insert_before(&event->asleep, &event->thread->tlist);
}

static inline bool rw_rt_thread_sleeps(const rw_port_event_t *event)
{
    return rt_list_isempty(&event->asleep) == 0;
}

#endif

void rw_waiter_abandon(rw_waiter_t *waiter);

/* The open events, by which a thread that ended is found. */
static rw_port_event_t *rw_rt_thread_events;

static void rw_rt_thread_ended(struct rt_thread *thread)
{
    const rt_base_t level = rt_hw_interrupt_disable();
    rw_port_event_t *event = rw_rt_thread_events;
    while (event != RT_NULL && event->thread != thread) {
        event = event->next;
    }
    rt_hw_interrupt_enable(level);
    if (event != RT_NULL) {
        rw_waiter_abandon(event->waiter); /* which closes the event */
    }
    if (thread->cleanup != RT_NULL) {
        thread->cleanup(thread);
    }
}

static inline void rw_port_event_open(rw_port_event_t *event, rw_waiter_t *waiter)
{
    rt_thread_t const thread = rt_thread_self();
    event->waiter = waiter;
    event->thread = thread;
    event->set = false;
    rw_rt_thread_open(event);
    event->link = &rw_rt_thread_events;
    const rt_base_t level = rt_hw_interrupt_disable();
    event->next = rw_rt_thread_events;
    if (event->next != RT_NULL) {
        event->next->link = &event->next;
    }
    rw_rt_thread_events = event;
    event->cleanup = thread->cleanup;
    thread->cleanup = rw_rt_thread_ended;
    rt_hw_interrupt_enable(level);
}

static inline void rw_port_event_close(rw_port_event_t *event)
{
    const rt_base_t level = rt_hw_interrupt_disable();
    *event->link = event->next;
    if (event->next != RT_NULL) {
        event->next->link = event->link;
    }
    if (event->thread->cleanup == rw_rt_thread_ended) {
        event->thread->cleanup = event->cleanup;
    }
    rt_hw_interrupt_enable(level);
}

static inline void rw_port_wait(rw_port_event_t *event, rw_ticks_t ticks)
{
    const rt_base_t level = rt_hw_interrupt_disable();
    if (!event->set) {
        rw_rt_thread_sleep(event);
        if (ticks != RW_FOREVER) {
            rt_tick_t time = ticks < RW_RT_THREAD_TICKS_MAX ? ticks : RW_RT_THREAD_TICKS_MAX;
            rt_timer_t const timer = &event->thread->thread_timer;
            (void)rt_timer_control(timer, RT_TIMER_CTRL_SET_TIME, &time);
            (void)rt_timer_start(timer);
        }
    }
    rt_hw_interrupt_enable(level);
    rt_schedule();
}

static inline void rw_port_wake(rw_port_event_t *event, uintptr_t state)
{
    event->set = true;
    if (rw_rt_thread_sleeps(event)) {
        (void)rt_thread_resume(event->thread);
    }
    rw_port_unlock_interrupt(state);
    rt_schedule();
}

static inline bool rw_port_can_wait(void)
{
    return rw_machine_can_switch() && rt_interrupt_get_nest() == 0 && rt_thread_self() != RT_NULL &&
           rt_critical_level() == 0;
}

static inline rw_ticks_t rw_port_tick(void)
{
    return (rw_ticks_t)rt_tick_get();
}

/* Less is more urgent in RT-Thread. */
static inline int32_t rw_port_priority(void)
{
#if defined(RT_SCHED_PRIV) /* 5.1 moved it */
    return -(int32_t)RT_SCHED_PRIV(rt_thread_self()).current_priority;
#else
    return -(int32_t)rt_thread_self()->current_priority;
#endif
}

static inline const void *rw_port_task(void)
{
    return rt_thread_self();
}

#endif

#endif
