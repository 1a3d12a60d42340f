/* SPDX-License-Identifier: Apache-2.0
 *
 * A layout of three heaps: owners by address, free, walk, check, totals.
 */
#include "heap_expect.h"
#include "make_heap.h"
#include "ramwright/layout.h"

#define SIZE 512U

/* Gaps lie between the arenas: nobody's addresses. */
static _Alignas(64) uint8_t storage[6 * SIZE];
static made_heap_t heaps[3];
static const rw_object_t *const objects[] = {&heaps[1].heap.object, &heaps[2].heap.object,
                                             &heaps[0].heap.object}; /* not by address */
static const rw_layout_t layout = {"board", objects, 3, RW_ABI};
static const rw_layout_t empty = {"empty", NULL, 0, RW_ABI};

static void fresh(void)
{
    for (unsigned i = 0; i < 3; i++) {
        make_heap(&heaps[i], storage + (2 * i + 1) * SIZE, SIZE, HEAP_BASIC_TASK_16);
    }
    fault_count = 0;
}

static void owners(void)
{
    fresh();
    for (size_t i = 0; i < sizeof storage; i++) {
        const size_t slot = i / SIZE;
        const rw_object_t *expected = slot % 2U == 1U ? &heaps[slot / 2U].heap.object : NULL;
        EXPECT(rw_layout_owner(&layout, storage + i) == expected);
    }
    EXPECT(rw_layout_owner(&layout, NULL) == NULL);
    EXPECT(rw_layout_owner(&layout, storage + sizeof storage) == NULL);
    EXPECT(rw_layout_owner(&empty, storage) == NULL);
}

static void frees(void)
{
    fresh();
    for (unsigned i = 0; i < 3; i++) {
        void *block = rw_heap_alloc(&heaps[i].heap, 64);
        EXPECT(rw_layout_free(&layout, block) == RW_OK && heaps[i].state.used == 0);
        EXPECT(rw_layout_free(&layout, block) == RW_E_DOUBLE_FREE && one_fault(RW_E_DOUBLE_FREE));
        EXPECT(last_object == &heaps[i].heap.object);
    }
    EXPECT(rw_layout_free(&layout, NULL) == RW_OK && no_fault());
    EXPECT(rw_layout_free(&layout, storage) == RW_E_FOREIGN && one_fault(RW_E_FOREIGN));
    EXPECT(last_object == NULL && last_address == storage);
}

typedef struct seen {
    const void *last;
    unsigned count;
    unsigned limit;
} seen_t;

static bool visit(const rw_block_t *block, void *context)
{
    seen_t *seen = context;
    EXPECT(block->object == objects[seen->count / 3U]);
    EXPECT((uintptr_t)block->address > (uintptr_t)seen->last || seen->count % 3U == 0);
    EXPECT(rw_layout_owner(&layout, block->address) == block->object);
    seen->last = block->address;
    return ++seen->count < seen->limit;
}

static void walks_and_sums(void)
{
    fresh();
    for (unsigned i = 0; i < 9; i++) {
        EXPECT(rw_heap_alloc(&heaps[i % 3U].heap, 20 + i) != NULL);
    }
    seen_t seen = {NULL, 0, 100};
    rw_layout_walk(&layout, visit, &seen);
    EXPECT(seen.count == 9);
    seen = (seen_t){NULL, 0, 5};
    rw_layout_walk(&layout, visit, &seen);
    EXPECT(seen.count == 5);
    rw_stats_t stats;
    rw_stats_t one;
    size_t used = 0;
    size_t largest = 0;
    for (unsigned i = 0; i < 3; i++) {
        rw_heap_stats(&heaps[i].heap, &one);
        used += one.used;
        largest = one.largest > largest ? one.largest : largest;
    }
    rw_layout_stats(&layout, &stats);
    EXPECT(stats.size == 3 * SIZE && stats.used == used && stats.free == stats.size - used);
    EXPECT(stats.largest == largest);
    rw_layout_stats(&empty, &stats);
    EXPECT(stats.size == 0 && stats.largest == 0);
}

static void checks(void)
{
    fresh();
    uint8_t *block = rw_heap_alloc(&heaps[2].heap, 40);
    EXPECT(rw_layout_check(&layout) == RW_OK && rw_layout_check(&empty) == RW_OK && no_fault());
    block[-1] ^= 0x10;
    EXPECT(rw_layout_check(&layout) == RW_E_CORRUPT && one_fault(RW_E_CORRUPT));
    EXPECT(last_object == &heaps[2].heap.object && last_address == block);
}

int main(void)
{
    owners();
    frees();
    walks_and_sums();
    checks();
    return failures_seen != 0;
}
