/* SPDX-License-Identifier: Apache-2.0
 *
 * What the emulated runtime tests call by name: random operations on each object, and a way to
 * leave many isolated holes behind.
 */
#include "emulated_memory.h"
#include "random_ops.h"

#define HOLES_MAX 1000U

uint32_t random_frames(uint32_t steps, uint32_t seed);
uint32_t random_plain(uint32_t steps, uint32_t seed);
uint32_t random_work(uint32_t steps, uint32_t seed);
uint32_t random_mixed(uint32_t steps, uint32_t seed);
uint32_t random_joint(uint32_t steps, uint32_t seed);
uint32_t scatter(void *(*alloc)(size_t size), rw_status_t (*release)(void *block), size_t size,
                 uint32_t holes);
void *cells_alloc_any(size_t size);
void *first_fit_alloc(size_t size);
rw_status_t first_fit_free(void *block);

uint32_t random_frames(uint32_t steps, uint32_t seed)
{
    return random_pool(&frames_pool, steps, seed);
}

uint32_t random_plain(uint32_t steps, uint32_t seed)
{
    return random_pool(&plain_pool, steps, seed);
}

uint32_t random_work(uint32_t steps, uint32_t seed)
{
    return random_heap(&work_heap, steps, seed);
}

uint32_t random_mixed(uint32_t steps, uint32_t seed)
{
    return random_slab(&mixed_slab, steps, seed);
}

uint32_t random_joint(uint32_t steps, uint32_t seed)
{
    return random_memheap(&joint_memheap, steps, seed);
}

/* The pool under the signature of scatter. */
void *cells_alloc_any(size_t size)
{
    (void)size;
    return cells_alloc();
}

/* Takes 2 * holes blocks and gives back every other one. Returns how many holes that left. */
uint32_t scatter(void *(*alloc)(size_t size), rw_status_t (*release)(void *block), size_t size,
                 uint32_t holes)
{
    static void *released[HOLES_MAX];
    for (uint32_t i = 0; i < holes; i++) {
        released[i] = alloc(size);
        if (released[i] == NULL || alloc(size) == NULL) {
            return 0;
        }
    }
    uint32_t left = 0;
    for (uint32_t i = 0; i < holes; i++) {
        left += release(released[i]) == RW_OK;
    }
    return left;
}

/* An allocator that does search for room, to show that the count of its instructions tells. */
#define UNIT 24U
#define UNITS 2000U

static uint8_t units[UNITS][UNIT];
static uint16_t taken[UNITS]; /* units of the block that starts here, then 1 for each of its rest */

void *first_fit_alloc(size_t size)
{
    const uint32_t wanted = (uint32_t)(size + UNIT - 1) / UNIT;
    uint32_t run = 0;
    for (uint32_t i = 0; i < UNITS; i++) {
        run = taken[i] == 0 ? run + 1 : 0;
        if (run == wanted) {
            const uint32_t first = i + 1 - wanted;
            for (uint32_t j = first; j <= i; j++) {
                taken[j] = 1;
            }
            taken[first] = (uint16_t)wanted;
            return units[first];
        }
    }
    return NULL;
}

rw_status_t first_fit_free(void *block)
{
    const uint32_t first = (uint32_t)((uint8_t *)block - units[0]) / UNIT;
    for (uint32_t count = taken[first]; count > 0; count--) {
        taken[first + count - 1] = 0;
    }
    return RW_OK;
}
