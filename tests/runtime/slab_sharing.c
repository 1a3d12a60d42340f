/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs between zones: taken on demand, returned when empty, reused by any zone; minima, maxima,
 * runs, alignments, sizes in place. The arena traps accesses: a slab never reads or writes it.
 */
#include "slab_fixture.h"

#include <string.h>

#define SLAB_SIZE 1024U

static slab_fixture_t fixture;
static uint8_t *arena;

static const rw_slab_t *make(uint16_t slab_count, const zone_plan_t *plan)
{
    slab_faults = 0;
    slab_fixture_make(&fixture, 1, arena, SLAB_SIZE, slab_count, plan);
    return &fixture.slab;
}

static void drop(void)
{
    CHECK(rw_slab_check(&fixture.slab) == RW_OK && slab_faults == 0);
    slab_fixture_drop(&fixture);
}

/* Takes blocks until refused. Returns how many. */
static unsigned drain(size_t size, void **blocks)
{
    unsigned count = 0;
    while ((blocks[count] = rw_slab_alloc(&fixture.slab, size)) != NULL) {
        count++;
    }
    return count;
}

static void refill(void **blocks, unsigned count)
{
    for (unsigned at = 0; at < count; at++) {
        CHECK(rw_slab_free(&fixture.slab, blocks[at]) == RW_OK);
    }
}

static void *blocks[4096];
static void *others[4096];

static void zones_share(void)
{
    static const zone_plan_t plan[] = {{32, 0, 0}, {104, 0, 0}, {0, 0, 0}};
    const rw_slab_t *const slab = make(4, plan);
    rw_stats_t stats;
    CHECK(drain(32, blocks) == 4U * 32U);
    CHECK(rw_slab_alloc(slab, 33) == NULL);
    refill(blocks, 4U * 32U);
    rw_slab_stats(slab, &stats);
    CHECK(stats.used == 0 && stats.peak == 4U * SLAB_SIZE && stats.failures == 2);
    CHECK(drain(104, blocks) == 4U * 9U);
    refill(blocks + 9, 9); /* the second slab; the small zone gets it */
    CHECK(drain(8, others) == 32);
    CHECK(others[0] == blocks[9]);
    CHECK(fixture.states.zones[1].peak == 4 && fixture.states.zones[1].slabs == 1);
    CHECK(fixture.states.zones[2].peak == 4 && fixture.states.zones[2].slabs == 3);
    refill(others, 32);
    refill(blocks, 9);
    refill(blocks + 18, 18);
    drop();
}

static void recycled_before_never_used(void)
{
    static const zone_plan_t plan[] = {{512, 0, 0}, {0, 0, 0}};
    const rw_slab_t *const slab = make(8, plan);
    rw_stats_t stats;
    for (unsigned round = 0; round < 20; round++) {
        void *const block = rw_slab_alloc(slab, 500);
        CHECK(block == arena && rw_slab_free(slab, block) == RW_OK);
    }
    rw_slab_stats(slab, &stats);
    CHECK(stats.peak == SLAB_SIZE && stats.largest == 8U * SLAB_SIZE);
    drop();
}

static void minima_and_maxima(void)
{
    static const zone_plan_t plan[] = {{64, 0, 3}, {128, 2, 0}, {256, 1, 0}, {0, 0, 0}};
    const rw_slab_t *const slab = make(8, plan);
    rw_stats_t stats;
    CHECK(drain(64, blocks) == 3U * 16U); /* its maximum */
    void *const run = rw_slab_alloc(slab, 2U * SLAB_SIZE);
    CHECK(run != NULL);                      /* 5 of 5 shared slabs in use */
    CHECK(rw_slab_alloc(slab, 257) == NULL); /* a run would break a promise */
    CHECK(drain(128, others) == 2U * 8U);    /* promised, and no more */
    rw_slab_stats(slab, &stats);
    CHECK(stats.largest == 256);
    CHECK(drain(256, others + 16) == 4);
    rw_slab_stats(slab, &stats);
    CHECK(stats.largest == 0 && stats.used == 8U * SLAB_SIZE && rw_slab_check(slab) == RW_OK);
    CHECK(rw_slab_free(slab, run) == RW_OK);
    CHECK(drain(256, others + 20) == 2U * 4U); /* what the run left goes to whoever comes first */
    refill(others, 28);
    refill(blocks, 48);
    CHECK(fixture.states.slab.shared == 0);
    drop();
}

