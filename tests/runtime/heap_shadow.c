/* SPDX-License-Identifier: Apache-2.0
 *
 * Every heap core against the shadow model, and the meaning of the peak.
 */
#include <string.h>

#include "heap_expect.h"
#include "make_heap.h"
#include "shadow.h"

#define ARENA 65536U
#define LIVE 200U

static _Alignas(64) uint8_t arena[ARENA];
static shadow_slot_t slots[LIVE];

static void *target_alloc(void *heap, size_t size)
{
    return rw_heap_alloc(heap, size);
}

static void *target_alloc_aligned(void *heap, size_t alignment, size_t size)
{
    return rw_heap_alloc_aligned(heap, alignment, size);
}

static void *target_realloc(void *heap, void *block, size_t size)
{
    return rw_heap_realloc(heap, block, size);
}

static int target_free(void *heap, void *block)
{
    return (int)rw_heap_free(heap, block);
}

static size_t target_usable(void *heap, const void *block)
{
    return rw_heap_usable_size(heap, block);
}

static int target_check(void *heap)
{
    return (int)rw_heap_check(heap);
}

static size_t target_used(void *heap)
{
    rw_stats_t stats;
    rw_heap_stats(heap, &stats);
    return stats.used;
}

static shadow_result_t run(made_heap_t *made, size_t size, unsigned core, uint32_t seed,
                           uint32_t steps, uint32_t live)
{
    const shadow_arena_t place = {arena, size};
    const shadow_target_t target = {&made->heap,
                                    target_alloc,
                                    target_alloc_aligned,
                                    target_realloc,
                                    target_free,
                                    target_usable,
                                    target_check,
                                    target_used,
                                    &place,
                                    1,
                                    8};
    const shadow_plan_t plan = {.seed = seed,
                                .steps = steps,
                                .size_min = 1,
                                .size_max = 2048,
                                .alignment_max = 1024,
                                .check_every = 16,
                                .must_grant_alone = true,
                                .slots = slots,
                                .max_live = live};
    shadow_result_t result;
    make_heap(made, arena, size, core);
    shadow_run(&target, &plan, &result);
    if (result.step != 0) {
        printf("core %u seed %u step %u: %s\n", core, seed, result.step, result.reason);
        failures_seen++;
    }
    return result;
}

/* A heap tight enough to be exhausted, from junk. */
static void random_operations(unsigned core)
{
    static const size_t sizes[] = {ARENA, 16384, 4096};
    static const uint32_t steps[] = {60000, 20000, 20000};
    static const uint8_t junk[] = {0xA5, 0xFF, 0x00};
    for (unsigned i = 0; i < 3; i++) {
        made_heap_t made;
        memset(arena, junk[i], sizeof arena);
        const shadow_result_t result = run(&made, sizes[i], core, core + 7U, steps[i], LIVE);
        EXPECT(result.granted > steps[i] / 4U);
        EXPECT(result.refused > 0 && made.state.failures > 0);
        EXPECT(made.state.top == 0 && made.state.used == 0);
        EXPECT((made.bins[0] | made.bins[1] | made.bins[2]) == 0);
    }
    EXPECT(no_fault());
}

/* An arena of `peak` bytes serves the same run; one granule less does not, unless the block that
 * was last grew then and moves now. */
static void peak_suffices(unsigned core)
{
    unsigned refused = 0;
    for (uint32_t seed = 1; seed <= 5; seed++) {
        made_heap_t made;
        rw_stats_t stats;
        const shadow_result_t ample = run(&made, ARENA, core, seed, 5000, 60);
        rw_heap_stats(&made.heap, &stats);
        EXPECT(ample.refused == 0 && stats.failures == 0);
        EXPECT(stats.peak >= ample.peak_bytes && stats.peak < ARENA);
        const shadow_result_t tight = run(&made, stats.peak, core, seed, 5000, 60);
        EXPECT(tight.refused == 0);
        const shadow_result_t less = run(&made, stats.peak - 8, core, seed, 5000, 60);
        refused += less.refused > 0 ? 1U : 0U;
    }
    EXPECT(refused >= 4);
}

int main(void)
{
    for (unsigned core = 0; core < HEAP_CORES; core++) {
        random_operations(core);
    }
    peak_suffices(HEAP_BASIC_NONE_16);
    peak_suffices(HEAP_NONE_NONE_32);
    return failures_seen != 0;
}
