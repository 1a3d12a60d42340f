/* SPDX-License-Identifier: Apache-2.0
 *
 * rt_mp_alloc with a time to wait, on the POSIX port.
 */
#define RW_PORT_NEED_WAIT

#include "check.h"

#include "ramwright/rtthread/memory.h"

#include "waiter.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 6U
#define STRESS 2000U
#define SOON 20 /* ticks */

static _Alignas(8) uint8_t storage[512];
static struct rt_mempool pool;

void report(const char *text)
{
    (void)fputs(text, stdout);
}

/* A thread that waits, and what came of it. */
typedef struct waiting {
    pthread_t thread;
    rt_mp_t mp;
    rt_int32_t time;
    void *block;
    rt_err_t error;
} waiting_t;

static void *wait_once(void *argument)
{
    waiting_t *self = argument;
    self->block = rt_mp_alloc(self->mp, self->time);
    self->error = self->block == NULL ? rt_get_errno() : RT_EOK;
    return NULL;
}

static unsigned sleepers(rt_mp_t mp)
{
    const uintptr_t lock = rw_port_lock_interrupt();
    (void)list_mempool();
    rw_port_unlock_interrupt(lock);
    (void)mp;
    const char *text = printed();
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length < 2U ? 0U : (unsigned)(text[length - 2U] - '0');
}

/* Starts it and returns once there are so many that wait. */
static void start(waiting_t *one, rt_mp_t mp, rt_int32_t time, unsigned count)
{
    *one = (waiting_t){.mp = mp, .time = time};
    if (pthread_create(&one->thread, NULL, wait_once, one) != 0) {
        abort();
    }
    while (sleepers(mp) < count) {
        (void)sched_yield();
    }
}

static void ended(waiting_t *one)
{
    (void)pthread_join(one->thread, NULL);
}

static void times_out(void)
{
    EXPECT(rt_mp_init(&pool, "one", storage, 64, 40) == RT_EOK);
    void *block = rt_mp_alloc(&pool, RT_WAITING_FOREVER); /* there is one: no wait */
    EXPECT(block != NULL);
    rt_set_errno(RT_EOK);
    const rt_tick_t before = rt_tick_get();
    EXPECT(rt_mp_alloc(&pool, SOON) == NULL && rt_get_errno() == -RT_ETIMEOUT);
    EXPECT(rt_tick_get() - before >= (rt_tick_t)SOON);
    rt_mp_free(block);
    EXPECT(pool.block_free_count == 1U && rt_mp_detach(&pool) == RT_EOK);
}

/* The block is the waiter's from the free on; RT-Thread lets a racer have it. */
static void handed_over(void)
{
    waiting_t waiter;
    EXPECT(rt_mp_init(&pool, "one", storage, 64, 40) == RT_EOK);
    void *block = rt_mp_alloc(&pool, 0);
    start(&waiter, &pool, RT_WAITING_FOREVER, 1);
    rt_mp_free(block);
    EXPECT(rt_mp_alloc(&pool, 0) == NULL);
    ended(&waiter);
    EXPECT(waiter.block == block && pool.block_free_count == 0U);
    rt_mp_free(block);
    EXPECT(pool.block_free_count == 1U && rt_mp_detach(&pool) == RT_EOK);
}

/* Who timed out gets nothing; RT-Thread can wake him in another's stead. */
static void after_a_timeout(void)
{
    waiting_t first;
    waiting_t second;
    EXPECT(rt_mp_init(&pool, "one", storage, 64, 40) == RT_EOK);
    void *block = rt_mp_alloc(&pool, 0);
    start(&first, &pool, 10 * SOON, 1);
    start(&second, &pool, RT_WAITING_FOREVER, 2);
    ended(&first);
    EXPECT(first.block == NULL && first.error == -RT_ETIMEOUT);
    rt_mp_free(block);
    ended(&second);
    EXPECT(second.block == block && rt_get_errno() == RT_EOK);
    rt_mp_free(block);
    EXPECT(rt_mp_detach(&pool) == RT_EOK);
}

/* Whoever waits for a pool that is ended, is told so, and touches it no more. */
static void ended_pools(void)
{
    waiting_t waiters[3];
    rt_mp_t mp = rt_mp_create("one", 1, 40);
    EXPECT(rt_mp_alloc(mp, 0) != NULL);
    for (unsigned i = 0; i < 3U; i++) {
        start(&waiters[i], mp, i == 0U ? 100000 : RT_WAITING_FOREVER, i + 1U);
    }
    EXPECT(rt_mp_delete(mp) == RT_EOK);
    for (unsigned i = 0; i < 3U; i++) {
        ended(&waiters[i]);
        EXPECT(waiters[i].block == NULL && waiters[i].error == -RT_ERROR);
    }
}

