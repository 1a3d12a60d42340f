/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools: blocks of one size. Recycled blocks are handed out before never-used ones, so the
 * watermark (how much of the arena was ever used) is the exact high-water mark.
 *
 * A block is named by its token, its negative distance from the end of the arena. With checks the
 * distance counts blocks: -count is the first, -1 the last. The links of the free list then live
 * outside the arena, one per block, in .bss, and end where the state begins: a user who writes into
 * a freed block cannot damage the allocator, a double free is seen at once, and a token serves
 * unchanged as index into blocks and links.
 *
 *     token     -count                                   -1
 *     arena    | block   | block   | ...      | block   | block   |
 *              first                                              end
 *     links    | link    | link    | ...      | link    | link    | head |
 *                                                                 state
 *
 *     state->head  n >= 0 : nothing on the free list; the first n blocks were used before
 *                  n <  0 : token of the last freed block; its link continues the chain
 *     link         0      : never used
 *                  minimum of the link type : allocated
 *                  else   : free, and holds what head was when it was freed
 *
 * so the watermark rides at the bottom of the chain and all zero is the completely free pool. The
 * watermark after Kenwright, Fast Efficient Fixed-Size Memory Pool (2012).
 *
 * Without checks it is the same in bytes: tokens and watermark count bytes of the arena, and a free
 * block holds its own link. Nothing is divided or multiplied, and nothing but head is kept.
 */
#ifndef RAMWRIGHT_POOL_H
#define RAMWRIGHT_POOL_H

#include "ramwright/attributes.h"
#include "ramwright/base.h"
#include "ramwright/port.h"
#include "ramwright/wait.h"

#if defined(RW_PORT_CAS) && !defined(__cplusplus)
#include <stdatomic.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define RW_POOL_COUNT_MAX_8 127U    /* blocks of a core named ..._8 */
#define RW_POOL_COUNT_MAX_16 32767U /* blocks of a core named ..._16 */

/* Mutable; .bss; all zero = all free. */
typedef struct rw_pool_state {
#if defined(RW_PORT_CAS) && defined(__cplusplus)
    alignas(8) uint64_t head; /* C++ has no _Atomic, and only the runtime's C changes it */
#elif defined(RW_PORT_CAS)
    _Alignas(8) _Atomic uint64_t head; /* low 32 bits: head; high 32 bits: tag against ABA */
#else
    int32_t head;
#endif
} rw_pool_state_t;

/* The state of a pool with `wait: true`. */
typedef struct rw_pool_wait_state {
    rw_pool_state_t pool; /* the descriptor points here */
    rw_wait_list_t waiters;
} rw_pool_wait_state_t;

/* The state of a pool with checks: its links, and right behind them a state_type, which begins with
 * head. The first links are of no block where count links would leave a gap. */
#define RW_POOL_CONTROL(state_type, link_type, count)                                              \
    struct {                                                                                       \
        link_type links[((count) * sizeof(link_type) + _Alignof(state_type) - 1U) /                \
                        _Alignof(state_type) * (_Alignof(state_type) / sizeof(link_type))];        \
        state_type state;                                                                          \
    }

/* Const; flash. What a call needs lies before the object's head, in an order that lets one LDMDB
 * or LDRD load what is needed together. */
typedef struct rw_pool {
    ptrdiff_t block_size;   /* distance between blocks, bytes, alignment included */
    uint8_t *end;           /* past the last byte of the arena */
    rw_pool_state_t *state; /* with checks in an RW_POOL_CONTROL */
    uint32_t full;          /* watermark when every block was used: 1..RW_POOL_COUNT_MAX_..., or
                               without checks the bytes of the arena */
    uint32_t shift;         /* trailing zero bits of block_size, below 32 */
    uint8_t *first;         /* the arena again */
    uintptr_t inverse;      /* multiplicative inverse of block_size >> shift, which is odd */
    rw_object_t object;     /* arena: count blocks of block_size bytes */
} rw_pool_t;

/* The cores: checks (none, basic), sharing (none = one caller at a time; shared = tasks and
 * interrupts; core = those of two cores), bits of a link (8 and 16 in RW_POOL_CONTROL, 32 in the
 * block itself). Called by generated accessors; contracts as the calls below. */
