/* SPDX-License-Identifier: Apache-2.0
 *
 * The malloc family of picolibc, on the layout's default object; it fits any C library that
 * allocates by the standard names. newlib does not: it has a shim of its own. The core locks.
 * Rules: ../common/libc.h.
 */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c): libc's switch */
#include <stdlib.h>

#if defined(__NEWLIB__) && !defined(__PICOLIBC__) && !defined(_PICOLIBC__)
#error "this C library is newlib, which would keep a heap of its own: build with the shim newlib"
#endif

#include "../common/libc.h"

/* Passes a block on; NULL sets errno. */
static void *answer(void *block, int error)
{
    if (block == NULL) {
        errno = error;
    }
    return block;
}

void *malloc(size_t size)
{
    return answer(rw_libc_malloc(size), ENOMEM);
}

void free(void *block)
{
    (void)rw_default_free(block);
}

void *calloc(size_t count, size_t size)
{
    return answer(rw_libc_calloc(count, size), ENOMEM);
}

void *realloc(void *block, size_t size)
{
    if (block != NULL && size == 0U) {
        (void)rw_default_free(block);
        return NULL;
    }
    return answer(rw_libc_realloc(block, size), ENOMEM);
}

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t product;
    if (__builtin_mul_overflow(count, size, &product)) {
        return answer(NULL, ENOMEM);
    }
    return realloc(block, product);
}

void *memalign(size_t alignment, size_t size)
{
    return answer(rw_libc_memalign(alignment, size), rw_libc_memalign_error(alignment));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    return rw_libc_posix_memalign(out, alignment, size);
}

size_t malloc_usable_size(void *block)
{
    return rw_default_usable_size(block);
}

struct mallinfo mallinfo(void)
{
    return rw_libc_mallinfo();
}
