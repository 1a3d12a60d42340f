/* SPDX-License-Identifier: Apache-2.0
 *
 * What checks full find, on every core: each misuse with its status, the address reported, and
 * what is as it was afterwards.
 */
#include "full_fixture.h"

#include <string.h>

#define DEPTH 3U
#define BYTES(at, value, count) bytes_are((at), (value), (count))

static _Alignas(1024) uint8_t arena[FULL_ARENA];
static full_fixture_t fixture;

static struct {
    uint8_t arena[FULL_ARENA];
    full_fixture_t fixture;
} before;

static void fresh(unsigned core)
{
    memset(arena, 0xA5, sizeof arena);
    full_make(&fixture, core, arena, sizeof arena, DEPTH);
}

static void remember(void)
{
    memcpy(before.arena, arena, sizeof arena);
    memcpy(&before.fixture, &fixture, sizeof fixture);
}

static bool nothing_changed(void)
{
    return memcmp(before.arena, arena, sizeof arena) == 0 &&
           memcmp(&before.fixture, &fixture, sizeof fixture) == 0;
}

static bool bytes_are(const uint8_t *at, uint8_t value, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (at[i] != value) {
            return false;
        }
    }
    return true;
}

static rw_kind_t kind(void)
{
    return (rw_kind_t)fixture.object->kind;
}

static void *resized(void *block, size_t size)
{
    return kind() == RW_HEAP ? rw_heap_realloc(&fixture.self.heap.heap, block, size)
                             : rw_slab_realloc(&fixture.self.slab.slab, block, size);
}

static void *cleared(size_t count, size_t size)
{
    return kind() == RW_HEAP ? rw_heap_calloc(&fixture.self.heap.heap, count, size)
                             : rw_slab_calloc(&fixture.self.slab.slab, count, size);
}

/* The bytes of a block that the core has, whatever was asked for. */
static size_t extent_of(size_t size)
{
    if (kind() == RW_HEAP) {
        return (size + RW_FULL_SEAL + 4U + 7U) / 8U * 8U - 4U;
    }
    if (kind() == RW_POOL) {
        return 64;
    }
    static const size_t sizes[] = {16, 48, 128, 512};
    for (unsigned at = 0; at < 4; at++) {
        if (size <= sizes[at]) {
            return sizes[at];
        }
    }
    return (size + 511U) / 512U * 512U;
}

static size_t asked(size_t size)
{
    return kind() == RW_POOL ? 40U : size;
}

static void patterns(void)
{
    for (size_t size = 1; size <= 600; size += 7) {
        uint8_t *const block = full_alloc(&fixture, size);
        const size_t own = asked(size);
        CHECK(block != NULL && full_usable(&fixture, block) == own);
        CHECK(BYTES(block, RW_FULL_FRESH, own));
        const size_t behind = extent_of(size) - own;
        const size_t seal = kind() == RW_HEAP ? 4U : 0U;
        CHECK(behind >= 2U * seal && BYTES(block + own, RW_FULL_GUARD, behind - seal));
        memset(block, (int)size, own);
        CHECK(full_free(&fixture, block) == RW_OK);
        CHECK(BYTES(block, RW_FULL_FREED, extent_of(size)));
        CHECK(full_usable(&fixture, block) == 0 && full_check(&fixture) == RW_OK);
    }
    CHECK(full_no_fault() && full_stats(&fixture).used == 0);
}

/* A bad pointer, given to everything that takes one. */
static void refused(void *block, rw_status_t status)
{
    remember();
    CHECK(full_free(&fixture, block) == status && full_one_fault(status, block));
    CHECK(full_fault_object == fixture.object);
    CHECK(full_usable(&fixture, block) == 0 || status == RW_E_CORRUPT);
    if (kind() != RW_POOL) {
        CHECK(resized(block, 30) == NULL && full_one_fault(status, block));
        CHECK(resized(block, FULL_ARENA + 1U) == NULL && full_one_fault(status, block));
        CHECK(resized(block, SIZE_MAX) == NULL && full_one_fault(status, block));
        CHECK(resized(block, 0) == NULL && full_one_fault(status, block));
    }
    CHECK(nothing_changed());
}

