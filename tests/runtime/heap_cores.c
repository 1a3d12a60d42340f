/* SPDX-License-Identifier: Apache-2.0
 *
 * Dispatch tables of a layout that has heaps of every core, in the order of make_heap.h.
 */
#include "ramwright/dispatch.h"
#include "ramwright/heap.h"

#define EVERY_CORE(name)                                                                           \
    {                                                                                              \
        name##_none_none_16, name##_none_none_32, name##_none_task_16, name##_none_task_32,        \
            name##_none_interrupt_16, name##_none_interrupt_32, name##_basic_none_16,              \
            name##_basic_none_32, name##_basic_task_16, name##_basic_task_32,                      \
            name##_basic_interrupt_16, name##_basic_interrupt_32                                   \
    }

const rw_alloc_core_t rw_alloc_cores[] = EVERY_CORE(rw_heap_alloc);
const rw_alloc_aligned_core_t rw_alloc_aligned_cores[] = EVERY_CORE(rw_heap_alloc_aligned);
const rw_resize_core_t rw_resize_cores[] = EVERY_CORE(rw_heap_resize);
const rw_lower_core_t rw_lower_cores[] = EVERY_CORE(rw_heap_lower);
const rw_free_core_t rw_free_cores[] = EVERY_CORE(rw_heap_free);
const rw_usable_core_t rw_usable_cores[] = EVERY_CORE(rw_heap_usable);
const rw_check_core_t rw_check_cores[] = EVERY_CORE(rw_heap_check);
const rw_walk_core_t rw_walk_cores[] = EVERY_CORE(rw_heap_walk);
const rw_stats_core_t rw_stats_cores[] = EVERY_CORE(rw_heap_stats);
