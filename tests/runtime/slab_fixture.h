/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs made at run time, for tests: what the generator computes, computed here a second time.
 */
#ifndef RAMWRIGHT_TEST_SLAB_FIXTURE_H
#define RAMWRIGHT_TEST_SLAB_FIXTURE_H

#include "ramwright/dispatch.h"
#include "ramwright/slab.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define SLAB_CORE_COUNT 6U
#define SLAB_FIXTURE_ZONES 8U

/* Position n of the tables is core n; every other one checks. */
extern const char *const slab_core_names[SLAB_CORE_COUNT];

typedef struct zone_plan {
    uint32_t block_size; /* 0 ends a list */
    uint16_t min_slabs;
    uint16_t max_slabs; /* 0: no limit */
} zone_plan_t;

typedef struct slab_fixture {
    rw_slab_t slab;
    struct {
        rw_slab_state_t slab;
        rw_zone_state_t zones[SLAB_FIXTURE_ZONES + 1U]; /* first that of runs */
    } states;
    rw_zone_t zones[SLAB_FIXTURE_ZONES + 1U];
    uint32_t zone_count; /* that of runs not counted */
    uint8_t *size_table;
    size_t pages_size; /* bytes at slab.pages: no more than pages and maps need */
} slab_fixture_t;

/* Makes a slab over arena, which is never touched here. */
void slab_fixture_make(slab_fixture_t *fixture, unsigned core, uint8_t *arena, uint32_t slab_size,
                       uint16_t slab_count, const zone_plan_t *plan);
void slab_fixture_drop(slab_fixture_t *fixture);

/* Address space of size bytes, aligned like a page, that traps whoever reads or writes it. */
uint8_t *slab_fixture_forbidden(size_t size);

/* The last fault reported, and how many. */
extern unsigned slab_faults;
extern rw_status_t slab_fault_kind;
extern const void *slab_fault_where;

#endif
