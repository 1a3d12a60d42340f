/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools made at run time, for rt_mp_alloc and rt_mp_free to be measured from outside. Everything is
 * linked, the listings too, which print nothing here.
 */
#include <rtthread.h>

#define POOLS 8U
#define BLOCKS 64U
#define BLOCK_SIZE 64U

uint8_t pool_storage[POOLS][BLOCKS * (BLOCK_SIZE + sizeof(void *))] __attribute__((aligned(8)));
static struct rt_mempool pools[POOLS];

rt_mp_t make_pools(unsigned count);
size_t pool_step(void);

int rt_kprintf(const char *format, ...)
{
    (void)format;
    return 0;
}

/* Makes so many pools; the first, which is the last to be found by address. */
rt_mp_t make_pools(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        (void)rt_mp_init(&pools[i], "pool", pool_storage[i], sizeof pool_storage[i], BLOCK_SIZE);
    }
    return &pools[0];
}

/* Bytes from one pool to the next. */
size_t pool_step(void)
{
    return sizeof pools[0];
}
