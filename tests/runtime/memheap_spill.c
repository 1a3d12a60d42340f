/* SPDX-License-Identifier: Apache-2.0
 *
 * Memheaps: order of members, capabilities, owners, reallocation across members, bad calls.
 */
#include <string.h>

#include "heap_expect.h"
#include "make_heap.h"
#include "ramwright/memheap.h"
#include "shadow.h"

#define SMALL 1024U
#define LARGE 4096U
#define LARGEST (LARGE - RW_HEAP_OVERHEAD)
#define LIVE 48U

static _Alignas(64) uint8_t small_arena[SMALL];
/* Begins between multiples of 2 * SMALL, so that a block of that size and one aligned to it fit. */
static _Alignas(2 * SMALL) uint8_t large_bank[SMALL + LARGE];
static uint8_t *const large_arena = large_bank + SMALL;
static _Alignas(64) uint8_t third_arena[SMALL];
static made_heap_t small;
static made_heap_t large;
static made_heap_t third;
static const rw_object_t *const members[] = {&small.heap.object, &large.heap.object,
                                             &third.heap.object};
static const rw_memheap_t memheap = {
    .object = {.size = 2 * SMALL + LARGE, .name = "system", .kind = RW_MEMHEAP},
    .members = members,
    .member_count = 3};

static void fresh(void)
{
    make_heap(&small, small_arena, SMALL, HEAP_BASIC_NONE_16);
    make_heap(&large, large_arena, LARGE, HEAP_BASIC_NONE_32);
    make_heap(&third, third_arena, SMALL, HEAP_NONE_NONE_16);
    small.heap.object.attributes = RW_FAST;
    large.heap.object.attributes = RW_DMA | RW_CACHED;
    third.heap.object.attributes = RW_DMA | RW_FAST;
    fault_count = 0;
}

static struct {
    uint8_t small_arena[SMALL], large_bank[SMALL + LARGE], third_arena[SMALL];
    made_heap_t small, large, third;
} saved;

static void remember(void)
{
    memcpy(saved.small_arena, small_arena, sizeof small_arena);
    memcpy(saved.large_bank, large_bank, sizeof large_bank);
    memcpy(saved.third_arena, third_arena, sizeof third_arena);
    saved.small = small;
    saved.large = large;
    saved.third = third;
}

static bool nothing_changed(void)
{
    return memcmp(saved.small_arena, small_arena, sizeof small_arena) == 0 &&
           memcmp(saved.large_bank, large_bank, sizeof large_bank) == 0 &&
           memcmp(saved.third_arena, third_arena, sizeof third_arena) == 0 &&
           memcmp(&saved.small, &small, sizeof small) == 0 &&
           memcmp(&saved.large, &large, sizeof large) == 0 &&
           memcmp(&saved.third, &third, sizeof third) == 0;
}

static void spills_in_order(void)
{
    fresh();
    unsigned owner = 0;
    unsigned count[3] = {0, 0, 0};
    for (void *block; (block = rw_memheap_alloc(&memheap, 100)) != NULL;) {
        while (owner < 3 && rw_memheap_owner(&memheap, block) != members[owner]) {
            owner++; /* never back to an earlier one */
        }
        EXPECT(owner < 3);
        if (owner == 3) {
            return;
        }
        count[owner]++;
    }
    EXPECT(count[0] == 9 && count[1] == 39 && count[2] == 9);
    rw_stats_t stats;
    rw_memheap_stats(&memheap, &stats);
    EXPECT(stats.size == 2 * SMALL + LARGE && stats.used == 57 * 104);
    EXPECT(stats.free == stats.size - stats.used && stats.failures >= 3);
    EXPECT(rw_memheap_check(&memheap) == RW_OK && no_fault());
}

static void too_small_members_are_passed_over(void)
{
    fresh();
    void *block = rw_memheap_alloc(&memheap, 2 * SMALL);
    EXPECT(rw_memheap_owner(&memheap, block) == members[1] && no_fault());
    EXPECT(small.state.failures == 0);
    block = rw_memheap_alloc_aligned(&memheap, 2 * SMALL, 16);
    EXPECT(rw_memheap_owner(&memheap, block) == members[1] && no_fault());
    EXPECT((uintptr_t)block % (2 * SMALL) == 0);
    EXPECT(rw_memheap_alloc(&memheap, LARGEST) == NULL && no_fault());
}

