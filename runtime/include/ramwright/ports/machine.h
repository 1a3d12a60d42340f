/* SPDX-License-Identifier: Apache-2.0
 *
 * The port of the machine without a kernel, chosen by what the compiler says it compiles for. Ports
 * of kernels take their locks and atomics from here and add waiting.
 */
#ifndef RAMWRIGHT_PORTS_MACHINE_H
#define RAMWRIGHT_PORTS_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#include "ramwright/ports/cortex_m.h"
#elif defined(__STDC_HOSTED__) && __STDC_HOSTED__ && defined(__unix__)
#include "ramwright/ports/posix.h"
#elif defined(__riscv)
#include "ramwright/ports/riscv.h"
#elif defined(__XTENSA__)
#include "ramwright/ports/xtensa.h"
#else
#error "ramwright: no port for this target; define RW_PORT_HEADER (see ramwright/port.h)"
#endif

/* Whether the machine could switch tasks now, as far as it can tell: not in a handler, nothing
 * masked. Kernels know less: most cannot tell an ISR that does not report itself, nor a masked
 * section of the application's own. */
static inline bool rw_machine_can_switch(void)
{
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
    uint32_t ipsr;
    uint32_t mask;
    __asm volatile("mrs %0, ipsr\n\tmrs %1, primask" : "=r"(ipsr), "=r"(mask) : : "memory");
#if __ARM_ARCH_ISA_THUMB >= 2
    uint32_t basepri;
    __asm volatile("mrs %0, basepri" : "=r"(basepri) : : "memory");
    mask |= basepri;
#endif
    return (ipsr | mask) == 0U;
#elif defined(RW_RISCV_MIE)
    return rw_riscv_interrupts_open(); /* every trap closes them */
#elif defined(RW_XTENSA_LEVEL)
    return rw_xtensa_interrupts_open(); /* handlers run with them closed */
#else
    return true;
#endif
}

#endif
