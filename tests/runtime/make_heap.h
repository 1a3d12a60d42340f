/* SPDX-License-Identifier: Apache-2.0
 *
 * A heap made at run time, of any size; independent of the generator.
 */
#ifndef RAMWRIGHT_TEST_MAKE_HEAP_H
#define RAMWRIGHT_TEST_MAKE_HEAP_H

#include "ramwright/heap.h"

/* The cores in the order of heap_cores.c; also the indices into the dispatch tables. */
enum {
    HEAP_NONE_NONE_16,
    HEAP_NONE_NONE_32,
    HEAP_NONE_TASK_16,
    HEAP_NONE_TASK_32,
    HEAP_NONE_INTERRUPT_16,
    HEAP_NONE_INTERRUPT_32,
    HEAP_BASIC_NONE_16,
    HEAP_BASIC_NONE_32,
    HEAP_BASIC_TASK_16,
    HEAP_BASIC_TASK_32,
    HEAP_BASIC_INTERRUPT_16,
    HEAP_BASIC_INTERRUPT_32,
    HEAP_CORES
};

static inline bool heap_core_checked(unsigned core)
{
    return core >= HEAP_BASIC_NONE_16;
}

static inline bool heap_core_wide(unsigned core)
{
    return core % 2U == 1U;
}

typedef struct made_heap {
    rw_heap_t heap;
    rw_heap_state_t state;
    uint32_t bins[33 * RW_HEAP_MAP_WORDS_32]; /* map and bins, directly behind the state */
} made_heap_t;

/* A free heap of size bytes, rounded down to a multiple of 8, at least 24. */
static inline void make_heap(made_heap_t *made, void *arena, size_t size, unsigned core)
{
    static const made_heap_t zero;
    *made = zero;
    made->heap.object.arena = arena;
    made->heap.object.size = size / RW_HEAP_GRANULE * RW_HEAP_GRANULE;
    made->heap.object.core = (uint8_t)core;
    made->heap.object.kind = RW_HEAP;
    made->heap.object.overhead = RW_HEAP_OVERHEAD;
    made->heap.state = &made->state;
    made->heap.granules = (uint32_t)(size / RW_HEAP_GRANULE - 1U);
}

#endif
