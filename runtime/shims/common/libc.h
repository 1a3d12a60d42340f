/* SPDX-License-Identifier: Apache-2.0
 *
 * What the malloc families of all C libraries share: every rule but where errno lies.
 *
 *   size 0          malloc(0), calloc(0, n) and memalign(a, 0) give a block of the smallest size,
 * as newlib and picolibc do; realloc(p, 0) frees p and returns NULL, realloc(NULL, 0) is malloc(0)
 *   alignment       of max_align_t, as C wants it; the allocators' own 8 bytes suffice on ARM
 *   failure         NULL; the block that realloc was given stays as it was
 *
 * Nothing here locks or keeps state: the default object's core does. Time, ISR and Blocks are those
 * of the core.
 */
#ifndef RAMWRIGHT_SHIMS_COMMON_LIBC_H
#define RAMWRIGHT_SHIMS_COMMON_LIBC_H

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <string.h>

#include "../common/free_blocks.h"
#include "ramwright/default.h"

enum { RW_LIBC_ALIGNMENT = _Alignof(max_align_t), RW_LIBC_CORE_ALIGNMENT = 8 };

static inline size_t rw_libc_at_least_one(size_t size)
{
    return size == 0U ? 1U : size;
}

static inline void *rw_libc_malloc(size_t size)
{
    const size_t wanted = rw_libc_at_least_one(size);
    if (RW_LIBC_ALIGNMENT > RW_LIBC_CORE_ALIGNMENT) {
        return rw_default_alloc_aligned(RW_LIBC_ALIGNMENT, wanted);
    }
    return rw_default_alloc(wanted);
}

static inline void *rw_libc_calloc(size_t count, size_t size)
{
    if (count == 0U || size == 0U) {
        return rw_default_calloc(1U, 1U);
    }
    if (RW_LIBC_ALIGNMENT > RW_LIBC_CORE_ALIGNMENT) {
        size_t product;
        void *block =
            __builtin_mul_overflow(count, size, &product) ? NULL : rw_libc_malloc(product);
        return block == NULL ? NULL : memset(block, 0, product);
    }
    return rw_default_calloc(count, size);
}

/* Grows a block whose alignment the core would not keep when it moves it. */
static inline void *rw_libc_grow_aligned(void *block, size_t size)
{
    const size_t usable = rw_default_usable_size(block);
    void *moved = usable == 0U ? NULL : rw_libc_malloc(size);
    if (moved != NULL) {
        memcpy(moved, block, usable);
        (void)rw_default_free(block);
    }
    return moved;
}

/* size is not 0 where block is not NULL. */
static inline void *rw_libc_realloc(void *block, size_t size)
{
    if (block == NULL) {
        return rw_libc_malloc(size);
    }
    if (RW_LIBC_ALIGNMENT > RW_LIBC_CORE_ALIGNMENT && rw_default_usable_size(block) < size) {
        return rw_libc_grow_aligned(block, size);
    }
    return rw_default_realloc(block, size);
}

static inline void *rw_libc_memalign(size_t alignment, size_t size)
{
    if (alignment <= RW_LIBC_ALIGNMENT && (alignment & (alignment - 1U)) == 0U && alignment != 0U) {
        return rw_libc_malloc(size);
    }
    return rw_default_alloc_aligned(alignment, rw_libc_at_least_one(size));
}

/* Why rw_libc_memalign returned NULL. */
static inline int rw_libc_memalign_error(size_t alignment)
{
    return alignment == 0U || (alignment & (alignment - 1U)) != 0U ? EINVAL : ENOMEM;
}

/* posix_memalign, which answers by its result and leaves errno and *out alone. */
static inline int rw_libc_posix_memalign(void **out, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0U) {
        return EINVAL;
    }
    void *block = rw_libc_memalign(alignment, size);
    if (block == NULL) {
        return rw_libc_memalign_error(alignment);
    }
    *out = block;
    return 0;
}

static inline struct mallinfo rw_libc_mallinfo(void)
{
    rw_stats_t stats;
    rw_default_stats(&stats);
    struct mallinfo info = {0};
    info.arena = stats.size;
    info.ordblks = rw_free_blocks().count;
    info.usmblks = stats.peak;
    info.uordblks = stats.used;
    info.fordblks = stats.free;
    return info;
}

#endif
