/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates. A core is made from functions that take its properties (checks, sharing, width) as
 * constants; inlined, they leave only what the core needs, also at -Os.
 */
#ifndef RAMWRIGHT_SRC_INLINE_H
#define RAMWRIGHT_SRC_INLINE_H

#include <stdint.h>

#define RW_INLINE static inline __attribute__((always_inline))
/* One copy, and its parameters where they are declared, whether it uses them or not. */
#if defined(__clang__)
#define RW_NOINLINE static __attribute__((noinline))
#else
#define RW_NOINLINE static __attribute__((noinline, noclone))
#endif

/* Tells the compiler what holds here, where it would ask again. */
#define RW_ASSUME(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            __builtin_unreachable();                                                               \
        }                                                                                          \
    } while (0)

/* value, turned right by the five lowest bits of turn, whatever the others are. The instruction
 * does so by itself, which compilers do not believe. */
RW_INLINE uint32_t rw_rotate_right(uint32_t value, uint32_t turn)
{
#if defined(__thumb2__) && !defined(RW_PORTABLE_C)
    __asm("rors %0, %0, %1" : "+r"(value) : "r"(turn) : "cc");
    return value;
#else
    return value >> (turn & 31U) | value << ((0U - turn) & 31U);
#endif
}

#endif
