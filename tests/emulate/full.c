/* SPDX-License-Identifier: Apache-2.0
 *
 * What the emulated tests of checks full call by name, and the faults they caused.
 */
#define RW_PORT_NEED_WAIT

#include "full_memory.h"
#include "random_ops.h"

uint32_t random_frames(uint32_t steps, uint32_t seed);
uint32_t random_work(uint32_t steps, uint32_t seed);
uint32_t random_mixed(uint32_t steps, uint32_t seed);
uint32_t random_joint(uint32_t steps, uint32_t seed);
uint32_t random_shells(uint32_t steps, uint32_t seed);

uint32_t port_now;
uint32_t port_sleeps;
uint32_t faults;
uint32_t last_fault;
const void *last_address;

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    (void)object;
    faults++;
    last_fault = (uint32_t)fault;
    last_address = address;
}

uint32_t random_frames(uint32_t steps, uint32_t seed)
{
    return random_pool(&frames_pool, steps, seed);
}

uint32_t random_shells(uint32_t steps, uint32_t seed)
{
    return random_pool(&shells_pool, steps, seed);
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
