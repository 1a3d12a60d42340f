/* SPDX-License-Identifier: Apache-2.0
 *
 * What a checked heap detects, and that a detected fault changes nothing: not one byte of state,
 * lists or arena.
 */
#include <stdlib.h>
#include <string.h>

#include "heap_expect.h"
#include "make_heap.h"

#define ARENA 4096U
#define BLOCKS 24U
#define LARGEST (ARENA - RW_HEAP_OVERHEAD)

static _Alignas(ARENA) uint8_t arena[ARENA]; /* no other address in it is so aligned */
static _Alignas(64) uint8_t other_arena[ARENA];
static made_heap_t made;
static made_heap_t other;
static uint8_t *blocks[BLOCKS];
static unsigned core;

static struct {
    uint8_t arena[ARENA];
    made_heap_t made;
} before;

static void remember(void)
{
    memcpy(before.arena, arena, sizeof arena);
    before.made = made;
}

static bool nothing_changed(void)
{
    return memcmp(before.arena, arena, sizeof arena) == 0 &&
           memcmp(&before.made.state, &made.state, sizeof made.state) == 0 &&
           memcmp(before.made.bins, made.bins, sizeof made.bins) == 0;
}

/* Used and free blocks alternate in places: every neighbourhood occurs. */
static void prepare(void)
{
    static const uint8_t holes[] = {2, 5, 6, 9, 11, 13, 17, 20};
    memset(arena, 0x5A, sizeof arena);
    make_heap(&made, arena, sizeof arena, core);
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = rw_heap_alloc(&made.heap, 20U + 12U * (i % 5U));
        memset(blocks[i], (int)i, 20U + 12U * (i % 5U));
    }
    for (unsigned i = 0; i < sizeof holes; i++) {
        EXPECT(rw_heap_free(&made.heap, blocks[holes[i]]) == RW_OK);
        blocks[holes[i]] = NULL;
    }
    EXPECT(rw_heap_check(&made.heap) == RW_OK && no_fault());
    remember();
}

/* A bad pointer, given to everything that takes one. */
static void refused_everywhere(void *block, rw_status_t status)
{
    EXPECT(rw_heap_free(&made.heap, block) == status && one_fault(status));
    EXPECT(last_object == &made.heap.object && last_address == block);
    EXPECT(rw_heap_realloc(&made.heap, block, 64) == NULL && one_fault(status));
    EXPECT(rw_heap_realloc(&made.heap, block, ARENA + 1U) == NULL && one_fault(status));
    EXPECT(rw_heap_realloc(&made.heap, block, SIZE_MAX) == NULL && one_fault(status));
    EXPECT(rw_heap_realloc(&made.heap, block, 0) == NULL && one_fault(status));
    EXPECT(rw_heap_usable_size(&made.heap, block) == 0 && no_fault());
    EXPECT(nothing_changed());
}

static void *at_address(uintptr_t address)
{
    void *pointer;
    memcpy(&pointer, &address, sizeof pointer);
    return pointer;
}

static void foreign_pointers(void)
{
    uint8_t on_stack[64];
    void *of_other;
    prepare();
    make_heap(&other, other_arena, sizeof other_arena, core);
    of_other = rw_heap_alloc(&other.heap, 40);
    refused_everywhere(on_stack + 32, RW_E_FOREIGN);
    refused_everywhere(of_other, RW_E_FOREIGN);
    refused_everywhere(arena + ARENA, RW_E_FOREIGN);
    refused_everywhere(at_address(8), RW_E_FOREIGN);
    refused_everywhere(at_address(UINTPTR_MAX - 7U), RW_E_FOREIGN);
    refused_everywhere(arena, RW_E_MISALIGNED);
    for (unsigned i = 1; i < 8; i++) {
        refused_everywhere(blocks[3] + i, RW_E_MISALIGNED);
    }
    refused_everywhere(arena + ARENA - 8, RW_E_DOUBLE_FREE); /* never allocated */
    EXPECT(rw_heap_free(&other.heap, of_other) == RW_OK && no_fault());
}

