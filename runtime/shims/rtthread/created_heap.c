/* SPDX-License-Identifier: Apache-2.0 */
#include "created_heap.h"

#include "../../src/bytes.h"

#define GRANULES_MIN 2U /* of rw_heap_t */

const rw_created_calls_t rw_created_heap_calls = {
    .alloc = RW_CREATED_HEAP(alloc),
    .resize = RW_CREATED_HEAP(resize),
    .usable = RW_CREATED_HEAP(usable),
    .free = RW_CREATED_HEAP(free),
};

/* Granules that size bytes make, less the one before the first block. */
static uint32_t granules_of(size_t size)
{
    const size_t granules = size / RW_HEAP_GRANULE;
    if (granules > RW_HEAP_GRANULES_MAX_32) {
        return RW_HEAP_GRANULES_MAX_32;
    }
    return granules == 0U ? 0U : (uint32_t)granules - 1U;
}

bool rw_created_heap(rw_heap_t *heap, const char *name, rw_created_room_t room)
{
    if (granules_of(room.left) < GRANULES_MIN) {
        return false;
    }
    const size_t control = rw_heap_control_32(granules_of(room.left));
    rw_heap_state_t *state = rw_created_cut(&room, control, RW_HEAP_GRANULE);
    const uint32_t granules = granules_of(room.left);
    if (state == NULL || granules < GRANULES_MIN) {
        return false;
    }
    rw_bytes_clear(heap, sizeof *heap);
    heap->object.arena = room.at;
    heap->object.size = (size_t)(granules + 1U) * RW_HEAP_GRANULE;
    heap->object.name = name;
    heap->object.kind = RW_HEAP;
    heap->object.overhead = RW_HEAP_OVERHEAD;
    heap->state = state;
    heap->granules = granules;
    return true;
}
