/* SPDX-License-Identifier: Apache-2.0
 *
 * rt_malloc and its family, on a memheap of two heaps.
 */
#include "check.h"

static void zero_and_null(void)
{
    rt_system_heap_init(NULL, NULL);
    EXPECT(rt_malloc(0) == NULL);
    EXPECT(rt_calloc(0, 4) == NULL && rt_calloc(4, 0) == NULL);
    EXPECT(rt_realloc(NULL, 0) == NULL);
    rt_free(NULL);
    rt_free_align(NULL);
    void *block = rt_realloc(NULL, 40);
    EXPECT(block != NULL);
    EXPECT(rt_realloc(block, 0) == NULL);
    EXPECT(no_fault());
}

static void contents(void)
{
    uint8_t *block = rt_malloc(100);
    EXPECT(block != NULL && (uintptr_t)block % 8U == 0U);
    fill(block, 0x5A, 100);
    rt_free(block);
    block = rt_calloc(25, 4);
    EXPECT(block != NULL && filled(block, 0, 100));
    fill(block, 0x77, 100);
    block = rt_realloc(block, 3000);
    EXPECT(block != NULL && filled(block, 0x77, 100));
    block = rt_realloc(block, 50);
    EXPECT(block != NULL && filled(block, 0x77, 50));
    rt_free(block);
    EXPECT(no_fault());
}

static void alignments(void)
{
    static const struct {
        rt_size_t asked;
        uintptr_t granted;
    } cases[] = {{0, 8}, {1, 8}, {4, 8}, {8, 8}, {12, 16}, {32, 32}, {100, 128}, {1024, 1024}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        void *block = rt_malloc_align(20, cases[i].asked);
        EXPECT(block != NULL && (uintptr_t)block % cases[i].granted == 0U);
        rt_free_align(block);
    }
    void *empty = rt_malloc_align(0, 16);
    EXPECT(empty != NULL);
    rt_free(empty);
    EXPECT(no_fault());
}

/* Of all members, where RT-Thread's command `free` knows only the first. */
static void totals(void)
{
    rt_size_t total = 0;
    rt_size_t used = 1;
    rt_size_t peak = 0;
    rt_memory_info(&total, &used, &peak);
    EXPECT(total == (8U + 64U) * 1024U && used == 0U && peak > 0U);
    void *block = rt_malloc(30000); /* more than the first member has */
    EXPECT(block != NULL);
    rt_memory_info(NULL, &used, &peak);
    EXPECT(used >= 30000U && used < 30100U && peak >= used);
    rt_memory_info(NULL, NULL, NULL);
    rt_free(block);
    EXPECT(no_fault());
}

static struct {
    unsigned mallocs, entries, exits, frees;
    void *ptr;
    rt_size_t size;
} seen;

static void on_malloc(void **ptr, rt_size_t size)
{
    seen.mallocs++;
    seen.ptr = *ptr;
    seen.size = size;
}

static void on_entry(void **ptr, rt_size_t size)
{
    seen.entries++;
    seen.ptr = *ptr;
    seen.size = size;
}

static void on_exit_of_realloc(void **ptr, rt_size_t size)
{
    seen.exits++;
    seen.ptr = *ptr;
    seen.size = size;
}

static void on_free(void **ptr)
{
    seen.frees++;
    seen.ptr = *ptr;
}

static void hooks(void)
{
    rt_malloc_sethook(on_malloc);
    rt_realloc_set_entry_hook(on_entry);
    rt_realloc_set_exit_hook(on_exit_of_realloc);
    rt_free_sethook(on_free);
    void *block = rt_malloc(24);
    EXPECT(seen.mallocs == 1U && seen.ptr == block && seen.size == 24U);
    void *moved = rt_realloc(block, 4000);
    EXPECT(seen.entries == 1U && seen.exits == 1U && seen.ptr == moved && seen.size == 4000U);
    rt_free(moved);
    EXPECT(seen.frees == 1U && seen.ptr == moved);
    rt_free(NULL);
    EXPECT(seen.frees == 2U && seen.ptr == NULL);
    void *cleared = rt_calloc(3, 8);
    EXPECT(seen.mallocs == 2U && seen.ptr == cleared && seen.size == 24U);
    EXPECT(rt_malloc(SIZE_MAX / 2U) == NULL && seen.mallocs == 3U && seen.ptr == NULL);
    EXPECT(one_fault(RW_E_SIZE));
    rt_malloc_sethook(NULL);
    rt_realloc_set_entry_hook(NULL);
    rt_realloc_set_exit_hook(NULL);
    rt_free_sethook(NULL);
    rt_free(cleared);
    EXPECT(seen.mallocs == 3U && seen.frees == 2U && no_fault());
}

void malloc_tests(void)
{
    zero_and_null();
    contents();
    alignments();
    totals();
    hooks();
}
