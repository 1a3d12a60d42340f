/* SPDX-License-Identifier: Apache-2.0
 *
 * The arena in the SDRAM is not touched before the first allocation from it, so nothing here
 * depends on when the controller is started, as long as that is before. RT-Thread does it in
 * SDRAM_Init of drv_sdram.c, before main.
 */
#include "apollo_memory.h"

#define PICTURE_BYTES ((size_t)1024 * 600 * 2) /* RGB565, far more than the internal bank has */

int main(void)
{
    uint8_t *packet = rw_memheap_alloc(&system_memheap, 1500);
    uint8_t *picture = rw_memheap_alloc(&system_memheap, PICTURE_BYTES);
    const rw_object_t *owner = rw_memheap_owner(&system_memheap, picture);
    void *node = kernel_alloc(48);
    bool good = packet != NULL && picture != NULL && owner == &external_heap.object && node != NULL;
    good = kernel_free(node) == RW_OK && good;
    good = rw_memheap_free(&system_memheap, picture) == RW_OK && good;
    good = rw_memheap_free(&system_memheap, packet) == RW_OK && good;
    return good ? 0 : 1;
}
