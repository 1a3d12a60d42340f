/* SPDX-License-Identifier: Apache-2.0
 *
 * Expectations of the heap, memheap and layout tests, and a record of the faults reported.
 */
#ifndef RAMWRIGHT_TEST_HEAP_EXPECT_H
#define RAMWRIGHT_TEST_HEAP_EXPECT_H

#include <stdio.h>

#include "ramwright/base.h"

static unsigned failures_seen;

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures_seen++;                                                                       \
            printf("%s:%d: expected %s\n", __FILE__, __LINE__, #condition);                        \
        }                                                                                          \
    } while (0)

static unsigned fault_count;
static rw_status_t last_fault;
static const rw_object_t *last_object;
static const void *last_address;

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    fault_count++;
    last_fault = fault;
    last_object = object;
    last_address = address;
}

/* Whether exactly one fault, and which, was reported since the last call. */
static inline bool one_fault(rw_status_t fault)
{
    const bool as_expected = fault_count == 1 && last_fault == fault;
    fault_count = 0;
    return as_expected;
}

static inline bool no_fault(void)
{
    const bool as_expected = fault_count == 0;
    fault_count = 0;
    return as_expected;
}

#endif
