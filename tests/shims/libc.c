/* SPDX-License-Identifier: Apache-2.0
 *
 * The malloc family of a C library: its own functions live from our heap, sizes and errors are as
 * documented, misuse changes nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "libc.h"
#include "shims_memory.h"

int posix_memalign(void **out, size_t alignment, size_t size);

/* Whether block is a heap block of ours, and of which. */
static bool ours(const void *block)
{
    return rw_layout_owner(&shims_layout, block) != NULL;
}

static int by_value(const void *one, const void *other)
{
    const double a = *(const double *)one;
    const double b = *(const double *)other;
    return (a > b) - (a < b);
}

static void check_library(void)
{
    double *numbers = calloc(64, sizeof *numbers);
    CHECK(ours(numbers));
    for (int i = 0; i < 64; i++) {
        numbers[i] = (double)((i * 37) % 64) / 4.0;
    }
    qsort(numbers, 64, sizeof *numbers, by_value);
    bool sorted = true;
    for (int i = 0; i < 64; i++) {
        sorted = sorted && (int)(numbers[i] * 4.0) == i;
    }
    CHECK(sorted);
    printf("sorted up to %.3f, a third of it %.10g, large %.1f\n", numbers[63], numbers[63] / 3.0,
           1e60);
    char *copy = strdup("from our heap");
    CHECK(ours(copy));
    CHECK(copy != NULL && strcmp(copy, "from our heap") == 0);
    free(copy);
    free(numbers);
}

static void check_family(void)
{
    const size_t before = bytes_used();
    unsigned char *block = malloc(100);
    CHECK(ours(block) && (uintptr_t)block % _Alignof(max_align_t) == 0);
    CHECK(malloc_usable_size(block) >= 100);
    memset(block, 0x5a, 100);
    block = realloc(block, 5000);
    CHECK(ours(block) && block[0] == 0x5a && block[99] == 0x5a);
    block = reallocarray(block, 20, 10);
    CHECK(ours(block) && block[99] == 0x5a);
    unsigned char *zeros = calloc(50, 3);
    bool clear = ours(zeros);
    for (int i = 0; i < 150; i++) {
        clear = clear && zeros[i] == 0;
    }
    CHECK(clear);
    void *aligned = aligned_alloc(64, 100);
    CHECK(ours(aligned) && (uintptr_t)aligned % 64 == 0);
    void *page = memalign(256, 10);
    CHECK(ours(page) && (uintptr_t)page % 256 == 0);
    void *posix = NULL;
    CHECK(posix_memalign(&posix, 32, 40) == 0 && ours(posix) && (uintptr_t)posix % 32 == 0);
    const struct mallinfo info = mallinfo();
    CHECK((size_t)info.uordblks == bytes_used());
    CHECK((size_t)info.arena == first_heap.object.size + main_heap.object.size);
    CHECK(info.uordblks + info.fordblks == info.arena);
    CHECK(info.ordblks >= 2);
    free(posix);
    free(page);
    free(aligned);
    free(zeros);
    free(block);
    free(NULL);
    CHECK(bytes_used() == before);
    CHECK(last_fault() == RW_OK);
}

static void check_zero(void)
{
    const size_t before = bytes_used();
    void *one = malloc(0);
    void *other = calloc(0, 8);
    void *third = memalign(16, 0);
    void *fourth = realloc(NULL, 0);
    CHECK(ours(one) && ours(other) && ours(third) && ours(fourth));
    CHECK(one != other && other != third && third != fourth && one != fourth);
    errno = 0;
    CHECK(realloc(one, 0) == NULL && errno == 0);
    CHECK(reallocarray(other, 0, 4) == NULL && errno == 0);
    free(third);
    free(fourth);
    CHECK(bytes_used() == before);
}

/* True iff block is NULL and errno tells why. */
static bool refused(const void *block, int error)
{
    const bool answer = block == NULL && errno == error;
    errno = 0;
    return answer;
}

static void check_refusals(void)
{
    const size_t before = bytes_used();
    volatile size_t huge = SIZE_MAX - 16;
    bool all = true;
    for (int i = 0; i < 17; i++) {
        all = refused(malloc(huge), ENOMEM) && all; /* 0xffffffef .. 0xffffffff */
        huge++;
    }
    CHECK(all);
    volatile size_t count = SIZE_MAX / 4 + 2; /* 0x40000001 */
    CHECK(refused(calloc(count, 4), ENOMEM));
    CHECK(refused(reallocarray(NULL, count, 4), ENOMEM));
    CHECK(refused(memalign(8, huge - 1), ENOMEM));
    CHECK(refused(memalign(64, huge - 1), ENOMEM));
    CHECK(refused(aligned_alloc(64, huge - 6), ENOMEM)); /* rounding up to 64 would wrap */
    CHECK(refused(memalign(24, 8), EINVAL));
    CHECK(refused(aligned_alloc(0, 8), EINVAL));
    void *untouched = &untouched;
    CHECK(posix_memalign(&untouched, 2, 8) == EINVAL && untouched == &untouched);
    CHECK(posix_memalign(&untouched, 24, 8) == EINVAL && untouched == &untouched);
    CHECK(posix_memalign(&untouched, 8, huge - 1) == ENOMEM && untouched == &untouched);
    CHECK(errno == 0);
    unsigned char *kept = malloc(40);
    memset(kept, 0x77, 40);
    huge = SIZE_MAX;
    CHECK(refused(realloc(opaque(kept), huge), ENOMEM));
    CHECK(refused(realloc(opaque(kept), 200000), ENOMEM));
    CHECK(refused(reallocarray(opaque(kept), count, 4), ENOMEM));
    CHECK(kept[0] == 0x77 && kept[39] == 0x77 && malloc_usable_size(kept) >= 40);
    free(kept);
    CHECK(bytes_used() == before);
    (void)last_fault();
}

static void check_misuse(void)
{
    char *block = malloc(24);
    char *after = malloc(24);
    free(opaque(block));
    CHECK(last_fault() == RW_OK);
    free(opaque(block));
    CHECK(last_fault() == RW_E_DOUBLE_FREE);
    char *first = malloc(24);
    char *second = malloc(24);
    CHECK(ours(first) && ours(second) && first != second && first != after && second != after);
    free(opaque(second + 8));
    CHECK(last_fault() != RW_OK);
    free(opaque(second + 1));
    CHECK(last_fault() == RW_E_MISALIGNED);
    char local = 0;
    free(opaque(&local));
    CHECK(last_fault() == RW_E_FOREIGN);
    CHECK(realloc(opaque(&local), 8) == NULL);
    CHECK(malloc_usable_size(opaque(&local)) == 0);
    (void)last_fault();
    free(second);
    free(first);
    free(after);
    CHECK(last_fault() == RW_OK);
    CHECK(rw_layout_check(&shims_layout) == RW_OK);
}

static void *from_interrupt;

static void allocate(void)
{
    from_interrupt = malloc(4000);
}

/* Larger than the first heap: the request spills into the second. */
static void check_interrupt(void)
{
    in_interrupt(allocate);
    CHECK(rw_layout_owner(&shims_layout, from_interrupt) == &main_heap.object);
    free(from_interrupt);
}

int main(void)
{
    start_library();
    check_library();
    check_family();
    check_zero();
    check_refusals();
    check_misuse();
    check_interrupt();
    check_cxx();
    fflush(stdout);
    finish();
}
