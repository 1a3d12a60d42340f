/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that wait for blocks of a pool with checks full, switched at every place where they hold no
 * lock, as the plan of a run says: all ways to switch twice, and random ones. At every such place
 * the pool is looked at. A run in which all sleep, or one loses its block, is a fault.
 *
 *     taker 0   waits for ever, for longer than others are urgent
 *     taker 1   more urgent; waits for ever, or for some ticks, or until it is deleted in its sleep
 *     giver     frees the blocks of the pool, as an ISR would where it is not switched away from
 */
#define _DEFAULT_SOURCE
#define RW_PORT_NEED_WAIT

#include "full_fixture.h"

#include <string.h>
#include <ucontext.h>

#define TASKS 3U
#define GIVER 2U
#define BLOCKS_MAX 2U
#define SIZE 40U
#define STACK 65536U
#define POINTS_MAX 400U
#define RANDOM_RUNS 4000U
#define NOWHERE 1000000U

typedef struct task {
    ucontext_t context;
    const rw_port_event_t *event; /* what it sleeps for; NULL: it does not */
    rw_ticks_t ticks;             /* and how long at most */
    bool expired;
    bool over;
    bool deleted;
} task_t;

/* Switch to whom, when the run has come to which point. */
typedef struct change {
    unsigned point;
    unsigned to;
} change_t;

/* What is tried. */
typedef struct trial {
    unsigned core;
    unsigned depth;
    unsigned blocks;     /* of the pool; the giver frees all */
    rw_ticks_t patience; /* of taker 1 */
    bool deletes;        /* a switch to taker 1 in its sleep deletes it */
} trial_t;

uintptr_t nested_masked;
static _Alignas(64) uint8_t arena[BLOCKS_MAX * 64U];
static uint8_t stacks[TASKS][STACK];
static full_fixture_t fixture;
static task_t tasks[TASKS];
static ucontext_t home;
static unsigned running;
static bool looking;
static const trial_t *trial;
static uint8_t *given[BLOCKS_MAX];
static int owner[BLOCKS_MAX]; /* -1: nobody */
static rw_ticks_t now;
static change_t plan[2];
static uint32_t chance; /* 0: the plan says; else it is random */
static unsigned point;
static struct {
    unsigned runs, slept, handed, expired, deleted, emptied;
} seen;

const rw_object_t *const rw_waiting_pools[] = {&fixture.self.pool.pool.object, NULL};

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    printf("%s: fault %d at %td, task %u, point %u; switches at %u to %u, at %u to %u\n",
           object->name, (int)fault, (const uint8_t *)address - arena, running, point,
           plan[0].point, plan[0].to, plan[1].point, plan[1].to);
    exit(1);
}

static bool count_used(const rw_block_t *block, void *context)
{
    *(unsigned *)context += block->used ? 1U : 0U;
    return true;
}

/* Between any two steps the pool is sound, and what the takers have is theirs. */
static void look(void)
{
    unsigned used = 0;
    looking = true;
    CHECK(full_check(&fixture) == RW_OK);
    full_walk(&fixture, count_used, &used);
    CHECK(used <= trial->blocks && full_stats(&fixture).used <= fixture.object->size);
    looking = false;
}

static bool can_run(unsigned task)
{
    const task_t *const one = &tasks[task];
    return !one->over && (one->event == NULL || one->event->set || one->expired);
}

static void switch_to(unsigned task)
{
    const unsigned before = running;
    if (task != before) {
        running = task;
        CHECK(swapcontext(&tasks[before].context, &tasks[task].context) == 0);
    }
}

/* A task that sleeps is woken by the clock, or deleted. */
static void disturb(unsigned task)
{
    task_t *const one = &tasks[task];
    if (task == 1U && trial->deletes) {
        one->over = true;
        one->deleted = true;
        seen.deleted++;
        rw_wait_forget(one);
    } else if (one->ticks != RW_FOREVER) {
        one->expired = true;
        now += one->ticks;
        switch_to(task);
    }
}

static void turn(unsigned task)
{
    if (tasks[task].over || task == running) {
        return;
    }
    if (can_run(task)) {
        switch_to(task);
    } else {
        disturb(task);
    }
}

static uint32_t draw(uint32_t below)
{
    chance = chance * 1664525U + 1013904223U;
    return (chance >> 8U) % below;
}

void nested_unmasked(void)
{
    if (looking || trial == NULL) {
        return;
    }
    look();
    point++;
    CHECK(point < POINTS_MAX);
    if (chance != 0U) {
        if (draw(3) == 0) {
            turn(draw(TASKS));
        }
        return;
    }
    for (unsigned at = 0; at < 2U; at++) {
        if (plan[at].point == point) {
            turn(plan[at].to);
        }
    }
}

/* Somebody else runs: the most urgent who can. If nobody can, the clock goes on. */
static void somebody_else(void)
{
    for (unsigned task = TASKS; task-- > 0;) {
        if (can_run(task)) {
            switch_to(task);
            return;
        }
    }
    for (unsigned task = 0; task < TASKS; task++) {
        if (!tasks[task].over && tasks[task].ticks != RW_FOREVER) {
            tasks[task].expired = true;
            now += tasks[task].ticks;
            switch_to(task);
            return;
        }
    }
    printf("%s: all sleep; switches at %u to %u, at %u to %u, depth %u\n", full_current,
           plan[0].point, plan[0].to, plan[1].point, plan[1].to, trial->depth);
    exit(1);
}

