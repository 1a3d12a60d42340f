/* SPDX-License-Identifier: Apache-2.0
 *
 * The malloc family where max_align_t is wider than the allocators' own alignment, as on a
 * workstation and on RISC-V: every block keeps it, also one that grows.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wide_memory.h"

static int failures;

static void check(int good, const char *what)
{
    if (!good) {
        failures++;
        (void)fprintf(stderr, "FAILED %s\n", what);
    }
}

static int wide(const void *block)
{
    return rw_layout_owner(&wide_layout, block) != NULL &&
           (uintptr_t)block % _Alignof(max_align_t) == 0;
}

int main(void)
{
    _Static_assert(_Alignof(max_align_t) > 8, "this test is for wide alignments");
    for (size_t size = 1; size < 200; size += 7) {
        unsigned char *block = malloc(size);
        check(wide(block), "malloc");
        memset(block, (int)size, size);
        void *fence = malloc(1);
        unsigned char *grown = realloc(block, 3 * size + 100);
        check(wide(grown), "realloc");
        check(grown[0] == size && grown[size - 1] == size, "content");
        unsigned char *cleared = calloc(3, size);
        check(wide(cleared) && cleared[0] == 0 && cleared[3 * size - 1] == 0, "calloc");
        void *aligned = aligned_alloc(8, size);
        check(wide(aligned), "aligned_alloc");
        volatile size_t huge = SIZE_MAX;
        unsigned char *same = realloc(grown, huge);
        check(same == NULL && grown[0] == size, "a realloc that fails");
        check(calloc(huge, 2) == NULL, "a product that wraps");
        free(aligned);
        free(cleared);
        free(grown);
        free(fence);
    }
    rw_stats_t stats;
    rw_heap_stats(&wide_heap_heap, &stats);
    check(stats.used == 0, "all given back");
    return failures != 0;
}