/* One byte behind those asked for, wherever, whatever is written. */
static void overruns(size_t size)
{
    static const uint8_t written[] = {0, 1, 0x7F, 0xFF, RW_FULL_FRESH, RW_FULL_FREED, 'a'};
    uint8_t *const lower = full_alloc(&fixture, size);
    uint8_t *const block = full_alloc(&fixture, size);
    uint8_t *const upper = full_alloc(&fixture, size);
    CHECK(lower != NULL && block != NULL && upper != NULL);
    memset(block, 0x11, asked(size));
    for (size_t at = asked(size); at < extent_of(size); at++) {
        for (unsigned i = 0; i < sizeof written; i++) {
            const uint8_t intact = block[at];
            if (intact == written[i]) {
                continue;
            }
            block[at] = written[i];
            refused(block, RW_E_CORRUPT);
            CHECK(full_check(&fixture) == RW_E_CORRUPT && full_one_fault(RW_E_CORRUPT, block));
            CHECK(nothing_changed());
            block[at] = intact;
        }
    }
    CHECK(full_check(&fixture) == RW_OK && BYTES(block, 0x11, asked(size)));
    CHECK(full_free(&fixture, lower) == RW_OK && full_free(&fixture, block) == RW_OK);
    CHECK(full_free(&fixture, upper) == RW_OK && full_no_fault());
}

/* All 255 values of the first byte behind a block of a heap, and of each of its seal. */
static void every_change(void)
{
    uint8_t *const block = full_alloc(&fixture, 20);
    for (size_t at = 20; kind() == RW_HEAP && at < extent_of(20); at++) {
        for (unsigned change = 1; change < 256; change++) {
            block[at] ^= (uint8_t)change;
            CHECK(full_free(&fixture, block) == RW_E_CORRUPT);
            CHECK(full_one_fault(RW_E_CORRUPT, block));
            block[at] ^= (uint8_t)change;
        }
    }
    CHECK(full_free(&fixture, block) == RW_OK && full_no_fault());
}

/* A stale pointer is told from a live one for the next DEPTH frees, although blocks are taken
 * meanwhile; then its block is the core's. */
static void stale_frees(void)
{
    void *others[DEPTH + 2U];
    for (unsigned i = 0; i < DEPTH + 2U; i++) {
        others[i] = full_alloc(&fixture, 40);
    }
    uint8_t *const stale = full_alloc(&fixture, 40);
    CHECK(full_free(&fixture, stale) == RW_OK);
    for (unsigned frees = 1; frees <= DEPTH; frees++) {
        void *const another = full_alloc(&fixture, 40);
        CHECK(another != NULL && another != stale);
        refused(stale, RW_E_DOUBLE_FREE);
        CHECK(full_free(&fixture, others[frees]) == RW_OK && full_no_fault());
        others[frees] = another;
    }
    remember();
    CHECK(full_free(&fixture, stale) == RW_E_DOUBLE_FREE); /* the core finds it free */
    CHECK(full_one_fault(RW_E_DOUBLE_FREE, stale) && nothing_changed());
    void *const again = full_alloc(&fixture, 40);
    CHECK(again == stale);                      /* recycled blocks come first */
    CHECK(full_free(&fixture, stale) == RW_OK); /* nobody can tell now */
    CHECK(full_free(&fixture, again) == RW_E_DOUBLE_FREE &&
          full_one_fault(RW_E_DOUBLE_FREE, again));
    for (unsigned i = 0; i < DEPTH + 2U; i++) {
        CHECK(full_free(&fixture, others[i]) == RW_OK);
    }
    CHECK(full_no_fault());
}

/* Frees so many other blocks that what was freed before has left. */
static void flush(void)
{
    void *blocks[DEPTH];
    for (unsigned i = 0; i < DEPTH; i++) {
        blocks[i] = full_alloc(&fixture, 40);
        CHECK(blocks[i] != NULL);
    }
    for (unsigned i = 0; i < DEPTH; i++) {
        CHECK(full_free(&fixture, blocks[i]) == RW_OK);
    }
}

