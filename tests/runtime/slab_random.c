/* SPDX-License-Identifier: Apache-2.0
 *
 * 100 000 random operations on every core against the shadow model.
 */
#include "shadow.h"
#include "slab_fixture.h"

#include <string.h>

static void *target_alloc(void *context, size_t size)
{
    return rw_slab_alloc(context, size);
}

static void *target_alloc_aligned(void *context, size_t alignment, size_t size)
{
    return rw_slab_alloc_aligned(context, alignment, size);
}

static void *target_realloc(void *context, void *block, size_t size)
{
    return rw_slab_realloc(context, block, size);
}

static int target_free(void *context, void *block)
{
    return (int)rw_slab_free(context, block);
}

static size_t target_usable(void *context, const void *block)
{
    return rw_slab_usable_size(context, block);
}

static int target_check(void *context)
{
    return (int)rw_slab_check(context);
}

static bool add_up(const rw_block_t *block, void *context)
{
    *(size_t *)context += block->used ? block->size : 0U;
    return true;
}

/* Walk and stats are two ways to the same sum. */
static size_t target_used(void *context)
{
    rw_stats_t stats;
    size_t sum = 0;
    rw_slab_stats(context, &stats);
    rw_slab_walk(context, add_up, &sum);
    CHECK(stats.used == sum && stats.free == stats.size - sum);
    return stats.used;
}

typedef struct setup {
    uint32_t slab_size;
    uint16_t slab_count;
    size_t size_max;
    size_t alignment_max; /* that is possible everywhere in an arena of that size */
    zone_plan_t zones[SLAB_FIXTURE_ZONES];
} setup_t;

static const setup_t setups[] = {
    /* as in the manual's example: five zones, promises and a limit */
    {1024, 40, 5000, 1024, {{16, 0, 0}, {32, 2, 0}, {64, 0, 0}, {128, 0, 8}, {512, 1, 0}}},
    /* 4 KiB in all; block sizes that are no powers of two; one block to a slab */
    {256, 16, 700, 256, {{24, 0, 0}, {56, 1, 3}, {104, 0, 0}, {256, 0, 0}}},
    /* many map words; one zone */
    {8192, 3, 8, 8, {{8, 0, 0}}},
};

static void try_core(unsigned core, const setup_t *setup)
{
    const size_t size = (size_t)setup->slab_size * setup->slab_count;
    uint8_t *const arena = aligned_alloc(setup->slab_size, size);
    CHECK(arena != NULL);
    memset(arena, 0xA5, size);
    slab_fixture_t fixture;
    slab_fixture_make(&fixture, core, arena, setup->slab_size, setup->slab_count, setup->zones);
    const shadow_arena_t place = {arena, size};
    const shadow_target_t target = {.context = &fixture.slab,
                                    .alloc = target_alloc,
                                    .alloc_aligned = target_alloc_aligned,
                                    .realloc = target_realloc,
                                    .free = target_free,
                                    .usable = target_usable,
                                    .check = target_check,
                                    .used = target_used,
                                    .arenas = &place,
                                    .arena_count = 1,
                                    .alignment = 8};
    shadow_slot_t *const slots = calloc(512, sizeof *slots);
    CHECK(slots != NULL);
    const shadow_plan_t plan = {.seed = 7,
                                .steps = 100000,
                                .size_min = 1,
                                .size_max = setup->size_max,
                                .alignment_max = setup->alignment_max,
                                .check_every = 499,
                                .must_grant_alone = true,
                                .slots = slots,
                                .max_live = 512};
    shadow_result_t result;
    if (shadow_run(&target, &plan, &result) != 0) {
        printf("%s, %u slabs of %u, step %u: %s\n", slab_core_names[core],
               (unsigned)setup->slab_count, (unsigned)setup->slab_size, (unsigned)result.step,
               result.reason);
        exit(1);
    }
    rw_stats_t stats;
    rw_slab_stats(&fixture.slab, &stats);
    CHECK(result.granted > 10000 && stats.peak >= result.peak_bytes);
    CHECK(slab_faults == 0);
    slab_fixture_drop(&fixture);
    free(slots);
    free(arena);
}

int main(void)
{
    for (unsigned core = 0; core < SLAB_CORE_COUNT; core++) {
        for (size_t at = 0; at < sizeof setups / sizeof setups[0]; at++) {
            try_core(core, &setups[at]);
        }
    }
    return 0;
}
