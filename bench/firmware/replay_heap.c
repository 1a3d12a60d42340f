/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays against a heap of the layout whose arena is cut to a given size: the descriptor is what
 * the generator wrote, but for size and granules. The host clears the heap's state before.
 */
#include "ramwright/heap.h"
#include "replay.h"

static rw_heap_t cut;

static void *cut_alloc(size_t size)
{
    return rw_heap_alloc(&cut, size);
}

static uint32_t cut_free(void *block)
{
    return (uint32_t)rw_heap_free(&cut, block);
}

uint32_t replay_heap(const rw_heap_t *heap, uint32_t size, uint32_t operations)
{
    cut = *heap;
    cut.object.size = size;
    cut.granules = size / RW_HEAP_GRANULE - 1U;
    const replayed_t allocator = {cut_alloc, cut_free, cut.object.arena, cut.object.arena + size};
    return replay(&allocator, operations);
}