/* Found by check at once, and by whoever makes the block leave; that call does its own work. */
static void writes_after_free(size_t size)
{
    for (size_t at = 0; at < extent_of(size); at += 3) {
        uint8_t *const fence = full_alloc(&fixture, size);
        uint8_t *const block = full_alloc(&fixture, size);
        uint8_t *const upper = full_alloc(&fixture, size);
        CHECK(full_free(&fixture, block) == RW_OK && full_no_fault());
        block[at] ^= 0x20;
        CHECK(full_check(&fixture) == RW_E_CORRUPT && full_one_fault(RW_E_CORRUPT, block));
        flush();
        CHECK(full_one_fault(RW_E_CORRUPT, block));
        CHECK(full_check(&fixture) == RW_OK && full_no_fault());
        CHECK(full_free(&fixture, fence) == RW_OK && full_free(&fixture, upper) == RW_OK);
        flush();
        CHECK(full_no_fault());
    }
}

/* Of pools and slabs also when the block has left the quarantine: by check, and when it is handed
 * out again, which it is. */
static void writes_after_quarantine(void)
{
    uint8_t *const fence = full_alloc(&fixture, 40); /* keeps the slab with its zone */
    for (size_t at = 0; kind() != RW_HEAP && at < extent_of(40); at++) {
        uint8_t *const block = full_alloc(&fixture, 40);
        CHECK(full_free(&fixture, block) == RW_OK);
        flush();
        CHECK(full_no_fault() && full_check(&fixture) == RW_OK);
        block[at] = 0;
        CHECK(full_check(&fixture) == RW_E_CORRUPT && full_one_fault(RW_E_CORRUPT, block));
        bool found = false;
        void *blocks[8];
        for (unsigned i = 0; i < 8; i++) {
            blocks[i] = full_alloc(&fixture, 40);
            CHECK(blocks[i] != NULL);
            if (blocks[i] == block) {
                CHECK(full_one_fault(RW_E_CORRUPT, block) && !found);
                CHECK(BYTES(block, RW_FULL_FRESH, 40));
                found = true;
            }
        }
        CHECK(found && full_check(&fixture) == RW_OK && full_no_fault());
        for (unsigned i = 0; i < 8; i++) {
            CHECK(full_free(&fixture, blocks[i]) == RW_OK);
        }
        flush();
    }
    CHECK(full_free(&fixture, fence) == RW_OK && full_no_fault());
}

/* What nobody handed out, and what lies elsewhere. */
static void bad_pointers(void)
{
    static uint8_t elsewhere[256];
    void *const block = full_alloc(&fixture, 40);
    refused(elsewhere + 128, RW_E_FOREIGN);
    refused(arena + sizeof arena, RW_E_FOREIGN);
    for (unsigned i = 1; i < 8; i++) {
        refused((uint8_t *)block + i, RW_E_MISALIGNED);
    }
    refused(arena + fixture.object->size -
                (kind() == RW_HEAP   ? 8
                 : kind() == RW_SLAB ? 16
                                     : 64),
            RW_E_DOUBLE_FREE);
    CHECK(full_free(&fixture, NULL) == RW_OK && full_usable(&fixture, NULL) == 0);
    CHECK(full_free(&fixture, block) == RW_OK && full_no_fault());
}

/* A block of a heap whose header was damaged while it was held, by a write in front of it: the core
 * finds it when the block leaves. */
static void underrun_while_held(void)
{
    if (kind() != RW_HEAP) {
        return;
    }
    uint8_t *const fence = full_alloc(&fixture, 40);
    uint8_t *const block = full_alloc(&fixture, 40);
    uint8_t *const upper = full_alloc(&fixture, 40);
    block[-2] ^= 1;
    refused(block, RW_E_CORRUPT);
    block[-2] ^= 1;
    CHECK(full_free(&fixture, block) == RW_OK);
    block[-2] ^= 1;
    flush();
    CHECK(full_one_fault(RW_E_CORRUPT, block));
    block[-2] ^= 1;
    CHECK(full_free(&fixture, fence) == RW_OK && full_free(&fixture, upper) == RW_OK);
    CHECK(full_no_fault());
}

typedef struct count {
    unsigned used;
    const void *looked_for;
    bool found_used;
} count_t;

