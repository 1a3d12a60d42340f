/* SPDX-License-Identifier: Apache-2.0
 *
 * rt_smem: a heap whose control block lies at the low end of the caller's storage.
 */
#include "created_heap.h"

#include "ramwright/port.h"

typedef struct smem {
    struct rt_memory parent;
    rw_created_t created;
    rw_heap_t heap;
} smem_t;

static rw_created_list_t smems;

static smem_t *smem_of(rt_smem_t m)
{
    return (smem_t *)(void *)m;
}

/* Whether m was made here and is not detached. */
static bool usable(rt_smem_t m)
{
    return m != NULL && m->parent.type == (RT_Object_Class_Memory | RT_Object_Class_Static);
}

rt_smem_t rt_smem_init(const char *name, void *begin_addr, rt_size_t size)
{
    if (begin_addr == NULL) {
        return NULL;
    }
    rw_created_room_t room = rw_created_room(begin_addr, size, RW_CREATED_ALIGNMENT);
    const smem_t *before = (const smem_t *)(const void *)room.at;
    (void)rw_created_remove(&smems, &before->created);
    smem_t *smem = rw_created_cut(&room, sizeof *smem, RW_CREATED_ALIGNMENT);
    if (smem == NULL || !rw_created_heap(&smem->heap, smem->parent.parent.name, room)) {
        return NULL;
    }
    rw_created_label(&smem->parent.parent, name, RT_Object_Class_Memory | RT_Object_Class_Static);
    smem->parent.algorithm = "small";
    smem->parent.address = (rt_ubase_t)smem->heap.object.arena;
    smem->parent.total = smem->heap.object.size;
    rw_created_add(&smems, &smem->created, &smem->heap.object, NULL);
    return &smem->parent;
}

rt_err_t rt_smem_detach(rt_smem_t m)
{
    if (!usable(m) || !rw_created_remove(&smems, &smem_of(m)->created)) {
        return -RT_ERROR;
    }
    m->parent.type = RT_Object_Class_Null;
    return RT_EOK;
}

/* Under the lock, so that the figures are of one instant. */
static void account(smem_t *smem)
{
    const uintptr_t lock = rw_port_lock_interrupt();
    smem->parent.used = rw_created_heap_used(&smem->heap);
    if (smem->parent.max < smem->parent.used) {
        smem->parent.max = smem->parent.used;
    }
    rw_port_unlock_interrupt(lock);
}

void *rt_smem_alloc(rt_smem_t m, rt_size_t size)
{
    if (!usable(m)) {
        return NULL;
    }
    void *block = RW_CREATED_HEAP(alloc)(&smem_of(m)->heap.object, size);
    account(smem_of(m));
    return block;
}

void *rt_smem_realloc(rt_smem_t m, void *rmem, rt_size_t newsize)
{
    if (!usable(m)) {
        return NULL;
    }
    void *block =
        rw_created_realloc(&rw_created_heap_calls, &smem_of(m)->heap.object, rmem, newsize);
    account(smem_of(m));
    return block;
}

void rt_smem_free(void *rmem)
{
    if (rmem == NULL) {
        return;
    }
    rw_created_t *created = rw_created_owner(&smems, rmem);
    if (created == NULL) {
        rw_on_fault(RW_E_FOREIGN, NULL, rmem);
        return;
    }
    smem_t *smem = rt_container_of(created, smem_t, created);
    (void)RW_CREATED_HEAP(free)(rmem, &smem->heap.object);
    account(smem);
}
