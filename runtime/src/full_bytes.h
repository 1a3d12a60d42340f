/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks full, ground floor: filling bytes with a value and telling whether they still have it.
 */
#ifndef RAMWRIGHT_SRC_FULL_BYTES_H
#define RAMWRIGHT_SRC_FULL_BYTES_H

#include "bytes.h"
#include "inline.h"

#include <stdbool.h>

/* A word of four equal bytes. */
RW_INLINE rw_word_t full_word(uint8_t value)
{
    return value * (rw_word_t)0x01010101U;
}

/* Whether a whole word starts at an address that allows to access it. */
RW_INLINE bool full_word_at(const uint8_t *place, const uint8_t *end)
{
    return rw_bytes_word_aligned((uintptr_t)place) && (size_t)(end - place) >= sizeof(rw_word_t);
}

/* Gives size bytes the value. The empty asm keeps this from becoming a call of memset. */
static inline void full_fill(uint8_t *place, size_t size, uint8_t value)
{
    uint8_t *const end = place + size;
    while (place != end) {
        if (full_word_at(place, end)) {
            *(rw_word_t *)(void *)place = full_word(value);
            place += sizeof(rw_word_t);
        } else {
            *place++ = value;
        }
        RW_OPAQUE(place);
    }
}

/* Whether size bytes all have the value. */
static inline bool full_holds(const uint8_t *place, size_t size, uint8_t value)
{
    const uint8_t *const end = place + size;
    while (place != end) {
        if (full_word_at(place, end)) {
            if (*(const rw_word_t *)(const void *)place != full_word(value)) {
                return false;
            }
            place += sizeof(rw_word_t);
        } else if (*place++ != value) {
            return false;
        }
    }
    return true;
}

#endif
