/* SPDX-License-Identifier: Apache-2.0
 *
 * Every misuse that checks basic promises to catch: the status, the call of the fault hook, and
 * that nothing changed. Sizes and alignments that cannot be, with any checks. Then every single-bit
 * error of what a slab keeps, and that check() sees it.
 * The arena traps accesses.
 */
#include "slab_fixture.h"

#include <string.h>

#define SLAB_SIZE 1024U
#define SLAB_COUNT 12U

static const zone_plan_t plan[] = {{16, 0, 0}, {24, 1, 0}, {104, 0, 4}, {512, 0, 0}, {0, 0, 0}};

static slab_fixture_t fixture;
static uint8_t *arena;

static struct {
    uint8_t states[sizeof fixture.states];
    uint8_t pages[8192];
} before;

static void remember(void)
{
    CHECK(fixture.pages_size <= sizeof before.pages);
    memcpy(before.states, &fixture.states, sizeof before.states);
    memcpy(before.pages, fixture.slab.pages, fixture.pages_size);
    slab_faults = 0;
}

static bool nothing_changed(void)
{
    return memcmp(before.states, &fixture.states, sizeof before.states) == 0 &&
           memcmp(before.pages, fixture.slab.pages, fixture.pages_size) == 0;
}

/* One fault and no byte of the slab another; forgets the fault. */
static bool only_told(rw_status_t fault, const void *address)
{
    const bool told = slab_faults == 1 && slab_fault_kind == fault && slab_fault_where == address;
    slab_faults = 0;
    return told && nothing_changed();
}

/* A bad pointer, given to everything that takes one. */
static void refuse(const void *address, rw_status_t expected)
{
    static const size_t sizes[] = {30, SLAB_COUNT * SLAB_SIZE + 1U, SIZE_MAX, 0};
    void *const block = (void *)(uintptr_t)address;
    remember();
    CHECK(rw_slab_free(&fixture.slab, block) == expected && only_told(expected, address));
    for (unsigned at = 0; at < sizeof sizes / sizeof sizes[0]; at++) {
        CHECK(rw_slab_realloc(&fixture.slab, block, sizes[at]) == NULL);
        CHECK(only_told(expected, address));
    }
    CHECK(rw_slab_usable_size(&fixture.slab, address) == 0 && slab_faults == 0);
}

/* Addresses outside, near and far; those that a computation of 32 bits would take for blocks. */
static void refuse_foreign(void)
{
    int here;
    refuse(arena - 1, RW_E_FOREIGN);
    refuse(arena - SLAB_SIZE, RW_E_FOREIGN);
    refuse(arena + SLAB_COUNT * SLAB_SIZE, RW_E_FOREIGN);
    refuse(&here, RW_E_FOREIGN);
    refuse((void *)UINTPTR_MAX, RW_E_FOREIGN);
    for (unsigned bit = 14; bit < 8U * sizeof(uintptr_t); bit++) {
        refuse((void *)((uintptr_t)arena + ((uintptr_t)1 << bit)), RW_E_FOREIGN);
        refuse((void *)((uintptr_t)arena - ((uintptr_t)1 << bit)), RW_E_FOREIGN);
    }
    slab_faults = 0;
    CHECK(rw_slab_free(&fixture.slab, NULL) == RW_OK && slab_faults == 0);
}

static void refuse_interior(const uint8_t *block, size_t size)
{
    for (size_t inside = 1; inside < size; inside++) {
        refuse(block + inside, RW_E_MISALIGNED);
    }
}

static void misuse_blocks(const rw_slab_t *slab)
{
    refuse(arena, RW_E_DOUBLE_FREE); /* nobody's slab */
    uint8_t *const small = rw_slab_alloc(slab, 24);
    uint8_t *const other = rw_slab_alloc(slab, 20);
    CHECK(small == arena && other == arena + 24);
    refuse_interior(small, 24);
    refuse(arena + 2 * 24, RW_E_DOUBLE_FREE);    /* never handed out */
    refuse(arena + 40 * 24, RW_E_DOUBLE_FREE);   /* in a map word of which none was */
    refuse(arena + 42 * 24, RW_E_MISALIGNED);    /* what no block fits into */
    refuse(arena + SLAB_SIZE, RW_E_DOUBLE_FREE); /* nobody's slab */
    refuse(arena + 9 * SLAB_SIZE + 5, RW_E_DOUBLE_FREE);
    CHECK(rw_slab_free(slab, small) == RW_OK);
    refuse(small, RW_E_DOUBLE_FREE);
    CHECK(rw_slab_free(slab, other) == RW_OK);
    refuse(other, RW_E_DOUBLE_FREE); /* its slab went with it */
    refuse(small, RW_E_DOUBLE_FREE);
}