static bool count_used(const rw_block_t *block, void *context)
{
    count_t *const count = context;
    count->used += block->used ? 1U : 0U;
    if (block->address == count->looked_for) {
        CHECK(block->object == fixture.object && block->size == extent_of(40));
        count->found_used = block->used;
    }
    return true;
}

/* Figures and walk are as if there were no quarantine. */
static void figures(void)
{
    const size_t one = extent_of(40) + (kind() == RW_HEAP ? 4U : 0U);
    void *const fence = full_alloc(&fixture, 40);
    void *const block = full_alloc(&fixture, 40);
    void *const upper = full_alloc(&fixture, 40);
    CHECK(full_stats(&fixture).used == 3U * one);
    CHECK(full_free(&fixture, block) == RW_OK);
    const rw_stats_t stats = full_stats(&fixture);
    CHECK(stats.used == 2U * one && stats.free == stats.size - stats.used && stats.failures == 0);
    CHECK(stats.peak >= 3U * one);
    count_t count = {0, block, true};
    full_walk(&fixture, count_used, &count);
    CHECK(count.used == 2U && !count.found_used);
    count.looked_for = fence;
    full_walk(&fixture, count_used, &count);
    CHECK(count.found_used);
    CHECK(full_free(&fixture, fence) == RW_OK && full_free(&fixture, upper) == RW_OK);
    CHECK(full_stats(&fixture).used == 0);
}

/* An alloc that finds no room gets what the quarantine holds; only a refusal counts as a failure.
 */
static void quarantine_gives_way(unsigned core)
{
    fresh(core);
    static void *blocks[FULL_ARENA / 16U + 1U];
    unsigned count = 0;
    while ((blocks[count] = full_alloc(&fixture, 128)) != NULL) {
        count++;
    }
    CHECK(count > DEPTH && full_stats(&fixture).failures == (kind() == RW_POOL ? 0U : 1U));
    for (unsigned i = 0; i < DEPTH; i++) {
        CHECK(full_free(&fixture, blocks[i]) == RW_OK);
    }
    const size_t largest = full_stats(&fixture).largest;
    CHECK(kind() != RW_POOL || largest == 40);
    for (unsigned i = 0; i < DEPTH; i++) {
        blocks[i] = full_alloc(&fixture, 128);
        CHECK(blocks[i] != NULL);
    }
    CHECK(full_stats(&fixture).failures == (kind() == RW_POOL ? 0U : 1U));
    CHECK(full_alloc(&fixture, 128) == NULL && full_check(&fixture) == RW_OK);
    CHECK(full_stats(&fixture).failures == (kind() == RW_POOL ? 0U : 2U));
    CHECK(kind() != RW_POOL || full_stats(&fixture).largest == 0);
    for (unsigned i = 0; i < count; i++) {
        CHECK(full_free(&fixture, blocks[i]) == RW_OK);
    }
    CHECK(full_stats(&fixture).used == 0 && full_check(&fixture) == RW_OK && full_no_fault());
}

/* The largest request that the figures promise is granted. */
static void largest_is_granted(unsigned core)
{
    fresh(core);
    void *const first = full_alloc(&fixture, 100);
    const size_t largest = full_stats(&fixture).largest;
    void *const block = full_alloc(&fixture, largest);
    CHECK(largest > 0 && block != NULL && full_usable(&fixture, block) == largest);
    CHECK(full_free(&fixture, block) == RW_OK && full_free(&fixture, first) == RW_OK);
    CHECK(full_no_fault());
}

/* Nothing of the arena is touched before an alloc, and of others' bytes nothing ever. */
static void zero_is_ready(unsigned core)
{
    full_make(&fixture, core, full_forbidden(FULL_ARENA), FULL_ARENA, DEPTH);
    count_t count = {0, NULL, false};
    CHECK(full_check(&fixture) == RW_OK && full_stats(&fixture).used == 0);
    CHECK(full_stats(&fixture).largest > 0 && full_stats(&fixture).peak == 0);
    full_walk(&fixture, count_used, &count);
    CHECK(count.used == 0 && full_free(&fixture, NULL) == RW_OK && full_no_fault());
}

