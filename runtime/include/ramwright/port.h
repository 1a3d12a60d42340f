/* SPDX-License-Identifier: Apache-2.0
 *
 * What the runtime needs from the machine and the kernel: a short list of contracts. The port is
 * chosen at compile time so that its functions are inlined: define RW_PORT_HEADER to the quoted
 * name of another port to replace the default.
 *
 * A port defines, as static inline functions:
 *
 *   uintptr_t rw_port_lock_task(void);            enter a section that no other task may enter;
 *   void rw_port_unlock_task(uintptr_t state);    the state returned by lock goes back to unlock
 *   uintptr_t rw_port_lock_interrupt(void);       the same, no interrupt handler either
 *   void rw_port_unlock_interrupt(uintptr_t state);
 *
 * Both nest. Both are compiler and data memory barriers. Neither blocks when called from an ISR.
 * A port whose task lock is its interrupt lock defines RW_PORT_TASK_IS_INTERRUPT so that the two
 * sets of cores are not linked twice.
 *
 * For shared pools it defines at most one of
 *   RW_PORT_LLSC : load-linked / store-conditional functions exist (see ports/cortex_m.h)
 *   RW_PORT_CAS  : C11 lock-free 64-bit compare-and-swap exists
 * With neither, shared pools use rw_port_lock_interrupt around a few instructions.
 */
#ifndef RAMWRIGHT_PORT_H
#define RAMWRIGHT_PORT_H

#include <stdint.h>

#if defined(RW_PORT_HEADER)
#include RW_PORT_HEADER
#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#include "ramwright/ports/cortex_m.h"
#elif defined(__STDC_HOSTED__) && __STDC_HOSTED__ && defined(__unix__)
#include "ramwright/ports/posix.h"
#else
#error "ramwright: no port for this target; define RW_PORT_HEADER (see ramwright/port.h)"
#endif

#endif
