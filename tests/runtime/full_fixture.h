/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, slabs and pools with checks full, made at run time: what the generator computes, computed
 * here a second time. One set of calls for all kinds.
 */
#ifndef RAMWRIGHT_TEST_FULL_FIXTURE_H
#define RAMWRIGHT_TEST_FULL_FIXTURE_H

#include "ramwright/dispatch.h"
#include "ramwright/full.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, full_current, #condition);               \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* What is being tested, for CHECK. */
extern const char *full_current;

#define FULL_CORE_COUNT 20U
#define FULL_ARENA 16384U
#define FULL_ZONES 4U

/* Position n of the dispatch tables is core n. */
typedef struct full_core_info {
    const char *name;
    rw_kind_t kind;
    rw_sharing_t sharing;
    unsigned width; /* bits of a link; 0: a slab */
} full_core_info_t;

extern const full_core_info_t full_cores[FULL_CORE_COUNT];

typedef struct full_fixture {
    union {
        rw_heap_full_t heap;
        rw_slab_full_t slab;
        rw_pool_full_t pool;
    } self;
    const rw_object_t *object;
    struct {
        rw_heap_state_t state;
        uint32_t bins[33 * RW_HEAP_MAP_WORDS_32]; /* the map too */
    } heap;
    struct {
        rw_slab_state_t state;
        rw_zone_state_t zone_states[FULL_ZONES + 1U]; /* that of runs first; behind the state */
        rw_zone_t zones[FULL_ZONES + 1U];
        uint8_t size_table[64];
        struct {
            rw_page_t page;
            uint32_t map[4];
        } pages[64];
    } slab;
    RW_POOL_CONTROL(rw_pool_wait_state_t, int16_t, 512) pool; /* or links of 8 bits */
    rw_full_state_t state;
    rw_held_t held[RW_FULL_DEPTH_MAX + RW_FULL_SPARE];
    uint16_t notes[FULL_ARENA / 8U];
} full_fixture_t;

/* An object of the core over size bytes of arena, which is never touched here: a heap; a slab of
 * slabs of 512 bytes, zones 16, 48, 128, 512; a pool of blocks of 40 bytes at multiples of 64. It
 * holds depth freed blocks back. */
void full_make(full_fixture_t *fixture, unsigned core, uint8_t *arena, size_t size, unsigned depth);

/* A pool of other blocks. */
void full_make_pool(full_fixture_t *fixture, unsigned core, uint8_t *arena, size_t block_size,
                    size_t stride, unsigned count, unsigned depth);

/* The generic calls, whatever the kind; a pool takes no notice of size. */
void *full_alloc(const full_fixture_t *fixture, size_t size);
rw_status_t full_free(const full_fixture_t *fixture, void *block);
size_t full_usable(const full_fixture_t *fixture, const void *block);
rw_status_t full_check(const full_fixture_t *fixture);
rw_stats_t full_stats(const full_fixture_t *fixture);
void full_walk(const full_fixture_t *fixture, rw_visit_t visit, void *context);

/* The last fault reported, and how many since the last question. */
extern unsigned full_faults;
extern rw_status_t full_fault_kind;
extern const rw_object_t *full_fault_object;
extern const void *full_fault_where;

/* Whether exactly this fault was reported, about block, or none at all. */
bool full_one_fault(rw_status_t fault, const void *block);
bool full_no_fault(void);

/* Address space of size bytes that traps whoever reads or writes it. */
uint8_t *full_forbidden(size_t size);

#endif
