/* SPDX-License-Identifier: Apache-2.0
 *
 * What RT-Thread 5.2 is known to get wrong (docs/migrating-from-rt-thread.md), and how it ends
 * here.
 */
#include "check.h"

#include <string.h>

static _Alignas(8) uint8_t storage[8192];

/* Sizes that wrap around when a header or a rounding is added. */
static void huge_sizes(void)
{
    static const size_t sizes[] = {SIZE_MAX,       SIZE_MAX - 6U,      SIZE_MAX - 7U,
                                   SIZE_MAX - 16U, SIZE_MAX / 2U + 1U, SIZE_MAX / 2U};
    static struct rt_memheap heap;
    EXPECT(rt_memheap_init(&heap, "heap", storage, 2048) == RT_EOK);
    rt_smem_t smem = rt_smem_init("smem", storage + 2048, 2048);
    rt_slab_t slab = rt_slab_init("slab", storage + 4096, 4096);
    uint8_t *blocks[4] = {rt_malloc(40), rt_memheap_alloc(&heap, 40), rt_smem_alloc(smem, 40),
                          rt_slab_alloc(slab, 40)};
    for (unsigned i = 0; i < 4U; i++) {
        EXPECT(blocks[i] != NULL);
        fill(blocks[i], i, 40);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        EXPECT(rt_malloc(sizes[i]) == NULL && one_fault(RW_E_SIZE));
        EXPECT(rt_malloc_align(sizes[i], 32) == NULL && one_fault(RW_E_SIZE));
        EXPECT(rt_memheap_alloc(&heap, sizes[i]) == NULL && one_fault(RW_E_SIZE));
        EXPECT(rt_smem_alloc(smem, sizes[i]) == NULL && one_fault(RW_E_SIZE));
        EXPECT(rt_slab_alloc(slab, sizes[i]) == NULL && one_fault(RW_E_SIZE));
        /* The block stays as it is. */
        EXPECT(rt_realloc(blocks[0], sizes[i]) == NULL && one_fault(RW_E_SIZE));
        EXPECT(rt_memheap_realloc(&heap, blocks[1], sizes[i]) == NULL && one_fault(RW_E_SIZE));
        EXPECT(rt_smem_realloc(smem, blocks[2], sizes[i]) == NULL && one_fault(RW_E_SIZE));
        EXPECT(rt_slab_realloc(slab, blocks[3], sizes[i]) == NULL && one_fault(RW_E_SIZE));
    }
    EXPECT(rt_calloc(SIZE_MAX / 4U + 2U, 4) == NULL && one_fault(RW_E_SIZE));
    EXPECT(rt_malloc_align(8, SIZE_MAX) == NULL && one_fault(RW_E_ALIGNMENT));
    for (unsigned i = 0; i < 4U; i++) {
        EXPECT(filled(blocks[i], i, 40));
    }
    rt_free(blocks[0]);
    rt_memheap_free(blocks[1]);
    rt_smem_free(blocks[2]);
    rt_slab_free(slab, blocks[3]);
    EXPECT(rt_memheap_detach(&heap) == RT_EOK && rt_smem_detach(smem) == RT_EOK && no_fault());
}

/* A block freed twice is not handed out twice; what never was a block is refused. */
static void bad_frees_of_a_pool(void)
{
    static struct rt_mempool pool;
    EXPECT(rt_mp_init(&pool, "pool", storage, 512, 40) == RT_EOK);
    uint8_t *block = rt_mp_alloc(&pool, 0);
    uint8_t *other = rt_mp_alloc(&pool, 0);
    rt_mp_free(block);
    memset(block, 0xFF, 40); /* use after free reaches no link */
    EXPECT(no_fault());
    rt_mp_free(block);
    EXPECT(one_fault(RW_E_DOUBLE_FREE));
    rt_mp_free(other + 8);
    EXPECT(one_fault(RW_E_MISALIGNED));
    rt_mp_free(&pool);
    EXPECT(one_fault(RW_E_FOREIGN));
    EXPECT(pool.block_free_count == pool.block_total_count - 1U);
    void *again = rt_mp_alloc(&pool, 0);
    void *third = rt_mp_alloc(&pool, 0);
    EXPECT(again != third && again != other && third != other);
    EXPECT(rt_mp_detach(&pool) == RT_EOK && no_fault());
    rt_mp_free(again);
    EXPECT(one_fault(RW_E_FOREIGN)); /* nobody's any more */
}

