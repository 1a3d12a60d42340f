/* SPDX-License-Identifier: Apache-2.0
 *
 * The free blocks of the default object, for the statistics that C libraries and kernels offer.
 * A free block lies between others; what follows an object's last block, never used or merged back
 * into the virgin end, counts as one more. An object of which no block was ever taken counts none.
 */
#ifndef RAMWRIGHT_SHIMS_COMMON_FREE_BLOCKS_H
#define RAMWRIGHT_SHIMS_COMMON_FREE_BLOCKS_H

#include "ramwright/default.h"

typedef struct rw_free_blocks {
    size_t count;
    size_t smallest;           /* bytes; SIZE_MAX where count is 0 */
    const rw_object_t *object; /* being walked */
    uintptr_t end;             /* of its blocks so far */
} rw_free_blocks_t;

static inline void rw_free_blocks_add(rw_free_blocks_t *blocks, size_t size)
{
    blocks->count++;
    if (size < blocks->smallest) {
        blocks->smallest = size;
    }
}

static inline void rw_free_blocks_add_rest(rw_free_blocks_t *blocks)
{
    const rw_object_t *object = blocks->object;
    if (object != NULL) {
        const size_t rest = (uintptr_t)object->arena + object->size - blocks->end;
        if (rest >= 2U * sizeof(uint64_t)) {
            rw_free_blocks_add(blocks, rest);
        }
    }
}

static inline bool rw_free_blocks_visit(const rw_block_t *block, void *context)
{
    rw_free_blocks_t *blocks = context;
    if (block->object != blocks->object) {
        rw_free_blocks_add_rest(blocks);
        blocks->object = block->object;
    }
    blocks->end = (uintptr_t)block->address + block->size;
    if (!block->used) {
        rw_free_blocks_add(blocks, block->size);
    }
    return true;
}

/* Time: O(blocks), under the lock of each object. */
static inline rw_free_blocks_t rw_free_blocks(void)
{
    rw_free_blocks_t blocks = {0U, SIZE_MAX, NULL, 0U};
    rw_default_walk(rw_free_blocks_visit, &blocks);
    rw_free_blocks_add_rest(&blocks);
    return blocks;
}

#endif