/* A thread that is cancelled in its sleep leaves the pool as if it had never come. */
static void cancelled(void)
{
    waiting_t waiter;
    EXPECT(rt_mp_init(&pool, "one", storage, 64, 40) == RT_EOK);
    void *block = rt_mp_alloc(&pool, 0);
    start(&waiter, &pool, RT_WAITING_FOREVER, 1);
    EXPECT(pthread_cancel(waiter.thread) == 0);
    ended(&waiter);
    EXPECT(sleepers(&pool) == 0U);
    rt_mp_free(block);
    EXPECT(pool.block_free_count == 1U && rt_mp_alloc(&pool, 0) == block);
    EXPECT(rt_mp_detach(&pool) == RT_EOK);
}

static rw_waiter_t dead;

/* Joins those who wait, and is deleted before it sleeps. */
static void *die_waiting(void *argument)
{
    (void)argument;
    rw_waiter_open(&dead, &pool.pool.object, rw_pool_free_basic_wait_16);
    const uintptr_t lock = rw_port_lock_interrupt();
    rw_waiter_join(&dead, &pool.state.waiters);
    rw_port_unlock_interrupt(lock);
    return NULL;
}

/* rt_mp_forget takes it off; a block that it was handed is free again. */
static void forgotten(bool handed)
{
    pthread_t thread;
    EXPECT(rt_mp_init(&pool, "one", storage, 64, 40) == RT_EOK);
    void *block = rt_mp_alloc(&pool, 0);
    EXPECT(pthread_create(&thread, NULL, die_waiting, NULL) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    if (handed) {
        rt_mp_free(block);
        EXPECT(rt_mp_alloc(&pool, 0) == NULL);
    }
    rt_mp_forget(&pool); /* no thread at all */
    EXPECT(handed || sleepers(&pool) == 1U);
    rt_mp_forget((const void *)(uintptr_t)thread);
    EXPECT(sleepers(&pool) == 0U);
    if (!handed) {
        rt_mp_free(block);
    }
    EXPECT(pool.block_free_count == 1U && rt_mp_alloc(&pool, 0) == block);
    EXPECT(rt_mp_detach(&pool) == RT_EOK);
}

/* A task is deleted that was told of the end of its pool and did not see it: nobody's block comes
 * back, nobody's pool is looked at. */
static void dismissed_and_dead(void)
{
    pthread_t thread;
    EXPECT(rt_mp_init(&pool, "one", storage, 64, 40) == RT_EOK);
    EXPECT(rt_mp_alloc(&pool, 0) != NULL);
    EXPECT(pthread_create(&thread, NULL, die_waiting, NULL) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    EXPECT(rt_mp_detach(&pool) == RT_EOK);
    memset(&pool, 0xa5, sizeof pool);
    rw_waiter_abandon(&dead);
    EXPECT(no_fault());
    memset(&pool, 0, sizeof pool);
}

static atomic_uint owners[16];
static atomic_uint twice;

static void *take_and_give(void *argument)
{
    unsigned numbers = (unsigned)(uintptr_t)argument;
    for (unsigned i = 0; i < STRESS; i++) {
        numbers = numbers * 1664525U + 1013904223U;
        const rt_int32_t times[] = {0, 1, 2, RT_WAITING_FOREVER};
        uint8_t *block = rt_mp_alloc(&pool, times[numbers >> 30]);
        if (block == NULL) {
            continue;
        }
        atomic_uint *owner = &owners[(size_t)(block - storage) / 40U];
        if (atomic_fetch_add(owner, 1U) != 0U) {
            atomic_fetch_add(&twice, 1U);
        }
        block[0] = (uint8_t)i;
        if (numbers % 7U == 0U) {
            (void)sched_yield();
        }
        (void)atomic_fetch_sub(owner, 1U);
        rt_mp_free(block);
    }
    return NULL;
}

static void many_threads(void)
{
    pthread_t threads[THREADS];
    EXPECT(rt_mp_init(&pool, "two", storage, 2U * (40U + sizeof(void *)), 40) == RT_EOK);
    EXPECT(pool.block_total_count == 2U);
    for (unsigned i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, take_and_give, (void *)(uintptr_t)(i + 1U)) != 0) {
            abort();
        }
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    EXPECT(atomic_load(&twice) == 0U && pool.block_free_count == 2U);
    EXPECT(rt_mp_detach(&pool) == RT_EOK);
}

int main(void)
{
    times_out();
    handed_over();
    after_a_timeout();
    ended_pools();
    cancelled();
    forgotten(false);
    forgotten(true);
    dismissed_and_dead();
    many_threads();
    EXPECT(no_fault());
    report(failed == 0U ? "all as RT-Thread has it\n" : "FAILED\n");
    return failed == 0U ? 0 : 1;
}
