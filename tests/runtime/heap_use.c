/* SPDX-License-Identifier: Apache-2.0
 *
 * What a heap does when it is used as it should be.
 */
#include <string.h>

#include "heap_expect.h"
#include "make_heap.h"

#define ARENA 16384U

static _Alignas(64) uint8_t arena[ARENA];
static made_heap_t made;
static unsigned core;

static rw_stats_t stats_now(void)
{
    rw_stats_t stats;
    rw_heap_stats(&made.heap, &stats);
    return stats;
}

static void fresh(size_t size)
{
    memset(arena, 0xA5, sizeof arena);
    make_heap(&made, arena, size, core);
}

static unsigned fill_with(size_t size)
{
    unsigned count = 0;
    fresh(ARENA);
    while (rw_heap_alloc(&made.heap, size) != NULL) {
        count++;
    }
    return count;
}

/* Nothing but the block's header is written by the first allocation, nothing at all before it. */
static void zero_is_ready(void)
{
    static const uint8_t junk[] = {0xA5, 0xFF, 0x00};
    for (unsigned i = 0; i < sizeof junk; i++) {
        memset(arena, junk[i], sizeof arena);
        make_heap(&made, arena, sizeof arena, core);
        EXPECT(stats_now().used == 0 && stats_now().peak == 0 && stats_now().free == ARENA);
        EXPECT(stats_now().largest == ARENA - 12);
        EXPECT(rw_heap_check(&made.heap) == RW_OK);
        EXPECT(rw_heap_alloc(&made.heap, 100) == arena + 8);
        for (unsigned k = 0; k < ARENA; k++) {
            EXPECT(arena[k] == junk[i] || (k >= 4 && k < 8));
        }
    }
}

static void density(void)
{
    EXPECT(fill_with(24) == 511);
    EXPECT(fill_with(100) == 157);
    EXPECT(fill_with(12) == 1023);
    EXPECT(fill_with(ARENA - 12) == 1);
}

/* Three neighbours, freed in every order, are one block again, or virgin. */
static void coalescing(void)
{
    static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (unsigned i = 0; i < 12; i++) {
        uint8_t *blocks[4];
        fresh(ARENA);
        for (unsigned k = 0; k < 4; k++) {
            blocks[k] = rw_heap_alloc(&made.heap, 100 + 40 * k);
        }
        if (i >= 6) {
            EXPECT(rw_heap_free(&made.heap, blocks[3]) == RW_OK);
        }
        for (unsigned k = 0; k < 3; k++) {
            EXPECT(rw_heap_free(&made.heap, blocks[orders[i % 6][k]]) == RW_OK);
            EXPECT(rw_heap_check(&made.heap) == RW_OK);
        }
        EXPECT((i >= 6) == (made.state.top == 0));
        EXPECT(rw_heap_alloc(&made.heap, 100 + 140 + 180 + 8) == blocks[0]);
    }
}

/* Freed storage is used before virgin storage. */
static void recycling(void)
{
    fresh(ARENA);
    void *first = rw_heap_alloc(&made.heap, 200);
    void *guard = rw_heap_alloc(&made.heap, 8);
    const uint32_t top = made.state.top;
    EXPECT(rw_heap_free(&made.heap, first) == RW_OK);
    EXPECT(rw_heap_alloc(&made.heap, 120) == first);
    EXPECT(rw_heap_alloc(&made.heap, 40) != NULL);
    EXPECT(made.state.top == top && made.state.peak == top);
    EXPECT(guard != NULL);
}

static void resizing(void)
{
    fresh(ARENA);
    uint8_t *block = rw_heap_alloc(&made.heap, 100);
    memset(block, 7, 100);
    EXPECT(rw_heap_realloc(&made.heap, block, 4000) == block); /* into the virgin end */
    EXPECT(made.state.top == 501 && made.state.used == 501);
    EXPECT(rw_heap_realloc(&made.heap, block, 60) == block); /* and back */
    EXPECT(made.state.top == 8 && made.state.peak == 501);
    uint8_t *second = rw_heap_alloc(&made.heap, 100);
    uint8_t *third = rw_heap_alloc(&made.heap, 100);
    EXPECT(rw_heap_free(&made.heap, second) == RW_OK);
    EXPECT(rw_heap_realloc(&made.heap, block, 80) == block);  /* into a part of the successor */
    EXPECT(rw_heap_realloc(&made.heap, block, 160) == block); /* into nearly all of it */
    EXPECT(rw_heap_usable_size(&made.heap, block) + 4 == (size_t)(third - block));
    EXPECT(rw_heap_check(&made.heap) == RW_OK);
    EXPECT(rw_heap_realloc(&made.heap, block, 140) == block); /* the tail is a block again */
    EXPECT(rw_heap_alloc(&made.heap, 20) == block + 144);
    uint8_t *moved = rw_heap_realloc(&made.heap, block, 400);
    EXPECT(moved > third && rw_heap_usable_size(&made.heap, moved) >= 400);
    for (unsigned i = 0; i < 60; i++) {
        EXPECT(moved[i] == 7);
    }
    EXPECT(rw_heap_realloc(&made.heap, moved, ARENA - 12) == NULL); /* refused: left as it was */
    EXPECT(rw_heap_usable_size(&made.heap, moved) >= 400 && moved[0] == 7);
    EXPECT(rw_heap_realloc(&made.heap, NULL, 16) == block);
    EXPECT(rw_heap_realloc(&made.heap, block, 0) == NULL);
    EXPECT(rw_heap_check(&made.heap) == RW_OK);
}

