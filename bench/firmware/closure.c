/* SPDX-License-Identifier: Apache-2.0
 *
 * The least application that uses the objects of a layout: it takes a block of each and gives it
 * back. What is linked beside this file is what their use costs.
 */
#include "closure_memory.h"

#if USES_WAITING
uint32_t port_now; /* of the kernel in tests/emulate/waiting_port.h */
uint32_t port_sleeps;
#endif

int main(void)
{
    int failed = 0;
#if USES_POOL
    failed |= (int)pool_free(pool_alloc());
#endif
#if USES_WAITING
    failed |= (int)pool_free(pool_alloc_wait(RW_FOREVER));
#endif
#if USES_HEAP
    failed |= (int)heap_free(heap_alloc(24));
#endif
#if USES_SLAB
    failed |= (int)slab_free(slab_alloc(24));
#endif
#if USES_MEMHEAP
    failed |= (int)memheap_free(memheap_alloc(24));
#endif
    return failed;
}
