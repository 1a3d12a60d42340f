/* SPDX-License-Identifier: Apache-2.0 */
#include "shadow.h"

#define PHASE_STEPS 1024U /* the aim for the number of live blocks changes this often */

typedef struct run {
    const shadow_target_t *target;
    const shadow_plan_t *plan;
    shadow_result_t *result;
    uint32_t random;
    uint32_t live;
    uint32_t aim; /* number of live blocks the present phase drifts towards */
    size_t live_bytes;
} run_t;

static uint32_t next_random(run_t *run)
{
    uint32_t x = run->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    run->random = x;
    return x;
}

/* Uniform in [0, limit), without a division. */
static uint32_t random_below(run_t *run, uint32_t limit)
{
    return (uint32_t)(((uint64_t)next_random(run) * limit) >> 32);
}

/* Log-uniform in [size_min, size_max]: first an octave, then a size of that octave. */
static size_t random_size(run_t *run)
{
    const shadow_plan_t *plan = run->plan;
    if (plan->size_min == plan->size_max) {
        return plan->size_min;
    }
    uint32_t octaves = 0;
    while ((plan->size_min << octaves) < plan->size_max) {
        octaves++;
    }
    const size_t low = plan->size_min << random_below(run, octaves);
    const size_t high = low * 2 < plan->size_max ? low * 2 : plan->size_max;
    return low + random_below(run, (uint32_t)(high - low + 1));
}

static bool fail(run_t *run, const char *reason)
{
    if (run->result->reason == NULL) {
        run->result->reason = reason;
    }
    return false;
}

static uint8_t pattern(uint32_t key, size_t offset)
{
    const uint32_t word = key ^ ((uint32_t)(offset >> 2) * 0x9E3779B9U);
    return (uint8_t)(word >> (8 * (offset & 3U)));
}

/* volatile: keeps the compiler from turning the loop into a memset or memcpy call. */
static void fill(const shadow_slot_t *slot)
{
    volatile uint8_t *bytes = slot->address;
    for (size_t i = 0; i < slot->extent; i++) {
        bytes[i] = pattern(slot->key, i);
    }
}

static bool holds(const uint8_t *bytes, size_t size, uint32_t key)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != pattern(key, i)) {
            return false;
        }
    }
    return true;
}

static bool inside_arenas(const shadow_target_t *target, uintptr_t start, size_t size)
{
    for (size_t i = 0; i < target->arena_count; i++) {
        const uintptr_t arena = (uintptr_t)target->arenas[i].start;
        const size_t room = target->arenas[i].size;
        if (start - arena <= room && size <= room - (start - arena)) {
            return true;
        }
    }
    return false;
}

static bool overlaps_another(const run_t *run, const shadow_slot_t *slot)
{
    const uint8_t *start = slot->address;
    for (uint32_t i = 0; i < run->plan->max_live; i++) {
        const shadow_slot_t *other = &run->plan->slots[i];
        if (other != slot && other->address != NULL && other->address < start + slot->extent &&
            start < other->address + other->extent) {
            return true;
        }
    }
    return false;
}

/* Enters a granted block into the books, after looking at where it lies, and fills it. */
static bool enter(run_t *run, shadow_slot_t *slot, void *block, size_t size, size_t alignment)
{
    const shadow_target_t *target = run->target;
    const size_t extent = target->usable != NULL ? target->usable(target->context, block) : size;
    *slot = (shadow_slot_t){block, size, extent, next_random(run)};
    run->result->granted++;
    run->live++;
    run->live_bytes += size;
    if (run->live > run->result->peak_live) {
        run->result->peak_live = run->live;
    }
    if (run->live_bytes > run->result->peak_bytes) {
        run->result->peak_bytes = run->live_bytes;
    }
    if (extent < size) {
        return fail(run, "usable size below the size requested");
    }
    if (((uintptr_t)block & (alignment - 1U)) != 0U) {
        return fail(run, "block misaligned");
    }
    if (!inside_arenas(target, (uintptr_t)block, extent)) {
        return fail(run, "block outside every arena");
    }
    if (overlaps_another(run, slot)) {
        return fail(run, "block overlaps a live block");
    }
    fill(slot);
    return true;
}

static void leave(run_t *run, shadow_slot_t *slot)
{
    run->live--;
    run->live_bytes -= slot->size;
    slot->address = NULL;
}

static bool refuse(run_t *run)
{
    run->result->refused++;
    if (run->live == 0 && run->plan->must_grant_alone) {
        return fail(run, "request refused although nothing is allocated");
    }
    return true;
}

