/* SPDX-License-Identifier: Apache-2.0
 *
 * Adapters between the shadow model, which takes a context pointer, and the runtime's calls.
 */
#ifndef TARGETS_H
#define TARGETS_H

#include "ramwright/heap.h"
#include "ramwright/memheap.h"
#include "ramwright/pool.h"
#include "ramwright/slab.h"
#include "shadow.h"

/* One object under test, with the arenas its blocks may lie in. */
typedef struct subject {
    const void *object; /* rw_pool_t and so on */
    const shadow_arena_t *arenas;
    size_t arena_count;
    size_t alignment;
    void (*stats)(const void *object, rw_stats_t *out);
} subject_t;

shadow_target_t pool_target(subject_t *subject);
shadow_target_t heap_target(subject_t *subject);
shadow_target_t slab_target(subject_t *subject);
shadow_target_t memheap_target(subject_t *subject);

#endif
