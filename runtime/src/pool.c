/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools: alloc and free. What belongs to one block is in pool_links.h, what happens to the chain in
 * pool_plain.h and, for shared pools, in the one of three headers that fits the port.
 */
#include "ramwright/pool.h"

#include "ramwright/dispatch.h"

#include "pool_plain.h"

#if defined(RW_PORT_LLSC)
#include "pool_llsc.h"
#elif defined(RW_PORT_CAS)
#include "pool_cas.h"
#else
#include "pool_masked.h"
#endif

RW_INLINE void *pool_alloc(const rw_object_t *object, bool checked, bool shared, pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    const int32_t token =
        shared ? pool_take_shared(pool, checked, width) : pool_take_plain(pool, checked, width);
    /* Without the hint Thumb-1 code jumps around the end for the empty pool. */
    return __builtin_expect(token < 0, true) ? pool_block(pool, token) : NULL;
}

/* The cold ends of a checked free. At address no block starts; NULL is none's address, and fine. */
RW_NOINLINE rw_status_t pool_fault_address(const rw_object_t *object, const void *address)
{
    if (address == NULL) {
        return RW_OK;
    }
    const uintptr_t offset = (uintptr_t)address - (uintptr_t)object->arena;
    const rw_status_t fault = offset < object->size ? RW_E_MISALIGNED : RW_E_FOREIGN;
    rw_on_fault(fault, object, address);
    return fault;
}

/* The block is not allocated. */
RW_NOINLINE rw_status_t pool_fault_double(const rw_object_t *object, int32_t token)
{
    rw_on_fault(RW_E_DOUBLE_FREE, object, pool_block(pool_of(object), token));
    return RW_E_DOUBLE_FREE;
}

/* NULL needs no test where blocks are checked: it is no block's address. */
RW_INLINE rw_status_t pool_free(const rw_object_t *object, void *block, bool checked, bool shared,
                                pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    if (!checked && block == NULL) {
        return RW_OK;
    }
    /* One subtraction makes the token and, by its borrow, tells whether a block starts there. */
    uintptr_t token;
    const bool block_starts = __builtin_sub_overflow(pool_index(pool, block), pool->count, &token);
    if (checked && !__builtin_expect(block_starts, true)) {
        return pool_fault_address(object, block);
    }
    const bool given = shared ? pool_give_shared(pool, checked, width, (int32_t)token)
                              : pool_give_plain(pool, checked, width, (int32_t)token);
    return given ? RW_OK : pool_fault_double(object, (int32_t)token);
}

#define POOL_CORE(core, checked, shared, width)                                                    \
    void *rw_pool_alloc_##core(const rw_object_t *object)                                          \
    {                                                                                              \
        return pool_alloc(object, checked, shared, width);                                         \
    }                                                                                              \
    rw_status_t rw_pool_free_##core(const rw_object_t *object, void *block)                        \
    {                                                                                              \
        return pool_free(object, block, checked, shared, width);                                   \
    }

POOL_CORE(none_none_8, false, false, POOL_WIDTH_8)
POOL_CORE(none_none_16, false, false, POOL_WIDTH_16)
POOL_CORE(none_shared_8, false, true, POOL_WIDTH_8)
POOL_CORE(none_shared_16, false, true, POOL_WIDTH_16)
POOL_CORE(basic_none_8, true, false, POOL_WIDTH_8)
POOL_CORE(basic_none_16, true, false, POOL_WIDTH_16)
POOL_CORE(basic_shared_8, true, true, POOL_WIDTH_8)
POOL_CORE(basic_shared_16, true, true, POOL_WIDTH_16)

void *rw_pool_alloc(const rw_pool_t *pool)
{
    return rw_pool_alloc_cores[pool->object.core](&pool->object);
}

rw_status_t rw_pool_free(const rw_pool_t *pool, void *block)
{
    return rw_free_cores[pool->object.core](&pool->object, block);
}
