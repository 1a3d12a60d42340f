/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays of a trace of allocations against an arena, on the measured core itself.
 *
 * A trace is one word an operation: a size to allocate, or FREE_BIT | i to free what the i-th
 * allocation returned. The host writes it into trace_words.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include <stddef.h>
#include <stdint.h>

#define FREE_BIT 0x80000000U

/* The allocator under test: how to call it, and where its blocks must lie. */
typedef struct replayed {
    void *(*alloc)(size_t size);
    uint32_t (*free)(void *block); /* 0: done */
    const uint8_t *arena;
    const uint8_t *end;
} replayed_t;

/* Operations of the trace that succeeded: all of them, or those before the first one that did not.
 * Every block is checked for alignment to 8 bytes, for lying inside the arena and for still holding
 * what was written to both its ends; at a violation replay_violated becomes 1. */
uint32_t replay(const replayed_t *allocator, uint32_t operations);

#endif