static void runs(void)
{
    static const zone_plan_t plan[] = {{64, 0, 0}, {0, 0, 0}};
    const rw_slab_t *const slab = make(8, plan);
    uint8_t *const first = rw_slab_alloc(slab, SLAB_SIZE + 1U);
    uint8_t *const small = rw_slab_alloc(slab, 64);
    uint8_t *const second = rw_slab_alloc(slab, 3U * SLAB_SIZE);
    CHECK(first == arena && small == arena + 2U * SLAB_SIZE && second == arena + 3U * SLAB_SIZE);
    CHECK(rw_slab_usable_size(slab, first) == 2U * SLAB_SIZE);
    CHECK(rw_slab_alloc(slab, 3U * SLAB_SIZE) == NULL);
    CHECK(rw_slab_free(slab, first) == RW_OK && rw_slab_check(slab) == RW_OK);
    CHECK(rw_slab_alloc(slab, 2U * SLAB_SIZE - 5U) == first); /* recycled ones serve runs */
    CHECK(rw_slab_free(slab, small) == RW_OK);
    CHECK(rw_slab_alloc(slab, 65) == small);
    CHECK(rw_slab_alloc(slab, 2U * SLAB_SIZE) == arena + 6U * SLAB_SIZE);
    CHECK(rw_slab_free(slab, second) == RW_OK && rw_slab_check(slab) == RW_OK);
    CHECK(rw_slab_alloc(slab, 64) == second + 2U * SLAB_SIZE); /* and zones: the last first */
    drop();
}

static void alignments(void)
{
    static const zone_plan_t plan[] = {{24, 0, 0}, {64, 0, 0}, {96, 0, 0}, {0, 0, 0}};
    const rw_slab_t *const slab = make(16, plan);
    for (size_t alignment = 1; alignment <= 4U * SLAB_SIZE; alignment *= 2U) {
        for (size_t size = 1; size <= 2000; size += 111) {
            void *const block = rw_slab_alloc_aligned(slab, alignment, size);
            CHECK(block != NULL && (uintptr_t)block % alignment == 0);
            CHECK(rw_slab_usable_size(slab, block) >= size && rw_slab_check(slab) == RW_OK);
            CHECK(rw_slab_free(slab, block) == RW_OK);
        }
    }
    CHECK(slab_faults == 0);
    drop();
    make(16, plan);
    CHECK(rw_slab_alloc(slab, 1) == arena);
    CHECK(rw_slab_alloc_aligned(slab, 4U * SLAB_SIZE, 1) == arena + 4U * SLAB_SIZE);
    CHECK(rw_slab_alloc(slab, 64) == arena + 3U * SLAB_SIZE); /* skipped ones are not lost */
    static const size_t wrong[] = {0, 3, 24, SIZE_MAX, SIZE_MAX / 2U + 1U};
    for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at++) {
        CHECK(rw_slab_alloc_aligned(slab, wrong[at], 8) == NULL);
        CHECK(slab_faults == at + 1U && slab_fault_kind == RW_E_ALIGNMENT);
    }
    slab_faults = 0;
    drop();
}

/* An arena that is less aligned than its slabs are large. */
static void odd_arena(void)
{
    static const zone_plan_t plan[] = {{64, 0, 0}, {0, 0, 0}};
    slab_fixture_make(&fixture, 1, arena + 8, SLAB_SIZE, 4, plan);
    const rw_slab_t *const slab = &fixture.slab;
    CHECK(rw_slab_alloc_aligned(slab, 8, 60) == arena + 8);
    CHECK(rw_slab_alloc_aligned(slab, 16, 60) == NULL && slab_faults == 0);
    drop();
}

static void resize(void)
{
    static const zone_plan_t plan[] = {{32, 0, 0}, {64, 0, 0}, {0, 0, 0}};
    const rw_slab_t *const slab = make(8, plan);
    const rw_resize_core_t in_place = rw_resize_cores[slab->object.core];
    void *const block = rw_slab_alloc(slab, 50);
    CHECK(in_place(&slab->object, block, 33) == RW_OK);
    CHECK(in_place(&slab->object, block, 64) == RW_OK);
    CHECK(in_place(&slab->object, block, 32) == RW_E_SIZE); /* belongs to the smaller zone */
    CHECK(in_place(&slab->object, block, 65) == RW_E_SIZE);
    CHECK(in_place(&slab->object, block, 0) == RW_E_SIZE);
    void *const run = rw_slab_alloc(slab, 4U * SLAB_SIZE);
    CHECK(in_place(&slab->object, run, 4U * SLAB_SIZE + 1U) == RW_E_SIZE);
    CHECK(in_place(&slab->object, run, SLAB_SIZE + 1U) == RW_OK);
    CHECK(rw_slab_usable_size(slab, run) == 2U * SLAB_SIZE && rw_slab_check(slab) == RW_OK);
    CHECK(rw_slab_alloc(slab, 2U * SLAB_SIZE) == (uint8_t *)run + 2U * SLAB_SIZE);
    CHECK(in_place(&slab->object, run, 64) == RW_E_SIZE);
    CHECK(slab_faults == 0);
    CHECK(in_place(&slab->object, (uint8_t *)run + 8, 64) == RW_E_MISALIGNED && slab_faults == 1);
    CHECK(in_place(&slab->object, NULL, 64) == RW_E_FOREIGN && slab_faults == 2);
    slab_faults = 0;
    drop();
}

/* One that shrinks stays where it is when the smaller zone is full. */
static void shrink(void)
{
    static const zone_plan_t plan[] = {{32, 0, 1}, {64, 0, 0}, {0, 0, 0}};
    const rw_slab_t *const slab = make(8, plan);
    void *const block = rw_slab_alloc(slab, 50);
    CHECK(drain(32, blocks) == 32);
    CHECK(rw_slab_realloc(slab, block, 20) == block);
    CHECK(rw_slab_usable_size(slab, block) == 64);
    drop();
}

