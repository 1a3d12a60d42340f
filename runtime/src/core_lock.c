/* SPDX-License-Identifier: Apache-2.0
 *
 * The lock between two cores of ARMv8-M (ports/cortex_m.h) or two harts (ports/riscv.h); linked
 * where an object of sharing core is.
 */
#include "ramwright/port.h"

#if defined(RW_PORT_CORE_LOCK) && defined(__ARM_ARCH) && __ARM_ARCH == 8
uint8_t rw_port_core_lock_byte;
#elif defined(RW_PORT_CORE_LOCK) && defined(RW_RISCV_MIE)
uint32_t rw_port_core_lock_word;
#endif
