/* SPDX-License-Identifier: Apache-2.0
 *
 * A self test that boots on any Cortex-M with 8 KiB of RAM: random operations on every kind of
 * object. Prints what an arena holds that nobody used yet; ends with the number of the object that
 * failed, 0 iff none did.
 */
#include "random_ops.h"
#include "self_test_memory.h"
#include "semihosting.h"

#define STEPS 2000U
#define SEED 7U

int main(void);

static void verdict(const char *name, uint32_t number, uint32_t step)
{
    print_left(name, 8);
    if (step == 0) {
        print_number(outcome.granted, 6);
        print(" granted, ");
        print_number(outcome.refused, 0);
        print(" refused\n");
        return;
    }
    print("failed at step ");
    print_number(step, 0);
    print(": ");
    print(outcome.reason);
    print("\n");
    stop(number);
}

int main(void)
{
#if defined(SEED_FAULT)
    sabotage = SEED_FAULT;
#endif
    print("arena ");
    print_hex(*(const volatile uint32_t *)(const void *)work_heap.object.arena);
    print("\n");
    verdict("pool", 1, random_pool(&frames_pool, STEPS, SEED));
    verdict("heap", 2, random_heap(&work_heap, STEPS, SEED));
    verdict("slab", 3, random_slab(&mixed_slab, STEPS, SEED));
    verdict("memheap", 4, random_memheap(&joint_memheap, STEPS, SEED));
    stop(0);
}
