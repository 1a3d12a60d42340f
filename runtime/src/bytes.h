/* SPDX-License-Identifier: Apache-2.0
 *
 * Clearing and copying without a libc. The empty asm in each loop hides the loop's shape from the
 * compiler, which would otherwise turn it into a call of memset or memcpy.
 */
#ifndef RAMWRIGHT_SRC_BYTES_H
#define RAMWRIGHT_SRC_BYTES_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t __attribute__((may_alias)) rw_word_t; /* a word of somebody's storage */

/* The compiler forgets what it knows of a value, which stays the same. */
#define RW_OPAQUE(value) __asm__("" : "+r"(value))

/* Likewise, and the value is kept out of the registers that short instructions reach: for what is
 * needed at a rare end only. */
#if defined(__thumb2__)
#define RW_SELDOM(value) __asm__("" : "+h"(value))
#else
#define RW_SELDOM(value) RW_OPAQUE(value)
#endif

/* At the end of a static function that is not inlined: it leaves its parameter where it was passed,
 * and callers, who are compiled after it and know what it changes, keep theirs there. For where
 * there are registers enough. */
#if defined(__thumb2__)
#define RW_KEPT(parameter) __asm__ volatile("" : : "r"(parameter))
#else
#define RW_KEPT(parameter) (void)(parameter)
#endif

/* The compiler forgets what it knows of memory: what is read behind this is read there, and takes
 * no register before. */
#define RW_OPAQUE_MEMORY() __asm__ volatile("" : : : "memory")

/* Whether all of the bits, an OR of addresses, allow word accesses. */
static inline int rw_bytes_word_aligned(uintptr_t bits)
{
    return (bits & (sizeof(rw_word_t) - 1U)) == 0U;
}

/* Clears size bytes. */
static inline void rw_bytes_clear(void *target, size_t size)
{
    uint8_t *to = target;
    if (rw_bytes_word_aligned((uintptr_t)to)) {
        for (; size >= sizeof(rw_word_t); size -= sizeof(rw_word_t)) {
            *(rw_word_t *)(void *)to = 0;
            to += sizeof(rw_word_t);
            RW_OPAQUE(to);
        }
    }
    for (; size > 0; size--) {
        *to++ = 0;
        RW_OPAQUE(to);
    }
}

/* Copies size bytes, ascending: target and source may overlap if target is lower by at least a
 * word, or are the same. */
static inline void rw_bytes_copy(void *target, const void *source, size_t size)
{
    uint8_t *to = target;
    const uint8_t *from = source;
    if (rw_bytes_word_aligned((uintptr_t)to | (uintptr_t)from)) {
        for (; size >= sizeof(rw_word_t); size -= sizeof(rw_word_t)) {
            *(rw_word_t *)(void *)to = *(const rw_word_t *)(const void *)from;
            to += sizeof(rw_word_t);
            from += sizeof(rw_word_t);
            RW_OPAQUE(to);
        }
    }
    for (; size > 0; size--) {
        *to++ = *from++;
        RW_OPAQUE(to);
    }
}

#endif
