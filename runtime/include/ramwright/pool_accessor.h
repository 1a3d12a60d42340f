/* SPDX-License-Identifier: Apache-2.0
 *
 * Alloc of a pool with checks none that interrupts share, as the body of its generated accessor:
 *
 *     RW_POOL_ALLOC_OWN void *frames_alloc(void)
 *     {
 *         RW_POOL_ALLOC_NONE_SHARED(frames, 1024, 64);
 *     }
 *
 * On ARMv7-M and later it is code of its own: with the constants of the pool beside it instead of
 * in a descriptor nothing has to be saved, for what a failed store has cost is loaded again.
 * Elsewhere, with RW_PORTABLE_C and in code that may lie anywhere it calls the core, which does the
 * same (pool_llsc.h); the encoding is explained in ramwright/pool.h.
 *
 *   name   : of the pool, whose state and arena are name_state and name_arena
 *   size   : of the arena, bytes
 *   stride : from block to block, bytes
 */
#ifndef RAMWRIGHT_POOL_ACCESSOR_H
#define RAMWRIGHT_POOL_ACCESSOR_H

#include "ramwright/pool.h"

#if defined(RW_PORT_ARMV7M) && !defined(__PIC__)

#define RW_POOL_ALLOC_OWN RW_NAKED

/* head is compared with size as an unsigned number: above it is a token, equal the pool is empty,
 * below it is a watermark. Their difference names the block either way, from one of two places, and
 * is the NULL of the empty pool. r0 to r3 and r12 are free; cbnz only jumps forward.
 *
 * What the code refers to are operands, since -flto renames state; no register depends on any. */
#define RW_POOL_ALLOC_NONE_SHARED(name, size, stride)                                              \
    __asm volatile("0: ldrd r1, r2, 5f\n" /* state, size */                                        \
                   "ldrex r3, [r1]\n"     /* head */                                               \
                   "subs r0, r3, r2\n"                                                             \
                   "bls 3f\n"                                                                      \
                   "ldr r2, 7f\n"                                                                  \
                   "ldr r12, [r2, r0]\n" /* the block's link: the head to be */                    \
                   "1: strex r3, r12, [r1]\n"                                                      \
                   "cbnz r3, 4f\n"                                                                 \
                   "add r0, r2\n"                                                                  \
                   "2: bx lr\n"                                                                    \
                   "3: beq 2b\n"                                                                   \
                   "ldrd r2, r12, 6f\n" /* end, stride */                                          \
                   "add r12, r3\n"                                                                 \
                   "b 1b\n"                                                                        \
                   "4: b 0b\n"                                                                     \
                   ".balign 4\n"                                                                   \
                   "5: .word %c0, %c2\n"                                                           \
                   "6: .word %c1 + %c2, %c3\n"                                                     \
                   "7: .word %c1 + %c2 + %c2\n" /* end, of tokens that size was taken from */      \
                   :                                                                               \
                   : "i"(&name##_state.head), "i"(name##_arena), "i"(size), "i"(stride)            \
                   : "memory")

#else

#define RW_POOL_ALLOC_OWN

#define RW_POOL_ALLOC_NONE_SHARED(name, size, stride)                                              \
    return rw_pool_alloc_none_shared_32(&name##_pool.object)

#endif

#endif