static void impossible_requests(void)
{
    const rw_status_t size = RW_E_SIZE;
    void *const block = full_alloc(&fixture, 40);
    remember();
    for (size_t below = 0; below <= 64 && kind() != RW_POOL; below++) {
        CHECK(full_alloc(&fixture, SIZE_MAX - below) == NULL && full_one_fault(size, NULL));
        CHECK(full_alloc(&fixture, FULL_ARENA + 1U + below) == NULL && full_one_fault(size, NULL));
        CHECK(rw_alloc_aligned_cores[fixture.object->core](fixture.object, 64, SIZE_MAX - below) ==
              NULL);
        CHECK(full_one_fault(size, NULL));
        CHECK(full_alloc(&fixture, (size_t)0x80000000U - below) == NULL);
        CHECK(full_one_fault(size, NULL));
        CHECK(full_alloc(&fixture, (size_t)0x80000000U + below) == NULL);
        CHECK(full_one_fault(size, NULL));
        CHECK(resized(block, SIZE_MAX - below) == NULL && full_one_fault(size, NULL));
        CHECK(resized(block, (size_t)0x80000000U + below) == NULL && full_one_fault(size, NULL));
    }
    CHECK(kind() == RW_POOL ||
          (cleared(SIZE_MAX / 4 + 2, 4) == NULL && full_one_fault(size, NULL)));
    CHECK(kind() == RW_POOL || (cleared(SIZE_MAX, SIZE_MAX) == NULL && full_one_fault(size, NULL)));
    static const size_t odd[] = {0, 3, 24, FULL_ARENA * 2U, SIZE_MAX, SIZE_MAX / 2 + 1};
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0] && kind() != RW_POOL; i++) {
        CHECK(rw_alloc_aligned_cores[fixture.object->core](fixture.object, odd[i], 8) == NULL);
        CHECK(full_one_fault(RW_E_ALIGNMENT, NULL));
    }
    CHECK(kind() == RW_POOL || full_alloc(&fixture, 0) == NULL);
    CHECK(nothing_changed() && full_no_fault());
    CHECK(full_free(&fixture, block) == RW_OK);
    if (kind() == RW_HEAP) {
        const size_t most = FULL_ARENA - fixture.object->overhead;
        for (size_t more = 1; more <= fixture.object->overhead; more++) {
            CHECK(full_alloc(&fixture, most + more) == NULL && full_one_fault(size, NULL));
        }
        CHECK(full_stats(&fixture).failures == 0);
        CHECK(full_alloc(&fixture, most) != NULL && full_no_fault());
        CHECK(full_alloc(&fixture, 1) == NULL && full_no_fault());
        CHECK(full_stats(&fixture).failures == 1);
    }
}

/* Bytes kept, bytes grown fresh, the guard where the new size ends. */
static void resizing(void)
{
    if (kind() == RW_POOL) {
        return;
    }
    static const size_t sizes[] = {1, 5, 16, 40, 44, 48, 100, 600, 1200, 600, 128, 130, 3, 8};
    size_t old = 24;
    uint8_t *block = full_alloc(&fixture, old);
    memset(block, 0x42, old);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t size = sizes[i];
        block = resized(block, size);
        CHECK(block != NULL && full_usable(&fixture, block) == size);
        CHECK(BYTES(block, 0x42, size < old ? size : old));
        CHECK(size < old || BYTES(block + old, RW_FULL_FRESH, size - old));
        CHECK(full_check(&fixture) == RW_OK && full_no_fault());
        memset(block, 0x42, size);
        if (extent_of(size) > size) {
            block[size] ^= 1;
            CHECK(full_free(&fixture, block) == RW_E_CORRUPT);
            CHECK(full_one_fault(RW_E_CORRUPT, block));
            block[size] ^= 1;
        }
        old = size;
    }
    CHECK(resized(block, 0) == NULL);
    refused(block, RW_E_DOUBLE_FREE);
    CHECK(resized(NULL, 0) == NULL && full_no_fault());
}

/* A heap's block that can grow only into a room before it, or into what the quarantine gives back
 * behind it. */
