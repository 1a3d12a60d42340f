/* SPDX-License-Identifier: Apache-2.0
 *
 * rt_malloc and its family: the object that the layout names with `default:`.
 */
#include <rtthread.h>

#include "ramwright/default.h"

/* Without RT_USING_HOOK there is none, and the compiler knows. */
#if defined(RT_USING_HOOK)
#define HOOK
#else
#define HOOK const
#endif

static void (*HOOK malloc_hook)(rw_hooked_t ptr, rt_size_t size);
static void (*HOOK realloc_entry_hook)(rw_hooked_t ptr, rt_size_t size);
static void (*HOOK realloc_exit_hook)(rw_hooked_t ptr, rt_size_t size);
static void (*HOOK free_hook)(rw_hooked_t ptr);

#if defined(RT_USING_HOOK)

void rt_malloc_sethook(void (*hook)(rw_hooked_t ptr, rt_size_t size))
{
    malloc_hook = hook;
}

void rt_realloc_set_entry_hook(void (*hook)(rw_hooked_t ptr, rt_size_t size))
{
    realloc_entry_hook = hook;
}

void rt_realloc_set_exit_hook(void (*hook)(rw_hooked_t ptr, rt_size_t size))
{
    realloc_exit_hook = hook;
}

void rt_free_sethook(void (*hook)(rw_hooked_t ptr))
{
    free_hook = hook;
}

#endif

void rt_system_heap_init(void *begin_addr, void *end_addr)
{
    (void)begin_addr;
    (void)end_addr;
}

void rt_system_heap_init_generic(void *begin_addr, void *end_addr)
{
    rt_system_heap_init(begin_addr, end_addr);
}

/* What has a hook to call is kept apart and out of line: without one a call is a jump. */
static void *after_malloc(void *ptr, rt_size_t size)
{
    if (malloc_hook != NULL) {
        malloc_hook(RW_HOOKED(ptr), size);
    }
    return ptr;
}

__attribute__((noinline)) static void *malloc_with_hook(rt_size_t size)
{
    return after_malloc(rw_default_alloc(size), size);
}

void *rt_malloc(rt_size_t size)
{
    return malloc_hook == NULL ? rw_default_alloc(size) : malloc_with_hook(size);
}

void *rt_calloc(rt_size_t count, rt_size_t size)
{
    return after_malloc(rw_default_calloc(count, size), count * size);
}

void *rt_realloc(void *ptr, rt_size_t newsize)
{
    if (realloc_entry_hook != NULL) {
        realloc_entry_hook(RW_HOOKED(ptr), newsize);
    }
    void *moved = rw_default_realloc(ptr, newsize);
    if (realloc_exit_hook != NULL) {
        realloc_exit_hook(RW_HOOKED(moved), newsize);
    }
    return moved;
}

__attribute__((noinline)) static void free_with_hook(void *ptr)
{
    free_hook(RW_HOOKED(ptr));
    (void)rw_default_free(ptr);
}

void rt_free(void *ptr)
{
    if (free_hook != NULL) {
        free_with_hook(ptr);
        return;
    }
    (void)rw_default_free(ptr);
}

void *rt_malloc_align(rt_size_t size, rt_size_t align)
{
    size_t alignment = sizeof(void *);
    while (alignment < align && alignment <= SIZE_MAX / 2U) {
        alignment *= 2U;
    }
    return after_malloc(rw_default_alloc_aligned(alignment, size == 0U ? 1U : size), size);
}

void rt_free_align(void *ptr)
{
    if (ptr != NULL) {
        rt_free(ptr);
    }
}

void rt_memory_info(rt_size_t *total, rt_size_t *used, rt_size_t *max_used)
{
    rw_stats_t stats;
    rw_default_stats(&stats);
    if (total != NULL) {
        *total = stats.size;
    }
    if (used != NULL) {
        *used = stats.used;
    }
    if (max_used != NULL) {
        *max_used = stats.peak;
    }
}
