/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a free that finds nothing to give back.
 */
#ifndef RAMWRIGHT_SRC_FAULT_H
#define RAMWRIGHT_SRC_FAULT_H

#include "ramwright/base.h"

/* Reports that no block of the object at address can be freed, and returns why: RW_E_FOREIGN for an
 * address outside its arena, else the fault given. NULL is RW_OK, and not reported. Called with no
 * lock held. The arguments of free come first: they are where they have to be. */
__attribute__((used)) rw_status_t rw_refuse_free(const void *address, const rw_object_t *object,
                                                 rw_status_t fault);

#endif