static bool step_alloc(run_t *run, shadow_slot_t *slot)
{
    const shadow_target_t *target = run->target;
    const size_t size = random_size(run);
    size_t alignment = target->alignment;
    void *block;
    if (target->alloc_aligned != NULL && random_below(run, 8) == 0) {
        alignment = 1;
        for (uint32_t doublings = random_below(run, 16);
             doublings > 0 && alignment < run->plan->alignment_max; doublings--) {
            alignment *= 2;
        }
        block = target->alloc_aligned(target->context, alignment, size);
        if (block == NULL) {
            run->result->refused++; /* alignment may make even an empty arena too small */
            return true;
        }
    } else {
        block = target->alloc(target->context, size);
    }
    return block == NULL ? refuse(run) : enter(run, slot, block, size, alignment);
}

static bool step_free(run_t *run, shadow_slot_t *slot)
{
    uint8_t *block = slot->address;
    if (!holds(block, slot->extent, slot->key)) {
        return fail(run, "contents changed before free");
    }
    leave(run, slot);
    if (run->target->free(run->target->context, block) != 0) {
        return fail(run, "free of a live block failed");
    }
    return true;
}

static bool step_realloc(run_t *run, shadow_slot_t *slot)
{
    const shadow_slot_t old = *slot;
    const size_t size = random_size(run);
    if (!holds(old.address, old.extent, old.key)) {
        return fail(run, "contents changed before realloc");
    }
    void *block = run->target->realloc(run->target->context, old.address, size);
    if (block == NULL) {
        run->result->refused++;
        if (!holds(old.address, old.extent, old.key)) {
            return fail(run, "failed realloc changed the block");
        }
        return true;
    }
    if (!holds(block, size < old.size ? size : old.size, old.key)) {
        return fail(run, "realloc lost contents");
    }
    leave(run, slot);
    return enter(run, slot, block, size, run->target->alignment);
}

/* The allocator's own opinion, and its count of used bytes against ours. */
static bool audit(run_t *run)
{
    const shadow_target_t *target = run->target;
    if (target->check != NULL && target->check(target->context) != 0) {
        return fail(run, "the allocator's own check failed");
    }
    const size_t used = target->used(target->context);
    if (used < run->live_bytes || (run->live == 0 && used != 0)) {
        return fail(run, "used bytes disagree with live blocks");
    }
    return true;
}

static shadow_slot_t *find_slot(run_t *run, bool used)
{
    const uint32_t count = run->plan->max_live;
    uint32_t i = random_below(run, count);
    while ((run->plan->slots[i].address != NULL) != used) {
        i = i + 1 < count ? i + 1 : 0;
    }
    return &run->plan->slots[i];
}

static bool take_step(run_t *run)
{
    if ((run->result->step & (PHASE_STEPS - 1U)) == 1U) {
        run->aim = random_below(run, run->plan->max_live + 1);
    }
    const bool may_grow = run->live < run->plan->max_live;
    if (run->target->realloc != NULL && run->live > 0 && random_below(run, 8) == 0) {
        return step_realloc(run, find_slot(run, true));
    }
    /* Seven of eight operations towards the aim, so that the rest keeps mixing once it is met. */
    const bool grow = (run->live < run->aim) == (random_below(run, 8) != 0);
    if (run->live == 0 || (grow && may_grow)) {
        return step_alloc(run, find_slot(run, false));
    }
    return step_free(run, find_slot(run, true));
}

static bool free_all(run_t *run)
{
    for (uint32_t i = 0; i < run->plan->max_live; i++) {
        if (run->plan->slots[i].address != NULL && !step_free(run, &run->plan->slots[i])) {
            return false;
        }
    }
    return audit(run);
}

uint32_t shadow_run(const shadow_target_t *target, const shadow_plan_t *plan,
                    shadow_result_t *result)
{
    run_t run = {target, plan, result, plan->seed * 2U + 1U, 0, 0, 0};
    uint32_t until_check = plan->check_every;
    result->step = 0;
    result->reason = NULL;
    result->granted = 0;
    result->refused = 0;
    result->peak_live = 0;
    result->peak_bytes = 0;
    for (uint32_t i = 0; i < plan->max_live; i++) {
        plan->slots[i].address = NULL;
    }
    while (result->step < plan->steps) {
        result->step++;
        if (!take_step(&run)) {
            return result->step;
        }
        if (plan->check_every != 0 && --until_check == 0) {
            until_check = plan->check_every;
            if (!audit(&run)) {
                return result->step;
            }
        }
    }
    result->step++;
    if (free_all(&run)) {
        result->step = 0;
    }
    return result->step;
}
