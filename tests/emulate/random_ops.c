/* SPDX-License-Identifier: Apache-2.0 */
#include "random_ops.h"

#if !defined(LIVE_MAX)
#define LIVE_MAX 160U /* blocks live at once: more than the pools tested have */
#endif
#define MEMBERS_MAX 4U
#define CHECK_EVERY 512U

shadow_result_t outcome;
rw_stats_t stats_before;
rw_stats_t stats_after;
uint32_t sabotage;

static shadow_slot_t slots[LIVE_MAX];

/* The target's own alloc, and the block it gave last. */
static void *(*honest_alloc)(void *context, size_t size);
static void *last_block;

static void *alloc_or_sabotage(void *context, size_t size)
{
    if (sabotage > 0 && --sabotage == 0) {
        return last_block;
    }
    last_block = honest_alloc(context, size);
    return last_block;
}

static uint32_t run(subject_t *subject, shadow_target_t target, shadow_plan_t plan)
{
    honest_alloc = target.alloc;
    target.alloc = alloc_or_sabotage;
    plan.alignment_max = 256;
    plan.check_every = CHECK_EVERY;
    plan.slots = slots;
    plan.max_live = LIVE_MAX;
    subject->stats(subject->object, &stats_before);
    const uint32_t step = shadow_run(&target, &plan, &outcome);
    subject->stats(subject->object, &stats_after);
    return step;
}

uint32_t random_pool(const rw_pool_t *pool, uint32_t steps, uint32_t seed)
{
    const shadow_arena_t arena = {pool->object.arena, pool->object.size};
    const size_t alignment = (size_t)1 << pool->shift;
    subject_t subject = {pool, &arena, 1, alignment < 8 ? alignment : 8, 0};
    const shadow_target_t target = pool_target(&subject);
    return run(&subject, target,
               (shadow_plan_t){.seed = seed,
                               .steps = steps,
                               .size_min = (size_t)pool->block_size,
                               .size_max = (size_t)pool->block_size,
                               .must_grant_alone = true});
}

uint32_t random_heap(const rw_heap_t *heap, uint32_t steps, uint32_t seed)
{
    const shadow_arena_t arena = {heap->object.arena, heap->object.size};
    subject_t subject = {heap, &arena, 1, 8, 0};
    const shadow_target_t target = heap_target(&subject);
    return run(&subject, target,
               (shadow_plan_t){.seed = seed,
                               .steps = steps,
                               .size_min = 1,
                               .size_max = heap->object.size / 8,
                               .must_grant_alone = true});
}

uint32_t random_slab(const rw_slab_t *slab, uint32_t steps, uint32_t seed)
{
    const shadow_arena_t arena = {slab->object.arena, slab->object.size};
    subject_t subject = {slab, &arena, 1, 1, 0};
    const shadow_target_t target = slab_target(&subject);
    return run(&subject, target,
               (shadow_plan_t){.seed = seed,
                               .steps = steps,
                               .size_min = 1,
                               .size_max = slab->object.size / 8,
                               .must_grant_alone = true});
}

uint32_t random_memheap(const rw_memheap_t *memheap, uint32_t steps, uint32_t seed)
{
    shadow_arena_t arenas[MEMBERS_MAX];
    size_t count = 0;
    for (; count < memheap->member_count && count < MEMBERS_MAX; count++) {
        arenas[count] =
            (shadow_arena_t){memheap->members[count]->arena, memheap->members[count]->size};
    }
    subject_t subject = {memheap, arenas, count, 8, 0};
    const shadow_target_t target = memheap_target(&subject);
    return run(&subject, target,
               (shadow_plan_t){.seed = seed,
                               .steps = steps,
                               .size_min = 1,
                               .size_max = memheap->object.size / 12,
                               .must_grant_alone = true});
}
