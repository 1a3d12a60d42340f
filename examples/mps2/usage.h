/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USAGE_H
#define USAGE_H

/* Prints a table of what each object uses now and used at most. */
void print_usage(void);

#endif