void nested_sleep(const rw_port_event_t *event, rw_ticks_t ticks)
{
    task_t *const self = &tasks[running];
    self->event = event;
    self->ticks = ticks;
    seen.slept += event->set ? 0U : 1U;
    seen.emptied += event->set ? 1U : 0U;
    while (!event->set && !self->expired) {
        somebody_else();
    }
    seen.expired += event->set ? 0U : 1U;
    self->event = NULL;
    self->expired = false;
}

rw_ticks_t rw_port_tick(void)
{
    return now;
}

int32_t rw_port_priority(void)
{
    return (int32_t)running;
}

const void *rw_port_task(void)
{
    return &tasks[running];
}

static void finish(void)
{
    tasks[running].over = true;
    for (unsigned task = TASKS; task-- > 0;) {
        if (!tasks[task].over) {
            somebody_else();
        }
    }
    CHECK(setcontext(&home) == 0);
}

static void take_and_give(void)
{
    const unsigned self = running;
    const rw_ticks_t ticks = self == 1U ? trial->patience : RW_FOREVER;
    uint8_t *const block = rw_pool_alloc_wait(&fixture.self.pool.pool, ticks);
    CHECK(block != NULL || ticks != RW_FOREVER);
    if (block != NULL) {
        int *const mine = &owner[(size_t)(block - arena) / 64U];
        CHECK(*mine == -1);
        *mine = (int)self;
        for (unsigned at = 0; at < SIZE; at++) {
            CHECK(block[at] == RW_FULL_FRESH);
        }
        memset(block, (int)self, SIZE);
        nested_unmasked(); /* others, too, may run now */
        for (unsigned at = 0; at < SIZE; at++) {
            CHECK(block[at] == self);
        }
        CHECK(*mine == (int)self && full_usable(&fixture, block) == SIZE);
        *mine = -1;
        seen.handed++;
        CHECK(full_free(&fixture, block) == RW_OK);
    }
    finish();
}

static void give(void)
{
    for (unsigned at = 0; at < trial->blocks; at++) {
        owner[at] = -1;
        CHECK(full_free(&fixture, given[at]) == RW_OK);
    }
    finish();
}

static void start(unsigned task)
{
    task_t *const one = &tasks[task];
    memset(one, 0, sizeof *one);
    CHECK(getcontext(&one->context) == 0);
    one->context.uc_stack.ss_sp = stacks[task];
    one->context.uc_stack.ss_size = STACK;
    makecontext(&one->context, task == GIVER ? give : take_and_give, 0);
}

/* Returns the number of places at which there could have been a switch. */
static unsigned run(const trial_t *what)
{
    trial = NULL;
    memset(arena, 0xA5, sizeof arena);
    full_make_pool(&fixture, what->core, arena, SIZE, 64, what->blocks, what->depth);
    for (unsigned at = 0; at < what->blocks; at++) {
        given[at] = full_alloc(&fixture, SIZE);
        owner[at] = (int)GIVER;
    }
    for (unsigned task = 0; task < TASKS; task++) {
        start(task);
    }
    trial = what;
    point = 0;
    running = 0;
    CHECK(swapcontext(&home, &tasks[0].context) == 0);
    trial = NULL;
    seen.runs++;
    for (unsigned at = 0; at < what->blocks; at++) {
        CHECK(owner[at] == -1);
    }
    CHECK(fixture.state.busy == 0 && fixture.pool.state.waiters.waiting == NULL &&
          fixture.pool.state.waiters.handed == NULL);
    CHECK(full_check(&fixture) == RW_OK && full_stats(&fixture).used == 0);
    return point;
}

/* Every two switches; the second is counted from the first on, which changes what follows. */
static void every_plan(const trial_t *what)
{
    unsigned last = POINTS_MAX;
    for (unsigned first = 1; first <= last; first++) {
        for (unsigned to = 0; to < TASKS; to++) {
            unsigned end = first;
            for (unsigned second = first; second <= end; second++) {
                for (unsigned then = 0; then < TASKS; then++) {
                    plan[0] = (change_t){first, to};
                    plan[1] = (change_t){second == first ? NOWHERE : second, then};
                    const unsigned points = run(what);
                    end = points > end ? points : end;
                }
            }
            last = to == 0U ? end : last;
        }
    }
}

static void every_random(const trial_t *what)
{
    for (unsigned at = 0; at < RANDOM_RUNS; at++) {
        chance = at * 2654435761U | 1U;
        run(what);
    }
    chance = 0;
}

int main(void)
{
    const unsigned first = FULL_CORE_COUNT - 2U;
    for (unsigned depth = 1; depth <= 2U; depth++) {
        const trial_t trials[] = {
            {first, depth, 2, RW_FOREVER, false}, {first, depth, 1, RW_FOREVER, false},
            {first, depth, 1, 5, false},          {first, depth, 2, RW_FOREVER, true},
            {first, depth, 1, RW_FOREVER, true},  {first + 1U, depth, 2, 5, false},
        };
        for (unsigned at = 0; at < sizeof trials / sizeof *trials; at++) {
            every_random(&trials[at]);
            if (trials[at].core == first) {
                every_plan(&trials[at]);
            }
        }
    }
    printf(
        "%u runs: %u slept, %u blocks had, %u expired, %u deleted, %u served by their own look\n",
        seen.runs, seen.slept, seen.handed, seen.expired, seen.deleted, seen.emptied);
    return 0;
}
