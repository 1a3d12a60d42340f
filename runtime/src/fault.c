/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include "object.h"

__attribute__((weak)) void rw_on_fault(rw_status_t fault, const rw_object_t *object,
                                       const void *address)
{
    (void)fault;
    (void)object;
    (void)address;
}

rw_status_t rw_refuse_free(const void *address, const rw_object_t *object, rw_status_t fault)
{
    if (address == NULL) {
        return RW_OK;
    }
    if (!rw_object_holds(object, address)) {
        fault = RW_E_FOREIGN;
    }
    rw_on_fault(fault, object, address);
    return fault;
}
