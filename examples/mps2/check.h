/* SPDX-License-Identifier: Apache-2.0
 *
 * The demo's assertions. They are numbered in the order they are made; a failed one is printed and
 * the demo goes on, so that one run shows them all.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* Records whether what was claimed holds. */
void check(bool holds, const char *what);

/* Prints what came of it. Returns the number of the first check that failed, 0 iff none did. */
uint32_t check_report(void);

#endif
