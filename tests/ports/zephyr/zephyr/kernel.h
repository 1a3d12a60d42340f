/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ZEPHYR_INCLUDE_KERNEL_H_
#define ZEPHYR_INCLUDE_KERNEL_H_

#include <zephyr/irq.h>

typedef int64_t k_ticks_t;
typedef struct {
    k_ticks_t ticks;
} k_timeout_t;
struct k_sem {
    void *queue[2];
    unsigned int count;
    unsigned int limit;
};
struct k_thread;
typedef struct k_thread *k_tid_t;

#define K_TICKS(t) ((k_timeout_t){.ticks = (t)})
#define K_FOREVER K_TICKS(-1)

int k_sem_init(struct k_sem *sem, unsigned int count, unsigned int limit);
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
void k_sem_give(struct k_sem *sem);
void k_sched_lock(void);
void k_sched_unlock(void);
bool k_is_in_isr(void);
bool k_is_pre_kernel(void);
int64_t k_uptime_ticks(void);
k_tid_t k_current_get(void);
int k_thread_priority_get(k_tid_t thread);

#endif
