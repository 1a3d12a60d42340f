/* SPDX-License-Identifier: Apache-2.0
 *
 * Random schedules of alloc_wait, timeout, free and deletion against a model. Workers wait; the
 * main thread starts them one by one, frees their blocks, deletes some, and compares whoever got
 * what with its own list of who waits.
 *
 *     waiting_schedules SCHEDULES SEED POOL
 *
 * POOL is few, or kept: that with checks full.
 */
#define _DEFAULT_SOURCE
#define RW_PORT_NEED_WAIT

#include "waiter.h"
#include "waiting_memory.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POOL (tried.pool)
#define WORKERS 5U
#define BLOCKS 2U
#define PATIENCE_S 10

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: schedule %u: %s\n", __FILE__, __LINE__, schedule, #condition);          \
            fflush(stdout);                                                                        \
            _Exit(1);                                                                              \
        }                                                                                          \
    } while (0)

typedef enum phase { IDLE, STARTED, DONE } phase_t;

typedef struct worker {
    pthread_t thread;
    sem_t go;
    atomic_int phase;
    int32_t priority;
    rw_ticks_t timeout;
    atomic_uintptr_t *block; /* what alloc_wait returned, valid when DONE */
    bool holds;
} worker_t;

/* The pool, and what a block holds that nobody has written to. */
static struct {
    const rw_pool_t *pool;
    uintptr_t untouched;
} tried = {&few_pool, 0};

static worker_t workers[WORKERS];
static worker_t *line[WORKERS]; /* the model: who waits, in the order in which they are served */
static unsigned line_length;
static unsigned held; /* blocks that workers hold */
static unsigned schedule;
static uint32_t random_state;

/* What happened: a schedule that meets nothing proves nothing. */
static struct {
    unsigned at_once, handed, overtaken, expired, hasty, race_block, race_timeout, deleted;
    unsigned deleted_handed;
} seen;

/* Below limit, which is at most 65536. */
static uint32_t draw(uint32_t limit)
{
    random_state = random_state * 1664525U + 1013904223U;
    return (random_state >> 16) % limit;
}

/* A block has one owner: it is stamped with it, and must have been nobody's. */
static void *work(void *argument)
{
    worker_t *const self = argument;
    for (;;) {
        while (sem_wait(&self->go) != 0) {
        }
        rw_posix_set_priority(self->priority);
        atomic_uintptr_t *const block = rw_pool_alloc_wait(POOL, self->timeout);
        if (block != NULL) {
            CHECK(atomic_exchange(block, (uintptr_t)self) == tried.untouched);
        }
        self->block = block;
        atomic_store(&self->phase, DONE);
    }
    return NULL;
}

static void hire(worker_t *worker)
{
    atomic_store(&worker->phase, IDLE);
    worker->block = NULL;
    worker->holds = false;
    CHECK(sem_init(&worker->go, 0, 0) == 0);
    CHECK(pthread_create(&worker->thread, NULL, work, worker) == 0);
}

/* Waits for something that must come soon. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        const time_t since = time(NULL);                                                           \
        while (!(condition)) {                                                                     \
            CHECK(time(NULL) - since < PATIENCE_S && #condition);                                  \
            sched_yield();                                                                         \
        }                                                                                          \
    } while (0)

static const rw_wait_list_t *lists(void)
{
    return &((const rw_pool_wait_state_t *)(const void *)POOL->state)->waiters;
}

static bool is_task(const rw_waiter_t *waiter, const worker_t *worker)
{
    return waiter->task == (const void *)(uintptr_t)worker->thread;
}

static bool waits(const worker_t *worker)
{
    bool found = false;
    rw_posix_lock();
    for (const rw_waiter_t *at = lists()->waiting; at != NULL; at = at->next) {
        found |= is_task(at, worker);
    }
    rw_posix_unlock();
    return found;
}

static bool done(worker_t *worker)
{
    return atomic_load(&worker->phase) == DONE;
}

/* Notes what a worker that is done got. */
static void reap(worker_t *worker)
{
    CHECK(done(worker));
    worker->holds = worker->block != NULL;
    held += worker->holds ? 1U : 0U;
    CHECK(held <= BLOCKS);
    atomic_store(&worker->phase, IDLE);
}

static void strike(unsigned place)
{
    for (line_length--; place < line_length; place++) {
        line[place] = line[place + 1U];
    }
}