static void capabilities(void)
{
    fresh();
    EXPECT(rw_memheap_owner(&memheap, rw_memheap_alloc_with(&memheap, 40, 0)) == members[0]);
    EXPECT(rw_memheap_owner(&memheap, rw_memheap_alloc_with(&memheap, 40, RW_DMA)) == members[1]);
    EXPECT(rw_memheap_owner(&memheap, rw_memheap_alloc_with(&memheap, 40, RW_DMA | RW_FAST)) ==
           members[2]);
    EXPECT(rw_memheap_alloc_with(&memheap, 40, RW_EXTERNAL) == NULL);
    EXPECT(rw_memheap_alloc_with(&memheap, 2 * SMALL, RW_FAST) == NULL);
    EXPECT(no_fault());
}

/* A block that is large enough, but where it must not be, and no room where it must. */
static void attributes_before_room(void)
{
    fresh();
    uint8_t *block = rw_memheap_alloc(&memheap, 500);
    while (rw_memheap_alloc_with(&memheap, 400, RW_DMA) != NULL) {
    }
    EXPECT(rw_memheap_realloc_with(&memheap, block, 400, RW_DMA) == NULL);
    EXPECT(rw_memheap_usable_size(&memheap, block) >= 500);
    EXPECT(rw_memheap_realloc_with(&memheap, block, 400, RW_FAST) == block && no_fault());
}

static void free_finds_its_owner(void)
{
    fresh();
    void *in_small = rw_memheap_alloc(&memheap, 900);
    void *in_large = rw_memheap_alloc(&memheap, 900);
    EXPECT(rw_memheap_usable_size(&memheap, in_large) >= 900);
    EXPECT(rw_memheap_free(&memheap, in_large) == RW_OK && large.state.used == 0);
    EXPECT(small.state.used != 0);
    EXPECT(rw_memheap_free(&memheap, in_small) == RW_OK && small.state.used == 0);
    EXPECT(rw_memheap_free(&memheap, NULL) == RW_OK && no_fault());
}

static void reallocates_across_members(void)
{
    fresh();
    uint8_t *block = rw_memheap_alloc(&memheap, 600);
    for (unsigned i = 0; i < 600; i++) {
        block[i] = (uint8_t)(i * 7U);
    }
    EXPECT(rw_memheap_realloc(&memheap, block, 800) == block); /* in its member */
    uint8_t *moved = rw_memheap_realloc(&memheap, block, 2000);
    EXPECT(rw_memheap_owner(&memheap, moved) == members[1] && small.state.used == 0);
    for (unsigned i = 0; i < 600; i++) {
        EXPECT(moved[i] == (uint8_t)(i * 7U));
    }
    EXPECT(rw_memheap_realloc(&memheap, moved, LARGE) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_usable_size(&memheap, moved) >= 2000);
    EXPECT(rw_memheap_realloc(&memheap, moved, 0) == NULL && large.state.used == 0);
    EXPECT(rw_memheap_owner(&memheap, rw_memheap_realloc(&memheap, NULL, 8)) == members[0]);
    EXPECT(no_fault());
}

static void reallocates_by_capability(void)
{
    fresh();
    small.heap.object.attributes = RW_DMA | RW_FAST;
    large.heap.object.attributes = RW_CACHED | RW_SHARED | RW_EXEC;
    third.heap.object.attributes = RW_DMA | RW_EXTERNAL;
    void *block = rw_memheap_alloc(&memheap, 600);
    EXPECT(rw_memheap_alloc(&memheap, 200) != NULL); /* right behind it */
    block = rw_memheap_realloc_with(&memheap, block, 900, RW_DMA);
    EXPECT(rw_memheap_owner(&memheap, block) == members[2]);
    EXPECT(rw_memheap_realloc_with(&memheap, block, 1100, RW_DMA) == NULL && no_fault());
    EXPECT(rw_memheap_usable_size(&memheap, block) >= 900);
    block = rw_memheap_realloc_with(&memheap, block, 900, RW_SHARED); /* it would fit where it is */
    EXPECT(rw_memheap_owner(&memheap, block) == members[1]);
    block = rw_memheap_realloc(&memheap, block, 1100); /* asks for nothing */
    EXPECT(rw_memheap_owner(&memheap, block) == members[1] && no_fault());
}

/* Freed already, and the new size is more than its member has: no other member takes it. */
static void bad_blocks_do_not_move(void)
{
    fresh();
    void *block = rw_memheap_alloc(&memheap, 600);
    EXPECT(rw_memheap_free(&memheap, block) == RW_OK);
    EXPECT(rw_memheap_realloc(&memheap, block, 2 * SMALL) == NULL && one_fault(RW_E_DOUBLE_FREE));
    EXPECT(large.state.used == 0);
}

