/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads on shared pools: no block has two owners, a block freed by two is freed once, and nothing
 * is lost. Built with ThreadSanitizer as well.
 */
#include "pool_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#define THREADS 4U
#define BLOCKS 7U
#define ROUNDS 40000U

static pool_fixture_t fixture;
static _Alignas(uint32_t) uint8_t arena[BLOCKS * sizeof(uint32_t)];
static _Atomic unsigned owners[BLOCKS]; /* 0: nobody */
static _Atomic unsigned double_frees;
static pthread_barrier_t barrier;

static unsigned index_of(const void *block)
{
    return (unsigned)((const uint8_t *)block - arena) / (unsigned)sizeof(uint32_t);
}

static void *take(unsigned self)
{
    uint32_t *const block = rw_pool_alloc(&fixture.pool);
    if (block != NULL) {
        CHECK(atomic_exchange_explicit(&owners[index_of(block)], self, memory_order_relaxed) == 0);
        *block = self; /* not atomic: the pool orders one owner's accesses after the other's */
    }
    return block;
}

static void give(unsigned self, void *block)
{
    CHECK(*(uint32_t *)block == self);
    CHECK(atomic_exchange_explicit(&owners[index_of(block)], 0, memory_order_relaxed) == self);
    CHECK(rw_pool_free(&fixture.pool, block) == RW_OK);
}

static void *traffic(void *argument)
{
    const unsigned self = (unsigned)(uintptr_t)argument;
    uint32_t random = self * 2654435761U;
    void *held[BLOCKS] = {NULL};
    for (unsigned round = 0; round < ROUNDS; round++) {
        random = random * 1664525U + 1013904223U;
        void **const slot = &held[(random >> 16) % BLOCKS];
        if (*slot == NULL) {
            *slot = take(self);
        } else {
            give(self, *slot);
            *slot = NULL;
        }
        if ((random >> 28) == 0) {
            sched_yield();
        }
    }
    for (unsigned at = 0; at < BLOCKS; at++) {
        if (held[at] != NULL) {
            give(self, held[at]);
        }
    }
    return NULL;
}

/* All threads free the same blocks. */
static void *rivalry(void *argument)
{
    unsigned given = 0;
    (void)argument;
    for (unsigned round = 0; round < 2000U; round++) {
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
            for (unsigned at = 0; at < BLOCKS; at++) {
                CHECK(rw_pool_alloc(&fixture.pool) != NULL);
            }
            CHECK(rw_pool_alloc(&fixture.pool) == NULL);
        }
        pthread_barrier_wait(&barrier);
        for (unsigned at = 0; at < BLOCKS; at++) {
            given += rw_pool_free(&fixture.pool, arena + at * sizeof(uint32_t)) == RW_OK;
        }
    }
    return (void *)(uintptr_t)given;
}

static uintptr_t run(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    uintptr_t sum = 0;
    for (unsigned at = 0; at < THREADS; at++) {
        CHECK(pthread_create(&threads[at], NULL, body, (void *)(uintptr_t)(at + 1U)) == 0);
    }
    for (unsigned at = 0; at < THREADS; at++) {
        void *result;
        CHECK(pthread_join(threads[at], &result) == 0);
        sum += (uintptr_t)result;
    }
    return sum;
}

/* Replaces the fixture's, which is not made for threads. */
void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    CHECK(fault == RW_E_DOUBLE_FREE && object == &fixture.pool.object && address != NULL);
    atomic_fetch_add_explicit(&double_frees, 1, memory_order_relaxed);
}

static void try_core(unsigned core)
{
    rw_stats_t stats;
    memset(arena, 0xA5, sizeof arena);
    pool_fixture_make(&fixture, core, arena, sizeof(uint32_t), BLOCKS);
    run(traffic);
    CHECK(double_frees == 0 && rw_pool_check(&fixture.pool) == RW_OK);
    rw_pool_stats(&fixture.pool, &stats);
    CHECK(stats.used == 0 && stats.peak <= sizeof arena);
    if (pool_cores[core].checked) {
        CHECK(run(rivalry) == 2000U * BLOCKS);
        CHECK(double_frees == 2000U * BLOCKS * (THREADS - 1U));
        CHECK(rw_pool_check(&fixture.pool) == RW_OK);
        double_frees = 0;
    }
    pool_fixture_drop(&fixture);
}

int main(void)
{
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    for (unsigned core = 0; core < POOL_CORE_COUNT; core++) {
        if (pool_cores[core].sharing != RW_SHARING_NONE) {
            try_core(core);
        }
    }
    return 0;
}
