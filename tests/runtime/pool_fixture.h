/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools made at run time, for tests: what the generator computes, computed here a second time.
 */
#ifndef RAMWRIGHT_TEST_POOL_FIXTURE_H
#define RAMWRIGHT_TEST_POOL_FIXTURE_H

#include "ramwright/dispatch.h"
#include "ramwright/pool.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define POOL_CORE_COUNT 9U

/* Position n of the tables is core n. */
typedef struct pool_core {
    const char *name;
    bool checked;
    rw_sharing_t sharing;
    unsigned width; /* bits of a link */
} pool_core_t;

extern const pool_core_t pool_cores[POOL_CORE_COUNT];

typedef struct pool_fixture {
    rw_pool_t pool;
    uint8_t *control; /* links, if they are not in the blocks, and state */
    uint8_t *links;
    size_t links_size;
    rw_pool_state_t *state;
    unsigned count;
} pool_fixture_t;

/* Makes a pool over arena, which is never touched here. */
void pool_fixture_make(pool_fixture_t *fixture, unsigned core, uint8_t *arena, size_t block_size,
                       unsigned count);
void pool_fixture_drop(pool_fixture_t *fixture);

/* Address space of size bytes that traps whoever reads or writes it. */
uint8_t *pool_fixture_forbidden(size_t size);

/* The last fault reported, and how many since pool_faults_clear. */
extern unsigned pool_faults;
extern rw_status_t pool_fault_kind;
extern const rw_object_t *pool_fault_object;
extern const void *pool_fault_where;

#endif