static void enqueue(worker_t *worker)
{
    unsigned place = line_length++;
    seen.overtaken += place > 0 && line[place - 1U]->priority < worker->priority ? 1U : 0U;
    for (; place > 0 && line[place - 1U]->priority < worker->priority; place--) {
        line[place] = line[place - 1U];
    }
    line[place] = worker;
}

/* Nobody waits while a block is free. */
static void nobody_waits_in_vain(void)
{
    rw_stats_t stats;
    rw_pool_stats(POOL, &stats);
    CHECK(lists()->waiting == NULL || stats.free == 0);
}

/* The list is the model's, less those whose time is over. Under the lock nobody joins or leaves. */
static void compare(void)
{
    const rw_waiter_t *at = lists()->waiting;
    for (unsigned place = 0; place < line_length; place++) {
        if (at != NULL && is_task(at, line[place])) {
            at = at->next;
        } else {
            CHECK(line[place]->timeout != RW_FOREVER);
        }
    }
    CHECK(at == NULL);
    nobody_waits_in_vain();
}

/* Those at the head of the model whose time was over get nothing; next gets block. */
static void expect_next(atomic_uintptr_t *block)
{
    while (line_length > 0) {
        worker_t *const first = line[0];
        AWAIT(done(first));
        strike(0);
        reap(first);
        if (first->holds) {
            CHECK(first->block == block && atomic_load(block) == (uintptr_t)first);
            seen.handed++;
            return;
        }
        CHECK(first->timeout != RW_FOREVER);
        seen.expired++;
    }
}

static worker_t *any(bool holding)
{
    const unsigned start = draw(WORKERS);
    for (unsigned at = 0; at < WORKERS; at++) {
        worker_t *const worker = &workers[(start + at) % WORKERS];
        bool queued = false;
        for (unsigned place = 0; place < line_length; place++) {
            queued |= line[place] == worker;
        }
        if (!queued && worker->holds == holding) {
            return worker;
        }
    }
    return NULL;
}

static atomic_uintptr_t *taken_from(worker_t *worker)
{
    atomic_uintptr_t *const block = worker->block;
    CHECK(atomic_exchange(block, 0) == (uintptr_t)worker);
    worker->holds = false;
    held--;
    return block;
}

/* Frees a block, with or without a look at the list that nobody can change meanwhile. */
static void step_free(void)
{
    worker_t *const owner = any(true);
    if (owner == NULL) {
        return;
    }
    atomic_uintptr_t *const block = taken_from(owner);
    if (draw(2) == 0) {
        rw_posix_lock();
        compare();
        CHECK(rw_pool_free(POOL, block) == RW_OK);
        nobody_waits_in_vain();
        rw_posix_unlock();
    } else {
        CHECK(rw_pool_free(POOL, block) == RW_OK);
    }
    expect_next(block);
}

static void start(worker_t *worker, rw_ticks_t timeout)
{
    worker->priority = (int32_t)draw(3);
    worker->timeout = timeout;
    atomic_store(&worker->phase, STARTED);
    CHECK(sem_post(&worker->go) == 0);
}

static void step_alloc(void)
{
    static const rw_ticks_t timeouts[] = {RW_FOREVER, RW_FOREVER, RW_FOREVER, RW_FOREVER, 0, 1, 2};
    worker_t *const worker = any(false);
    if (worker == NULL) {
        return;
    }
    start(worker, timeouts[draw(sizeof timeouts / sizeof *timeouts)]);
    if (held < BLOCKS || worker->timeout == 0) {
        const bool expected = held < BLOCKS;
        AWAIT(done(worker));
        reap(worker);
        CHECK(worker->holds == expected);
        seen.at_once++;
        return;
    }
    AWAIT(waits(worker) || done(worker));
    enqueue(worker);
}

/* A free that does not wait until the worker is on the list: it may be anywhere on its way. */
static void step_hasty(void)
{
    worker_t *const worker = any(false);
    worker_t *const owner = any(true);
    if (worker == NULL || owner == NULL || held < BLOCKS || line_length > 0) {
        return;
    }
    atomic_uintptr_t *const block = taken_from(owner);
    start(worker, RW_FOREVER);
    for (unsigned delay = draw(20000); delay > 0; delay--) {
        atomic_signal_fence(memory_order_seq_cst);
    }
    CHECK(rw_pool_free(POOL, block) == RW_OK);
    enqueue(worker);
    expect_next(block);
    seen.hasty++;
}

