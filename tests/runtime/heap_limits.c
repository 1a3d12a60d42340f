/* SPDX-License-Identifier: Apache-2.0
 *
 * The largest heaps there are, with control of exactly the size they need: whatever is read or
 * written beyond it, a sanitizer sees.
 */
#include <stdlib.h>

#include "heap_expect.h"
#include "make_heap.h"

#define NARROW ((size_t)256 << 10)
#define WIDE ((size_t)32 << 20)

static made_heap_t made;

/* The first block of the smallest class is free while the largest class is looked for. */
static void largest_class(unsigned core)
{
    uint8_t *arena = malloc(WIDE);
    rw_heap_state_t *control = calloc(1, rw_heap_control_32(RW_HEAP_GRANULES_MAX_32));
    make_heap(&made, arena, WIDE, core);
    made.heap.state = control;
    void *first = rw_heap_alloc(&made.heap, 12);
    EXPECT(first != NULL && rw_heap_alloc(&made.heap, 12) != NULL);
    EXPECT(rw_heap_free(&made.heap, first) == RW_OK);
    void *large = rw_heap_alloc(&made.heap, (size_t)31 << 20);
    EXPECT(large != NULL && rw_heap_alloc_aligned(&made.heap, 4096, (size_t)31 << 20) == NULL);
    EXPECT(rw_heap_free(&made.heap, large) == RW_OK && rw_heap_check(&made.heap) == RW_OK);
    EXPECT(no_fault());
    free(control);
    free(arena);
}

/* The gap before an aligned block and the block make 65536 granules. */
static void widest_gap(unsigned core)
{
    uint8_t *memory = malloc(3U * NARROW);
    uint8_t *arena = (uint8_t *)(((uintptr_t)memory + NARROW) / NARROW * NARROW + NARROW - 16U);
    make_heap(&made, arena, NARROW, core);
    void *first = rw_heap_alloc(&made.heap, 239996);
    EXPECT(first != NULL && rw_heap_alloc(&made.heap, 12) != NULL);
    EXPECT(rw_heap_free(&made.heap, first) == RW_OK);
    EXPECT(rw_heap_alloc_aligned(&made.heap, NARROW, NARROW - RW_HEAP_OVERHEAD) == NULL);
    EXPECT(rw_heap_check(&made.heap) == RW_OK && no_fault());
    free(memory);
}

int main(void)
{
    for (unsigned core = 0; core < HEAP_CORES; core++) {
        if (heap_core_wide(core)) {
            largest_class(core);
        } else {
            widest_gap(core);
        }
    }
    return failures_seen != 0;
}
