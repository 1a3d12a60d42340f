/* SPDX-License-Identifier: Apache-2.0
 *
 * A firmware for the boot proof: the demo's layout on the demo's board, with a main that allocates
 * from every object. Built with WITHOUT_LAYOUT it is the same firmware without the layout, with
 * EXTRA_BSS_WORDS words to zero (1), with SEED_CONSTRUCTOR a fault to be found.
 */
#include <stdint.h>

int main(void);
void finished(void);

__attribute__((noinline)) void finished(void)
{
    __asm__ volatile("");
}

#if defined(WITHOUT_LAYOUT)

#if !defined(EXTRA_BSS_WORDS)
#define EXTRA_BSS_WORDS 1
#endif
static volatile uint32_t extra[EXTRA_BSS_WORDS];

int main(void)
{
    extra[0] = 1;
    finished();
    return 0;
}

#else

#include "demo_memory.h"

void first_allocation(void);
void other_allocations(void);
void first_use(void);

static struct can_frame *frame;
static void *blocks[3];

#if defined(SEED_CONSTRUCTOR)
__attribute__((constructor)) static void build_a_free_list(void)
{
    *(volatile uint32_t *)(void *)can_rx_pool.object.arena = 0;
}
#endif

__attribute__((noinline)) void first_allocation(void)
{
    frame = can_rx_alloc();
}

__attribute__((noinline)) void other_allocations(void)
{
    blocks[0] = kernel_alloc(100);
    blocks[1] = main_alloc(100);
    blocks[2] = system_alloc(100000);
}

__attribute__((noinline)) void first_use(void)
{
    frame->id = 1;
}

int main(void)
{
    first_allocation();
    other_allocations();
    first_use();
    finished();
    return 0;
}

#endif
