/* SPDX-License-Identifier: Apache-2.0
 *
 * 100 000 random operations on every core against the shadow model; the watermark is the peak.
 */
#include "pool_fixture.h"
#include "shadow.h"

#include <string.h>

static void *target_alloc(void *context, size_t size)
{
    (void)size;
    return rw_pool_alloc(context);
}

static int target_free(void *context, void *block)
{
    return (int)rw_pool_free(context, block);
}

static size_t target_usable(void *context, const void *block)
{
    return rw_pool_usable_size(context, block);
}

static int target_check(void *context)
{
    return (int)rw_pool_check(context);
}

static size_t target_used(void *context)
{
    rw_stats_t stats;
    rw_pool_stats(context, &stats);
    return stats.used;
}

/* Walk and stats are two ways to the same sums. */
typedef struct sums {
    size_t used;
    size_t ever;
} sums_t;

static bool add_up(const rw_block_t *block, void *context)
{
    sums_t *const sums = context;
    sums->ever += block->size;
    sums->used += block->used ? block->size : 0U;
    return true;
}

static void try_core(unsigned core, size_t block_size, unsigned count, uint32_t seed)
{
    const size_t size = block_size * count;
    uint8_t *const arena = malloc(size);
    CHECK(arena != NULL);
    memset(arena, 0xA5, size);
    pool_fixture_t fixture;
    pool_fixture_make(&fixture, core, arena, block_size, count);
    const shadow_arena_t place = {arena, size};
    const shadow_target_t target = {.context = &fixture.pool,
                                    .alloc = target_alloc,
                                    .free = target_free,
                                    .usable = target_usable,
                                    .check = target_check,
                                    .used = target_used,
                                    .arenas = &place,
                                    .arena_count = 1,
                                    .alignment = 1};
    shadow_slot_t *const slots = calloc(count + 3U, sizeof *slots);
    CHECK(slots != NULL);
    const shadow_plan_t plan = {.seed = seed,
                                .steps = 100000,
                                .size_min = block_size,
                                .size_max = block_size,
                                .alignment_max = 1,
                                .check_every = 997,
                                .must_grant_alone = true,
                                .slots = slots,
                                .max_live = count + 3U};
    shadow_result_t result;
    if (shadow_run(&target, &plan, &result) != 0) {
        printf("%s, %u blocks of %zu, step %u: %s\n", pool_cores[core].name, count, block_size,
               (unsigned)result.step, result.reason);
        exit(1);
    }
    rw_stats_t stats;
    sums_t sums = {0, 0};
    rw_pool_stats(&fixture.pool, &stats);
    rw_pool_walk(&fixture.pool, add_up, &sums);
    CHECK(stats.peak == result.peak_live * block_size);
    CHECK(sums.ever == stats.peak && sums.used == 0 && stats.free == size);
    CHECK(stats.largest == block_size && stats.failures == 0);
    CHECK(pool_faults == 0);
    pool_fixture_drop(&fixture);
    free(slots);
    free(arena);
}

int main(void)
{
    for (unsigned core = 0; core < POOL_CORE_COUNT; core++) {
        try_core(core, 16, 64, 1);
        const bool checked = pool_cores[core].checked;
        try_core(core, checked ? 7 : 12, pool_cores[core].width == 8 ? 127 : 300, 2);
        try_core(core, checked ? 1 : 4, 1, 3);
    }
    return 0;
}
