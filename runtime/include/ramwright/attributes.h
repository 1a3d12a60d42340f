/* SPDX-License-Identifier: Apache-2.0
 *
 * What the compiler can check about an allocator's calls. With gcc 11 and later RW_RELEASED_BY
 * names the one function that takes a block back, so that -fanalyzer and -Wmismatched-dealloc
 * report leaks, double frees, use after free and frees into the wrong object at build time.
 * Compilers without an attribute ignore it.
 */
#ifndef RAMWRIGHT_ATTRIBUTES_H
#define RAMWRIGHT_ATTRIBUTES_H

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define RW_RELEASED_BY(function) __attribute__((malloc(function, 1)))
#else
#define RW_RELEASED_BY(function)
#endif

#if defined(__GNUC__)
#define RW_SIZED_BY(arguments) __attribute__((alloc_size arguments))
#define RW_RETURNS_ALIGNED(bytes) __attribute__((assume_aligned(bytes)))
#define RW_USE_RESULT __attribute__((warn_unused_result))
#else
#define RW_SIZED_BY(arguments)
#define RW_RETURNS_ALIGNED(bytes)
#define RW_USE_RESULT
#endif

#endif
