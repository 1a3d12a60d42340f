/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools on ARMv7-M and later: the cores whose mechanism is a handful of instructions, in assembly,
 * where compilers spend half as many again on moving values about. They do what pool_llsc.h and,
 * for one caller at a time, pool_plain.h do; the encoding is explained in ramwright/pool.h.
 *
 * r0 to r3 and r12 are free; r0 and r1 are the arguments. cbnz only jumps forward.
 */
#include "ramwright/pool.h"

#include "fault.h"

#if defined(RW_PORT_ARMV7M)

/* What assembly refers to, said in C for -flto, which takes from a library what it knows is wanted.
 * Nobody reads it, so no byte of it is linked. */
__attribute__((used)) static rw_status_t (*const pool_refuse_free)(const void *,
                                                                   const rw_object_t *,
                                                                   rw_status_t) = rw_refuse_free;

/* Where the head of the object finds the fields before it. */
#define BEFORE_OBJECT(field) ((int)offsetof(rw_pool_t, object) - (int)offsetof(rw_pool_t, field))

_Static_assert(BEFORE_OBJECT(block_size) == 28 && BEFORE_OBJECT(end) == 24 &&
                   BEFORE_OBJECT(state) == 20 && BEFORE_OBJECT(full) == 16 &&
                   BEFORE_OBJECT(shift) == 12 && BEFORE_OBJECT(first) == 8 &&
                   BEFORE_OBJECT(inverse) == 4,
               "the offsets written below");

#define POOL_ALLOC(core)                                                                           \
    RW_NAKED void *rw_pool_alloc_##core(__attribute__((unused)) const rw_object_t *object)

#define POOL_FREE(core)                                                                            \
    RW_NAKED rw_status_t rw_pool_free_##core(__attribute__((unused)) void *block,                  \
                                             __attribute__((unused)) const rw_object_t *object)

