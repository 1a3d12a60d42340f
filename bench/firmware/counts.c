/* SPDX-License-Identifier: Apache-2.0
 *
 * The generic calls, for the linker to keep beside the generated accessors: they are measured by
 * calling them from outside.
 */
#include "ramwright/heap.h"
#include "ramwright/pool.h"

__attribute__((used)) static const struct {
    void *(*pool_alloc)(const rw_pool_t *pool);
    rw_status_t (*pool_free)(const rw_pool_t *pool, void *block);
    void *(*heap_alloc)(const rw_heap_t *heap, size_t size);
    rw_status_t (*heap_free)(const rw_heap_t *heap, void *block);
} kept = {rw_pool_alloc, rw_pool_free, rw_heap_alloc, rw_heap_free};