/* Every granule of the arena that is not the start of a used block. */
static void interior_pointers(void)
{
    prepare();
    for (size_t offset = 0; offset < ARENA; offset += 8) {
        bool starts_block = false;
        for (unsigned i = 0; i < BLOCKS; i++) {
            starts_block = starts_block || blocks[i] == arena + offset;
        }
        if (!starts_block) {
            EXPECT(rw_heap_free(&made.heap, arena + offset) != RW_OK);
            EXPECT(nothing_changed());
        }
    }
    fault_count = 0;
}

/* Also where the block was merged into a neighbour, or its place is part of another block now. */
static void double_frees(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        prepare();
        if (blocks[i] == NULL) {
            continue;
        }
        EXPECT(rw_heap_free(&made.heap, blocks[i]) == RW_OK && no_fault());
        remember();
        refused_everywhere(blocks[i], RW_E_DOUBLE_FREE);
    }
    make_heap(&made, arena, sizeof arena, core);
    void *first = rw_heap_alloc(&made.heap, 100);
    void *second = rw_heap_alloc(&made.heap, 100);
    EXPECT(rw_heap_free(&made.heap, second) == RW_OK && rw_heap_free(&made.heap, first) == RW_OK);
    EXPECT(rw_heap_alloc(&made.heap, 300) == first && no_fault());
    remember();
    refused_everywhere(second, RW_E_DOUBLE_FREE);
}

/* Every way to damage one byte of every used header, which includes every bit. */
static void damaged_headers(void)
{
    prepare();
    for (unsigned i = 0; i < BLOCKS; i++) {
        for (unsigned damage = 0; blocks[i] != NULL && damage < 4U * 255U; damage++) {
            uint8_t *byte = blocks[i] - 4 + damage / 255U;
            const uint8_t change = (uint8_t)(damage % 255U + 1U);
            *byte ^= change;
            remember();
            EXPECT(rw_heap_free(&made.heap, blocks[i]) == RW_E_CORRUPT);
            EXPECT(one_fault(RW_E_CORRUPT) && nothing_changed());
            EXPECT(rw_heap_realloc(&made.heap, blocks[i], 200) == NULL);
            EXPECT(rw_heap_check(&made.heap) == RW_E_CORRUPT && nothing_changed());
            *byte ^= change;
            fault_count = 0;
        }
    }
}

/* One byte of the header behind a block is damaged, as by a write past the block's end: seen when
 * the block is freed, and the damage stays visible. */
static void overflow_into_next(void)
{
    prepare();
    for (unsigned i = 0; i + 1U < BLOCKS; i++) {
        if (blocks[i] == NULL) {
            continue;
        }
        uint8_t *end = blocks[i] + rw_heap_usable_size(&made.heap, blocks[i]);
        for (unsigned damage = 0; damage < 4U * 255U; damage++) {
            const uint8_t change = (uint8_t)(damage % 255U + 1U);
            end[damage / 255U] ^= change;
            remember();
            EXPECT(rw_heap_free(&made.heap, blocks[i]) == RW_E_CORRUPT);
            EXPECT(one_fault(RW_E_CORRUPT) && nothing_changed());
            end[damage / 255U] ^= change;
        }
    }
    EXPECT(rw_heap_check(&made.heap) == RW_OK && no_fault());
}

/* Headers copied to places where they were not made for, and fill patterns. */
static void forged_headers(void)
{
    prepare();
    uint8_t *block = blocks[4];
    uint32_t genuine;
    memcpy(&genuine, blocks[3] - 4, 4);
    for (unsigned offset = 8; offset + 8 < 60; offset += 8) {
        memcpy(block + offset - 4, &genuine, 4);
        remember();
        EXPECT(rw_heap_free(&made.heap, block + offset) == RW_E_CORRUPT && nothing_changed());
    }
    for (unsigned fill = 0; fill < 256; fill++) {
        memset(block, (int)fill, 60);
        remember();
        for (unsigned offset = 8; offset < 60; offset += 8) {
            EXPECT(rw_heap_free(&made.heap, block + offset) == RW_E_CORRUPT && nothing_changed());
        }
    }
    fault_count = 0;
}

