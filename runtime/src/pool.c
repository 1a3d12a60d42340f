/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools: alloc and free. What belongs to one block is in pool_links.h, what happens to the chain in
 * pool_plain.h and, for shared pools, in the one of three headers that fits the port.
 */
#include "ramwright/pool.h"

#include "ramwright/dispatch.h"

#include "bytes.h"
#include "fault.h"
#include "pool_locked.h"

#if defined(RW_PORT_LLSC)
#include "pool_llsc.h"
#define POOL_LOCK_FREE(width) true
#elif defined(RW_PORT_CAS)
#include "pool_cas.h"
#define POOL_LOCK_FREE(width) pool_checked(width)
#endif

RW_INLINE int32_t pool_take(const rw_pool_t *pool, rw_sharing_t sharing, pool_width_t width)
{
    if (sharing == RW_SHARING_NONE) {
        return pool_take_plain(pool, width);
    }
#if defined(POOL_LOCK_FREE)
    if (sharing == RW_SHARING_INTERRUPT && POOL_LOCK_FREE(width)) {
        return pool_take_lock_free(pool, width);
    }
#endif
    return pool_take_locked(pool, sharing, width);
}

RW_INLINE bool pool_give(const rw_pool_t *pool, rw_sharing_t sharing, pool_width_t width,
                         int32_t token)
{
    if (sharing == RW_SHARING_NONE) {
        return pool_give_plain(pool, width, token);
    }
#if defined(POOL_LOCK_FREE)
    if (sharing == RW_SHARING_INTERRUPT && POOL_LOCK_FREE(width)) {
        return pool_give_lock_free(pool, width, token);
    }
#endif
    return pool_give_locked(pool, sharing, width, token);
}

RW_INLINE void *pool_alloc(const rw_object_t *object, rw_sharing_t sharing, pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const int32_t token = pool_take(pool, sharing, width);
    /* Without the hint Thumb-1 code jumps around the end for the empty pool. */
    return __builtin_expect(token < 0, true) ? pool_block(pool, width, token) : NULL;
}

/* NULL needs no test: it is no block's address. */
RW_INLINE rw_status_t pool_free_checked(void *block, const rw_object_t *object,
                                        rw_sharing_t sharing, pool_width_t width)
{
    const rw_pool_t *pool = pool_of(object);
#if defined(RW_PORT_ARMV6M)
    RW_OPAQUE(pool); /* no load has a negative offset: the object would be kept beside it */
#endif
    /* One subtraction makes the token and, by its borrow, tells whether a block starts there. */
    uintptr_t token;
    const bool block_starts = __builtin_sub_overflow(pool_index(pool, block), pool->full, &token);
    if (!__builtin_expect(block_starts, true)) {
        return rw_refuse_free(block, &pool->object, RW_E_MISALIGNED);
    }
    return __builtin_expect(pool_give(pool, sharing, width, (int32_t)token), true)
               ? RW_OK
               : rw_refuse_free(block, &pool->object, RW_E_DOUBLE_FREE);
}

RW_INLINE rw_status_t pool_free(void *block, const rw_object_t *object, rw_sharing_t sharing,
                                pool_width_t width)
{
    if (pool_checked(width)) {
        return pool_free_checked(block, object, sharing, width);
    }
    const rw_pool_t *const pool = pool_of(object);
    if (block != NULL) {
        const uintptr_t token = (uintptr_t)block - (uintptr_t)pool->end;
        (void)pool_give(pool, sharing, width, (int32_t)token);
    }
    return RW_OK;
}

#define POOL_CORE_ALLOC(core, sharing, width)                                                      \
    void *rw_pool_alloc_##core(const rw_object_t *object)                                          \
    {                                                                                              \
        return pool_alloc(object, sharing, width);                                                 \
    }

#define POOL_CORE_FREE(core, sharing, width)                                                       \
    rw_status_t rw_pool_free_##core(void *block, const rw_object_t *object)                        \
    {                                                                                              \
        return pool_free(block, object, sharing, width);                                           \
    }

#define POOL_CORE(core, sharing, width)                                                            \
    POOL_CORE_ALLOC(core, sharing, width)                                                          \
    POOL_CORE_FREE(core, sharing, width)

POOL_CORE_FREE(none_none_32, RW_SHARING_NONE, POOL_WIDTH_32)
POOL_CORE(basic_none_8, RW_SHARING_NONE, POOL_WIDTH_8)
POOL_CORE(basic_none_16, RW_SHARING_NONE, POOL_WIDTH_16)

#if !defined(RW_PORT_ARMV7M) /* else in pool_armv7m.c */
POOL_CORE_ALLOC(none_none_32, RW_SHARING_NONE, POOL_WIDTH_32)
POOL_CORE(none_shared_32, RW_SHARING_INTERRUPT, POOL_WIDTH_32)
POOL_CORE(basic_shared_8, RW_SHARING_INTERRUPT, POOL_WIDTH_8)
POOL_CORE(basic_shared_16, RW_SHARING_INTERRUPT, POOL_WIDTH_16)
#endif

#if defined(RW_PORT_CORE_LOCK)
POOL_CORE(none_core_32, RW_SHARING_CORE, POOL_WIDTH_32)
POOL_CORE(basic_core_8, RW_SHARING_CORE, POOL_WIDTH_8)
POOL_CORE(basic_core_16, RW_SHARING_CORE, POOL_WIDTH_16)
#endif

void *rw_pool_alloc(const rw_pool_t *pool)
{
    return rw_pool_alloc_cores[pool->object.core](&pool->object);
}

#if defined(RW_PORT_ARMV6M)

_Static_assert(offsetof(rw_pool_t, object) == 28 && offsetof(rw_object_t, core) == 12,
               "the offsets written below");

/* As below, but with the jump that compilers for Thumb-1 turn into a call. */
RW_NAKED rw_status_t rw_pool_free(__attribute__((unused)) const rw_pool_t *pool,
                                  __attribute__((unused)) void *block)
{
    __asm volatile(".syntax unified\n"
                   "adds r0, #28\n"
                   "ldrb r2, [r0, #12]\n"
                   "lsls r2, #2\n"
                   "ldr r3, 1f\n"
                   "ldr r3, [r3, r2]\n"
                   "movs r2, r0\n"
                   "movs r0, r1\n"
                   "movs r1, r2\n"
                   "bx r3\n"
                   ".balign 4\n"
                   "1: .word rw_free_cores\n");
}

#else

rw_status_t rw_pool_free(const rw_pool_t *pool, void *block)
{
    return rw_free_cores[pool->object.core](block, &pool->object);
}

#endif
