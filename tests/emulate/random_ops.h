/* SPDX-License-Identifier: Apache-2.0
 *
 * Random operations on one object against the shadow model, on the target.
 */
#ifndef RANDOM_OPS_H
#define RANDOM_OPS_H

#include "targets.h"

/* What the last run came to. */
extern shadow_result_t outcome;
extern rw_stats_t stats_before;
extern rw_stats_t stats_after;

/* A fault to seed, for tests of this test: the how-manieth alloc hands out the block of the alloc
 * before it once more; 0 is none. */
extern uint32_t sabotage;

/* Each runs steps operations. Returns the step that found a fault, 0 iff none. */
uint32_t random_pool(const rw_pool_t *pool, uint32_t steps, uint32_t seed);
uint32_t random_heap(const rw_heap_t *heap, uint32_t steps, uint32_t seed);
uint32_t random_slab(const rw_slab_t *slab, uint32_t steps, uint32_t seed);
uint32_t random_memheap(const rw_memheap_t *memheap, uint32_t steps, uint32_t seed);

#endif