/* Writes into a freed block: whatever follows is detected or harms nobody but the free list. */
static void use_after_free(void)
{
    for (unsigned hole = 0; hole < BLOCKS; hole++) {
        for (unsigned offset = 0; offset < 16; offset += 2) {
            prepare();
            uint8_t *hole_at = hole == 0 ? NULL : blocks[hole - 1];
            if (hole_at == NULL || blocks[hole] != NULL) {
                continue;
            }
            hole_at += rw_heap_usable_size(&made.heap, hole_at) + 4;
            hole_at[offset] ^= 0x55;
            hole_at[offset + 1] ^= 0x33;
            for (unsigned i = 0; i < 200; i++) {
                void *block = rw_heap_alloc(&made.heap, 8U + 7U * (i % 13U));
                if (block != NULL && i % 3U != 0U) {
                    EXPECT((uint8_t *)block >= arena && (uint8_t *)block < arena + ARENA);
                    (void)rw_heap_free(&made.heap, block);
                }
            }
            for (unsigned i = 0; i < BLOCKS; i++) {
                if (blocks[i] == NULL) {
                    continue;
                }
                for (unsigned k = 0; k < 20; k++) {
                    EXPECT(blocks[i][k] == i);
                }
                (void)rw_heap_free(&made.heap, blocks[i]);
            }
            fault_count = 0;
        }
    }
}

/* Every bit of the links of a hole, seen by the free of a block beside it, and by check. With links
 * of 32 bits, a next link that becomes 0 looks like the end of its list: only check sees that. */
static void flip_links(uint8_t *links, uint8_t *beside)
{
    static const uint8_t zero[4];
    for (unsigned bit = 0; bit < 64; bit++) {
        links[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
        remember();
        EXPECT(rw_heap_check(&made.heap) == RW_E_CORRUPT);
        if (!heap_core_wide(core) || memcmp(links, zero, sizeof zero) != 0) {
            EXPECT(rw_heap_free(&made.heap, beside) == RW_E_CORRUPT && nothing_changed());
        }
        links[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
    }
}

/* Whatever fills the links of a hole: nothing takes it for links. */
static void fill_links(uint8_t *links, uint8_t *beside)
{
    uint8_t links_before[8];
    memcpy(links_before, links, sizeof links_before);
    for (unsigned fill = 0; fill < 256; fill++) {
        memset(links, (int)fill, sizeof links_before);
        remember();
        EXPECT(rw_heap_check(&made.heap) == RW_E_CORRUPT);
        EXPECT(rw_heap_free(&made.heap, beside) == RW_E_CORRUPT && nothing_changed());
    }
    memcpy(links, links_before, sizeof links_before);
}

/* The links of another hole, or one of them, in place of those of a hole. */
static void replace_links(uint8_t *links, const uint8_t *by, uint8_t *beside)
{
    const size_t link_size = heap_core_wide(core) ? 4 : 2;
    const struct {
        size_t offset, size;
    } parts[] = {{0, 8}, {0, link_size}, {link_size, link_size}};
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint8_t links_before[8];
        memcpy(links_before, links, sizeof links_before);
        memcpy(links + parts[i].offset, by + parts[i].offset, parts[i].size);
        if (memcmp(links, links_before, sizeof links_before) != 0 &&
            !(heap_core_wide(core) && i == 1U)) { /* a next that becomes 0, as above */
            remember();
            EXPECT(rw_heap_check(&made.heap) == RW_E_CORRUPT);
            EXPECT(rw_heap_free(&made.heap, beside) == RW_E_CORRUPT && nothing_changed());
        }
        memcpy(links, links_before, sizeof links_before);
    }
}

static void copy_links(uint8_t *links, uint8_t *beside)
{
    for (unsigned i = 1; i < BLOCKS; i++) {
        if (blocks[i] == NULL && blocks[i - 1] != NULL) {
            replace_links(links, blocks[i - 1] + rw_heap_usable_size(&made.heap, blocks[i - 1]) + 4,
                          beside);
        }
    }
}

/* Likewise for its footer and the block after it. */
static void flip_footer(unsigned after_hole)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        uint8_t *byte = blocks[after_hole] - 8 + bit / 8U;
        *byte ^= (uint8_t)(1U << bit % 8U);
        remember();
        EXPECT(rw_heap_check(&made.heap) == RW_E_CORRUPT);
        EXPECT(rw_heap_free(&made.heap, blocks[after_hole]) == RW_E_CORRUPT && nothing_changed());
        *byte ^= (uint8_t)(1U << bit % 8U);
    }
}

