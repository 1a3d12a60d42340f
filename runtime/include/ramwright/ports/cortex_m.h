/* SPDX-License-Identifier: Apache-2.0
 *
 * Bare Cortex-M: contracts in ramwright/port.h.
 *
 * Locks mask interrupts with PRIMASK, or with BASEPRI (cortex_m_basepri.h). A bare machine has no
 * kernel whose tasks could be locked out alone, and under every single-core kernel no task is
 * switched while interrupts are off, so the task lock is the interrupt lock. Masked sections are
 * short and bounded: a few instructions for a pool, O(1) for a heap or a slab.
 *
 * Writing PRIMASK does nothing in unprivileged thread mode: with unprivileged tasks, provide a port
 * whose locks call the kernel, or give such tasks lock-free pools.
 *
 * Where the core has LDREX and STREX (ARMv7-M, ARMv8-M), shared pools are lock-free. Exception
 * entry and return clear the exclusive monitor, so a store fails if any handler, and hence any task
 * switch, came between: a head that left and came back (ABA) is noticed. Barrier instructions are
 * not needed: one core sees its own accesses in program order, handlers included; compiler barriers
 * are. Exclusives may never succeed on memory that the MPU marks shareable on a Cortex-M7 (no
 * global monitor behind its AXI): keep the home bank, which holds the pools' state, non-shareable,
 * or in DTCM.
 *
 * Two cores that run one image have one lock more, in two kinds.
 *
 * ARMv6-M: a spinlock of the SIO block of the RP2040 (datasheet 2.3.1.3: a read claims it and is
 * nonzero, or finds it claimed and is zero; a write releases it). It is number 31, the last that
 * the pico-sdk hands out (PICO_SPINLOCK_ID_CLAIM_FREE_LAST): claim it there, or define
 * RW_PORT_SPINLOCK as another. No other part with two ARMv6-M cores is known to us.
 *
 * ARMv8-M with exclusives: a byte in .bss, claimed by LDAEXB and STREXB. The part must have a
 * global monitor for that memory (the RP2350 has; its SIO spinlocks are unreliable, erratum E2),
 * and startup code must set ACTLR.EXTEXCLALL (bit 29) on both cores or make the home bank
 * shareable: else each core asks only itself.
 */
#ifndef RAMWRIGHT_PORTS_CORTEX_M_H
#define RAMWRIGHT_PORTS_CORTEX_M_H

#include <stdbool.h>
#include <stdint.h>

/* A kernel's port that brings these locks takes only what follows them from here. */
#if !defined(RW_PORT_KERNEL_LOCKS)

#define RW_PORT_TASK_IS_INTERRUPT

#if defined(RW_PORT_BASEPRI)

#include "ramwright/ports/cortex_m_basepri.h"

#else

static inline uintptr_t rw_port_lock_interrupt(void)
{
    uintptr_t primask;
    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask) : : "memory");
    return primask;
}

static inline void rw_port_unlock_interrupt(uintptr_t primask)
{
    __asm volatile("msr primask, %0" : : "r"(primask) : "memory");
}

#endif

static inline uintptr_t rw_port_lock_task(void)
{
    return rw_port_lock_interrupt();
}

static inline void rw_port_unlock_task(uintptr_t state)
{
    rw_port_unlock_interrupt(state);
}

#endif

#if defined(__ARM_ARCH_6M__)

#define RW_PORT_CORE_LOCK

#if !defined(RW_PORT_SPINLOCK)
#define RW_PORT_SPINLOCK 31
#endif

/* NOLINTNEXTLINE(performance-no-int-to-ptr): the address of a register */
#define RW_PORT_SPINLOCK_REGISTER (*(volatile uint32_t *)(0xD0000100U + 4U * RW_PORT_SPINLOCK))

static inline uintptr_t rw_port_lock_core(void)
{
    const uintptr_t primask = rw_port_lock_interrupt();
    while (RW_PORT_SPINLOCK_REGISTER == 0) {
    }
    __asm volatile("dmb" : : : "memory");
    return primask;
}

static inline void rw_port_unlock_core(uintptr_t primask)
{
    __asm volatile("dmb" : : : "memory");
    RW_PORT_SPINLOCK_REGISTER = 1;
    rw_port_unlock_interrupt(primask);
}

#elif defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8M_BASE__)

#define RW_PORT_CORE_LOCK

/* Nonzero while a core is inside (runtime/src/core_lock.c). */
extern uint8_t rw_port_core_lock_byte;

static inline uintptr_t rw_port_lock_core(void)
{
    const uintptr_t primask = rw_port_lock_interrupt();
    uint32_t busy;
    do {
        __asm volatile("ldaexb %0, %1" : "=r"(busy) : "Q"(rw_port_core_lock_byte) : "memory");
        if (busy == 0) {
            __asm volatile("strexb %0, %2, %1"
                           : "=&r"(busy), "=Q"(rw_port_core_lock_byte)
                           : "r"(1)
                           : "memory");
        }
    } while (busy != 0);
    __asm volatile("dmb" : : : "memory");
    return primask;
}

static inline void rw_port_unlock_core(uintptr_t primask)
{
    __asm volatile("stlb %1, %0" : "=Q"(rw_port_core_lock_byte) : "r"(0) : "memory");
    rw_port_unlock_interrupt(primask);
}

#endif

#if __ARM_ARCH_ISA_THUMB == 1 && !defined(RW_PORTABLE_C)
#define RW_PORT_ARMV6M
#endif

/* Bits 0 to 2: exclusives on bytes, halfwords and words. */
#if defined(__ARM_FEATURE_LDREX) && (__ARM_FEATURE_LDREX & 7) == 7

#define RW_PORT_LLSC

#if __ARM_ARCH_ISA_THUMB == 2 && !defined(RW_PORTABLE_C)
#define RW_PORT_ARMV7M
#endif

/* One width: its C type and the suffix of its instructions. */
#define RW_PORT_EXCLUSIVES(width, suffix)                                                          \
    static inline uint32_t rw_port_load_linked_##width(const uint##width##_t *address)             \
    {                                                                                              \
        uint32_t value;                                                                            \
        __asm volatile("ldrex" suffix " %0, %1" : "=r"(value) : "Q"(*address) : "memory");         \
        return value;                                                                              \
    }                                                                                              \
    static inline bool rw_port_store_conditional_##width(uint##width##_t *address, uint32_t value) \
    {                                                                                              \
        uint32_t failed;                                                                           \
        __asm volatile("strex" suffix " %0, %2, %1"                                                \
                       : "=&r"(failed), "=Q"(*address)                                             \
                       : "r"(value)                                                                \
                       : "memory");                                                                \
        return failed == 0;                                                                        \
    }

RW_PORT_EXCLUSIVES(8, "b")
RW_PORT_EXCLUSIVES(16, "h")
RW_PORT_EXCLUSIVES(32, "")

#undef RW_PORT_EXCLUSIVES

#endif

#endif
