/* SPDX-License-Identifier: Apache-2.0
 *
 * What alloc_wait and free promise, one promise after the other.
 */
#define _DEFAULT_SOURCE
#define RW_PORT_NEED_WAIT

#include "waiter.h"
#include "waiting_memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static unsigned faults;
static rw_status_t last_fault;
static const rw_object_t *last_object;

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    (void)address;
    faults++;
    last_fault = fault;
    last_object = object;
}

static void check_fault(rw_status_t fault, const rw_pool_t *pool)
{
    CHECK(faults == 1 && last_fault == fault && last_object == &pool->object);
    faults = 0;
}

static size_t used(const rw_pool_t *pool)
{
    rw_stats_t stats;
    rw_pool_stats(pool, &stats);
    return stats.used / (size_t)pool->block_size;
}

static size_t count(const rw_pool_t *pool)
{
    return pool->object.size / (size_t)pool->block_size;
}

/* With blocks there, and without any and timeout 0, alloc_wait is alloc. */
static void does_not_wait_in_vain(const rw_pool_t *pool)
{
    void *blocks[201];
    for (size_t at = 0; at < count(pool); at++) {
        blocks[at] = at % 2 == 0 ? rw_pool_alloc_wait(pool, RW_FOREVER) : rw_pool_alloc(pool);
        CHECK(blocks[at] != NULL);
    }
    CHECK(used(pool) == count(pool));
    CHECK(rw_pool_alloc_wait(pool, 0) == NULL && rw_pool_alloc(pool) == NULL);
    const rw_ticks_t before = rw_port_tick();
    CHECK(rw_pool_alloc_wait(pool, 20) == NULL);
    const rw_ticks_t waited = rw_port_tick() - before;
    CHECK(waited >= 20 && waited < 5000);
    for (size_t at = 0; at < count(pool); at++) {
        CHECK(rw_pool_free(pool, blocks[at]) == RW_OK);
    }
    CHECK(used(pool) == 0 && rw_pool_check(pool) == RW_OK && faults == 0);
}

/* Inside a section, which is this port's interrupt handler, nobody may wait, block or no block. */
static void faults_where_nobody_may_wait(void)
{
    const uintptr_t state = rw_port_lock_interrupt();
    CHECK(few_alloc_wait(1) == NULL);
    check_fault(RW_E_CONTEXT, &few_pool);
    CHECK(few_alloc_wait(RW_FOREVER) == NULL);
    check_fault(RW_E_CONTEXT, &few_pool);
    void *const block = few_alloc_wait(0);
    CHECK(block != NULL && few_free(block) == RW_OK && faults == 0);
    rw_port_unlock_interrupt(state);
    CHECK(rw_pool_alloc_wait(&plain_pool, 1) == NULL);
    check_fault(RW_E_CONTEXT, &plain_pool);
}

static const rw_wait_list_t *lists_of(const rw_pool_t *pool)
{
    return &((const rw_pool_wait_state_t *)(const void *)pool->state)->waiters;
}

static const rw_wait_list_t *lists(void)
{
    return lists_of(&few_pool);
}

static void *wait_for_one(void *argument)
{
    (void)argument;
    return few_alloc_wait(RW_FOREVER);
}

static void *wait_for_one_of_many(void *argument)
{
    (void)argument;
    return many_alloc_wait(5000);
}

static void until_somebody_waits(const rw_pool_t *pool)
{
    for (bool found = false; !found; sched_yield()) {
        rw_posix_lock();
        found = lists_of(pool)->waiting != NULL;
        rw_posix_unlock();
    }
}

