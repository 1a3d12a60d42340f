/* SPDX-License-Identifier: Apache-2.0
 *
 * Bare RISC-V in machine mode, 32 and 64 bits: contracts in ramwright/port.h.
 *
 * Locks mask interrupts with mstatus.MIE; the task lock is the interrupt lock, for the reasons of
 * cortex_m.h. Masked sections are short and bounded: a few instructions for a pool, O(1) for a heap
 * or a slab. In supervisor or user mode the access to mstatus is an illegal instruction: provide a
 * port whose locks call whoever runs in machine mode.
 *
 * Handlers that open interrupts again (nested ones of a CLIC, or by software) are kept out like any
 * other code: what a section saw masked stays masked after it. Interrupts that mstatus.MIE does not
 * mask (NMI, resumable or not) must not call the runtime.
 *
 * Shared pools mask too, with or without the A extension (docs/adr/0005-pool.md says why): there is
 * neither RW_PORT_LLSC nor RW_PORT_CAS.
 *
 * Two harts that run one image keep each other out by one word in .bss, claimed by AMOSWAP, where
 * the compiler may use the A extension. The home bank must be memory in which both harts' AMOs
 * meet.
 *
 * Compilers since 2021 count the access to mstatus to the extension Zicsr, which -march=rv32imac
 * alone does not name and which no core with interrupts is without. `.insn` spells the instruction
 * out, so that the header asks nothing of -march.
 */
#ifndef RAMWRIGHT_PORTS_RISCV_H
#define RAMWRIGHT_PORTS_RISCV_H

#include <stdbool.h>
#include <stdint.h>

#define RW_RISCV_MIE 8U /* of mstatus */

/* Whether interrupts are open. */
static inline bool rw_riscv_interrupts_open(void)
{
    uintptr_t mstatus;
    /* csrr %0, mstatus */
    __asm volatile(".insn i 0x73, 2, %0, x0, 0x300" : "=r"(mstatus) : : "memory");
    return (mstatus & RW_RISCV_MIE) != 0U;
}

/* A kernel's port that brings these locks takes only what follows them from here. */
#if !defined(RW_PORT_KERNEL_LOCKS)

#define RW_PORT_TASK_IS_INTERRUPT

static inline uintptr_t rw_port_lock_interrupt(void)
{
    uintptr_t mstatus;
    /* csrrci %0, mstatus, 8 */
    __asm volatile(".insn i 0x73, 7, %0, x8, 0x300" : "=r"(mstatus) : : "memory");
    return mstatus & RW_RISCV_MIE;
}

static inline void rw_port_unlock_interrupt(uintptr_t mie)
{
    /* csrs mstatus, %0: sets MIE if it was set, and nothing else */
    __asm volatile(".insn i 0x73, 2, x0, %0, 0x300" : : "r"(mie) : "memory");
}

static inline uintptr_t rw_port_lock_task(void)
{
    return rw_port_lock_interrupt();
}

static inline void rw_port_unlock_task(uintptr_t state)
{
    rw_port_unlock_interrupt(state);
}

#endif

#if defined(__riscv_atomic)

#define RW_PORT_CORE_LOCK

/* Nonzero while a hart is inside (runtime/src/core_lock.c). */
extern uint32_t rw_port_core_lock_word;

/* Claims the word; 0 iff no hart was inside. */
static inline uint32_t rw_riscv_claim(void)
{
    uint32_t busy;
    __asm volatile("amoswap.w.aq %0, %2, %1"
                   : "=r"(busy), "+A"(rw_port_core_lock_word)
                   : "r"(1)
                   : "memory");
    return busy;
}

static inline uintptr_t rw_port_lock_core(void)
{
    const uintptr_t mie = rw_port_lock_interrupt();
    while (rw_riscv_claim() != 0) {
    }
    return mie;
}

static inline void rw_port_unlock_core(uintptr_t mie)
{
    __asm volatile("amoswap.w.rl x0, x0, %0" : "+A"(rw_port_core_lock_word) : : "memory");
    rw_port_unlock_interrupt(mie);
}

#endif

#endif
