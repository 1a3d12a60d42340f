/* SPDX-License-Identifier: Apache-2.0
 *
 * Expectations, the faults reported, and what rt_kprintf printed.
 */
#ifndef CHECK_H
#define CHECK_H

#include <rtthread.h>

#include <stdbool.h>

#include "ramwright/base.h"

#define EXPECT(condition) expect((condition), #condition, __FILE__, __LINE__)

void expect(bool good, const char *what, const char *file, int line);

/* Expectations not met so far. */
extern unsigned failed;

/* Whether exactly that fault, or none, was reported since the last question. */
bool one_fault(rw_status_t fault);
bool no_fault(void);

/* What was printed since the last question. */
const char *printed(void);

bool begins(const char *whole, const char *head);

/* The same numbers on every machine. */
unsigned random_below(unsigned limit);

/* Fills a block; whether it is filled so. */
void fill(void *block, unsigned value, size_t size);
bool filled(const void *block, unsigned value, size_t size);

/* The tests; machine_tests is what only one machine can do. */
void malloc_tests(void);
void heap_tests(void);
void slab_tests(void);
void pool_tests(void);
void misuse_tests(void);
void machine_tests(void);

/* Of the machine: says why a test failed. */
void report(const char *text);

#endif
