/* SPDX-License-Identifier: Apache-2.0
 *
 * A heap made at run time: what smem and memheap are.
 *
 *     storage    | control of a smem | state | map, bins | arena: granules of 8 bytes     |
 */
#ifndef RAMWRIGHT_SHIMS_RTTHREAD_CREATED_HEAP_H
#define RAMWRIGHT_SHIMS_RTTHREAD_CREATED_HEAP_H

#include "created.h"

/* The core of every such heap: any size, any caller. */
#define RW_CREATED_HEAP(operation) rw_heap_##operation##_basic_interrupt_32

extern const rw_created_calls_t rw_created_heap_calls;

/* Makes the empty heap of what is left of room. False iff that is too little for one block. */
bool rw_created_heap(rw_heap_t *heap, const char *name, rw_created_room_t room);

/* Bytes in allocated blocks, headers and rounding included. */
static inline size_t rw_created_heap_used(const rw_heap_t *heap)
{
    return (size_t)heap->state->used * RW_HEAP_GRANULE;
}

#endif