static void sizes(void)
{
    static const zone_plan_t plan[] = {{32, 0, 0}, {0, 0, 0}};
    const rw_slab_t *const slab = make(8, plan);
    static const size_t wrong[] = {8U * SLAB_SIZE + 1U, SIZE_MAX, SIZE_MAX - 64U, SIZE_MAX / 2U,
                                   SIZE_MAX / 2U + 1U};
    CHECK(rw_slab_alloc(slab, 0) == NULL && slab_faults == 0);
    CHECK(rw_slab_alloc_aligned(slab, 8, 0) == NULL && slab_faults == 0);
    for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at++) {
        slab_faults = 0;
        CHECK(rw_slab_alloc(slab, wrong[at]) == NULL);
        CHECK(rw_slab_alloc_aligned(slab, 16, wrong[at]) == NULL);
        CHECK(slab_faults == 2 && slab_fault_kind == RW_E_SIZE);
    }
    slab_faults = 0;
    CHECK(rw_slab_calloc(slab, SIZE_MAX / 8U + 2U, 8) == NULL && slab_fault_kind == RW_E_SIZE);
    CHECK(slab_faults == 1);
    slab_faults = 0;
    rw_stats_t stats;
    rw_slab_stats(slab, &stats);
    CHECK(stats.failures == 0 && stats.peak == 0);       /* it was not for lack of room */
    CHECK(rw_slab_alloc(slab, 8U * SLAB_SIZE) == arena); /* the whole arena */
    CHECK(rw_slab_alloc(slab, 1) == NULL && slab_faults == 0);
    drop();
}

static void expect_zone(size_t number, rw_zone_stats_t expected)
{
    rw_zone_stats_t stats;
    CHECK(rw_slab_zone_stats(&fixture.slab, number, &stats));
    CHECK(stats.block_size == expected.block_size && stats.slabs == expected.slabs);
    CHECK(stats.peak == expected.peak && stats.used == expected.used);
    CHECK(stats.failures == expected.failures);
}

static void zone_stats(void)
{
    static const zone_plan_t plan[] = {{32, 0, 2}, {104, 1, 0}, {1024, 0, 0}, {0, 0, 0}};
    const rw_slab_t *const slab = make(8, plan);
    expect_zone(0, (rw_zone_stats_t){0});
    expect_zone(1, (rw_zone_stats_t){.block_size = 32});
    CHECK(drain(32, blocks) == 64);
    refill(blocks, 33);
    void *const whole = rw_slab_alloc(slab, 1000);
    void *const run = rw_slab_alloc(slab, 3U * SLAB_SIZE);
    void *const other = rw_slab_alloc(slab, 100);
    CHECK(whole != NULL && run != NULL && other != NULL);
    CHECK(rw_slab_alloc(slab, 6U * SLAB_SIZE) == NULL && rw_slab_alloc(slab, 0) == NULL);
    expect_zone(0, (rw_zone_stats_t){.slabs = 3, .peak = 3, .used = 1, .failures = 1});
    expect_zone(
        1, (rw_zone_stats_t){.block_size = 32, .slabs = 1, .peak = 2, .used = 31, .failures = 1});
    expect_zone(2, (rw_zone_stats_t){.block_size = 104, .slabs = 1, .peak = 1, .used = 1});
    expect_zone(3, (rw_zone_stats_t){.block_size = 1024, .slabs = 1, .peak = 1, .used = 1});
    rw_zone_stats_t none;
    CHECK(!rw_slab_zone_stats(slab, 4, &none) && !rw_slab_zone_stats(slab, SIZE_MAX, &none));
    CHECK(!rw_slab_zone_stats(slab, SIZE_MAX / 3U + 1U, &none));
    rw_stats_t stats;
    rw_slab_stats(slab, &stats);
    CHECK(stats.failures == 2 && stats.used == 31U * 32U + 104U + 4U * SLAB_SIZE);
    CHECK(rw_slab_free(slab, run) == RW_OK && rw_slab_free(slab, whole) == RW_OK);
    expect_zone(0, (rw_zone_stats_t){.peak = 3, .failures = 1});
    expect_zone(3, (rw_zone_stats_t){.block_size = 1024, .peak = 1});
    fixture.states.zones[1].failures = UINT32_MAX;
    CHECK(drain(32, blocks) == 33);
    expect_zone(1,
                (rw_zone_stats_t){
                    .block_size = 32, .slabs = 2, .peak = 2, .used = 64, .failures = UINT32_MAX});
    drop();
}

int main(void)
{
    arena = slab_fixture_forbidden(64U * SLAB_SIZE);
    CHECK((uintptr_t)arena % (4U * SLAB_SIZE) == 0);
    zones_share();
    recycled_before_never_used();
    minima_and_maxima();
    runs();
    alignments();
    odd_arena();
    resize();
    shrink();
    sizes();
    zone_stats();
    return 0;
}