/* What lies before the block is damaged, so that it cannot be freed: it stays as it was. */
static void a_block_that_cannot_be_freed_stays(void)
{
    fresh();
    void *before = rw_memheap_alloc(&memheap, 40);
    uint8_t *block = rw_memheap_alloc(&memheap, 40);
    EXPECT(rw_memheap_alloc(&memheap, 40) != NULL);
    EXPECT(rw_memheap_free(&memheap, before) == RW_OK);
    block[-8] ^= 0x40;
    EXPECT(rw_memheap_realloc(&memheap, block, 2 * SMALL) == NULL && one_fault(RW_E_CORRUPT));
    EXPECT(rw_memheap_usable_size(&memheap, block) >= 40 && large.state.used == 0);
}

static void failures_saturate(void)
{
    rw_stats_t stats;
    fresh();
    small.state.failures = UINT32_MAX;
    large.state.failures = UINT32_MAX;
    rw_memheap_stats(&memheap, &stats);
    EXPECT(stats.failures >= UINT32_MAX);
}

static void bad_calls(void)
{
    uint8_t on_stack[32];
    fresh();
    EXPECT(rw_memheap_free(&memheap, on_stack) == RW_E_FOREIGN && one_fault(RW_E_FOREIGN));
    EXPECT(last_object == &memheap.object && last_address == on_stack);
    EXPECT(rw_memheap_realloc(&memheap, on_stack, 8) == NULL && one_fault(RW_E_FOREIGN));
    EXPECT(rw_memheap_usable_size(&memheap, on_stack) == 0 && no_fault());
    EXPECT(rw_memheap_owner(&memheap, NULL) == NULL);
    EXPECT(rw_memheap_free(&memheap, NULL) == RW_OK && no_fault());
    EXPECT(rw_memheap_alloc(&memheap, 0) == NULL && no_fault());
    EXPECT(rw_memheap_alloc_with(&memheap, 0, RW_EXEC) == NULL && no_fault());
    EXPECT(rw_memheap_alloc(&memheap, LARGE + 1) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_alloc(&memheap, SIZE_MAX) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_calloc(&memheap, SIZE_MAX / 2 + 1, 2) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_alloc_aligned(&memheap, 24, 8) == NULL && one_fault(RW_E_ALIGNMENT));
    EXPECT(rw_memheap_alloc_aligned(&memheap, 0, 8) == NULL && one_fault(RW_E_ALIGNMENT));
    EXPECT(rw_memheap_alloc_aligned(&memheap, 2 * LARGE, 8) == NULL && one_fault(RW_E_ALIGNMENT));
    EXPECT(rw_memheap_alloc_aligned(&memheap, 64, LARGE + 1) == NULL && one_fault(RW_E_SIZE));
    void *block = rw_memheap_alloc(&memheap, 2000);
    EXPECT(rw_memheap_realloc(&memheap, block, SIZE_MAX) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_free(&memheap, block) == RW_OK);
    EXPECT(rw_memheap_free(&memheap, block) == RW_E_DOUBLE_FREE && one_fault(RW_E_DOUBLE_FREE));
    EXPECT(last_object == members[1]);
}

/* A bad pointer, given to everything that takes one. */
static void refused_everywhere(void *block, rw_status_t status, const rw_object_t *object)
{
    static const size_t sizes[] = {64, 2 * SMALL, LARGE + 1U, 0};
    remember();
    EXPECT(rw_memheap_free(&memheap, block) == status && one_fault(status));
    EXPECT(last_object == object && (last_address == block || object == &memheap.object));
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        EXPECT(rw_memheap_realloc(&memheap, block, sizes[i]) == NULL && one_fault(status));
        EXPECT(rw_memheap_realloc_with(&memheap, block, sizes[i], RW_FAST) == NULL);
        EXPECT(one_fault(status) && nothing_changed());
    }
    EXPECT(rw_memheap_usable_size(&memheap, block) == 0 && no_fault());
}

static void bad_pointers(void)
{
    fresh();
    uint8_t *in_small = rw_memheap_alloc(&memheap, 600);
    uint8_t *in_large = rw_memheap_alloc(&memheap, 600);
    void *freed = rw_memheap_alloc_with(&memheap, 40, RW_CACHED);
    EXPECT(rw_memheap_free(&memheap, freed) == RW_OK && no_fault());
    memset(in_small, 0x5A, 600);
    memset(in_large, 0x5A, 600);
    refused_everywhere(large_bank, RW_E_FOREIGN, &memheap.object); /* before a member */
    refused_everywhere(large_arena + LARGE, RW_E_FOREIGN, &memheap.object);
    refused_everywhere(in_small + 4, RW_E_MISALIGNED, members[0]);
    refused_everywhere(in_large + 1, RW_E_MISALIGNED, members[1]);
    refused_everywhere(in_small + 64, RW_E_CORRUPT, members[0]);
    refused_everywhere(freed, RW_E_DOUBLE_FREE, members[1]);
}

