/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools: blocks of one size. Recycled blocks are handed out before never-used ones, so the
 * watermark (how many blocks were ever used) is the exact high-water mark.
 *
 * The links of the free list live outside the arena, one per block, in .bss: a user who writes
 * into a freed block cannot damage the allocator, and a double free is seen at once.
 *
 *   state->head  n >= 0 : nothing on the free list; blocks [n, count) were never used
 *                n <  0 : the last freed block is ~n; link[~n] continues the chain
 *   link[i]      0      : never used
 *                minimum of the link type : allocated
 *                else   : free, and holds what head was when it was freed
 *
 * so the watermark rides at the bottom of the chain and all zero is the completely free pool.
 */
#ifndef RAMWRIGHT_POOL_H
#define RAMWRIGHT_POOL_H

#include "ramwright/base.h"
#include "ramwright/port.h"

/* Mutable; .bss; all zero = all free. */
typedef struct rw_pool_state {
#if defined(RW_PORT_CAS)
    _Atomic uint64_t head; /* low 32 bits: head; high 32 bits: tag against ABA */
#else
    int32_t head;
#endif
} rw_pool_state_t;

/* Const; flash. */
typedef struct rw_pool {
    rw_object_t object;     /* arena: count blocks of block_size bytes */
    rw_pool_state_t *state;
    void *links;            /* int8_t[count] for cores named ..._8 (count <= 127), else int16_t */
    uintptr_t inverse;      /* multiplicative inverse of block_size >> shift, which is odd */
    uint32_t block_size;    /* distance between blocks, bytes, alignment included */
    uint16_t count;         /* blocks, 1..32767 */
    uint8_t shift;          /* trailing zero bits of block_size */
    uint8_t reserved;       /* zero */
} rw_pool_t;
#endif