static void damage_links(uint8_t *links, uint8_t *beside)
{
    flip_links(links, beside);
    fill_links(links, beside);
    copy_links(links, beside);
}

static void damaged_free_blocks(void)
{
    uint8_t *links = NULL;
    prepare();
    for (unsigned i = 0; i + 1U < BLOCKS; i++) {
        if (blocks[i] != NULL && blocks[i + 1] == NULL) {
            links = blocks[i] + rw_heap_usable_size(&made.heap, blocks[i]) + 4;
            damage_links(links, blocks[i]);
        }
        if (blocks[i] == NULL && blocks[i + 1] != NULL) {
            damage_links(links, blocks[i + 1]);
            flip_footer(i + 1);
        }
    }
    fault_count = 0;
    EXPECT(rw_heap_check(&made.heap) == RW_OK && no_fault());
}

/* A footer that leads to a free block, but not to the one it belongs to. */
static void footer_of_another_hole(void)
{
    prepare();
    uint8_t footer[4];
    memcpy(footer, blocks[3] - 8, sizeof footer);
    uint8_t *after_another = blocks[10];
    EXPECT(blocks[2] == NULL && blocks[9] == NULL && after_another != NULL);
    if (after_another == NULL) {
        return;
    }
    memcpy(after_another - 8, footer, sizeof footer);
    remember();
    EXPECT(rw_heap_free(&made.heap, after_another) == RW_E_CORRUPT && one_fault(RW_E_CORRUPT));
    EXPECT(nothing_changed());
}

/* Both neighbours are free and the links of either are damaged. */
static void damage_on_either_side(void)
{
    prepare();
    uint8_t *before_it = blocks[4] + rw_heap_usable_size(&made.heap, blocks[4]) + 4;
    uint8_t *after_it = blocks[7] + rw_heap_usable_size(&made.heap, blocks[7]) + 4;
    EXPECT(rw_heap_free(&made.heap, blocks[8]) == RW_OK && blocks[7] != NULL);
    blocks[8] = NULL;
    damage_links(before_it, blocks[7]);
    damage_links(after_it, blocks[7]);
    fault_count = 0;
    EXPECT(rw_heap_free(&made.heap, blocks[7]) == RW_OK && rw_heap_check(&made.heap) == RW_OK);
    EXPECT(no_fault());
}

/* Gives a hole of 13 granules a header with a sound check that says more than there is; returns its
 * own. */
static uint32_t forge_size(uint8_t *hole)
{
    uint32_t header;
    memcpy(&header, hole - 4, sizeof header);
    const uint32_t turn = 13U ^ ARENA / 8U;
    const uint32_t forged =
        header ^ (heap_core_wide(core) ? turn << 8 ^ (turn >> 8 ^ turn % 256U) : turn << 16 ^ turn);
    memcpy(hole - 4, &forged, sizeof forged);
    return header;
}

/* The block behind, which is not the first in its list, says that it ends beyond the heap. */
static void damaged_size_behind(void)
{
    make_heap(&made, arena, sizeof arena, core);
    uint8_t *block = rw_heap_alloc(&made.heap, 100);
    uint8_t *hole = rw_heap_alloc(&made.heap, 100);
    EXPECT(rw_heap_alloc(&made.heap, 100) == hole + 104);
    uint8_t *first = rw_heap_alloc(&made.heap, 100);
    EXPECT(rw_heap_alloc(&made.heap, 100) == first + 104);
    EXPECT(rw_heap_free(&made.heap, hole) == RW_OK && rw_heap_free(&made.heap, first) == RW_OK);
    const uint32_t header = forge_size(hole);
    remember();
    EXPECT(rw_heap_free(&made.heap, block) == RW_E_CORRUPT && one_fault(RW_E_CORRUPT));
    EXPECT(nothing_changed());
    memcpy(hole - 4, &header, sizeof header);
    EXPECT(rw_heap_free(&made.heap, block) == RW_OK && rw_heap_check(&made.heap) == RW_OK);
    EXPECT(no_fault());
}