/* The slab comes to a zone with more blocks: what its map held for the former zone does not count.
 */
static void misuse_after_change_of_zone(const rw_slab_t *slab)
{
    uint8_t *blocks[64];
    for (unsigned at = 0; at < 42; at++) {
        blocks[at] = rw_slab_alloc(slab, 24);
    }
    for (unsigned at = 0; at < 42; at++) {
        CHECK(rw_slab_free(slab, blocks[at]) == RW_OK);
    }
    CHECK(rw_slab_alloc(slab, 16) == arena);
    for (unsigned at = 1; at < 64; at++) {
        refuse(arena + at * 16U, RW_E_DOUBLE_FREE);
    }
    CHECK(rw_slab_free(slab, arena) == RW_OK);
}

static void misuse_runs(const rw_slab_t *slab)
{
    uint8_t *const run = rw_slab_alloc(slab, 3 * SLAB_SIZE - 7);
    refuse_interior(run, 3 * SLAB_SIZE);
    CHECK(rw_slab_free(slab, run) == RW_OK);
    for (unsigned at = 0; at < 3; at++) {
        refuse(run + at * SLAB_SIZE, RW_E_DOUBLE_FREE);
    }
}

/* Some of everything: full slabs, slabs with room (three in one list), words that blocks do not
 * fill, a run, returned slabs, never used ones. */
static void populate(const rw_slab_t *slab)
{
    uint8_t *large[6];
    for (unsigned at = 0; at < 6; at++) {
        large[at] = rw_slab_alloc(slab, 500); /* slabs 0, 1, 2 */
    }
    CHECK(rw_slab_alloc(slab, 24) == arena + 3 * SLAB_SIZE);
    CHECK(rw_slab_alloc(slab, 104) == arena + 4 * SLAB_SIZE);
    CHECK(rw_slab_alloc(slab, 2 * SLAB_SIZE) == arena + 5 * SLAB_SIZE);
    for (unsigned at = 0; at < 6; at++) {
        if (at != 3) {
            CHECK(rw_slab_free(slab, large[at]) == RW_OK);
        }
    }
    uint8_t *small[3 * 64];
    for (unsigned at = 0; at < 3 * 64; at++) {
        small[at] = rw_slab_alloc(slab, 16); /* 2, 0 and 7 */
        CHECK(small[at] != NULL);
    }
    for (unsigned at = 0; at < 3; at++) {
        CHECK(rw_slab_free(slab, small[at * 64U + 9U]) == RW_OK);
    }
    void *const last[2] = {rw_slab_alloc(slab, 3 * SLAB_SIZE), rw_slab_alloc(slab, 104)};
    CHECK(last[0] != NULL && rw_slab_free(slab, last[0]) == RW_OK);
    CHECK(rw_slab_alloc(slab, 500) == arena + SLAB_SIZE); /* a full one */
    CHECK(fixture.states.slab.top == 11 && fixture.states.slab.returned != NULL);
    CHECK(rw_slab_check(slab) == RW_OK);
}

static void refuse_size(void *block, size_t size)
{
    const rw_slab_t *const slab = &fixture.slab;
    CHECK(rw_slab_alloc(slab, size) == NULL && only_told(RW_E_SIZE, NULL));
    CHECK(rw_slab_alloc_aligned(slab, 64, size) == NULL && only_told(RW_E_SIZE, NULL));
    CHECK(rw_slab_calloc(slab, size, 1) == NULL && only_told(RW_E_SIZE, NULL));
    CHECK(rw_slab_realloc(slab, block, size) == NULL && only_told(RW_E_SIZE, NULL));
    CHECK(rw_slab_realloc(slab, NULL, size) == NULL && only_told(RW_E_SIZE, NULL));
}

static void refuse_sizes(void *block)
{
    const rw_slab_t *const slab = &fixture.slab;
    for (size_t off = 0; off <= 64; off++) {
        refuse_size(block, SIZE_MAX - off);
        refuse_size(block, (size_t)0x80000000U - off);
        refuse_size(block, (size_t)0x80000000U + off);
        refuse_size(block, SLAB_COUNT * SLAB_SIZE + 1U + off);
    }
    static const size_t products[][2] = {{SIZE_MAX / 2U + 2U, 2},
                                         {SIZE_MAX / 4U + 2U, 4}, /* 0x40000001 */
                                         {SIZE_MAX, SIZE_MAX}};
    for (unsigned at = 0; at < sizeof products / sizeof products[0]; at++) {
        CHECK(rw_slab_calloc(slab, products[at][0], products[at][1]) == NULL);
        CHECK(only_told(RW_E_SIZE, NULL));
    }
}