/* A full heap: the only room is before the block, and it is just enough. */
static void lowering(void)
{
    for (unsigned behind = 0; behind < 3; behind++) {
        fresh(ARENA);
        uint8_t *before = rw_heap_alloc(&made.heap, 260);
        uint8_t *block = rw_heap_alloc(&made.heap, 200);
        void *after = rw_heap_alloc(&made.heap, 60);
        uint8_t *last = rw_heap_alloc(&made.heap, stats_now().largest);
        EXPECT(before != NULL && block != NULL && last != NULL && stats_now().largest == 0);
        const size_t room = (size_t)(block - before) + 200U + (behind == 1U ? 64U : 0U);
        for (unsigned i = 0; i < 200; i++) {
            block[i] = (uint8_t)i;
        }
        EXPECT(rw_heap_free(&made.heap, before) == RW_OK);
        EXPECT(behind != 1U || rw_heap_free(&made.heap, after) == RW_OK);
        EXPECT(rw_heap_realloc(&made.heap, block, room + 24U) == NULL); /* left as it was */
        EXPECT(block[199] == 199 && rw_heap_check(&made.heap) == RW_OK);
        const size_t wanted = behind == 2U ? 440U : room;
        EXPECT(rw_heap_realloc(&made.heap, block, wanted) == before);
        for (unsigned i = 0; i < 200; i++) {
            EXPECT(before[i] == i);
        }
        EXPECT(rw_heap_usable_size(&made.heap, before) >= wanted);
        EXPECT(rw_heap_check(&made.heap) == RW_OK && no_fault());
        if (heap_core_checked(core)) {
            EXPECT(rw_heap_free(&made.heap, block) == RW_E_DOUBLE_FREE);
            fault_count = 0;
        }
        EXPECT(rw_heap_free(&made.heap, before) == RW_OK);
        EXPECT(rw_heap_free(&made.heap, last) == RW_OK);
        EXPECT(behind == 1U || rw_heap_free(&made.heap, after) == RW_OK);
        EXPECT(made.state.top == 0 && made.state.used == 0 && no_fault());
    }
}

static void aligned(void)
{
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        for (size_t size = 1; size <= 300; size += 23) {
            for (unsigned lead = 0; lead < 6; lead++) {
                fresh(ARENA);
                uint8_t *before = rw_heap_alloc(&made.heap, 8 + 8 * lead);
                uint8_t *hole = rw_heap_alloc(&made.heap, 6000);
                void *guard = rw_heap_alloc(&made.heap, 8);
                EXPECT(rw_heap_free(&made.heap, lead % 2U == 0U ? hole : guard) == RW_OK);
                uint8_t *block = rw_heap_alloc_aligned(&made.heap, alignment, size);
                EXPECT(block != NULL && (uintptr_t)block % alignment == 0);
                EXPECT(rw_heap_usable_size(&made.heap, block) >= size);
                EXPECT(rw_heap_usable_size(&made.heap, block) < size + 24);
                EXPECT(rw_heap_check(&made.heap) == RW_OK);
                EXPECT(rw_heap_free(&made.heap, block) == RW_OK);
                EXPECT(rw_heap_free(&made.heap, before) == RW_OK);
                EXPECT(rw_heap_free(&made.heap, lead % 2U == 0U ? guard : hole) == RW_OK);
                EXPECT(made.state.top == 0 && made.state.used == 0);
            }
        }
    }
}

static void cleared(void)
{
    fresh(ARENA);
    const uint8_t *block = rw_heap_calloc(&made.heap, 13, 7);
    for (unsigned i = 0; i < 13 * 7; i++) {
        EXPECT(block[i] == 0);
    }
    EXPECT(block[96] == 0xA5);
}