/* Damage in the only hole, seen by the alloc that wants it. */
static void damage_found_by_alloc(void)
{
    make_heap(&made, arena, sizeof arena, core);
    uint8_t *hole = rw_heap_alloc(&made.heap, 100);
    EXPECT(rw_heap_alloc(&made.heap, 100) == hole + 104);
    EXPECT(rw_heap_free(&made.heap, hole) == RW_OK);
    for (unsigned bit = 0; bit < 64; bit++) {
        hole[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
        remember();
        EXPECT(rw_heap_alloc(&made.heap, 100) == NULL && one_fault(RW_E_CORRUPT));
        EXPECT(last_address == hole && nothing_changed());
        hole[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
    }
    const uint32_t header = forge_size(hole);
    remember();
    EXPECT(rw_heap_alloc(&made.heap, 100) == NULL && one_fault(RW_E_CORRUPT));
    EXPECT(nothing_changed());
    memcpy(hole - 4, &header, sizeof header);
    EXPECT(rw_heap_alloc(&made.heap, 100) == hole && rw_heap_check(&made.heap) == RW_OK);
    EXPECT(no_fault());
}

/* Three holes of one class, the last freed first in its list: the heap links, and unlinks, the
 * neighbours of a hole that somebody filled. That must not make its links look sound. */
static void filled_between_neighbours(uint8_t fill, bool unlinks)
{
    uint8_t *held[10];
    make_heap(&made, arena, sizeof arena, core);
    for (unsigned i = 0; i < 10; i++) {
        held[i] = rw_heap_alloc(&made.heap, 100);
    }
    EXPECT(rw_heap_free(&made.heap, held[1]) == RW_OK);
    EXPECT(rw_heap_free(&made.heap, held[4]) == RW_OK);
    memset(held[4], fill, 100);
    if (unlinks) { /* what follows it in its list; wide links ask it, and see it */
        const rw_status_t status = heap_core_wide(core) ? RW_E_CORRUPT : RW_OK;
        EXPECT(rw_heap_free(&made.heap, held[0]) == status);
        fault_count = 0;
    } else { /* what precedes it */
        EXPECT(rw_heap_free(&made.heap, held[7]) == RW_OK);
        EXPECT(rw_heap_alloc(&made.heap, 100) == held[7] && no_fault());
    }
    EXPECT(rw_heap_check(&made.heap) == RW_E_CORRUPT && one_fault(RW_E_CORRUPT));
    remember();
    EXPECT(rw_heap_alloc(&made.heap, 100) == NULL && one_fault(RW_E_CORRUPT));
    EXPECT(last_address == held[4] && nothing_changed());
    EXPECT(rw_heap_free(&made.heap, held[5]) == RW_E_CORRUPT && one_fault(RW_E_CORRUPT));
    EXPECT(nothing_changed());
}

static void filled_holes(void)
{
    for (unsigned fill = heap_core_wide(core) ? 1 : 0; fill <= UINT8_MAX; fill++) {
        filled_between_neighbours((uint8_t)fill, false);
        filled_between_neighbours((uint8_t)fill, true);
    }
}

/* Whatever is damaged next to a block shows when the only room for it is the hole before it. */
static void damage_found_by_moving_down(void)
{
    make_heap(&made, arena, sizeof arena, core);
    uint8_t *hole = rw_heap_alloc(&made.heap, 100);
    uint8_t *block = rw_heap_alloc(&made.heap, 100);
    uint8_t *room = block + 104;
    EXPECT(rw_heap_alloc(&made.heap, (size_t)(arena + ARENA - 4 - room)) == room);
    EXPECT(rw_heap_free(&made.heap, hole) == RW_OK);
    for (unsigned bit = 0; bit < 64U + 32U; bit++) {
        uint8_t *byte = bit < 64U ? hole + bit / 8U : block - 8 + (bit - 64U) / 8U;
        *byte ^= (uint8_t)(1U << bit % 8U);
        remember();
        EXPECT(rw_heap_realloc(&made.heap, block, 190) == NULL);
        EXPECT(one_fault(RW_E_CORRUPT) && last_address == block);
        made.state.failures--; /* the refusal of a new block */
        EXPECT(nothing_changed());
        *byte ^= (uint8_t)(1U << bit % 8U);
    }
    EXPECT(rw_heap_realloc(&made.heap, block, 190) == hole && no_fault());
    EXPECT(rw_heap_check(&made.heap) == RW_OK);
}

/* Sizes and alignments that cannot be, of any core. */
static void impossible_requests(void)
{
    prepare();
    for (size_t below = 0; below <= 64; below++) {
        EXPECT(rw_heap_alloc(&made.heap, SIZE_MAX - below) == NULL && one_fault(RW_E_SIZE));
        EXPECT(last_object == &made.heap.object && last_address == NULL);
        EXPECT(rw_heap_alloc_aligned(&made.heap, 64, SIZE_MAX - below) == NULL);
        EXPECT(one_fault(RW_E_SIZE));
        EXPECT(rw_heap_realloc(&made.heap, blocks[0], SIZE_MAX - below) == NULL);
        EXPECT(one_fault(RW_E_SIZE));
        EXPECT(rw_heap_alloc(&made.heap, (size_t)0x80000000U - below) == NULL);
        EXPECT(one_fault(RW_E_SIZE));
        EXPECT(rw_heap_alloc(&made.heap, (size_t)0x80000000U + below) == NULL);
        EXPECT(one_fault(RW_E_SIZE));
        EXPECT(rw_heap_realloc(&made.heap, blocks[0], (size_t)0x80000000U + below) == NULL);
        EXPECT(one_fault(RW_E_SIZE));
    }
    EXPECT(rw_heap_calloc(&made.heap, SIZE_MAX / 2 + 2, 2) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_heap_calloc(&made.heap, SIZE_MAX / 4 + 2, 4) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_heap_calloc(&made.heap, SIZE_MAX, SIZE_MAX) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_heap_alloc(&made.heap, LARGEST + 1) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rw_heap_alloc(&made.heap, 0) == NULL && no_fault());
    EXPECT(rw_heap_alloc_aligned(&made.heap, 64, 0) == NULL && no_fault());
    EXPECT(rw_heap_calloc(&made.heap, 0, 8) == NULL && no_fault());
    EXPECT(rw_heap_calloc(&made.heap, 8, 0) == NULL && no_fault());
    static const size_t odd[] = {
        0, 3, 5, 6, 7, 9, 12, 24, 96, ARENA - 1, ARENA + 8, 2 * ARENA, SIZE_MAX, SIZE_MAX / 2 + 1};
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        EXPECT(rw_heap_alloc_aligned(&made.heap, odd[i], 16) == NULL);
        EXPECT(one_fault(RW_E_ALIGNMENT));
    }
    EXPECT(rw_heap_free(&made.heap, NULL) == RW_OK && no_fault());
    EXPECT(rw_heap_usable_size(&made.heap, NULL) == 0 && no_fault());
    EXPECT(nothing_changed());
    EXPECT(rw_heap_alloc(&made.heap, LARGEST) == NULL && made.state.failures == 1);
    EXPECT(rw_heap_alloc_aligned(&made.heap, ARENA, 8) == NULL && made.state.failures == 2);
    made.state.failures = UINT32_MAX;
    EXPECT(rw_heap_alloc(&made.heap, LARGEST) == NULL && made.state.failures == UINT32_MAX);
    made.state.failures = 0;
    EXPECT(nothing_changed() && no_fault());
}

int main(void)
{
    for (core = 0; core < HEAP_CORES; core++) {
        impossible_requests();
        if (heap_core_checked(core)) {
            foreign_pointers();
            interior_pointers();
            double_frees();
            damaged_headers();
            overflow_into_next();
            forged_headers();
            use_after_free();
            damaged_free_blocks();
            footer_of_another_hole();
            damage_on_either_side();
            damaged_size_behind();
            damage_found_by_alloc();
            filled_holes();
            damage_found_by_moving_down();
        }
    }
    return failures_seen != 0;
}
