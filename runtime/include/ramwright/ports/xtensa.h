/* SPDX-License-Identifier: Apache-2.0
 *
 * Bare Xtensa (exception architecture 2: ESP8266, ESP32, ESP32-S2, ESP32-S3): contracts in
 * ramwright/port.h. Windowed and call0 ABI alike.
 *
 * Locks raise PS.INTLEVEL to RW_XTENSA_LEVEL; the task lock is the interrupt lock, for the reasons
 * of cortex_m.h. Masked sections are short and bounded: a few instructions for a pool, O(1) for a
 * heap or a slab. By default the level is 3: XCHAL_EXCM_LEVEL of the ESP32, S2 and S3, to which
 * critical sections of the ESP-IDF raise it too, and above which handlers are assembly; the ESP8266
 * has one level, and above it the NMI alone. A core with handlers in C above level 3 wants another:
 * define RW_XTENSA_LEVEL to its XCHAL_EXCM_LEVEL. Interrupts above the level must not call the
 * runtime.
 *
 * The level is raised and never lowered: RSIL alone would open, inside a section of the firmware
 * that masks more (RSIL 15), what that section masks. An interrupt between the two instructions
 * leaves PS as it found it.
 *
 * Shared pools mask too: there is neither RW_PORT_LLSC (S32C1I compares and swaps) nor RW_PORT_CAS
 * (it does so on 32 bits; docs/adr/0005-pool.md says why that does not suffice). One core: what the
 * other one of an ESP32 or ESP32-S3 does is not kept out, and there is no RW_PORT_CORE_LOCK.
 */
#ifndef RAMWRIGHT_PORTS_XTENSA_H
#define RAMWRIGHT_PORTS_XTENSA_H

#include <stdbool.h>
#include <stdint.h>

#define RW_XTENSA_INTLEVEL 15U /* of PS */
#define RW_XTENSA_EXCM 16U     /* of PS: in a handler that has not cleared it, or from reset on */

#if !defined(RW_XTENSA_LEVEL)
#define RW_XTENSA_LEVEL 3
#endif

static inline uintptr_t rw_xtensa_ps(void)
{
    uintptr_t ps;
    __asm volatile("rsr %0, ps" : "=r"(ps) : : "memory");
    return ps;
}

/* Whether interrupts are open, all of them. */
static inline bool rw_xtensa_interrupts_open(void)
{
    return (rw_xtensa_ps() & (RW_XTENSA_INTLEVEL | RW_XTENSA_EXCM)) == 0U;
}

/* A kernel's port that brings these locks takes only what follows them from here. */
#if !defined(RW_PORT_KERNEL_LOCKS)

#define RW_PORT_TASK_IS_INTERRUPT

static inline uintptr_t rw_port_lock_interrupt(void)
{
    const uintptr_t ps = rw_xtensa_ps();
    if ((ps & RW_XTENSA_INTLEVEL) < RW_XTENSA_LEVEL) {
        uintptr_t same;
        __asm volatile("rsil %0, %1" : "=r"(same) : "i"(RW_XTENSA_LEVEL) : "memory");
    }
    return ps;
}

static inline void rw_port_unlock_interrupt(uintptr_t ps)
{
    __asm volatile("wsr %0, ps\n\trsync" : : "r"(ps) : "memory");
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

#endif