static void growing_with_difficulty(unsigned core)
{
    for (unsigned behind = 0; behind < 2U; behind++) {
        fresh(core);
        if (kind() != RW_HEAP) {
            return;
        }
        uint8_t *const lower = full_alloc(&fixture, 3000);
        uint8_t *const block = full_alloc(&fixture, 3000);
        uint8_t *const upper = full_alloc(&fixture, 3000);
        void *const rest = full_alloc(&fixture, full_stats(&fixture).largest);
        CHECK(rest != NULL);
        for (unsigned i = 0; i < 3000; i++) {
            block[i] = (uint8_t)i;
        }
        CHECK(full_free(&fixture, behind != 0U ? upper : lower) == RW_OK);
        uint8_t *const grown = resized(block, 5000);
        CHECK(grown == (behind != 0U ? block : lower) && full_usable(&fixture, grown) == 5000);
        for (unsigned i = 0; i < 3000; i++) {
            CHECK(grown[i] == (uint8_t)i);
        }
        CHECK(full_check(&fixture) == RW_OK && full_no_fault());
        CHECK(full_free(&fixture, grown) == RW_OK && full_free(&fixture, rest) == RW_OK);
        CHECK(full_free(&fixture, behind != 0U ? lower : upper) == RW_OK);
        CHECK(full_check(&fixture) == RW_OK && full_stats(&fixture).used == 0 && full_no_fault());
    }
}

/* Runs of slabs that were cut otherwise before, and shortened: what is known of their bytes is
 * forgotten in time. */
static void recut_slabs(unsigned core)
{
    static void *blocks[FULL_ARENA / 16U + 1U];
    fresh(core);
    for (unsigned round = 0; round < 6 && kind() == RW_SLAB; round++) {
        static const size_t sizes[] = {16, 1500, 48, 2000, 512, 16};
        const size_t size = sizes[round];
        unsigned count = 0;
        while ((blocks[count] = full_alloc(&fixture, size)) != NULL) {
            memset(blocks[count++], 0x42, size);
        }
        for (unsigned i = 0; i < count; i++) {
            if (size > 512) {
                CHECK(resized(blocks[i], 700) == blocks[i]);
            }
            CHECK(full_free(&fixture, blocks[i]) == RW_OK);
        }
        CHECK(full_check(&fixture) == RW_OK && full_no_fault());
    }
}

/* The end of a run is given back with the user's bytes in it; a longer run that was there before
 * and went as a whole says nothing about it. */
static void run_over_a_shortened_one(unsigned core)
{
    fresh(core);
    if (kind() != RW_SLAB) {
        return;
    }
    void *const fence = full_alloc(&fixture, 512);
    uint8_t *const first = full_alloc(&fixture, 2000);
    CHECK(first == arena + 512 && full_free(&fixture, first) == RW_OK);
    CHECK(full_alloc(&fixture, FULL_ARENA) == NULL); /* empties the quarantine */
    uint8_t *const inner = rw_alloc_aligned_cores[fixture.object->core](fixture.object, 1024, 1500);
    CHECK(inner == arena + 1024);
    memset(inner, 0x42, 1500);
    CHECK(resized(inner, 600) == inner && full_free(&fixture, inner) == RW_OK);
    CHECK(full_alloc(&fixture, FULL_ARENA) == NULL);
    CHECK(full_alloc(&fixture, 2000) == first && full_no_fault());
    CHECK(full_free(&fixture, first) == RW_OK && full_free(&fixture, fence) == RW_OK);
}

int main(void)
{
    for (unsigned core = 0; core < FULL_CORE_COUNT; core++) {
        fresh(core);
        patterns();
        for (size_t size = 1; size < 60; size += kind() == RW_POOL ? 60 : 1) {
            overruns(size);
        }
        every_change();
        stale_frees();
        writes_after_free(40);
        writes_after_free(12);
        writes_after_quarantine();
        bad_pointers();
        underrun_while_held();
        fresh(core); /* that block is lost */
        figures();
        resizing();
        fresh(core);
        impossible_requests();
        quarantine_gives_way(core);
        largest_is_granted(core);
        growing_with_difficulty(core);
        recut_slabs(core);
        run_over_a_shortened_one(core);
        zero_is_ready(core);
    }
    return 0;
}
