/* SPDX-License-Identifier: Apache-2.0
 *
 * Declarations of what the port uses of RT-Thread, to compile it. OLD_KERNEL: before 5.1.
 */
#ifndef __RT_THREAD_H__
#define __RT_THREAD_H__

typedef long rt_base_t;
typedef unsigned char rt_uint8_t;
typedef unsigned short rt_uint16_t;
typedef unsigned int rt_uint32_t;
typedef rt_uint32_t rt_tick_t;
typedef rt_base_t rt_err_t;

#define RT_NULL ((void *)0)
#define RT_TICK_MAX 0xffffffffU
#define RT_TIMER_CTRL_SET_TIME 0x0

typedef struct rt_list_node {
    struct rt_list_node *next;
    struct rt_list_node *prev;
} rt_list_t;

void rt_list_init(rt_list_t *list);
void rt_list_insert_before(rt_list_t *list, rt_list_t *node);
int rt_list_isempty(const rt_list_t *list);

struct rt_timer {
    rt_tick_t timeout_tick;
};
typedef struct rt_timer *rt_timer_t;

struct rt_sched_thread_priv {
    rt_uint8_t current_priority;
};
struct rt_thread {
#if defined(OLD_KERNEL)
    rt_list_t tlist;
    rt_uint8_t current_priority;
#else
    struct rt_sched_thread_priv sched_thread_priv;
#define RT_SCHED_PRIV(thread) ((thread)->sched_thread_priv)
#endif
    struct rt_timer thread_timer;
    void (*cleanup)(struct rt_thread *thread);
};
typedef struct rt_thread *rt_thread_t;

rt_thread_t rt_thread_self(void);
rt_err_t rt_thread_suspend(rt_thread_t thread);
rt_err_t rt_thread_resume(rt_thread_t thread);
rt_err_t rt_timer_control(rt_timer_t timer, int cmd, void *arg);
rt_err_t rt_timer_start(rt_timer_t timer);
void rt_schedule(void);
rt_tick_t rt_tick_get(void);
rt_uint8_t rt_interrupt_get_nest(void);
rt_uint16_t rt_critical_level(void);

#endif
