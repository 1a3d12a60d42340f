/* SPDX-License-Identifier: Apache-2.0
 *
 * RT-Thread 5's memory management on Ramwright's allocators. Include <rtthread.h>.
 *
 *  - rt_malloc and its family are the object that the layout names with `default:`.
 *  - rt_memheap_init, rt_smem_init, rt_slab_init and rt_mp_init make an object at run time, on
 *    memory the caller hands over. Its descriptor and state are RAM here, its allocator is the same
 *    core that layouts use. rt_..._free without an owner finds it by address, among the objects
 *    of its kind.
 *
 * A bad free (foreign, misaligned, double, damaged header) changes nothing and calls rw_on_fault.
 * Where RT-Thread stops in RT_ASSERT, these calls return an error or NULL.
 *
 * No call but rt_mp_alloc with a time waits. ISR: every call may be made from an interrupt handler
 * where the default object has `sharing: interrupt`, but for rt_mp_create and rt_mp_delete, and for
 * rt_mp_alloc with a time. Times are given where they are not O(1).
 */
#ifndef RAMWRIGHT_SHIMS_RTTHREAD_MEMORY_H
#define RAMWRIGHT_SHIMS_RTTHREAD_MEMORY_H

#include "ramwright/heap.h"
#include "ramwright/pool.h"
#include "ramwright/slab.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An object made at run time, in the list of its kind. */
typedef struct rw_created {
    struct rw_created *next;
    uintptr_t start; /* of its arena */
    size_t size;     /* bytes of it */
} rw_created_t;

/* Links in the control block: a storage of RT-Thread's size has room for more than so many. */
#define RW_MP_LINKS 16

/* The fields up to block_free_count are RT-Thread's and may be read; the rest is the runtime's. */
struct rt_mempool {
    struct rt_object parent;
    void *start_address;         /* as given */
    rt_size_t size;              /* bytes there, rounded down to RT_ALIGN_SIZE */
    rt_size_t block_size;        /* bytes, rounded up to RT_ALIGN_SIZE */
    rt_size_t block_total_count; /* blocks */
    rt_size_t block_free_count;

    rw_created_t created;
    rw_pool_t pool;
    /* The links of a pool that needs no more, and right behind them its state. A larger pool has
     * both behind its blocks. */
    int16_t links[RW_MP_LINKS] __attribute__((aligned(8)));
    rw_pool_wait_state_t state;
};
typedef struct rt_mempool *rt_mp_t;

/* The fields up to max_used_size are RT-Thread's and may be read; the rest is the runtime's. */
struct rt_memheap {
    struct rt_object parent;
    void *start_addr;         /* as given */
    rt_size_t pool_size;      /* bytes there, rounded down to RT_ALIGN_SIZE */
    rt_size_t available_size; /* bytes in no block and no control structure */
    rt_size_t max_used_size;  /* most of pool_size that was not available at once */

    rw_created_t created;
    rw_heap_t heap;
};

typedef rt_mem_t rt_smem_t;
typedef rt_mem_t rt_slab_t;

/* Accepted and ignored: the layout's default is there before main. */
void rt_system_heap_init(void *begin_addr, void *end_addr);
void rt_system_heap_init_generic(void *begin_addr, void *end_addr);

/* The default object, 8-aligned. rt_malloc(0) is NULL, rt_realloc(p, 0) frees and returns NULL, a
 * failed rt_realloc leaves the block as it was. Time: as the object's calls. */
void *rt_malloc(rt_size_t size);
void rt_free(void *ptr);
void *rt_realloc(void *ptr, rt_size_t newsize);
void *rt_calloc(rt_size_t count, rt_size_t size);

/* A block at a multiple of align, which is rounded up to a power of two and the size of a pointer;
 * of one byte for size 0. rt_free takes it too. Time: as the object's calls. */
void *rt_malloc_align(rt_size_t size, rt_size_t align);
void rt_free_align(void *ptr);

/* Bytes of the default object, of all of its members if it is a memheap; NULL for what is not
 * wanted. Time: as the object's stats. */
void rt_memory_info(rt_size_t *total, rt_size_t *used, rt_size_t *max_used);

/* What hooks get: the address of the pointer to the block; before RT-Thread 5.1 the pointer. */
#if defined(RTTHREAD_VERSION) && RTTHREAD_VERSION < 50100
#define RW_HOOKED(ptr) (ptr)
typedef void *rw_hooked_t;
#else
#define RW_HOOKED(ptr) (&(ptr))
typedef void **rw_hooked_t;
#endif

#if defined(RT_USING_HOOK)

/* Hooks, called with no lock held; NULL takes them away. That of malloc is called after every
 * rt_malloc, rt_calloc, rt_malloc_align, that of free before every rt_free, also where ptr is NULL;
 * those of realloc before and after. What a hook writes to *ptr is what counts from there on. */
void rt_malloc_sethook(void (*hook)(rw_hooked_t ptr, rt_size_t size));
void rt_realloc_set_entry_hook(void (*hook)(rw_hooked_t ptr, rt_size_t size));
void rt_realloc_set_exit_hook(void (*hook)(rw_hooked_t ptr, rt_size_t size));
void rt_free_sethook(void (*hook)(rw_hooked_t ptr));

/* Likewise, after an alloc that got a block, before a free of a block of some pool's. */
void rt_mp_alloc_sethook(void (*hook)(struct rt_mempool *mp, void *block));
void rt_mp_free_sethook(void (*hook)(struct rt_mempool *mp, void *block));

