/* SPDX-License-Identifier: Apache-2.0
 *
 * The demo: every kind of object that memory.ramwright.yaml declares is used, and each result is
 * checked. No allocator is set up anywhere: what touches one first is its first allocation.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"
#include "demo_memory.h"
#include "semihosting.h"
#include "traffic.h"
#include "usage.h"

#define BLACKBOX_ADDRESS 0x01003F00U
#define BLOCKRAM_START 0x01000000U
#define BLOCKRAM_END 0x01004000U
#define PSRAM_START 0x21000000U
#define PSRAM_END 0x22000000U

/* The board's own variable in the block RAM; arenas lie behind it. */
static uint32_t board_ticks[16] __attribute__((section(".blockram")));

static void fill(void *block, size_t size, uint8_t value)
{
    uint8_t *bytes = block;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = value;
    }
}

static bool holds(const void *block, size_t size, uint8_t value)
{
    const uint8_t *bytes = block;
    bool same = block != NULL;
    for (size_t i = 0; same && i < size; i++) {
        same = bytes[i] == value;
    }
    return same;
}

static bool lies_in(const void *block, uintptr_t start, uintptr_t end)
{
    return (uintptr_t)block >= start && (uintptr_t)block < end;
}

static size_t used_by_heap(const rw_heap_t *heap)
{
    rw_stats_t stats;
    rw_heap_stats(heap, &stats);
    return stats.used;
}

static size_t used_by_slab(const rw_slab_t *slab)
{
    rw_stats_t stats;
    rw_slab_stats(slab, &stats);
    return stats.used;
}

/* ---- the fault hook ------------------------------------------------------------------------- */

static uint32_t faults_seen;
static rw_status_t last_fault;

static const char *fault_name(rw_status_t fault)
{
    static const char *const names[] = {
        [RW_OK] = "none",
        [RW_E_FOREIGN] = "foreign free",
        [RW_E_MISALIGNED] = "misaligned free",
        [RW_E_DOUBLE_FREE] = "double free",
        [RW_E_CORRUPT] = "corruption",
        [RW_E_SIZE] = "size out of reach",
        [RW_E_ALIGNMENT] = "alignment out of reach",
    };
    return names[fault];
}

/* Replaces the runtime's weak default. */
void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    faults_seen++;
    last_fault = fault;
    print("fault hook: ");
    print(fault_name(fault));
    print(" in ");
    print(object != NULL ? object->name : "no object");
    print(" at ");
    print_hex((uint32_t)(uintptr_t)address);
    print("\n");
}

static void check_fault(rw_status_t status, rw_status_t wanted, const char *what)
{
    static uint32_t faults_expected;
    faults_expected++;
    check(status == wanted && last_fault == wanted && faults_seen == faults_expected, what);
}

/* ---- the exercises -------------------------------------------------------------------------- */

static void exercise_heap(void)
{
    uint8_t *small = main_alloc(24);
    uint8_t *large = main_alloc(1000);
    check(small != NULL && large != NULL, "a heap serves any size");
    fill(small, 24, 0x11);
    fill(large, 1000, 0x22);

    small = main_realloc(small, 300); /* large is in its way: it has to move */
    check(holds(small, 24, 0x11), "realloc keeps the contents");
    check(holds(large, 1000, 0x22), "realloc leaves the neighbour alone");
    fill(small, 300, 0x11);

    uint8_t *cleared = main_calloc(16, 4);
    check(holds(cleared, 64, 0), "calloc clears");
    uint8_t *line = main_alloc_aligned(64, 100);
    check(line != NULL && (uintptr_t)line % 64 == 0, "alloc_aligned aligns");
    check(rw_heap_check(&main_heap) == RW_OK, "the heap is sound while in use");

    check(main_free(small) == RW_OK && main_free(large) == RW_OK && main_free(cleared) == RW_OK &&
              main_free(line) == RW_OK,
          "a heap takes its blocks back");
    check(main_free(NULL) == RW_OK, "free(NULL) is fine");
    check(used_by_heap(&main_heap) == 0, "all of the heap is free again");
}

static void exercise_external_heap(void)
{
    const size_t size = (size_t)256 * 1024;
    uint8_t *picture = bulk_alloc(size);
    check(lies_in(picture, PSRAM_START, PSRAM_END), "the bulk heap lies in external RAM");
    fill(picture, size, 0x33);
    check(holds(picture, size, 0x33), "external RAM holds what was written");
    check(bulk_free(picture) == RW_OK && used_by_heap(&bulk_heap) == 0, "the picture is freed");
}

static void exercise_slab(void)
{
    static const uint16_t sizes[] = {10, 30, 60, 100, 400, 1500}; /* five zones, one run of slabs */
    enum { KINDS = sizeof sizes / sizeof sizes[0], EACH = 2 };
    uint8_t *blocks[KINDS][EACH];
    bool served = true;
    bool whole = true;
    bool freed = true;

    for (size_t i = 0; i < KINDS; i++) {
        for (size_t j = 0; j < EACH; j++) {
            blocks[i][j] = kernel_alloc(sizes[i]);
            served = served && lies_in(blocks[i][j], BLOCKRAM_START, BLOCKRAM_END);
            fill(blocks[i][j], sizes[i], (uint8_t)(16 * i + j));
        }
    }
    check(served, "a slab serves five sizes of block, and runs of slabs");
    check(rw_slab_check(&kernel_slab) == RW_OK, "the slab is sound while in use");
    for (size_t i = 0; i < KINDS; i++) {
        for (size_t j = 0; j < EACH; j++) {
            whole = whole && holds(blocks[i][j], sizes[i], (uint8_t)(16 * i + j));
            freed = kernel_free(blocks[i][j]) == RW_OK && freed;
        }
    }
    check(whole, "no slab block overlaps another");
    check(freed && used_by_slab(&kernel_slab) == 0, "all slabs are free again");
}

