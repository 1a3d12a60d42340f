/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools: the cold ends of a checked free. They report the fault and return it.
 */
#ifndef RAMWRIGHT_SRC_POOL_FAULT_H
#define RAMWRIGHT_SRC_POOL_FAULT_H

#include "ramwright/pool.h"

/* At address no block starts; NULL is none's address, and fine. */
__attribute__((used)) rw_status_t rw_pool_fault_address(const void *address, const rw_pool_t *pool);

/* The block is not allocated. */
__attribute__((used)) rw_status_t rw_pool_fault_double(int32_t token, const rw_pool_t *pool);

#endif