#endif

/* A heap on memory of the caller's; the object itself lies there too. NULL iff there is less than
 * it takes for one block. At most 32 MiB are used. Time: O(log size). */
rt_smem_t rt_smem_init(const char *name, void *begin_addr, rt_size_t size);
/* Ends it; what is allocated from it is nobody's. -RT_ERROR iff m is none. Time: O(smems). */
rt_err_t rt_smem_detach(rt_smem_t m);
/* As rt_malloc, rt_realloc, from m. rt_smem_free's time: O(smems), O(1)
 * where the block freed before was of the same smem and no smem was made in a block of another;
 * rt_memheap_free's likewise. */
void *rt_smem_alloc(rt_smem_t m, rt_size_t size);
void *rt_smem_realloc(rt_smem_t m, void *rmem, rt_size_t newsize);
void rt_smem_free(void *rmem);

/* The same with a control block of the caller's; -RT_EINVAL where rt_smem_init returns NULL. */
rt_err_t rt_memheap_init(struct rt_memheap *memheap, const char *name, void *start_addr,
                         rt_size_t size);
rt_err_t rt_memheap_detach(struct rt_memheap *heap);
/* A request for 0 bytes gets a block of the least size. */
void *rt_memheap_alloc(struct rt_memheap *heap, rt_size_t size);
void *rt_memheap_realloc(struct rt_memheap *heap, void *ptr, rt_size_t newsize);
void rt_memheap_free(void *ptr);
void rt_memheap_info(struct rt_memheap *heap, rt_size_t *total, rt_size_t *used,
                     rt_size_t *max_used);

/* A slab on memory of the caller's, from 4 KiB: zones of 16 bytes up to half a slab, two an octave;
 * what is larger takes a run of slabs. NULL iff there is too little. Time: O(size / 512 B). */
rt_slab_t rt_slab_init(const char *name, void *begin_addr, rt_size_t size);
rt_err_t rt_slab_detach(rt_slab_t m);
/* npages pages of RT_MM_PAGE_SIZE bytes, aligned to that. All of them go back at once: another
 * npages than was asked for is a fault RW_E_SIZE. Time: O(slabs). */
void *rt_slab_page_alloc(rt_slab_t m, rt_size_t npages);
void rt_slab_page_free(rt_slab_t m, void *addr, rt_size_t npages);
/* As rt_malloc, rt_realloc, rt_free, from m. A block of 2^n bytes lies at a multiple of them, up to
 * the size of a slab: 512 bytes, more from 128 KiB of storage on, 4096 of 1 MiB.
 * Time: O(1), of sizes above every zone O(slabs). */
void *rt_slab_alloc(rt_slab_t m, rt_size_t size);
void *rt_slab_realloc(rt_slab_t m, void *ptr, rt_size_t size);
void rt_slab_free(rt_slab_t m, void *ptr);

/* A pool on memory of the caller's: size / (block_size + sizeof(void *)) blocks as in RT-Thread,
 * each RT_ALIGN_SIZE-aligned whatever start is, at most 32767.
 * -RT_EINVAL iff that is no block at all, or an argument is NULL or 0. Time: O(blocks). */
rt_err_t rt_mp_init(struct rt_mempool *mp, const char *name, void *start, rt_size_t size,
                    rt_size_t block_size);
/* Ends it, and the waiting of all who wait. From then on it has no block, and its storage is not
 * touched. -RT_ERROR iff mp was not made by rt_mp_init.
 * Time: O(pools + tasks that wait). */
rt_err_t rt_mp_detach(struct rt_mempool *mp);
/* As rt_mp_init and rt_mp_detach, on memory of rt_malloc. NULL iff there is none.
 * ISR: no. Time: O(blocks); O(pools + tasks that wait). */
rt_mp_t rt_mp_create(const char *name, rt_size_t block_count, rt_size_t block_size);
rt_err_t rt_mp_delete(rt_mp_t mp);
/* A block. Where there is none it waits: not at all for a time of 0, for so many ticks, or, where
 * time is negative (RT_WAITING_FOREVER), until one is freed; a freed block goes to the most urgent
 * task that waits, and among equals to the first.
 * NULL iff none came, errno then being -RT_ETIMEOUT, or the pool was ended meanwhile, errno then
 * being -RT_ERROR (RT_ERROR in RT-Thread from 5.1 on); where it waited and got a block, errno is
 * RT_EOK. Waiting where nobody may (an ISR, a port without tasks) is a fault RW_E_CONTEXT.
 * ISR: with a time of 0. Blocks: for time. */
void *rt_mp_alloc(rt_mp_t mp, rt_int32_t time);
/* Gives it back. Time: O(pools); O(1) where the block freed before was of the same pool and no pool
 * was made in a block of another. */
void rt_mp_free(void *block);

/* Takes a thread that was deleted off the pool it waits for, as rw_wait_forget does for the pools
 * of the layout; under RT-Thread's kernel the port does so by itself; a block that it was handed
 * goes to the next. Pools must not be made or ended meanwhile. ISR: no. Time: O(pools + tasks that
 * wait). */
void rt_mp_forget(const void *thread);

/* Print, by rt_kprintf, the objects of rt_memheap_init and of rt_mp_init and rt_mp_create, the
 * highest in memory first.
 * ISR: no; nobody may detach meanwhile. Time: O(objects). */
long list_memheap(void);
long list_mempool(void);

#ifdef __cplusplus
}
#endif

#endif
