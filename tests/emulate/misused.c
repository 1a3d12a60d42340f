/* SPDX-License-Identifier: Apache-2.0
 *
 * The faults that the emulated tests of misuse caused, by task or handler.
 */
#include "misused_memory.h"

uint32_t faults;
uint32_t last_fault;

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    (void)object;
    (void)address;
    faults++;
    last_fault = (uint32_t)fault;
}
