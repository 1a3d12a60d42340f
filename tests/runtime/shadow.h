/* SPDX-License-Identifier: Apache-2.0
 *
 * Shadow model: drives an allocator with random operations and keeps its own books beside it. After
 * every operation it knows which bytes are whose, what they hold and what must be refused.
 *
 * Freestanding: needs no libc, so the same file runs on the host and on an emulated Cortex-M.
 */
#ifndef RAMWRIGHT_TEST_SHADOW_H
#define RAMWRIGHT_TEST_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the allocator may place blocks. */
typedef struct shadow_arena {
    const void *start;
    size_t size;
} shadow_arena_t;

/* The allocator under test. Optional calls may be NULL; what is NULL is not exercised. */
typedef struct shadow_target {
    void *context;
    void *(*alloc)(void *context, size_t size);
    void *(*alloc_aligned)(void *context, size_t alignment, size_t size); /* optional */
    void *(*realloc)(void *context, void *block, size_t size);            /* optional */
    int (*free)(void *context, void *block);                              /* 0 = success */
    size_t (*usable)(void *context, const void *block);                   /* optional */
    int (*check)(void *context);                                          /* optional; 0 = sound */
    size_t (*used)(void *context); /* bytes in allocated blocks, from the allocator's stats */
    const shadow_arena_t *arenas;
    size_t arena_count;
    size_t alignment; /* that every block has; a power of two */
} shadow_target_t;

/* One live block; the caller supplies the table. */
typedef struct shadow_slot {
    uint8_t *address; /* NULL: slot unused */
    size_t size;      /* as requested */
    size_t extent;    /* filled: usable size, or as requested where usable is NULL */
    uint32_t key;     /* fill pattern */
} shadow_slot_t;

typedef struct shadow_plan {
    uint32_t seed;
    uint32_t steps;
    size_t size_min;       /* requests are log-uniform in [size_min, size_max], size_min >= 1; */
    size_t size_max;       /* equal for a pool */
    size_t alignment_max;  /* largest asked of alloc_aligned; a power of two */
    uint32_t check_every;  /* steps between calls of check and used; 0: only at the end */
    bool must_grant_alone; /* a request must succeed while no block is live */
    shadow_slot_t *slots;  /* max_live of them, contents ignored */
    uint32_t max_live;
} shadow_plan_t;

typedef struct shadow_result {
    uint32_t step;      /* 0: no fault; else the step that found it, counted from 1 */
    const char *reason; /* NULL: no fault */
    uint32_t granted;   /* allocs and reallocs that succeeded */
    uint32_t refused;   /* that returned NULL */
    uint32_t peak_live; /* most blocks live at once */
    size_t peak_bytes;  /* most requested bytes live at once */
} shadow_result_t;

/* Runs plan->steps operations, then frees everything and requires used() to be 0.
 * Returns result->step: 0 iff no fault was found. */
uint32_t shadow_run(const shadow_target_t *target, const shadow_plan_t *plan,
                    shadow_result_t *result);

#endif
