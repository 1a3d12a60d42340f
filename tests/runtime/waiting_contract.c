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
static void faults_where_nobody_may_wait(const rw_pool_t *pool)
{
    const uintptr_t state = rw_port_lock_interrupt();
    CHECK(rw_pool_alloc_wait(pool, 1) == NULL);
    check_fault(RW_E_CONTEXT, pool);
    CHECK(rw_pool_alloc_wait(pool, RW_FOREVER) == NULL);
    check_fault(RW_E_CONTEXT, pool);
    void *const block = rw_pool_alloc_wait(pool, 0);
    CHECK(block != NULL && rw_pool_free(pool, block) == RW_OK && faults == 0);
    rw_port_unlock_interrupt(state);
    CHECK(rw_pool_alloc_wait(&plain_pool, 1) == NULL);
    check_fault(RW_E_CONTEXT, &plain_pool);
}

static const rw_wait_list_t *lists_of(const rw_pool_t *pool)
{
    return &((const rw_pool_wait_state_t *)(const void *)pool->state)->waiters;
}

static void *wait_for_one(void *pool)
{
    return rw_pool_alloc_wait(pool, RW_FOREVER);
}

static void *wait_a_while(void *pool)
{
    return rw_pool_alloc_wait(pool, 5000);
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
static void hands_over_only_what_is_allocated(const rw_pool_t *pool)
{
    pthread_t thread;
    void *result;
    uint8_t *const a = rw_pool_alloc(pool);
    uint8_t *const b = rw_pool_alloc(pool);
    CHECK(a != NULL && b != NULL);
    CHECK(pthread_create(&thread, NULL, wait_for_one, (void *)(uintptr_t)pool) == 0);
    until_somebody_waits(pool);
    CHECK(rw_pool_free(pool, a + 1) == RW_E_MISALIGNED);
    check_fault(RW_E_MISALIGNED, pool);
    CHECK(rw_pool_free(pool, a + 64) == RW_E_FOREIGN);
    check_fault(RW_E_FOREIGN, pool);
    CHECK(rw_pool_free(pool, NULL) == RW_OK);
    CHECK(lists_of(pool)->waiting != NULL && faults == 0);
    CHECK(rw_pool_free(pool, b) == RW_OK);
    CHECK(pthread_join(thread, &result) == 0 && result == (void *)b && used(pool) == 2);
    CHECK(rw_pool_free(pool, a) == RW_OK && rw_pool_free(pool, b) == RW_OK);
    CHECK(rw_pool_free(pool, b) == RW_E_DOUBLE_FREE);
    check_fault(RW_E_DOUBLE_FREE, pool);
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
    CHECK(pthread_create(&thread, NULL, wait_a_while, (void *)(uintptr_t)&many_pool) == 0);
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

/* A task that joins, and neither sleeps nor runs again. */
typedef struct dead {
    const rw_pool_t *pool;
    rw_free_core_t give_back; /* of its core */
    rw_waiter_t waiter;
} dead_t;

static void *die_waiting(void *argument)
{
    dead_t *const dead = argument;
    rw_waiter_open(&dead->waiter, &dead->pool->object, dead->give_back);
    rw_posix_lock();
    rw_waiter_join(&dead->waiter, &((rw_pool_wait_state_t *)(void *)dead->pool->state)->waiters);
    rw_posix_unlock();
    return NULL;
}

static pthread_t leave_dead(dead_t *dead)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, die_waiting, dead) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(lists_of(dead->pool)->waiting == &dead->waiter);
    return thread;
}

/* A deleted task leaves the list, and what it was handed goes on. */
static void forgets_the_dead(dead_t *dead, bool handed)
{
    const rw_pool_t *const pool = dead->pool;
    void *const a = rw_pool_alloc(pool);
    void *const b = rw_pool_alloc(pool);
    const pthread_t thread = leave_dead(dead);
    if (handed) {
        CHECK(rw_pool_free(pool, a) == RW_OK);
        CHECK(lists_of(pool)->waiting == NULL && lists_of(pool)->handed == &dead->waiter);
        CHECK(used(pool) == 2);
    }
    rw_wait_forget(pool); /* no task at all */
    CHECK(lists_of(pool)->waiting != NULL || lists_of(pool)->handed != NULL);
    rw_wait_forget((const void *)(uintptr_t)thread);
    CHECK(lists_of(pool)->waiting == NULL && lists_of(pool)->handed == NULL);
    CHECK(used(pool) == (handed ? 1 : 2));
    CHECK(rw_pool_free(pool, b) == RW_OK);
    CHECK(rw_pool_free(pool, a) == (handed ? RW_E_DOUBLE_FREE : RW_OK));
    CHECK(used(pool) == 0 && rw_pool_check(pool) == RW_OK);
    faults = 0;
}