static void refuse_alignments(void)
{
    static const size_t odd[] = {0,        3, 24, 96, SIZE_MAX, SIZE_MAX / 2U + 1U,
                                 16U << 10 /* of an arena of 12 KiB */};
    for (unsigned at = 0; at < sizeof odd / sizeof odd[0]; at++) {
        CHECK(rw_slab_alloc_aligned(&fixture.slab, odd[at], 8) == NULL);
        CHECK(only_told(RW_E_ALIGNMENT, NULL));
    }
}

static void impossible_requests(void)
{
    const rw_slab_t *const slab = &fixture.slab;
    void *const block = rw_slab_alloc(slab, 24);
    CHECK(block != NULL);
    remember();
    refuse_sizes(block);
    refuse_alignments();
    CHECK(rw_slab_alloc(slab, 0) == NULL && rw_slab_alloc_aligned(slab, 64, 0) == NULL);
    CHECK(rw_slab_calloc(slab, 0, 8) == NULL && rw_slab_calloc(slab, 8, 0) == NULL);
    CHECK(slab_faults == 0 && nothing_changed());
    CHECK(rw_slab_usable_size(slab, block) == 24 && rw_slab_free(slab, block) == RW_OK);
}

static void see_flips(void *where, size_t bytes)
{
    uint8_t *const at = where;
    for (unsigned bit = 0; bit < 8U * bytes; bit++) {
        at[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
        if (rw_slab_check(&fixture.slab) != RW_E_CORRUPT) {
            printf("undetected: bit %u at byte %td of the pages\n", bit,
                   at - (uint8_t *)fixture.slab.pages);
            exit(1);
        }
        at[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
    }
}

/* What of the page means anything. */
static void see_page_flips(uint32_t index)
{
    rw_page_t *const page =
        (rw_page_t *)(void *)((uint8_t *)fixture.slab.pages + index * fixture.slab.page_size);
    const bool owned = page->zone != NULL;
    const bool first = owned && page->base != NULL; /* not what a run goes on with */
    see_flips(&page->zone, sizeof page->zone);
    see_flips(&page->index, sizeof page->index);
    see_flips(page + 1, fixture.slab.page_size - sizeof *page);
    if (owned) {
        see_flips(&page->base, sizeof page->base);
    } else if (index < fixture.states.slab.top) {
        see_flips(&page->next, sizeof page->next);
    }
    see_flips(&page->full, sizeof page->full);
    if (first) {
        see_flips(&page->free, sizeof page->free);
        if (page->free != 0) {
            see_flips(&page->next, sizeof page->next);
        }
        if (page->zone != fixture.slab.zones) {
            see_flips(&page->link, sizeof page->link); /* also of a full slab */
        }
    }
}

static void damage(void)
{
    for (uint32_t index = 0; index < SLAB_COUNT; index++) {
        see_page_flips(index);
    }
    rw_slab_state_t *const slab = &fixture.states.slab;
    see_flips(&slab->returned, sizeof slab->returned);
    see_flips(&slab->top, sizeof slab->top);
    see_flips(&slab->shared, sizeof slab->shared);
    for (unsigned zone = 0; zone <= fixture.zone_count; zone++) {
        rw_zone_state_t *const state = &fixture.states.zones[zone];
        see_flips(&state->partial, sizeof state->partial);
        see_flips(&state->slabs, sizeof state->slabs);
        if (state->slabs != 0) {
            const uint16_t peak = state->peak;
            state->peak = (uint16_t)(state->slabs - 1U);
            CHECK(rw_slab_check(&fixture.slab) == RW_E_CORRUPT);
            state->peak = peak;
        }
    }
    CHECK(rw_slab_check(&fixture.slab) == RW_OK);
}

int main(void)
{
    arena = slab_fixture_forbidden(SLAB_COUNT * SLAB_SIZE);
    for (unsigned core = 0; core < SLAB_CORE_COUNT; core++) {
        slab_fixture_make(&fixture, core, arena, SLAB_SIZE, SLAB_COUNT, plan);
        impossible_requests();
        slab_fixture_drop(&fixture);
    }
    for (unsigned core = 1; core < SLAB_CORE_COUNT; core += 2) {
        slab_fixture_make(&fixture, core, arena, SLAB_SIZE, SLAB_COUNT, plan);
        refuse_foreign();
        misuse_blocks(&fixture.slab);
        misuse_after_change_of_zone(&fixture.slab);
        misuse_runs(&fixture.slab);
        slab_fixture_drop(&fixture);
        slab_fixture_make(&fixture, core, arena, SLAB_SIZE, SLAB_COUNT, plan);
        populate(&fixture.slab);
        refuse_foreign();
        damage();
        slab_fixture_drop(&fixture);
    }
    return 0;
}
