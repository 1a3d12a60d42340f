/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks of the shims' test firmware: each is counted, each failure is printed.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "ramwright/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Counts a check; prints where it failed. */
void check(bool good, const char *what, int line);
#define CHECK(condition) check((condition), #condition, __LINE__)

/* Prints "N of M checks passed" and ends the program. */
__attribute__((noreturn)) void finish(void);

/* The last fault that was reported, which is then forgotten. */
rw_status_t last_fault(void);

/* Runs call in the handler of an interrupt. */
void in_interrupt(void (*call)(void));

/* Bytes of the default object in use. */
size_t bytes_used(void);

/* An object whose address the compiler forgets, so that it does not see through misuse. */
void *opaque(void *block);

#ifdef __cplusplus
}
#endif

#endif