static void refused_size(void *block, size_t size)
{
    EXPECT(rw_memheap_alloc(&memheap, size) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_alloc_with(&memheap, size, RW_DMA) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_alloc_aligned(&memheap, 64, size) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_calloc(&memheap, size, 1) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_realloc(&memheap, block, size) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_realloc(&memheap, NULL, size) == NULL && one_fault(RW_E_SIZE));
}

static void impossible_requests(void)
{
    fresh();
    void *block = rw_memheap_alloc(&memheap, 600);
    remember();
    for (size_t off = 0; off <= 64; off++) {
        refused_size(block, SIZE_MAX - off);
        refused_size(block, (size_t)0x80000000U - off);
        refused_size(block, (size_t)0x80000000U + off);
    }
    EXPECT(rw_memheap_calloc(&memheap, SIZE_MAX / 4 + 2, 4) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_memheap_calloc(&memheap, SIZE_MAX, SIZE_MAX) == NULL && one_fault(RW_E_SIZE));
    static const size_t odd[] = {0, 3, 24, 2 * LARGE, SIZE_MAX, SIZE_MAX / 2 + 1};
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        EXPECT(rw_memheap_alloc_aligned(&memheap, odd[i], 8) == NULL);
        EXPECT(one_fault(RW_E_ALIGNMENT));
    }
    EXPECT(rw_memheap_alloc(&memheap, 0) == NULL && no_fault() && nothing_changed());
}

static bool count_until_two(const rw_block_t *block, void *context)
{
    unsigned *count = context;
    (void)block;
    return ++*count < 2;
}

static void walk_stops_for_good(void)
{
    unsigned count = 0;
    fresh();
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(rw_memheap_alloc_with(&memheap, 400, i == 1 ? RW_DMA : 0U) != NULL);
    }
    rw_memheap_walk(&memheap, count_until_two, &count);
    EXPECT(count == 2);
}

static void check_reports_the_first(void)
{
    fresh();
    uint8_t *block = rw_memheap_alloc(&memheap, 2000);
    block[-4] ^= 1;
    EXPECT(rw_memheap_check(&memheap) == RW_E_CORRUPT && one_fault(RW_E_CORRUPT));
    EXPECT(last_object == members[1] && last_address == block);
}

static void *target_alloc(void *context, size_t size)
{
    (void)context;
    return rw_memheap_alloc(&memheap, size);
}

static void *target_alloc_aligned(void *context, size_t alignment, size_t size)
{
    (void)context;
    return rw_memheap_alloc_aligned(&memheap, alignment, size);
}

static void *target_realloc(void *context, void *block, size_t size)
{
    (void)context;
    return rw_memheap_realloc(&memheap, block, size);
}

static int target_free(void *context, void *block)
{
    (void)context;
    return (int)rw_memheap_free(&memheap, block);
}

static size_t target_usable(void *context, const void *block)
{
    (void)context;
    return rw_memheap_usable_size(&memheap, block);
}

static int target_check(void *context)
{
    (void)context;
    return (int)rw_memheap_check(&memheap);
}

static size_t target_used(void *context)
{
    rw_stats_t stats;
    (void)context;
    rw_memheap_stats(&memheap, &stats);
    return stats.used;
}

static void random_operations(void)
{
    static shadow_slot_t slots[LIVE];
    static const shadow_arena_t arenas[] = {
        {small_arena, SMALL}, {large_arena, LARGE}, {third_arena, SMALL}};
    static const shadow_target_t target = {
        .alloc = target_alloc,
        .alloc_aligned = target_alloc_aligned,
        .realloc = target_realloc,
        .free = target_free,
        .usable = target_usable,
        .check = target_check,
        .used = target_used,
        .arenas = arenas,
        .arena_count = 3,
        .alignment = 8,
    };
    const shadow_plan_t plan = {.seed = 3,
                                .steps = 100000,
                                .size_min = 1,
                                .size_max = 900,
                                .alignment_max = 256,
                                .check_every = 16,
                                .must_grant_alone = true,
                                .slots = slots,
                                .max_live = LIVE};
    shadow_result_t result;
    fresh();
    if (shadow_run(&target, &plan, &result) != 0) {
        printf("step %u: %s\n", (unsigned)result.step, result.reason);
        failures_seen++;
    }
    EXPECT(result.refused > 0 && result.granted > 20000 && no_fault());
}

int main(void)
{
    spills_in_order();
    too_small_members_are_passed_over();
    capabilities();
    attributes_before_room();
    free_finds_its_owner();
    reallocates_across_members();
    reallocates_by_capability();
    bad_blocks_do_not_move();
    a_block_that_cannot_be_freed_stays();
    failures_saturate();
    bad_calls();
    bad_pointers();
    impossible_requests();
    walk_stops_for_good();
    check_reports_the_first();
    random_operations();
    return failures_seen != 0;
}