/* A wrong free is found while somebody waits, too, and hands nothing over. */
static void hands_over_only_what_is_allocated(void)
{
    pthread_t thread;
    void *result;
    uint8_t *const a = few_alloc();
    uint8_t *const b = few_alloc();
    CHECK(a != NULL && b != NULL);
    CHECK(pthread_create(&thread, NULL, wait_for_one, NULL) == 0);
    until_somebody_waits(&few_pool);
    CHECK(rw_pool_free(&few_pool, a + 1) == RW_E_MISALIGNED);
    check_fault(RW_E_MISALIGNED, &few_pool);
    CHECK(rw_pool_free(&few_pool, a + 64) == RW_E_FOREIGN);
    check_fault(RW_E_FOREIGN, &few_pool);
    CHECK(rw_pool_free(&few_pool, NULL) == RW_OK);
    CHECK(lists()->waiting != NULL && faults == 0);
    CHECK(rw_pool_free(&few_pool, b) == RW_OK);
    CHECK(pthread_join(thread, &result) == 0 && result == (void *)b && used(&few_pool) == 2);
    CHECK(rw_pool_free(&few_pool, a) == RW_OK && rw_pool_free(&few_pool, b) == RW_OK);
    CHECK(rw_pool_free(&few_pool, b) == RW_E_DOUBLE_FREE);
    check_fault(RW_E_DOUBLE_FREE, &few_pool);
}

/* Without checks, too, whatever the owner wrote into the block. */
static void hands_over_unchecked_blocks(void)
{
    pthread_t thread;
    void *result;
    void *blocks[200];
    for (size_t at = 0; at < count(&many_pool); at++) {
        blocks[at] = many_alloc();
        memset(blocks[at], 0xff, 8);
    }
    CHECK(pthread_create(&thread, NULL, wait_for_one_of_many, NULL) == 0);
    until_somebody_waits(&many_pool);
    CHECK(many_free(NULL) == RW_OK && lists_of(&many_pool)->waiting != NULL);
    CHECK(many_free(blocks[7]) == RW_OK);
    CHECK(pthread_join(thread, &result) == 0 && result == blocks[7]);
    CHECK(used(&many_pool) == count(&many_pool));
    for (size_t at = 0; at < count(&many_pool); at++) {
        CHECK(many_free(blocks[at]) == RW_OK);
    }
    CHECK(used(&many_pool) == 0 && rw_pool_check(&many_pool) == RW_OK && faults == 0);
}

static rw_waiter_t dead;

/* Joins, and is deleted before it sleeps. */
static void *die_waiting(void *argument)
{
    (void)argument;
    rw_waiter_open(&dead, &few_pool.object, rw_pool_free_basic_wait_8);
    rw_posix_lock();
    rw_waiter_join(&dead, &((rw_pool_wait_state_t *)(void *)few_pool.state)->waiters);
    rw_posix_unlock();
    return NULL;
}

/* A deleted task leaves the list, and what it was handed goes on. */
static void forgets_the_dead(bool handed)
{
    pthread_t thread;
    void *const a = rw_pool_alloc(&few_pool);
    void *const b = rw_pool_alloc(&few_pool);
    CHECK(pthread_create(&thread, NULL, die_waiting, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(lists()->waiting == &dead);
    if (handed) {
        CHECK(rw_pool_free(&few_pool, a) == RW_OK);
        CHECK(lists()->waiting == NULL && lists()->handed == &dead && used(&few_pool) == 2);
    }
    rw_wait_forget(&few_pool); /* no task at all */
    CHECK(lists()->waiting != NULL || lists()->handed != NULL);
    rw_wait_forget((const void *)(uintptr_t)thread);
    CHECK(lists()->waiting == NULL && lists()->handed == NULL);
    CHECK(used(&few_pool) == (handed ? 1 : 2));
    CHECK(rw_pool_free(&few_pool, b) == RW_OK);
    CHECK(rw_pool_free(&few_pool, a) == (handed ? RW_E_DOUBLE_FREE : RW_OK));
    CHECK(used(&few_pool) == 0 && rw_pool_check(&few_pool) == RW_OK);
    faults = 0;
}

int main(void)
{
    does_not_wait_in_vain(&few_pool);
    does_not_wait_in_vain(&many_pool);
    does_not_wait_in_vain(&wide_pool);
    faults_where_nobody_may_wait();
    hands_over_only_what_is_allocated();
    hands_over_unchecked_blocks();
    forgets_the_dead(false);
    forgets_the_dead(true);
    return 0;
}