/* A free in the instant of a timeout: one of the two wins, and the block is where it should be. */
static void step_race(void)
{
    worker_t *const worker = any(false);
    worker_t *const owner = any(true);
    if (worker == NULL || owner == NULL || held < BLOCKS || line_length > 0) {
        return;
    }
    start(worker, 1);
    AWAIT(waits(worker) || done(worker));
    const struct timespec nearly = {.tv_nsec = 900000 + 10000 * (long)draw(30)};
    nanosleep(&nearly, NULL);
    atomic_uintptr_t *const block = taken_from(owner);
    CHECK(rw_pool_free(POOL, block) == RW_OK);
    AWAIT(done(worker));
    reap(worker);
    CHECK(!worker->holds || worker->block == block);
    seen.race_block += worker->holds ? 1U : 0U;
    seen.race_timeout += worker->holds ? 0U : 1U;
    rw_stats_t stats;
    rw_pool_stats(POOL, &stats);
    CHECK(stats.used == held * (size_t)POOL->block_size);
}

/* A waiting thread ends: it leaves the list; if it was handed a block just now, that is not lost.
 */
static void step_delete(void)
{
    if (line_length == 0) {
        return;
    }
    const unsigned place = draw(line_length);
    worker_t *const worker = line[place];
    if (worker->timeout != RW_FOREVER) {
        return;
    }
    worker_t *const owner = place == 0 && draw(2) == 0 ? any(true) : NULL;
    atomic_uintptr_t *const block = owner != NULL ? taken_from(owner) : NULL;
    CHECK(pthread_cancel(worker->thread) == 0);
    CHECK(rw_pool_free(POOL, block) == RW_OK);
    CHECK(pthread_join(worker->thread, NULL) == 0);
    strike(place);
    const bool kept = block != NULL && done(worker) && worker->block == block;
    if (kept) { /* it was faster, and died with the block in its hands */
        atomic_store(block, 0);
        CHECK(rw_pool_free(POOL, block) == RW_OK);
    }
    CHECK(sem_destroy(&worker->go) == 0);
    hire(worker);
    seen.deleted++;
    seen.deleted_handed += kept ? 0U : block != NULL;
    if (block != NULL) {
        expect_next(block);
    }
}

/* Time goes by. */
static void step_rest(void)
{
    const struct timespec rest = {.tv_nsec = 1500000};
    nanosleep(&rest, NULL);
}

static void run_schedule(void)
{
    for (unsigned step = 6U + draw(10); step > 0; step--) {
        switch (draw(8)) {
        case 0:
        case 1:
        case 2:
            step_alloc();
            break;
        case 3:
        case 4:
            step_free();
            break;
        case 5:
            step_hasty();
            break;
        case 6:
            step_race();
            break;
        default:
            if (draw(2) == 0) {
                step_delete();
            } else if (draw(4) == 0) {
                step_rest();
            }
        }
    }
    while (held > 0) {
        step_free();
    }
    while (line_length > 0) { /* what is left had no block to wait for: its time is over */
        AWAIT(done(line[0]));
        reap(line[0]);
        CHECK(!line[0]->holds && line[0]->timeout != RW_FOREVER);
        strike(0);
    }
    CHECK(rw_pool_check(POOL) == RW_OK);
    CHECK(lists()->waiting == NULL && lists()->handed == NULL);
}

int main(int count, char **arguments)
{
    if (count != 4) {
        return 2;
    }
    if (strcmp(arguments[3], "kept") == 0) {
        tried.pool = &kept_pool;
        memset(&tried.untouched, RW_FULL_FRESH, sizeof tried.untouched);
    }
    const unsigned schedules = (unsigned)strtoul(arguments[1], NULL, 10);
    const uint32_t seed = (uint32_t)strtoul(arguments[2], NULL, 10);
    for (unsigned at = 0; at < WORKERS; at++) {
        hire(&workers[at]);
    }
    for (schedule = 0; schedule < schedules; schedule++) {
        random_state = seed + schedule * 2654435761U;
        run_schedule();
    }
    printf("%u schedules: %u at once, %u handed over, %u overtaken, %u expired, %u hasty, "
           "%u races for a block, %u for the timeout, %u deleted, %u with a free at once\n",
           schedules, seen.at_once, seen.handed, seen.overtaken, seen.expired, seen.hasty,
           seen.race_block, seen.race_timeout, seen.deleted, seen.deleted_handed);
    fflush(stdout);
    _Exit(0); /* the workers sleep on */
}
