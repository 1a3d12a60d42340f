/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap interface of the FreeRTOS kernel, in place of heap_4.c, on the layout's default object.
 *
 * As heap_4: pvPortMalloc(0) is NULL, every NULL calls vApplicationMallocFailedHook if that is
 * configured, configHEAP_CLEAR_MEMORY_ON_FREE, configASSERT on a bad free, the trace macros.
 * Other than heap_4: the least free size ever is what lay above the highest block at any time,
 * since a heap smaller by that would have served; nothing is set up, before or after.
 */
#include <string.h>

#include "FreeRTOS.h"

#include "../common/free_blocks.h"
#include "ramwright/default.h"
#include "ramwright/port.h"

#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
#define configHEAP_CLEAR_MEMORY_ON_FREE 0
#endif

enum { CORE_ALIGNMENT = 8 };

static struct {
    size_t allocations;
    size_t frees;
} successful;

static void count(size_t *counter)
{
    const uintptr_t state = rw_port_lock(RW_SHARING_TASK);
    (*counter)++;
    rw_port_unlock(RW_SHARING_TASK, state);
}

/* Ends an allocation: trace, counter, hook. */
static void *answer(void *block)
{
    traceMALLOC(block, rw_default_usable_size(block));
    if (block != NULL) {
        count(&successful.allocations);
    }
#if configUSE_MALLOC_FAILED_HOOK == 1
    else {
        vApplicationMallocFailedHook();
    }
#endif
    return block;
}

static void *take(size_t size)
{
    return portBYTE_ALIGNMENT > CORE_ALIGNMENT ? rw_default_alloc_aligned(portBYTE_ALIGNMENT, size)
                                               : rw_default_alloc(size);
}

void *pvPortMalloc(size_t size)
{
    return answer(take(size));
}

void *pvPortCalloc(size_t number, size_t size)
{
    if (portBYTE_ALIGNMENT <= CORE_ALIGNMENT) {
        return answer(rw_default_calloc(number, size));
    }
    size_t product;
    void *block = __builtin_mul_overflow(number, size, &product) ? NULL : take(product);
    return answer(block == NULL ? NULL : memset(block, 0, product));
}

void vPortFree(void *block)
{
    if (block == NULL) {
        return;
    }
#if configHEAP_CLEAR_MEMORY_ON_FREE == 1
    (void)memset(block, 0, rw_default_usable_size(block)); /* no byte if it is no block */
#endif
    /* Before the free: after it another task may have the block, and have it traced, already. */
    traceFREE(block, rw_default_usable_size(block));
    const rw_status_t status = rw_default_free(block);
    if (status == RW_OK) {
        count(&successful.frees);
    }
    configASSERT(status == RW_OK);
}

static rw_stats_t stats(void)
{
    rw_stats_t figures;
    rw_default_stats(&figures);
    return figures;
}

size_t xPortGetFreeHeapSize(void)
{
    return stats().free;
}

size_t xPortGetMinimumEverFreeHeapSize(void)
{
    const rw_stats_t figures = stats();
    return figures.size - figures.peak;
}

void vPortGetHeapStats(HeapStats_t *out)
{
    const rw_free_blocks_t blocks = rw_free_blocks();
    const rw_stats_t figures = stats();
    out->xAvailableHeapSpaceInBytes = figures.free;
    out->xSizeOfLargestFreeBlockInBytes = figures.largest;
    out->xSizeOfSmallestFreeBlockInBytes = blocks.smallest;
    out->xNumberOfFreeBlocks = blocks.count;
    out->xMinimumEverFreeBytesRemaining = figures.size - figures.peak;
    out->xNumberOfSuccessfulAllocations = successful.allocations;
    out->xNumberOfSuccessfulFrees = successful.frees;
}

/* Kernel ports call it before the scheduler starts; there is nothing to do. */
void vPortInitialiseBlocks(void)
{
}
