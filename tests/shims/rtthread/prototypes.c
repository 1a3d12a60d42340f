/* SPDX-License-Identifier: Apache-2.0
 *
 * The calls as RT-Thread 5.3.0 declares them, once more: whatever differs does not compile. Of the
 * objects the fields that RT-Thread's users read, in RT-Thread's types.
 */
#include <rtthread.h>

void rt_system_heap_init(void *begin_addr, void *end_addr);
void rt_system_heap_init_generic(void *begin_addr, void *end_addr);
void *rt_malloc(rt_size_t size);
void rt_free(void *ptr);
void *rt_realloc(void *ptr, rt_size_t newsize);
void *rt_calloc(rt_size_t count, rt_size_t size);
void *rt_malloc_align(rt_size_t size, rt_size_t align);
void rt_free_align(void *ptr);
void rt_memory_info(rt_size_t *total, rt_size_t *used, rt_size_t *max_used);
void rt_malloc_sethook(void (*hook)(void **ptr, rt_size_t size));
void rt_realloc_set_entry_hook(void (*hook)(void **ptr, rt_size_t size));
void rt_realloc_set_exit_hook(void (*hook)(void **ptr, rt_size_t size));
void rt_free_sethook(void (*hook)(void **ptr));

rt_smem_t rt_smem_init(const char *name, void *begin_addr, rt_size_t size);
rt_err_t rt_smem_detach(rt_smem_t m);
void *rt_smem_alloc(rt_smem_t m, rt_size_t size);
void *rt_smem_realloc(rt_smem_t m, void *rmem, rt_size_t newsize);
void rt_smem_free(void *rmem);

rt_err_t rt_memheap_init(struct rt_memheap *memheap, const char *name, void *start_addr,
                         rt_size_t size);
rt_err_t rt_memheap_detach(struct rt_memheap *heap);
void *rt_memheap_alloc(struct rt_memheap *heap, rt_size_t size);
void *rt_memheap_realloc(struct rt_memheap *heap, void *ptr, rt_size_t newsize);
void rt_memheap_free(void *ptr);
void rt_memheap_info(struct rt_memheap *heap, rt_size_t *total, rt_size_t *used,
                     rt_size_t *max_used);

rt_slab_t rt_slab_init(const char *name, void *begin_addr, rt_size_t size);
rt_err_t rt_slab_detach(rt_slab_t m);
void *rt_slab_page_alloc(rt_slab_t m, rt_size_t npages);
void rt_slab_page_free(rt_slab_t m, void *addr, rt_size_t npages);
void *rt_slab_alloc(rt_slab_t m, rt_size_t size);
void *rt_slab_realloc(rt_slab_t m, void *ptr, rt_size_t size);
void rt_slab_free(rt_slab_t m, void *ptr);

rt_err_t rt_mp_init(struct rt_mempool *mp, const char *name, void *start, rt_size_t size,
                    rt_size_t block_size);
rt_err_t rt_mp_detach(struct rt_mempool *mp);
rt_mp_t rt_mp_create(const char *name, rt_size_t block_count, rt_size_t block_size);
rt_err_t rt_mp_delete(rt_mp_t mp);
void *rt_mp_alloc(rt_mp_t mp, rt_int32_t time);
void rt_mp_free(void *block);
void rt_mp_alloc_sethook(void (*hook)(struct rt_mempool *mp, void *block));
void rt_mp_free_sethook(void (*hook)(struct rt_mempool *mp, void *block));

long list_memheap(void);
long list_mempool(void);

#define FIELD(object, field, type)                                                                 \
    _Static_assert(__builtin_types_compatible_p(__typeof__(((object *)0)->field), type),           \
                   "RT-Thread's " #field " is a " #type)

FIELD(struct rt_mempool, parent.name, char[RT_NAME_MAX]);
FIELD(struct rt_mempool, start_address, void *);
FIELD(struct rt_mempool, size, rt_size_t);
FIELD(struct rt_mempool, block_size, rt_size_t);
FIELD(struct rt_mempool, block_total_count, rt_size_t);
FIELD(struct rt_mempool, block_free_count, rt_size_t);
FIELD(struct rt_memheap, parent.name, char[RT_NAME_MAX]);
FIELD(struct rt_memheap, start_addr, void *);
FIELD(struct rt_memheap, pool_size, rt_size_t);
FIELD(struct rt_memheap, available_size, rt_size_t);
FIELD(struct rt_memheap, max_used_size, rt_size_t);
FIELD(struct rt_memory, parent.name, char[RT_NAME_MAX]);
FIELD(struct rt_memory, algorithm, const char *);
FIELD(struct rt_memory, address, rt_ubase_t);
FIELD(struct rt_memory, total, rt_size_t);
FIELD(struct rt_memory, used, rt_size_t);
FIELD(struct rt_memory, max, rt_size_t);
