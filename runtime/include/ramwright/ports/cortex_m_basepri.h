/* SPDX-License-Identifier: Apache-2.0
 *
 * The locks of cortex_m.h with BASEPRI in place of PRIMASK: define RW_PORT_BASEPRI to the value
 * that goes into the register, priority bits at the top, for all sources. Interrupts of a higher
 * priority (a lower number) stay open throughout, and their handlers must not call the runtime.
 * Under FreeRTOS, configMAX_SYSCALL_INTERRUPT_PRIORITY is such a value. Sections nest: the mask is
 * only ever raised. Not for the Cortex-M7 r0p1, whose erratum 837070 wants interrupts off while
 * BASEPRI is written.
 */
#ifndef RAMWRIGHT_PORTS_CORTEX_M_BASEPRI_H
#define RAMWRIGHT_PORTS_CORTEX_M_BASEPRI_H

#include <stdint.h>

#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB < 2
#error "ramwright: this core has no BASEPRI; leave RW_PORT_BASEPRI undefined"
#endif

_Static_assert((RW_PORT_BASEPRI) > 0 && (RW_PORT_BASEPRI) < 256, "BASEPRI 0 masks nothing");

/* The barrier: without it the instruction after the write may still be interrupted. */
__attribute__((always_inline)) static inline uintptr_t rw_port_lock_interrupt(void)
{
    uintptr_t basepri;
    __asm volatile("mrs %0, basepri\n\tmsr basepri_max, %1\n\tisb"
                   : "=&r"(basepri)
                   : "r"((uintptr_t)(RW_PORT_BASEPRI))
                   : "memory");
    return basepri;
}

static inline void rw_port_unlock_interrupt(uintptr_t basepri)
{
    __asm volatile("msr basepri, %0" : : "r"(basepri) : "memory");
}

#endif
