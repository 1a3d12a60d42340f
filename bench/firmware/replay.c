/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#define OPERATIONS_MAX 65536U
#define ALLOCATIONS_MAX 32768U

typedef struct granted {
    uint8_t *block;
    uint32_t size;
} granted_t;

__attribute__((section(".traces"))) uint32_t trace_words[OPERATIONS_MAX];
__attribute__((section(".traces"))) static granted_t granted[ALLOCATIONS_MAX];
uint32_t replay_violated;

/* What is written to the ends of a block: differs between blocks that follow each other. */
static uint8_t stamp_of(uint32_t index)
{
    return (uint8_t)(index * 167U + 13U);
}

static void expect(int held)
{
    if (!held) {
        replay_violated = 1;
    }
}

static int taken(const replayed_t *allocator, uint32_t index, uint32_t size)
{
    uint8_t *block = allocator->alloc(size);
    if (block == NULL) {
        return 0;
    }
    expect((uintptr_t)block % 8U == 0);
    expect(block >= allocator->arena && block + size <= allocator->end);
    block[0] = block[size - 1U] = stamp_of(index);
    granted[index] = (granted_t){block, size};
    return 1;
}

static int returned(const replayed_t *allocator, uint32_t index)
{
    const granted_t *held = &granted[index];
    expect(held->block[0] == stamp_of(index));
    expect(held->block[held->size - 1U] == stamp_of(index));
    return allocator->free(held->block) == 0;
}

uint32_t replay(const replayed_t *allocator, uint32_t operations)
{
    uint32_t allocations = 0;
    for (uint32_t done = 0; done < operations; ++done) {
        const uint32_t word = trace_words[done];
        const int succeeded = (word & FREE_BIT) ? returned(allocator, word & ~FREE_BIT)
                                                : taken(allocator, allocations++, word);
        if (!succeeded) {
            return done;
        }
    }
    return operations;
}