/* Of a link: the suffix of its instructions, the scale of its index, its value when allocated. */
#define POOL_BASIC_SHARED(width, suffix, scale, allocated)                                         \
    POOL_ALLOC(basic_shared_##width)                                                               \
    {                                                                                              \
        __asm volatile("ldr r1, [r0, #-20]\n" /* state */                                          \
                       "1: ldrex r3, [r1]\n"  /* head */                                           \
                       "cmp r3, #0\n"                                                              \
                       "bge 4f\n"                                                                  \
                       "ldrs" suffix " r12, [r1, r3" scale "]\n" /* link: the head to be */        \
                       "2: strex r2, r12, [r1]\n"                                                  \
                       "cbnz r2, 3f\n"                                                             \
                       "movs r2, #" allocated "\n"                                                 \
                       "str" suffix " r2, [r1, r3" scale "]\n"                                     \
                       "ldrd r1, r2, [r0, #-28]\n" /* block_size, end */                           \
                       "mla r0, r3, r1, r2\n"                                                      \
                       "bx lr\n"                                                                   \
                       "3: b 1b\n"                                                                 \
                       "4: ldr r2, [r0, #-16]\n" /* nothing on the free list; full */              \
                       "add r12, r3, #1\n"                                                         \
                       "subs r3, r3, r2\n"                                                         \
                       "bmi 2b\n"                                                                  \
                       "movs r0, #0\n"                                                             \
                       "bx lr\n");                                                                 \
    }                                                                                              \
    POOL_FREE(basic_shared_##width)                                                                \
    {                                                                                              \
        __asm volatile("push {r4, r5, r6, lr}\n"                                                   \
                       "ldmdb r1, {r2, r3, r4, r5, r6}\n" /* state full shift first inverse */     \
                       "subs r5, r0, r5\n"                                                         \
                       "muls r5, r6, r5\n"                                                         \
                       "rors r5, r5, r4\n" /* index, if a block starts there */                    \
                       "subs r5, r5, r3\n" /* token */                                             \
                       "bcs 5f\n"                                                                  \
                       "adds r3, r2, r5" scale "\n" /* its link */                                 \
                       "ldr r4, [r2]\n"             /* head */                                     \
                       "1: ldrex" suffix " r6, [r3]\n"                                             \
                       "cmp r6, #" allocated "\n"                                                  \
                       "bne 6f\n"                                                                  \
                       "strex" suffix " r6, r4, [r3]\n" /* claims the block */                     \
                       "cbnz r6, 4f\n"                                                             \
                       "2: ldrex r0, [r2]\n"                                                       \
                       "cmp r0, r4\n"                                                              \
                       "bne 3f\n"                                                                  \
                       "strex r0, r5, [r2]\n"                                                      \
                       "cbnz r0, 3f\n"                                                             \
                       "pop {r4, r5, r6, pc}\n" /* r0 is RW_OK */                                  \
                       "3: ldr r4, [r2]\n"      /* head has moved on: correct the link */          \
                       "str" suffix " r4, [r3]\n"                                                  \
                       "b 2b\n"                                                                    \
                       "4: b 1b\n"                                                                 \
                       "5: movs r2, #2\n" /* RW_E_MISALIGNED */                                    \
                       "b 7f\n"                                                                    \
                       "6: movs r2, #3\n" /* RW_E_DOUBLE_FREE */                                   \
                       "7: pop {r4, r5, r6, lr}\n"                                                 \
                       "b rw_refuse_free\n");                                                      \
    }

_Static_assert(RW_OK == 0, "what a store that did not fail leaves in its register");
_Static_assert(RW_E_MISALIGNED == 2 && RW_E_DOUBLE_FREE == 3, "the numbers written above");

POOL_BASIC_SHARED(8, "b", "", "0x80")
POOL_BASIC_SHARED(16, "h", ", lsl #1", "0x8000")

/* Without checks head is compared with full as an unsigned number: above it is a token, equal the
 * pool is empty, below it is a watermark. */
POOL_ALLOC(none_none_32)
{
    __asm volatile("ldrd r3, r12, [r0, #-28]\n" /* block_size, end */
                   "ldrd r1, r2, [r0, #-20]\n"  /* state, full */
                   "ldr r0, [r1]\n"             /* head */
                   "subs r2, r0, r2\n"
                   "bls 1f\n"
                   "ldr r3, [r12, r0]\n" /* the block's link */
                   "str r3, [r1]\n"
                   "add r0, r12\n"
                   "bx lr\n"
                   "1: beq 2f\n"
                   "add r3, r0\n"
                   "str r3, [r1]\n"
                   "add r0, r12, r2\n"
                   "bx lr\n"
                   "2: movs r0, #0\n"
                   "bx lr\n");
}

POOL_ALLOC(none_shared_32)
{
    __asm volatile("push {r4, lr}\n"
                   "ldrd r3, r12, [r0, #-28]\n" /* block_size, end */
                   "ldrd r1, r2, [r0, #-20]\n"  /* state, full */
                   "1: ldrex r0, [r1]\n"        /* head */
                   "subs r4, r0, r2\n"
                   "bls 3f\n"
                   "ldr lr, [r12, r0]\n" /* the block's link */
                   "strex r4, lr, [r1]\n"
                   "cbnz r4, 2f\n"
                   "add r0, r12\n"
                   "pop {r4, pc}\n"
                   "2: b 1b\n"
                   "3: beq 4f\n"
                   "add lr, r0, r3\n"
                   "strex r0, lr, [r1]\n"
                   "cbnz r0, 5f\n"
                   "add r0, r12, r4\n"
                   "pop {r4, pc}\n"
                   "4: movs r0, #0\n"
                   "pop {r4, pc}\n"
                   "5: b 1b\n");
}

POOL_FREE(none_shared_32)
{
    __asm volatile("cbz r0, 3f\n"
                   "ldrd r2, r1, [r1, #-24]\n" /* end, state */
                   "subs r2, r0, r2\n"         /* token */
                   "1: ldr r12, [r1]\n"        /* head */
                   "str r12, [r0]\n"           /* the block's link */
                   "ldrex r3, [r1]\n"
                   "cmp r3, r12\n"
                   "bne 1b\n"
                   "strex r3, r2, [r1]\n"
                   "cbnz r3, 2f\n"
                   "movs r0, #0\n"
                   "bx lr\n"
                   "2: b 1b\n"
                   "3: bx lr\n");
}

#endif
