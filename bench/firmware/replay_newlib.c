/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays against malloc of newlib-nano: the one peer that comes with the compiler, measured here
 * again so that the recorded figures of the others can be trusted to be of the same kind. The host
 * clears newlib's two variables before.
 */
#include "replay.h"
#include <stdlib.h>

extern uint8_t newlib_arena[];

static uint8_t *next;
static uint8_t *limit;

void *_sbrk(ptrdiff_t increment)
{
    if (increment > limit - next) {
        return (void *)-1; /* what sbrk's contract says */
    }
    uint8_t *start = next;
    next += increment;
    return start;
}

static uint32_t newlib_free(void *block)
{
    free(block);
    return 0;
}

uint32_t replay_newlib(uint32_t size, uint32_t operations)
{
    next = newlib_arena;
    limit = newlib_arena + size;
    const replayed_t allocator = {malloc, newlib_free, newlib_arena, limit};
    return replay(&allocator, operations);
}
