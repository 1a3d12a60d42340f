/* SPDX-License-Identifier: Apache-2.0
 *
 * What the test firmware gives a C library, and its C++ half.
 */
#ifndef LIBC_H
#define LIBC_H

#ifdef __cplusplus
extern "C" {
#endif

/* What the library's own startup code would do. */
void start_library(void);

/* Containers, operator new and delete in all forms. */
void check_cxx(void);

#ifdef __cplusplus
}
#endif

#endif
