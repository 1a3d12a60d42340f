/* SPDX-License-Identifier: Apache-2.0
 *
 * The variables of the kernel in tests/emulate/waiting_port.h.
 */
#include <stdint.h>

uint32_t port_now;
uint32_t port_sleeps;
