/* SPDX-License-Identifier: Apache-2.0 */
#include "ramwright/base.h"

__attribute__((weak)) void rw_on_fault(rw_status_t fault, const rw_object_t *object,
                                       const void *address)
{
    (void)fault;
    (void)object;
    (void)address;
}
