/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap interface of FreeRTOS: what the kernel and its users see, and misuse.
 */
#include "FreeRTOS.h"
#include "check.h"
#include "shims_memory.h"

static unsigned hooks;
static unsigned assertions;
static int traced;

void vApplicationMallocFailedHook(void)
{
    hooks++;
}

void assertion_failed(void)
{
    assertions++;
}

void trace(int change, const void *address, size_t size)
{
    if (address != NULL && size != 0) {
        traced += change;
    }
}

static HeapStats_t heap_stats(void)
{
    HeapStats_t stats;
    vPortGetHeapStats(&stats);
    return stats;
}

static void fill(unsigned char *block, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        block[i] = 0xee;
    }
}

static bool zero(const unsigned char *block, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (block[i] != 0) {
            return false;
        }
    }
    return true;
}

static void check_life(void)
{
    const size_t all = first_heap.object.size + main_heap.object.size;
    CHECK(xPortGetFreeHeapSize() == all && xPortGetMinimumEverFreeHeapSize() == all);
    vPortInitialiseBlocks();
    unsigned char *one = pvPortMalloc(100);
    unsigned char *two = pvPortMalloc(200);
    unsigned char *three = pvPortMalloc(300);
    CHECK(one != NULL && two != NULL && three != NULL && traced == 3);
    CHECK((uintptr_t)one % portBYTE_ALIGNMENT == 0 && (uintptr_t)two % portBYTE_ALIGNMENT == 0);
    CHECK(xPortGetFreeHeapSize() <= all - 600 && xPortGetMinimumEverFreeHeapSize() <= all - 600);
    fill(two, 200);
    vPortFree(two);
    CHECK(traced == 2 && zero(two + 8, 180)); /* the first and the last bytes are the heap's now */
    const HeapStats_t torn = heap_stats();
    CHECK(torn.xNumberOfSuccessfulAllocations == 3 && torn.xNumberOfSuccessfulFrees == 1);
    if (portBYTE_ALIGNMENT == 8) {            /* larger alignments leave gaps */
        CHECK(torn.xNumberOfFreeBlocks == 2); /* the hole, and the rest of the first heap */
        CHECK(torn.xSizeOfSmallestFreeBlockInBytes >= 200);
    }
    CHECK(torn.xNumberOfFreeBlocks >= 2 && torn.xSizeOfSmallestFreeBlockInBytes <= 240);
    CHECK(torn.xSizeOfLargestFreeBlockInBytes > 90000);
    CHECK(torn.xAvailableHeapSpaceInBytes == xPortGetFreeHeapSize());
    CHECK(torn.xMinimumEverFreeBytesRemaining == xPortGetMinimumEverFreeHeapSize());
    unsigned char *cleared = pvPortCalloc(10, 20);
    CHECK(cleared != NULL && zero(cleared, 200));
    vPortFree(cleared);
    vPortFree(one);
    vPortFree(three);
    vPortFree(NULL);
    CHECK(xPortGetFreeHeapSize() == all && xPortGetMinimumEverFreeHeapSize() <= all - 600);
    CHECK(traced == 0 && hooks == 0 && assertions == 0);
}

static void check_refusals(void)
{
    CHECK(pvPortMalloc(0) == NULL && hooks == 1);
    volatile size_t huge = SIZE_MAX - 6; /* 0xfffffff9 */
    for (int i = 0; i < 7; i++) {
        CHECK(pvPortMalloc(huge) == NULL);
        huge++;
    }
    CHECK(hooks == 8);
    volatile size_t count = SIZE_MAX / 4 + 2; /* 0x40000001 */
    CHECK(pvPortCalloc(count, 4) == NULL && hooks == 9);
    CHECK(traced == 0 && assertions == 0);
    (void)last_fault();
}

static void check_misuse(void)
{
    unsigned char *block = pvPortMalloc(24);
    unsigned char *after = pvPortMalloc(24);
    vPortFree(block);
    const HeapStats_t before = heap_stats();
    vPortFree(block);
    CHECK(last_fault() == RW_E_DOUBLE_FREE && assertions == 1);
    CHECK(heap_stats().xNumberOfSuccessfulFrees == before.xNumberOfSuccessfulFrees);
    unsigned char *first = pvPortMalloc(24);
    unsigned char *second = pvPortMalloc(24);
    CHECK(first != NULL && second != NULL && first != second);
    CHECK(first != after && second != after);
    fill(after, 24);
    vPortFree(after + 1);
    CHECK(last_fault() == RW_E_MISALIGNED && assertions == 2);
    CHECK(after[1] == 0xee); /* cleared is what is freed, nothing else */
    unsigned char local = 0xee;
    vPortFree(&local);
    CHECK(last_fault() == RW_E_FOREIGN && assertions == 3 && local == 0xee);
    vPortFree(after);
    vPortFree(second);
    vPortFree(first);
    CHECK(rw_layout_check(&shims_layout) == RW_OK && bytes_used() == 0);
}

static void *from_interrupt;

static void allocate(void)
{
    from_interrupt = pvPortMalloc(4000);
}

/* Larger than the first heap: the request spills into the second. */
static void check_interrupt(void)
{
    in_interrupt(allocate);
    CHECK(rw_layout_owner(&shims_layout, from_interrupt) == &main_heap.object);
    vPortFree(from_interrupt);
    CHECK(assertions == 3);
}

int main(void)
{
    check_life();
    check_refusals();
    check_misuse();
    check_interrupt();
    finish();
}
