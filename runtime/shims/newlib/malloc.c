/* SPDX-License-Identifier: Apache-2.0
 *
 * The malloc family of newlib and newlib-nano, on the layout's default object. printf, fopen and
 * the rest of newlib allocate by the re-entrant names; were only malloc replaced, they would keep a
 * second heap on _sbrk. The core locks, so __malloc_lock is not called. Rules: ../common/libc.h.
 */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c): libc's switch */
#include <reent.h>
#include <stdlib.h>

#include "../common/libc.h"

#ifdef _REENT_ERRNO /* newlib 4 */
#define RW_ERRNO(reent) _REENT_ERRNO(reent)
#else
#define RW_ERRNO(reent) ((reent)->_errno)
#endif

/* newlib defines each of these names as a macro of itself in some configurations. */
#undef malloc
#undef free
#undef calloc
#undef realloc

int posix_memalign(void **out, size_t alignment, size_t size);

/* libc alone calls these: link-time optimisation, which does not see it, would drop them. */
void *_malloc_r(struct _reent *reent, size_t size) __attribute__((used));
void _free_r(struct _reent *reent, void *block) __attribute__((used));
void *_calloc_r(struct _reent *reent, size_t count, size_t size) __attribute__((used));
void *_realloc_r(struct _reent *reent, void *block, size_t size) __attribute__((used));
void *_memalign_r(struct _reent *reent, size_t alignment, size_t size) __attribute__((used));

/* Passes a block on; NULL sets errno. */
static void *answer(struct _reent *reent, void *block, int error)
{
    if (block == NULL) {
        RW_ERRNO(reent) = error;
    }
    return block;
}

void *_malloc_r(struct _reent *reent, size_t size)
{
    return answer(reent, rw_libc_malloc(size), ENOMEM);
}

void _free_r(struct _reent *reent, void *block)
{
    (void)reent;
    (void)rw_default_free(block);
}

void *_calloc_r(struct _reent *reent, size_t count, size_t size)
{
    return answer(reent, rw_libc_calloc(count, size), ENOMEM);
}

void *_realloc_r(struct _reent *reent, void *block, size_t size)
{
    if (block != NULL && size == 0U) {
        (void)rw_default_free(block);
        return NULL;
    }
    return answer(reent, rw_libc_realloc(block, size), ENOMEM);
}

void *_memalign_r(struct _reent *reent, size_t alignment, size_t size)
{
    return answer(reent, rw_libc_memalign(alignment, size), rw_libc_memalign_error(alignment));
}

size_t _malloc_usable_size_r(struct _reent *reent, void *block)
{
    (void)reent;
    return rw_default_usable_size(block);
}

struct mallinfo _mallinfo_r(struct _reent *reent)
{
    (void)reent;
    return rw_libc_mallinfo();
}

void *malloc(size_t size)
{
    return _malloc_r(_REENT, size);
}

void free(void *block)
{
    (void)rw_default_free(block);
}

void *calloc(size_t count, size_t size)
{
    return _calloc_r(_REENT, count, size);
}

void *realloc(void *block, size_t size)
{
    return _realloc_r(_REENT, block, size);
}

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t product;
    if (__builtin_mul_overflow(count, size, &product)) {
        return answer(_REENT, NULL, ENOMEM);
    }
    return _realloc_r(_REENT, block, product);
}

void *memalign(size_t alignment, size_t size)
{
    return _memalign_r(_REENT, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return _memalign_r(_REENT, alignment, size);
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