/* Two slabs are promised to the 32-byte zone; the other ten may all become 512-byte blocks. */
static void exercise_slab_sharing(void)
{
    enum { SHARED_BLOCKS = 20 };
    uint8_t *blocks[SHARED_BLOCKS + 1];
    size_t taken = 0;
    while (taken < SHARED_BLOCKS + 1 && (blocks[taken] = kernel_alloc(512)) != NULL) {
        taken++;
    }
    check(taken == SHARED_BLOCKS, "a zone takes every slab not promised to another");
    uint8_t *promised = kernel_alloc(32);
    check(promised != NULL, "a zone always has its min_slabs");

    bool freed = kernel_free(promised) == RW_OK;
    while (taken > 0) {
        freed = kernel_free(blocks[--taken]) == RW_OK && freed;
    }
    uint8_t *other = kernel_alloc(64);
    check(other != NULL, "returned slabs serve another zone");
    check(kernel_free(other) == RW_OK && freed, "the slab takes its blocks back");
}

static void exercise_memheap(void)
{
    enum { BLOCKS = 40 };
    uint8_t *blocks[BLOCKS];
    size_t spilled = 0;
    bool whole = true;
    bool freed = true;

    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = system_alloc(1000);
        whole = whole && blocks[i] != NULL;
        spilled += rw_memheap_owner(&system_memheap, blocks[i]) == &bulk_heap.object;
        fill(blocks[i], 1000, (uint8_t)i);
    }
    check(whole, "a memheap serves what one member cannot");
    check(rw_memheap_owner(&system_memheap, blocks[0]) == &main_heap.object,
          "a memheap asks its members in order");
    check(spilled > 0 && spilled < BLOCKS, "what does not fit spills into the next member");

    blocks[0] = system_realloc(blocks[0], 20000);
    check(holds(blocks[0], 1000, 0) && lies_in(blocks[0], PSRAM_START, PSRAM_END),
          "realloc moves a block to the member that has room");
    for (size_t i = 0; i < BLOCKS; i++) {
        whole = whole && holds(blocks[i], 1000, (uint8_t)i);
        freed = system_free(blocks[i]) == RW_OK && freed;
    }
    check(whole, "blocks of both members stayed whole");
    check(freed && used_by_heap(&main_heap) == 0 && used_by_heap(&bulk_heap) == 0,
          "every block went back to its owner");
}

static void exercise_buffer(void)
{
    check((uintptr_t)blackbox == BLACKBOX_ADDRESS, "the buffer lies where the config pins it");
    fill(blackbox, sizeof blackbox, 0x44);
    check(holds(blackbox, sizeof blackbox, 0x44), "the buffer is ours to write");
}

/* Wrong frees, by the generic calls: with the accessors, the compiler refuses this function. */
static void provoke_faults(void)
{
    static struct can_frame foreign;
    struct can_frame *frame = can_rx_alloc();
    check(frame != NULL, "a frame to misuse");
    check_fault(rw_pool_free(&can_rx_pool, &foreign), RW_E_FOREIGN, "a foreign free is refused");
    check_fault(rw_pool_free(&can_rx_pool, &frame->data), RW_E_MISALIGNED,
                "a free inside a block is refused");
    check(rw_pool_free(&can_rx_pool, frame) == RW_OK, "the right free still works");
    check_fault(rw_pool_free(&can_rx_pool, frame), RW_E_DOUBLE_FREE, "a double free is refused");

    uint8_t *block = main_alloc(40);
    check(rw_heap_free(&main_heap, block) == RW_OK, "a block to free twice");
    check_fault(rw_heap_free(&main_heap, block), RW_E_DOUBLE_FREE,
                "a double free of a heap block is refused");
    check_fault(rw_layout_free(&demo_layout, &foreign), RW_E_FOREIGN,
                "an address of no object is refused");
    check(rw_layout_check(&demo_layout) == RW_OK, "every object is sound after all that");
}

/* What RAM held at reset is still there: nothing has set the heap up. */
static void print_untouched_arena(void)
{
    print("main's arena before its first alloc: ");
    print_hex(*(const volatile uint32_t *)(const void *)main_heap.object.arena);
    print("\n");
}

int main(void)
{
    print("Ramwright demo on an MPS2 board (AN385, Cortex-M3)\n");
    print_untouched_arena();
    board_ticks[0] = 1;
    exercise_shared_pool();
    exercise_heap();
    exercise_external_heap();
    exercise_slab();
    exercise_slab_sharing();
    exercise_memheap();
    exercise_buffer();
    provoke_faults();
    check(board_ticks[0] == 1, "the board's own variable is untouched");
    print_usage();
    stop(check_report());
}