static void bad_frees_of_heaps(void)
{
    static struct rt_memheap heap;
    EXPECT(rt_memheap_init(&heap, "heap", storage, 2048) == RT_EOK);
    rt_smem_t smem = rt_smem_init("smem", storage + 2048, 2048);
    rt_slab_t slab = rt_slab_init("slab", storage + 4096, 4096);
    uint8_t *of_malloc = rt_malloc(40);
    uint8_t *of_heap = rt_memheap_alloc(&heap, 40);
    uint8_t *of_smem = rt_smem_alloc(smem, 40);
    uint8_t *of_slab = rt_slab_alloc(slab, 40);

    rt_free(of_heap);
    EXPECT(one_fault(RW_E_FOREIGN));
    rt_memheap_free(of_smem);
    EXPECT(one_fault(RW_E_FOREIGN));
    rt_smem_free(of_heap);
    EXPECT(one_fault(RW_E_FOREIGN));
    rt_slab_free(slab, of_malloc);
    EXPECT(one_fault(RW_E_FOREIGN));
    rt_memheap_free(of_heap + 4);
    EXPECT(one_fault(RW_E_MISALIGNED));
    rt_slab_free(slab, of_slab + 8);
    EXPECT(one_fault(RW_E_MISALIGNED));
    EXPECT(rt_memheap_realloc(&heap, of_smem, 80) == NULL && one_fault(RW_E_FOREIGN));

    const rt_size_t used = slab->used;
    rt_free(of_malloc);
    rt_memheap_free(of_heap);
    rt_smem_free(of_smem);
    rt_slab_free(slab, of_slab);
    EXPECT(no_fault() && slab->used == used - 48U);
    rt_free(of_malloc);
    EXPECT(one_fault(RW_E_DOUBLE_FREE));
    rt_memheap_free(of_heap);
    EXPECT(one_fault(RW_E_DOUBLE_FREE));
    rt_smem_free(of_smem);
    EXPECT(one_fault(RW_E_DOUBLE_FREE));
    rt_slab_free(slab, of_slab);
    EXPECT(one_fault(RW_E_DOUBLE_FREE) && slab->used == used - 48U);
    EXPECT(rt_slab_alloc(slab, 40) != rt_slab_alloc(slab, 40));

    uint8_t *damaged = rt_memheap_alloc(&heap, 40);
    void *behind = rt_memheap_alloc(&heap, 40);
    memset(damaged, 0xEE, 48); /* past the end */
    rt_memheap_free(damaged);
    EXPECT(one_fault(RW_E_CORRUPT));
    rt_memheap_free(behind);
    EXPECT(!no_fault());
    EXPECT(rt_memheap_detach(&heap) == RT_EOK && rt_smem_detach(smem) == RT_EOK);
}

/* Whatever the storage held before, a block that was never handed out is none. */
static void stale_storage(void)
{
    static struct rt_mempool pool;
    for (size_t i = 0; i < 512U; i++) {
        storage[i] = i % 2U == 0U ? 0x00U : 0x80U; /* in the links: allocated */
    }
    EXPECT(rt_mp_init(&pool, "stale", storage, 512, 8) == RT_EOK);
    EXPECT(pool.block_total_count > RW_MP_LINKS); /* the links are in the storage */
    rt_mp_free(storage + 8);
    EXPECT(one_fault(RW_E_DOUBLE_FREE) && pool.block_free_count == pool.block_total_count);
    EXPECT(rt_mp_detach(&pool) == RT_EOK);
}

/* RT-Thread writes a list into a pool that has room for no block, below its start. */
static void pool_of_no_block(void)
{
    static struct rt_mempool pool;
    memset(storage, 0xC3, 256);
    EXPECT(rt_mp_init(&pool, "none", storage + 64, 12, 64) == -RT_EINVAL);
    EXPECT(filled(storage, 0xC3, 256));
    EXPECT(pool.block_total_count == 0U && rt_mp_alloc(&pool, 0) == NULL && no_fault());
    EXPECT(rt_mp_init(&pool, "none", storage + 64, 128, SIZE_MAX - 3U) == -RT_EINVAL);
    EXPECT(rt_mp_alloc(&pool, 0) == NULL && no_fault());
}

/* Names longer than the field are cut, and end. */
static void long_names(void)
{
    static struct {
        struct rt_mempool pool;
        uint8_t guard[16];
    } one;
    memset(&one, 0xC3, sizeof one);
    EXPECT(rt_mp_init(&one.pool, "a name of more than eleven", storage, 512, 40) == RT_EOK);
    EXPECT(strcmp(one.pool.parent.name, "a name of m") == 0 && filled(one.guard, 0xC3, 16));
    EXPECT(rt_mp_detach(&one.pool) == RT_EOK);
    EXPECT(rt_mp_init(&one.pool, NULL, storage, 512, 40) == RT_EOK);
    EXPECT(one.pool.parent.name[0] == '\0' && rt_mp_detach(&one.pool) == RT_EOK && no_fault());

    static struct {
        struct rt_memheap heap;
        uint8_t guard[16];
    } other;
    memset(&other, 0xC3, sizeof other);
    EXPECT(rt_memheap_init(&other.heap, "a name of more than eleven", storage, 2048) == RT_EOK);
    EXPECT(strcmp(other.heap.parent.name, "a name of m") == 0 && filled(other.guard, 0xC3, 16));
    rt_smem_t smem = rt_smem_init("a name of more than eleven", storage + 2048, 2048);
    rt_slab_t slab = rt_slab_init("a name of more than eleven", storage + 4096, 4096);
    EXPECT(smem != NULL && strcmp(smem->parent.name, "a name of m") == 0);
    EXPECT(slab != NULL && strcmp(slab->parent.name, "a name of m") == 0);
    rt_mp_t created = rt_mp_create("a name of more than eleven", 2, 8);
    EXPECT(created != NULL && strcmp(created->parent.name, "a name of m") == 0);
    EXPECT(list_mempool() == 0 && strstr(printed(), "\na name of m  0008  0002  0002 0\n") != NULL);
    EXPECT(list_memheap() == 0 && strstr(printed(), "\na name of m  2048 ") != NULL);
    EXPECT(rt_mp_delete(created) == RT_EOK);
    EXPECT(rt_memheap_detach(&other.heap) == RT_EOK && rt_smem_detach(smem) == RT_EOK);
    EXPECT(rt_slab_detach(slab) == RT_EOK && no_fault());
}

void misuse_tests(void)
{
    huge_sizes();
    bad_frees_of_a_pool();
    bad_frees_of_heaps();
    stale_storage();
    pool_of_no_block();
    long_names();
}
