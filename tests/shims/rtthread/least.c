/* SPDX-License-Identifier: Apache-2.0
 *
 * A firmware that allocates and makes no object at run time, or, with USE_POOL or USE_MEMHEAP, one.
 */
#include <rtthread.h>

static uint8_t storage[1024] __attribute__((aligned(8)));

int main(void)
{
    rt_free(rt_malloc(sizeof storage));
#if defined(USE_POOL)
    static struct rt_mempool pool;
    (void)rt_mp_init(&pool, "pool", storage, sizeof storage, 40);
    rt_mp_free(rt_mp_alloc(&pool, 0));
#elif defined(USE_MEMHEAP)
    static struct rt_memheap heap;
    (void)rt_memheap_init(&heap, "heap", storage, sizeof storage);
    rt_memheap_free(rt_memheap_alloc(&heap, 40));
#endif
    return 0;
}
