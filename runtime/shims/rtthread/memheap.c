/* SPDX-License-Identifier: Apache-2.0
 *
 * rt_memheap: a heap whose control block is the caller's.
 */
#include "created_heap.h"

#include "listing.h"

#include "ramwright/port.h"

static rw_created_list_t memheaps;

static bool usable(const struct rt_memheap *heap)
{
    return heap != NULL && heap->parent.type == (RT_Object_Class_MemHeap | RT_Object_Class_Static);
}

rt_err_t rt_memheap_init(struct rt_memheap *memheap, const char *name, void *start_addr,
                         rt_size_t size)
{
    if (memheap == NULL) {
        return -RT_EINVAL;
    }
    (void)rw_created_remove(&memheaps, &memheap->created);
    rw_created_label(&memheap->parent, name, RT_Object_Class_Null);
    memheap->start_addr = start_addr;
    memheap->pool_size = RT_ALIGN_DOWN(size, (rt_size_t)RT_ALIGN_SIZE);
    const rw_created_room_t room = rw_created_room(start_addr, size, RW_CREATED_ALIGNMENT);
    if (start_addr == NULL || !rw_created_heap(&memheap->heap, memheap->parent.name, room)) {
        return -RT_EINVAL;
    }
    memheap->available_size = memheap->heap.object.size;
    memheap->max_used_size = memheap->pool_size - memheap->available_size;
    memheap->parent.type = RT_Object_Class_MemHeap | RT_Object_Class_Static;
    rw_created_add(&memheaps, &memheap->created, &memheap->heap.object, NULL);
    return RT_EOK;
}

rt_err_t rt_memheap_detach(struct rt_memheap *heap)
{
    if (!usable(heap) || !rw_created_remove(&memheaps, &heap->created)) {
        return -RT_ERROR;
    }
    heap->parent.type = RT_Object_Class_Null;
    return RT_EOK;
}

/* Under the lock, so that the figures are of one instant. */
static void account(struct rt_memheap *heap)
{
    const uintptr_t lock = rw_port_lock_interrupt();
    heap->available_size = heap->heap.object.size - rw_created_heap_used(&heap->heap);
    const rt_size_t used = heap->pool_size - heap->available_size;
    if (heap->max_used_size < used) {
        heap->max_used_size = used;
    }
    rw_port_unlock_interrupt(lock);
}

void *rt_memheap_alloc(struct rt_memheap *heap, rt_size_t size)
{
    if (!usable(heap)) {
        return NULL;
    }
    void *block = RW_CREATED_HEAP(alloc)(&heap->heap.object, size == 0U ? 1U : size);
    account(heap);
    return block;
}

void *rt_memheap_realloc(struct rt_memheap *heap, void *ptr, rt_size_t newsize)
{
    if (!usable(heap)) {
        return NULL;
    }
    void *block = rw_created_realloc(&rw_created_heap_calls, &heap->heap.object, ptr, newsize);
    account(heap);
    return block;
}

void rt_memheap_free(void *ptr)
{
    if (ptr == NULL) {
        return;
    }
    rw_created_t *created = rw_created_owner(&memheaps, ptr);
    if (created == NULL) {
        rw_on_fault(RW_E_FOREIGN, NULL, ptr);
        return;
    }
    struct rt_memheap *heap = rt_container_of(created, struct rt_memheap, created);
    (void)RW_CREATED_HEAP(free)(ptr, &heap->heap.object);
    account(heap);
}

void rt_memheap_info(struct rt_memheap *heap, rt_size_t *total, rt_size_t *used,
                     rt_size_t *max_used)
{
    if (heap == NULL) {
        return;
    }
    if (total != NULL) {
        *total = heap->pool_size;
    }
    if (used != NULL) {
        *used = heap->pool_size - heap->available_size;
    }
    if (max_used != NULL) {
        *max_used = heap->max_used_size;
    }
}

long list_memheap(void)
{
    rw_listing_head("memheap", " pool size  max used size available size",
                    " ---------- ------------- --------------");
    for (const rw_created_t *created = rw_created_listed(memheaps.first); created != NULL;
         created = rw_created_listed(created->next)) {
        const struct rt_memheap *heap = rt_container_of(created, struct rt_memheap, created);
        (void)rt_kprintf("%-*.*s %-10lu %-13lu %-5lu\n", RT_NAME_MAX, RT_NAME_MAX,
                         heap->parent.name, (unsigned long)heap->pool_size,
                         (unsigned long)heap->max_used_size, (unsigned long)heap->available_size);
    }
    return 0;
}
