/* SPDX-License-Identifier: Apache-2.0
 *
 * What a header's check is worth, on its own: every single-bit error of every used header, other
 * data in place of one, and headers that are whole but of another block. Prints how often the last
 * two pass, in parts of 2^32.
 */
#include "heap_block.h"

#include <stdio.h>
#include <stdlib.h>

#define CASES (1U << 24)

static uint32_t noise = 12345;

static uint32_t random_word(void)
{
    noise ^= noise << 13;
    noise ^= noise >> 17;
    noise ^= noise << 5;
    return noise;
}

static void expect(bool held, const char *what)
{
    if (!held) {
        printf("%s\n", what);
        exit(1);
    }
}

/* A used header, after a used block or a free one. */
static uint32_t header_of(heap_traits_t traits, uint32_t index, uint32_t size, bool after_free)
{
    const uint32_t header = heap_used_header(traits, index, size);
    return after_free ? header ^ heap_prev_bits(traits) : header;
}

static void every_bit(heap_traits_t traits, uint32_t index, uint32_t size)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        const uint32_t header = header_of(traits, index, size, kind != 0);
        expect(heap_is_used(traits, header, index), "a sound header is refused");
        for (unsigned bit = 0; bit < 32; bit++) {
            const uint32_t damaged = header ^ (uint32_t)1 << bit;
            expect(!heap_is_used(traits, damaged, index), "a flipped bit passes for used");
            expect(!heap_is_free(traits, damaged, index), "a flipped bit passes for free");
        }
    }
}

/* All sizes at some places, all places with some sizes. */
static void flips(heap_traits_t traits, uint32_t most)
{
    for (uint32_t one = 1; one <= most; one += 1U) {
        every_bit(traits, random_word() % most + 1U, one);
        every_bit(traits, one, random_word() % most + 1U);
    }
}

/* Of 2^24 words, how many pass at an index. */
static uint32_t forged(heap_traits_t traits, uint32_t most)
{
    uint32_t passed = 0;
    for (uint32_t i = 0; i < CASES; i++) {
        passed += heap_is_used(traits, random_word(), random_word() % most + 1U);
    }
    return passed;
}

/* Of 2^24 sound headers, how many pass at another index. */
static uint32_t shifted(heap_traits_t traits, uint32_t most)
{
    uint32_t passed = 0;
    for (uint32_t i = 0; i < CASES; i++) {
        const uint32_t index = random_word() % most + 1U;
        const uint32_t other = random_word() % most + 1U;
        const uint32_t header =
            header_of(traits, index, random_word() % most + 1U, (random_word() & 1U) != 0);
        passed += other != index && heap_is_used(traits, header, other);
    }
    return passed;
}

int main(void)
{
    const heap_traits_t narrow = {true, false};
    const heap_traits_t wide = {true, true};
    flips(narrow, RW_HEAP_GRANULES_MAX_16);
    flips(wide, RW_HEAP_GRANULES_MAX_32);
    printf("%u %u %u %u\n", forged(narrow, RW_HEAP_GRANULES_MAX_16) << 8,
           shifted(narrow, RW_HEAP_GRANULES_MAX_16) << 8,
           forged(wide, RW_HEAP_GRANULES_MAX_32) << 8, shifted(wide, RW_HEAP_GRANULES_MAX_32) << 8);
    return 0;
}
