/* SPDX-License-Identifier: Apache-2.0
 *
 * Random operations on every core with checks full against the shadow model, from junk: nothing is
 * reported, everything is free at the end.
 */
#include "full_fixture.h"
#include "shadow.h"

#include <string.h>

#define LIVE 160U
#define STEPS 12000U

static _Alignas(512) uint8_t arena[FULL_ARENA];
static full_fixture_t fixture;

static void *target_alloc(void *context, size_t size)
{
    return full_alloc(context, size);
}

static void *target_alloc_aligned(void *context, size_t alignment, size_t size)
{
    const full_fixture_t *const made = context;
    return rw_alloc_aligned_cores[made->object->core](made->object, alignment, size);
}

static void *target_realloc(void *context, void *block, size_t size)
{
    const full_fixture_t *const made = context;
    return made->object->kind == RW_HEAP ? rw_heap_realloc(&made->self.heap.heap, block, size)
                                         : rw_slab_realloc(&made->self.slab.slab, block, size);
}

static int target_free(void *context, void *block)
{
    return (int)full_free(context, block);
}

static size_t target_usable(void *context, const void *block)
{
    return full_usable(context, block);
}

static int target_check(void *context)
{
    return (int)full_check(context);
}

static bool add_up(const rw_block_t *block, void *context)
{
    const size_t header = block->object->kind == RW_HEAP ? 4U : 0U;
    *(size_t *)context += block->used ? block->size + header : 0U;
    return true;
}

/* Walk and stats are two ways to the same sum. */
static size_t target_used(void *context)
{
    const rw_stats_t stats = full_stats(context);
    size_t sum = 0;
    full_walk(context, add_up, &sum);
    CHECK(stats.used == sum && stats.free == stats.size - sum);
    return stats.used;
}

/* Enough to empty a pool every now and then. */
static uint32_t pool_live(void)
{
    return fixture.self.pool.pool.full * 2U + 3U;
}

static void run(uint32_t seed, size_t size_max)
{
    const bool pool = fixture.object->kind == RW_POOL;
    const shadow_arena_t place = {arena, fixture.object->size};
    const shadow_target_t target = {.context = &fixture,
                                    .alloc = target_alloc,
                                    .alloc_aligned = pool ? NULL : target_alloc_aligned,
                                    .realloc = pool ? NULL : target_realloc,
                                    .free = target_free,
                                    .usable = target_usable,
                                    .check = target_check,
                                    .used = target_used,
                                    .arenas = &place,
                                    .arena_count = 1,
                                    .alignment = pool ? 1 : 8};
    static shadow_slot_t slots[600];
    const shadow_plan_t plan = {.seed = seed,
                                .steps = STEPS,
                                .size_min = pool ? size_max : 1,
                                .size_max = size_max,
                                .alignment_max = pool ? 1 : 256,
                                .check_every = 61,
                                .must_grant_alone = true,
                                .slots = slots,
                                .max_live = pool ? pool_live() : LIVE};
    shadow_result_t result;
    if (shadow_run(&target, &plan, &result) != 0) {
        printf("%s, seed %u, step %u: %s\n", full_current, (unsigned)seed, (unsigned)result.step,
               result.reason);
        exit(1);
    }
    CHECK(result.granted > STEPS / 6U && result.refused > 0 && full_no_fault());
    CHECK(full_stats(&fixture).used == 0 && full_check(&fixture) == RW_OK);
    CHECK(full_stats(&fixture).failures >= (pool ? 0U : result.refused / 2U));
    CHECK(fixture.state.busy == 0);
}

int main(void)
{
    static const unsigned depths[] = {1, 8, RW_FULL_DEPTH_MAX};
    static const uint8_t junk[] = {0xA5, RW_FULL_FREED, 0x00};
    for (unsigned core = 0; core < FULL_CORE_COUNT; core++) {
        for (unsigned at = 0; at < 3; at++) {
            memset(arena, junk[at], sizeof arena);
            full_make(&fixture, core, arena, at == 1 ? FULL_ARENA / 4U : FULL_ARENA, depths[at]);
            run(core + at, fixture.object->kind == RW_POOL ? 40 : 1000);
        }
        if (full_cores[core].kind == RW_POOL) {
            memset(arena, 0xA5, sizeof arena);
            full_make_pool(&fixture, core, arena, 1, 1, 100, 8); /* no room for a guard */
            run(core, 1);
        }
    }
    return 0;
}