/* With checks full: what was handed to a task that has not run is nobody's yet. A second free of it
 * is found, and check takes it for what it is. */
static void knows_what_is_on_its_way(const rw_pool_t *pool, rw_free_core_t give_back)
{
    static uint8_t *blocks[201];
    static dead_t dead;
    dead.pool = pool;
    dead.give_back = give_back;
    for (size_t at = 0; at < count(pool); at++) {
        blocks[at] = rw_pool_alloc(pool);
    }
    const pthread_t thread = leave_dead(&dead);
    CHECK(rw_pool_free(pool, blocks[1]) == RW_OK && lists_of(pool)->handed == &dead.waiter);
    CHECK(rw_pool_usable_size(pool, blocks[1]) == 0 && rw_pool_check(pool) == RW_OK);
    CHECK(used(pool) == count(pool) && faults == 0);
    CHECK(rw_pool_free(pool, blocks[1]) == RW_E_DOUBLE_FREE);
    check_fault(RW_E_DOUBLE_FREE, pool);
    CHECK(lists_of(pool)->handed == &dead.waiter && used(pool) == count(pool));
    blocks[1][7] ^= 1U; /* found when it is handed out again */
    rw_wait_forget((const void *)(uintptr_t)thread);
    CHECK(rw_pool_alloc_wait(pool, RW_FOREVER) == blocks[1]);
    check_fault(RW_E_CORRUPT, pool);
    for (size_t at = 0; at < count(pool); at++) {
        CHECK(rw_pool_free(pool, blocks[at]) == RW_OK);
    }
    CHECK(used(pool) == 0 && rw_pool_check(pool) == RW_OK && faults == 0);
}

/* With checks full: while somebody waits nothing is held back, afterwards it is again; what is
 * handed over is fresh, what was written to it meanwhile is found. */
static void holds_back_from_nobody(const rw_pool_t *pool)
{
    pthread_t thread;
    void *result;
    uint8_t *const a = rw_pool_alloc(pool);
    uint8_t *const b = rw_pool_alloc(pool);
    CHECK(rw_pool_free(pool, a) == RW_OK && used(pool) == 1);
    a[3] = 0; /* it is found when the next alloc empties the quarantine */
    CHECK(rw_pool_alloc_wait(pool, 1) == a);
    check_fault(RW_E_CORRUPT, pool);
    CHECK(pthread_create(&thread, NULL, wait_for_one, (void *)(uintptr_t)pool) == 0);
    until_somebody_waits(pool);
    CHECK(rw_pool_free(pool, b) == RW_OK);
    CHECK(pthread_join(thread, &result) == 0 && result == (void *)b && used(pool) == 2);
    for (size_t at = 0; at < 8; at++) {
        CHECK(b[at] == RW_FULL_FRESH);
    }
    b[8] ^= 1U;
    CHECK(rw_pool_check(pool) == RW_E_CORRUPT && faults == 1);
    faults = 0;
    CHECK(rw_pool_free(pool, b) == RW_E_CORRUPT);
    check_fault(RW_E_CORRUPT, pool);
    b[8] ^= 1U;
    CHECK(rw_pool_free(pool, a) == RW_OK && rw_pool_free(pool, b) == RW_OK);
    CHECK(rw_pool_free(pool, a) == RW_E_DOUBLE_FREE);
    check_fault(RW_E_DOUBLE_FREE, pool);
    CHECK(used(pool) == 0 && rw_pool_check(pool) == RW_OK);
}

int main(void)
{
    static dead_t of_few = {.pool = &few_pool, .give_back = rw_pool_free_basic_wait_8};
    static dead_t of_kept = {.pool = &kept_pool, .give_back = rw_pool_free_basic_wait_8};
    static const rw_pool_t *const pools[] = {&few_pool, &many_pool, &wide_pool, &kept_pool,
                                             &bare_pool};
    for (size_t at = 0; at < sizeof pools / sizeof *pools; at++) {
        does_not_wait_in_vain(pools[at]);
    }
    faults_where_nobody_may_wait(&few_pool);
    faults_where_nobody_may_wait(&kept_pool);
    hands_over_only_what_is_allocated(&few_pool);
    hands_over_only_what_is_allocated(&kept_pool);
    hands_over_unchecked_blocks();
    forgets_the_dead(&of_few, false);
    forgets_the_dead(&of_few, true);
    forgets_the_dead(&of_kept, false);
    forgets_the_dead(&of_kept, true);
    knows_what_is_on_its_way(&kept_pool, rw_pool_free_basic_wait_8);
    knows_what_is_on_its_way(&bare_pool, rw_pool_free_basic_wait_16);
    holds_back_from_nobody(&kept_pool);
    return 0;
}