#define RW_POOL_CORE_DECLARE(core)                                                                 \
    void *rw_pool_alloc_##core(const rw_object_t *object);                                         \
    rw_status_t rw_pool_free_##core(void *block, const rw_object_t *object);                       \
    size_t rw_pool_usable_##core(const rw_object_t *object, const void *block);                    \
    rw_status_t rw_pool_check_##core(const rw_object_t *object);                                   \
    void rw_pool_walk_##core(const rw_object_t *object, rw_visit_t visit, void *context);          \
    void rw_pool_stats_##core(const rw_object_t *object, rw_stats_t *out)

RW_POOL_CORE_DECLARE(none_none_32);
RW_POOL_CORE_DECLARE(none_shared_32);
RW_POOL_CORE_DECLARE(basic_none_8);
RW_POOL_CORE_DECLARE(basic_none_16);
RW_POOL_CORE_DECLARE(basic_shared_8);
RW_POOL_CORE_DECLARE(basic_shared_16);
RW_POOL_CORE_DECLARE(none_core_32);
RW_POOL_CORE_DECLARE(basic_core_8);
RW_POOL_CORE_DECLARE(basic_core_16);

/* The cores of pools with `wait: true`, for ports that can wait; always shared. */
#define RW_POOL_WAIT_CORE_DECLARE(core)                                                            \
    RW_POOL_CORE_DECLARE(core);                                                                    \
    void *rw_pool_alloc_wait_##core(const rw_object_t *object, rw_ticks_t timeout)

RW_POOL_WAIT_CORE_DECLARE(none_wait_32);
RW_POOL_WAIT_CORE_DECLARE(basic_wait_8);
RW_POOL_WAIT_CORE_DECLARE(basic_wait_16);

/* Takes a block.
 * Returns its address, aligned as configured, contents undefined; NULL iff the pool is empty.
 * Time: O(1). ISR: yes, with sharing interrupt. Blocks: never. */
void *rw_pool_alloc(const rw_pool_t *pool) RW_NONNULL((1));

/* Takes a block, or waits until one is handed over: to the most urgent task first, among equals to
 * the one that came first. A task's priority counts as it is when it begins to wait.
 *   pool    : one with `wait: true`; of another, the answer is NULL after a fault RW_E_CONTEXT
 *   timeout : ticks of the kernel; 0 = do not wait, as rw_pool_alloc; RW_FOREVER
 * Returns as rw_pool_alloc; NULL iff no block came in time, or, after a fault RW_E_CONTEXT, iff
 * timeout is not 0 where nobody may wait: in an ISR, with interrupts masked, before the kernel
 * runs. Time: O(1) when there is a block, else O(tasks that wait for this pool) and the wait. ISR:
 * with timeout 0. Blocks: for timeout at most. */
void *rw_pool_alloc_wait(const rw_pool_t *pool, rw_ticks_t timeout) RW_NONNULL((1));

/* Gives a block back. free(NULL) is RW_OK and does nothing.
 * Returns RW_OK, or with checks basic RW_E_FOREIGN, RW_E_MISALIGNED or RW_E_DOUBLE_FREE, the pool
 * unchanged and rw_on_fault called.
 * Time: O(1). ISR: yes, with sharing interrupt. Blocks: never. */
rw_status_t rw_pool_free(const rw_pool_t *pool, void *block) RW_NONNULL((1));

/* Bytes usable at block: block_size; 0 iff block is not an allocated block of the pool.
 * Time: O(1), with checks none O(count). ISR: yes. Blocks: never. */
size_t rw_pool_usable_size(const rw_pool_t *pool, const void *block) RW_NONNULL((1));

/* Verifies the free list against the links: every free block once, no link out of range. With
 * checks none links of allocated blocks say nothing, so only the free list itself is verified.
 * Returns RW_OK or RW_E_CORRUPT (and calls rw_on_fault). Call it when nobody uses the pool.
 * Time: O(count). ISR: no. Blocks: never. */
rw_status_t rw_pool_check(const rw_pool_t *pool) RW_NONNULL((1));

/* Reports every block that was ever used, by ascending address. A snapshot without a lock: blocks
 * changing hands meanwhile are reported in either state.
 * Time: O(count), with checks none O(count^2). ISR: yes. Blocks: never. */
void rw_pool_walk(const rw_pool_t *pool, rw_visit_t visit, void *context) RW_NONNULL((1, 2));

/* Fills *out; used, peak, free and size count whole blocks times their stride; failures is 0: the
 * NULL is all the record a pool keeps.
 * Time: O(count). ISR: yes. Blocks: never. */
void rw_pool_stats(const rw_pool_t *pool, rw_stats_t *out) RW_NONNULL((1, 2));

#ifdef __cplusplus
}
#endif

#endif
