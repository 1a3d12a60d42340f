/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernel calls of heap_4.c, on the declared heap: three one-line functions in place of
 * ucHeap and its list.
 */
#include <stdbool.h>

#include "kernel_memory.h"

void *pvPortMalloc(size_t size);
void vPortFree(void *block);
size_t xPortGetMinimumEverFreeHeapSize(void);

void *pvPortMalloc(size_t size)
{
    return rw_heap_alloc(&os_heap, size);
}

void vPortFree(void *block)
{
    (void)rw_heap_free(&os_heap, block);
}

size_t xPortGetMinimumEverFreeHeapSize(void)
{
    rw_stats_t stats;
    rw_heap_stats(&os_heap, &stats);
    return stats.size - stats.peak;
}

int main(void)
{
    uint32_t *queue = pvPortMalloc(20 * sizeof(uint32_t)); /* configTIMER_QUEUE_LENGTH */
    bool good = queue != NULL && xPortGetMinimumEverFreeHeapSize() < os_heap.object.size;
    idle_stack[0] = (uint8_t)good;
    timer_stack[0] = (uint8_t)good;
    vPortFree(queue);
    return good ? 0 : 1;
}
