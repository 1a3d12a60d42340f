/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that share an object with checks full: no race, no false alarm, although some of them
 * check, walk and ask for figures all the time, and the quarantine is shorter than they are many.
 */
#include "full_fixture.h"

#include <pthread.h>
#include <string.h>

#define THREADS 4U
#define ROUNDS 3000U
#define OWN 6U

static _Alignas(512) uint8_t arena[FULL_ARENA];
static full_fixture_t fixture;
static unsigned alarms;

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    (void)fault;
    (void)object;
    (void)address;
    __atomic_add_fetch(&alarms, 1U, __ATOMIC_RELAXED);
}

static bool visit(const rw_block_t *block, void *context)
{
    *(unsigned *)context += block->used ? 1U : 0U;
    return true;
}

static void look(unsigned round)
{
    unsigned used = 0;
    if (round % 3U == 0U && fixture.object->kind != RW_POOL) { /* a pool is checked at rest */
        CHECK(full_check(&fixture) == RW_OK);
    } else if (round % 3U == 1U) {
        full_walk(&fixture, visit, &used);
    } else {
        CHECK(full_stats(&fixture).used <= fixture.object->size);
    }
}

static void *traffic(void *seed)
{
    uint8_t *blocks[OWN] = {NULL};
    uint32_t chance = *(const uint32_t *)seed;
    const bool pool = fixture.object->kind == RW_POOL;
    for (unsigned round = 0; round < ROUNDS; round++) {
        chance = chance * 1664525U + 1013904223U;
        const unsigned at = chance >> 16U & 0xFFFFU;
        uint8_t **const block = &blocks[at % OWN];
        const size_t size = pool ? 40U : 1U + at % 200U;
        if (*block != NULL) {
            const size_t usable = full_usable(&fixture, *block);
            CHECK(usable != 0U && (*block)[usable - 1U] == (uint8_t)usable);
            CHECK(full_free(&fixture, *block) == RW_OK);
            *block = NULL;
        } else {
            *block = full_alloc(&fixture, size);
            CHECK(*block != NULL);
            memset(*block, (uint8_t)size, size);
        }
        if (at % 16U == 0U) {
            look(round);
        }
    }
    for (unsigned i = 0; i < OWN; i++) {
        CHECK(full_free(&fixture, blocks[i]) == RW_OK);
    }
    return NULL;
}

int main(void)
{
    for (unsigned core = 0; core < FULL_CORE_COUNT; core++) {
        pthread_t threads[THREADS];
        uint32_t seeds[THREADS];
        if (full_cores[core].sharing == RW_SHARING_NONE) {
            continue;
        }
        memset(arena, 0xA5, sizeof arena);
        full_make(&fixture, core, arena, sizeof arena, core % 2U + 1U);
        for (unsigned i = 0; i < THREADS; i++) {
            seeds[i] = core * THREADS + i;
            CHECK(pthread_create(&threads[i], NULL, traffic, &seeds[i]) == 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
        }
        CHECK(alarms == 0 && fixture.state.busy == 0);
        CHECK(full_check(&fixture) == RW_OK && full_stats(&fixture).used == 0);
    }
    return 0;
}
