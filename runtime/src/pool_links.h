/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, ground floor: tokens, links, addresses. The encoding is explained in ramwright/pool.h.
 */
#ifndef RAMWRIGHT_SRC_POOL_LINKS_H
#define RAMWRIGHT_SRC_POOL_LINKS_H

#include "ramwright/pool.h"

#include "inline.h"

_Static_assert(RW_POOL_COUNT_MAX_8 == INT8_MAX && RW_POOL_COUNT_MAX_16 == INT16_MAX,
               "tokens and watermarks fit a link, and the minimum is neither");

/* Bits of a link: constants wherever they are used. */
typedef enum pool_width { POOL_WIDTH_8 = 8, POOL_WIDTH_16 = 16, POOL_WIDTH_32 = 32 } pool_width_t;

/* A link in a block, where the user keeps what he likes. */
typedef int32_t __attribute__((may_alias)) pool_inner_link_t;

#define POOL_NEVER_USED 0

/* Links in blocks know nothing about allocated ones. */
RW_INLINE bool pool_checked(pool_width_t width)
{
    return width != POOL_WIDTH_32;
}

RW_INLINE int32_t pool_allocated(pool_width_t width)
{
    return width == POOL_WIDTH_8 ? INT8_MIN : INT16_MIN;
}

RW_INLINE const rw_pool_t *pool_of(const rw_object_t *object)
{
    return (const rw_pool_t *)(const void *)((const uint8_t *)object - offsetof(rw_pool_t, object));
}

/* The lists of a pool whose tasks may wait. */
RW_INLINE rw_wait_list_t *pool_waiters(const rw_pool_t *pool)
{
    return &((rw_pool_wait_state_t *)(void *)pool->state)->waiters;
}

/* From the token of a block to that of the next. */
RW_INLINE int32_t pool_unit(const rw_pool_t *pool, pool_width_t width)
{
    return pool_checked(width) ? 1 : (int32_t)pool->block_size;
}

RW_INLINE uint8_t *pool_block(const rw_pool_t *pool, pool_width_t width, int32_t token)
{
    return pool->end + (pool_checked(width) ? token * pool->block_size : token);
}

/* Where the link of a block lies. */
RW_INLINE void *pool_link_place(const rw_pool_t *pool, pool_width_t width, int32_t token)
{
    if (!pool_checked(width)) {
        return pool_block(pool, width, token);
    }
    uint8_t *const links_end = (uint8_t *)pool->state;
    return links_end + (width == POOL_WIDTH_8 ? token : token * (int32_t)sizeof(int16_t));
}

#if defined(RW_PORT_CAS)

/* Threads look at each other's links, so every access is atomic; the order is given by head. Links
 * in blocks are left to the lock: a thread would look at what the block's next owner writes. */
RW_INLINE int32_t pool_link_load(pool_width_t width, const void *place)
{
    if (width == POOL_WIDTH_32) {
        return *(const pool_inner_link_t *)place;
    }
    return width == POOL_WIDTH_8 ? __atomic_load_n((const int8_t *)place, __ATOMIC_RELAXED)
                                 : __atomic_load_n((const int16_t *)place, __ATOMIC_RELAXED);
}

RW_INLINE void pool_link_store(pool_width_t width, void *place, int32_t link)
{
    if (width == POOL_WIDTH_32) {
        *(pool_inner_link_t *)place = link;
    } else if (width == POOL_WIDTH_8) {
        __atomic_store_n((int8_t *)place, (int8_t)link, __ATOMIC_RELAXED);
    } else {
        __atomic_store_n((int16_t *)place, (int16_t)link, __ATOMIC_RELAXED);
    }
}

RW_INLINE int32_t pool_head(const rw_pool_state_t *state)
{
    return (int32_t)(uint32_t)atomic_load_explicit(&state->head, memory_order_relaxed);
}

/* For pools of one caller at a time: the tag stays zero. */
RW_INLINE void pool_head_set(rw_pool_state_t *state, int32_t head)
{
    atomic_store_explicit(&state->head, (uint32_t)head, memory_order_relaxed);
}

#else

/* On one core plain accesses are single and in program order; the port's primitives keep the
 * compiler to it where that matters. */
RW_INLINE int32_t pool_link_load(pool_width_t width, const void *place)
{
    if (width == POOL_WIDTH_32) {
        return *(const pool_inner_link_t *)place;
    }
    return width == POOL_WIDTH_8 ? *(const int8_t *)place : *(const int16_t *)place;
}

RW_INLINE void pool_link_store(pool_width_t width, void *place, int32_t link)
{
    if (width == POOL_WIDTH_32) {
        *(pool_inner_link_t *)place = link;
    } else if (width == POOL_WIDTH_8) {
        *(int8_t *)place = (int8_t)link;
    } else {
        *(int16_t *)place = (int16_t)link;
    }
}

RW_INLINE int32_t pool_head(const rw_pool_state_t *state)
{
    return state->head;
}

RW_INLINE void pool_head_set(rw_pool_state_t *state, int32_t head)
{
    state->head = head;
}

#endif

RW_INLINE int32_t pool_link(const rw_pool_t *pool, pool_width_t width, int32_t token)
{
    return pool_link_load(width, pool_link_place(pool, width, token));
}

RW_INLINE void pool_link_set(const rw_pool_t *pool, pool_width_t width, int32_t token, int32_t link)
{
    pool_link_store(width, pool_link_place(pool, width, token), link);
}

/* What an allocation that finds head takes and leaves behind: the freed block on top of the chain,
 * else the first block above the watermark. */
typedef struct pool_step {
    int32_t token; /* >= 0 iff the pool is empty */
    int32_t head;  /* what head becomes */
} pool_step_t;

RW_INLINE pool_step_t pool_step(const rw_pool_t *pool, pool_width_t width, int32_t head)
{
    pool_step_t step;
    if (head < 0) {
        step.token = head;
        step.head = pool_link(pool, width, head);
    } else {
        step.token = head - (int32_t)pool->full;
        step.head = head + pool_unit(pool, width);
    }
    return step;
}

/* shift is below 32, so only the other way needs its count reduced. */
RW_INLINE uintptr_t pool_rotate_right(uintptr_t value, uint32_t shift)
{
    return value >> shift | value << ((0U - shift) & (8U * (uint32_t)sizeof(value) - 1U));
}

/* Index of the block at address: below the number of blocks iff one starts there, for any address
 * at all. Multiplying by the inverse of its odd factor divides a multiple of block_size exactly,
 * and the rotation moves what remains of any other number to the top; both steps are reversible, so
 * count offsets and no others end up below count. */
RW_INLINE uintptr_t pool_index(const rw_pool_t *pool, const void *address)
{
    const uintptr_t offset = (uintptr_t)address - (uintptr_t)pool->first;
    return pool_rotate_right(offset * pool->inverse, pool->shift);
}

#endif