/* The largest request is granted, and one byte more is not. */
static void largest_is_exact(void)
{
    void *blocks[64];
    for (unsigned round = 1; round < 40; round++) {
        fresh(ARENA);
        for (unsigned i = 0; i < 64; i++) {
            blocks[i] = rw_heap_alloc(&made.heap, 1 + i * round * 7U % 480U);
        }
        for (unsigned i = round % 3U; i < 64; i += 1 + round % 4U) {
            (void)rw_heap_free(&made.heap, blocks[i]);
        }
        const size_t largest = stats_now().largest;
        const made_heap_t saved = made;
        EXPECT(rw_heap_alloc(&made.heap, largest + 1) == NULL);
        EXPECT(largest == ARENA - RW_HEAP_OVERHEAD ? one_fault(RW_E_SIZE) : no_fault());
        EXPECT(made.state.used == saved.state.used);
        EXPECT(rw_heap_alloc(&made.heap, largest) != NULL);
    }
}

typedef struct seen {
    const uint8_t *end;
    size_t used;
    unsigned count;
    unsigned limit;
} seen_t;

static bool visit(const rw_block_t *block, void *context)
{
    seen_t *seen = context;
    EXPECT(block->object == &made.heap.object);
    EXPECT((const uint8_t *)block->address == seen->end + 4);
    seen->end = (const uint8_t *)block->address + block->size;
    seen->used += block->used ? block->size + 4 : 0;
    return ++seen->count < seen->limit;
}

static void walking(void)
{
    fresh(ARENA);
    void *blocks[10];
    for (unsigned i = 0; i < 10; i++) {
        blocks[i] = rw_heap_alloc(&made.heap, 10 + 9 * i);
    }
    (void)rw_heap_free(&made.heap, blocks[3]);
    (void)rw_heap_free(&made.heap, blocks[7]);
    seen_t seen = {arena + 4, 0, 0, 100};
    rw_heap_walk(&made.heap, visit, &seen);
    EXPECT(seen.count == 10 && seen.used == stats_now().used);
    EXPECT(seen.end == arena + 8 * made.state.top + 4);
    seen = (seen_t){arena + 4, 0, 0, 4};
    rw_heap_walk(&made.heap, visit, &seen);
    EXPECT(seen.count == 4);
}

/* State and lists disagree with the arena: check sees it. */
static void check_sees_state(void)
{
    fresh(ARENA);
    void *block = rw_heap_alloc(&made.heap, 40);
    EXPECT(rw_heap_alloc(&made.heap, 40) != NULL && rw_heap_free(&made.heap, block) == RW_OK);
    const made_heap_t sound = made;
    for (unsigned word = 0; word < sizeof made.state / 4U; word++) {
        uint32_t *field = (uint32_t *)(void *)&made.state + word;
        if (field != &made.state.failures && field != &made.state.peak) {
            *field += 1;
            EXPECT(rw_heap_check(&made.heap) == RW_E_CORRUPT && one_fault(RW_E_CORRUPT));
        }
        made.state = sound.state;
    }
    const unsigned words = heap_core_wide(core) ? RW_HEAP_MAP_WORDS_32 : RW_HEAP_MAP_WORDS_16;
    for (unsigned word = 0; word <= words; word++) { /* of the map, and the first bins */
        made.bins[word] ^= 8;
        EXPECT(rw_heap_check(&made.heap) == RW_E_CORRUPT && one_fault(RW_E_CORRUPT));
        made = sound;
    }
    EXPECT(rw_heap_check(&made.heap) == RW_OK);
}

/* The smallest heaps there are. */
static void tiny(void)
{
    for (size_t size = 24; size < 200; size += 8) {
        fresh(size);
        EXPECT(stats_now().largest == size - 12);
        void *block = rw_heap_alloc(&made.heap, size - 12);
        EXPECT(block == arena + 8 && stats_now().largest == 0 && stats_now().peak == size);
        EXPECT(arena[size] == 0xA5);
        EXPECT(rw_heap_free(&made.heap, block) == RW_OK && made.state.top == 0);
    }
}

int main(void)
{
    for (core = 0; core < HEAP_CORES; core++) {
        zero_is_ready();
        density();
        coalescing();
        recycling();
        resizing();
        lowering();
        aligned();
        cleared();
        largest_is_exact();
        walking();
        check_sees_state();
        tiny();
        EXPECT(no_fault());
    }
    return failures_seen != 0;
}
