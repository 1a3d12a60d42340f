/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools whose tasks may wait for a block. They are always shared, and changed under the interrupt
 * lock: what belongs together here, the free list and the lists of waiters, is more than one word.
 * While anybody waits the free list is empty, so alloc need not look at the waiters.
 */
#define RW_PORT_NEED_WAIT

#include "ramwright/pool.h"

#include "ramwright/dispatch.h"

_Static_assert(offsetof(rw_pool_wait_state_t, pool) == 0, "a pool's state is the waiting pool's");

#if defined(RW_PORT_WAIT)

#include "fault.h"
#include "pool_locked.h"
#include "waiter.h"

RW_INLINE void *pool_alloc_now(const rw_pool_t *pool, pool_width_t width)
{
    const int32_t token = pool_take_locked(pool, RW_SHARING_INTERRUPT, width);
    return token < 0 ? pool_block(pool, width, token) : NULL;
}

/* Nobody may wait here. */
RW_NOINLINE void *pool_fault_context(const rw_object_t *object)
{
    rw_on_fault(RW_E_CONTEXT, object, NULL);
    return NULL;
}

/* The pool was empty. One copy for all cores: the sleep is dear enough. */
RW_NOINLINE void *pool_sleep(const rw_object_t *object, rw_ticks_t timeout, pool_width_t width,
                             rw_free_core_t give_back)
{
    const rw_pool_t *const pool = pool_of(object);
    rw_waiter_t waiter;
    rw_waiter_open(&waiter, object, give_back);
    const uintptr_t state = rw_port_lock_interrupt();
    const int32_t token = pool_take_plain(pool, width);
    if (token >= 0) {
        rw_waiter_join(&waiter, pool_waiters(pool));
    }
    rw_port_unlock_interrupt(state);
    if (token >= 0) {
        return rw_waiter_sleep(&waiter, timeout);
    }
    rw_waiter_close(&waiter);
    return pool_block(pool, width, token);
}

RW_INLINE void *pool_alloc_wait(const rw_object_t *object, rw_ticks_t timeout, pool_width_t width,
                                rw_free_core_t give_back)
{
    if (timeout != 0U && !rw_port_can_wait()) {
        return pool_fault_context(object);
    }
    void *const block = pool_alloc_now(pool_of(object), width);
    if (block != NULL || timeout == 0U) {
        return block;
    }
    return pool_sleep(object, timeout, width, give_back);
}

/* A block that is handed over stays allocated: only its owner changes. Its link needs no look:
 * where somebody waits no block is free. */
RW_INLINE rw_status_t pool_pass_on(const rw_pool_t *pool, void *block, pool_width_t width,
                                   int32_t token)
{
    rw_wait_list_t *const waiters = pool_waiters(pool);
    const uintptr_t state = rw_port_lock_interrupt();
    rw_waiter_t *const first = waiters->waiting;
    if (__builtin_expect(first == NULL, true)) {
        const bool given = pool_give_plain(pool, width, token);
        rw_port_unlock_interrupt(state);
        return given ? RW_OK : rw_refuse_free(block, &pool->object, RW_E_DOUBLE_FREE);
    }
    rw_waiter_hand_over(waiters, first, block, state);
    return RW_OK;
}

RW_INLINE rw_status_t pool_free_wait(void *block, const rw_object_t *object, pool_width_t width)
{
    const rw_pool_t *const pool = pool_of(object);
    uintptr_t token = (uintptr_t)block - (uintptr_t)pool->end;
    if (!pool_checked(width)) {
        return block == NULL ? RW_OK : pool_pass_on(pool, block, width, (int32_t)token);
    }
    const bool block_starts = __builtin_sub_overflow(pool_index(pool, block), pool->full, &token);
    if (!__builtin_expect(block_starts, true)) {
        return rw_refuse_free(block, object, RW_E_MISALIGNED);
    }
    return pool_pass_on(pool, block, width, (int32_t)token);
}

#define POOL_CORE(core, width)                                                                     \
    void *rw_pool_alloc_##core(const rw_object_t *object)                                          \
    {                                                                                              \
        return pool_alloc_now(pool_of(object), width);                                             \
    }                                                                                              \
    rw_status_t rw_pool_free_##core(void *block, const rw_object_t *object)                        \
    {                                                                                              \
        return pool_free_wait(block, object, width);                                               \
    }                                                                                              \
    void *rw_pool_alloc_wait_##core(const rw_object_t *object, rw_ticks_t timeout)                 \
    {                                                                                              \
        return pool_alloc_wait(object, timeout, width, rw_pool_free_##core);                       \
    }

POOL_CORE(none_wait_32, POOL_WIDTH_32)
POOL_CORE(basic_wait_8, POOL_WIDTH_8)
POOL_CORE(basic_wait_16, POOL_WIDTH_16)

void *rw_pool_alloc_wait(const rw_pool_t *pool, rw_ticks_t timeout)
{
    const rw_pool_alloc_wait_core_t core = rw_pool_alloc_wait_cores[pool->object.core];
    return core != NULL ? core(&pool->object, timeout) : pool_fault_context(&pool->object);
}

void rw_wait_forget(const void *task)
{
    for (const rw_object_t *const *object = rw_waiting_pools; *object != NULL; object++) {
        if (rw_wait_list_forget(pool_waiters(pool_of(*object)), task)) {
            return;
        }
    }
}

#endif
