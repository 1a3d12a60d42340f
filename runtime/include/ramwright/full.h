/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks full: a layer above the cores with checks basic, for heaps, slabs and pools. Bytes that
 * nobody should write have known values, and a freed block is held back for a while.
 *
 *     fresh    0xCD   the user's bytes, when a block is handed out
 *     guard    0xFD   behind the bytes that were asked for, up to the end of the block
 *     freed    0xDD   all of a freed block
 *
 *     heap     |     user     | guard .. | seal |      at least 4 bytes of guard, 4 of seal
 *     slab     |     user     | guard ..        |      what the zone's block has more than that
 *     pool     |     user     | guard ..        |      what the alignment adds to block_size
 *
 * The seal says how many bytes were asked for, with check bits over that and the block's address;
 * of a slab's blocks it is noted outside the arena, in the notes. In front of a block of a heap
 * lies its header, which checks basic protects.
 *
 * A freed block goes into the quarantine, a ring of places; it leaves it at the n-th free after its
 * own, n being the `quarantine` of the config, or when an alloc finds no room otherwise. Until then
 * it stays allocated for the core below. Frees that interrupt others may leave some more than n
 * there until the ring comes round.
 *
 * What is found, and when (rw_on_fault is called each time, with the block's address):
 *
 *  - A write behind the bytes asked for: at free, realloc and check. RW_E_CORRUPT; the block stays
 *    allocated and is as it was.
 *  - A block freed again, or given to realloc, while it is in the quarantine: RW_E_DOUBLE_FREE.
 *  - A write into a freed block: when it leaves the quarantine, at check, and, of pools and slabs,
 *    when it is handed out again. RW_E_CORRUPT; it is no fault of the call that finds it, which
 *    does what it was called for and returns that; the block is used again.
 *
 * Contracts are those of the calls of the kind, with these differences. Alloc and free take
 * O(size) in addition, outside the lock, and O(quarantine) under it; an alloc that finds no room
 * empties the quarantine first. rw_..._usable_size is the size asked for (of a pool block_size), 0
 * also of a block whose seal is damaged; walk reports the whole block, guard included. Of the
 * figures, used, free and failures are as if there were no quarantine, peak counts what it holds,
 * and largest is what is granted without emptying it. rw_slab_zone_stats tells of zones as they
 * are, held blocks included.
 *
 * In a pool with `wait: true` nothing is held back from a task that waits: whoever frees a block
 * while there is one empties the quarantine, O(size * quarantine) where frees interrupt each other,
 * and a block handed over is as if in the quarantine until its task runs.
 *
 * check (rw_..._check, O(bytes) under the lock) verifies guards, freed blocks in the quarantine
 * and, of pools and slabs, those outside. While another call of the object is under way, it leaves
 * out what that call may be about to write: all guards, and of pools the free blocks.
 */
#ifndef RAMWRIGHT_FULL_H
#define RAMWRIGHT_FULL_H

#include "ramwright/heap.h"
#include "ramwright/pool.h"
#include "ramwright/slab.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RW_FULL_FRESH 0xCDU
#define RW_FULL_GUARD 0xFDU
#define RW_FULL_FREED 0xDDU
#define RW_FULL_SEAL 8U       /* bytes that a heap's block has more than asked for, at least */
#define RW_FULL_DEPTH_MAX 64U /* the largest quarantine */
#define RW_FULL_SPARE 4U      /* places for blocks about to leave */

/* One place of the quarantine. */
typedef struct rw_held {
    void *block;   /* NULL: empty */
    size_t extent; /* bytes of the block; 0: still being filled; SIZE_MAX: about to leave */
} rw_held_t;

/* Mutable; .bss; all zero = nothing held, nothing handed out. */
typedef struct rw_full_state {
    uint8_t *virgin;  /* pools: end of the last block ever handed out */
    uint32_t retries; /* allocs that the core refused and that were tried again */
    uint16_t next;    /* place of the next block that is freed */
    uint16_t busy;    /* calls under way that own a block whose guard may not be set */
} rw_full_state_t;

/* Const; flash. */
typedef struct rw_full {
    rw_full_state_t *state;
    rw_held_t *held; /* places; one is spared for the block that leaves at each free under way, as
                        many as may interrupt each other; a free beyond holds nothing back */
    /* Slabs; .bss, all zero at first; one for each place where a block can start: of an allocated
     * block the bytes it has more than asked for; of a free one how many from its start are known
     * to hold RW_FULL_FREED. */
    uint16_t *notes;
    size_t block_size;   /* pools: bytes that users may use */
    uint32_t places;     /* RW_FULL_SPARE more than blocks are held back */
    uint32_t note_shift; /* slabs: log2 of the distance of places where blocks start */
} rw_full_t;

/* Descriptors; what users see of them is the first member. Const; flash. */
typedef struct rw_heap_full {
    rw_heap_t heap;
    rw_full_t full;
} rw_heap_full_t;

typedef struct rw_slab_full {
    rw_slab_t slab;
    rw_full_t full;
} rw_slab_full_t;

typedef struct rw_pool_full {
    rw_pool_t pool;
    rw_full_t full;
} rw_pool_full_t;

RW_HEAP_CORE_DECLARE(full_none_16);
RW_HEAP_CORE_DECLARE(full_none_32);
RW_HEAP_CORE_DECLARE(full_task_16);
RW_HEAP_CORE_DECLARE(full_task_32);
RW_HEAP_CORE_DECLARE(full_interrupt_16);
RW_HEAP_CORE_DECLARE(full_interrupt_32);
RW_HEAP_CORE_DECLARE(full_core_16);
RW_HEAP_CORE_DECLARE(full_core_32);

RW_SLAB_CORE_DECLARE(full_none);
RW_SLAB_CORE_DECLARE(full_task);
RW_SLAB_CORE_DECLARE(full_interrupt);
RW_SLAB_CORE_DECLARE(full_core);

RW_POOL_CORE_DECLARE(full_none_8);
RW_POOL_CORE_DECLARE(full_none_16);
RW_POOL_CORE_DECLARE(full_shared_8);
RW_POOL_CORE_DECLARE(full_shared_16);
RW_POOL_CORE_DECLARE(full_core_8);
RW_POOL_CORE_DECLARE(full_core_16);
RW_POOL_WAIT_CORE_DECLARE(full_wait_8);
RW_POOL_WAIT_CORE_DECLARE(full_wait_16);

#ifdef __cplusplus
}
#endif

#endif
