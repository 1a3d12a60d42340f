/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps made at run time: rt_memheap and rt_smem.
 */
#include "check.h"

#include <string.h>

#define STORAGE 16384U
#define SECOND_STORAGE 1024U
#define BLOCKS 40U
#define STEPS 20000U

/* One below the other, as the listings show them. */
static struct {
    _Alignas(8) uint8_t low[SECOND_STORAGE];
    uint8_t high[STORAGE + 8U];
} memory;
static uint8_t *const second_storage = memory.low;
static uint8_t *const storage = memory.high;

/* One allocator under test. */
typedef struct allocator {
    void *(*alloc)(void *self, rt_size_t size);
    void *(*realloc)(void *self, void *block, rt_size_t size);
    void (*free)(void *block);
    void *self;
} allocator_t;

static void *memheap_alloc(void *self, rt_size_t size)
{
    return rt_memheap_alloc(self, size);
}

static void *memheap_realloc(void *self, void *block, rt_size_t size)
{
    return rt_memheap_realloc(self, block, size);
}

static void *smem_alloc(void *self, rt_size_t size)
{
    return rt_smem_alloc(self, size);
}

static void *smem_realloc(void *self, void *block, rt_size_t size)
{
    return rt_smem_realloc(self, block, size);
}

/* Blocks come, change their size and go, and keep what is in them. */
static void churn(const allocator_t *heap)
{
    uint8_t *blocks[BLOCKS] = {NULL};
    size_t sizes[BLOCKS] = {0};
    unsigned refused = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        const unsigned i = random_below(BLOCKS);
        const size_t size = random_below(800) + 1U;
        EXPECT(blocks[i] == NULL || filled(blocks[i], i, sizes[i]));
        if (blocks[i] != NULL && random_below(2) == 0U) {
            heap->free(blocks[i]);
            blocks[i] = NULL;
            continue;
        }
        uint8_t *block = heap->realloc(heap->self, blocks[i], size);
        if (block == NULL) {
            refused++;
            EXPECT(blocks[i] == NULL || filled(blocks[i], i, sizes[i]));
            continue;
        }
        EXPECT((uintptr_t)block % 8U == 0U);
        EXPECT(blocks[i] == NULL || filled(block, i, sizes[i] < size ? sizes[i] : size));
        blocks[i] = block;
        sizes[i] = size;
        fill(block, i, size);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        heap->free(blocks[i]);
    }
    EXPECT(refused > 0U && no_fault());
}

static void memheap_life(void)
{
    struct rt_memheap heap; /* no more zero than the stack is */
    memset(&heap, 0xA5, sizeof heap);
    EXPECT(rt_memheap_init(&heap, "heap1", storage, STORAGE) == RT_EOK);
    EXPECT(strcmp(heap.parent.name, "heap1") == 0);
    EXPECT(heap.start_addr == storage && heap.pool_size == STORAGE);
    EXPECT(heap.available_size > STORAGE - 512U && heap.available_size < STORAGE);
    const rt_size_t available = heap.available_size;

    void *least = rt_memheap_alloc(&heap, 0); /* RT-Thread gives one, too */
    EXPECT(least != NULL && heap.available_size < available);
    EXPECT(rt_memheap_realloc(&heap, least, 0) == NULL && heap.available_size == available);
    EXPECT(rt_memheap_realloc(&heap, NULL, 0) == NULL && heap.available_size == available);
    rt_memheap_free(NULL);
    EXPECT(rt_memheap_alloc(&heap, STORAGE) == NULL);
    (void)one_fault(RW_E_SIZE);
    churn(&(allocator_t){memheap_alloc, memheap_realloc, rt_memheap_free, &heap});
    EXPECT(heap.available_size == available);
    EXPECT(rt_memheap_alloc(&heap, available - 64U) != NULL); /* all merged into one again */

    rt_size_t total = 0;
    rt_size_t used = 0;
    rt_size_t peak = 0;
    rt_memheap_info(&heap, &total, &used, &peak);
    EXPECT(total == STORAGE && used == STORAGE - heap.available_size && peak >= used);
    rt_memheap_info(&heap, NULL, NULL, NULL);
    EXPECT(no_fault());
    EXPECT(rt_memheap_detach(&heap) == RT_EOK);
    EXPECT(rt_memheap_detach(&heap) == -RT_ERROR);
    EXPECT(rt_memheap_alloc(&heap, 8) == NULL && rt_memheap_realloc(&heap, NULL, 8) == NULL);
    EXPECT(rt_memheap_detach(NULL) == -RT_ERROR && rt_memheap_alloc(NULL, 8) == NULL);
    EXPECT(no_fault());
}

/* Each block goes back where it came from, whatever the order. */
static void memheaps_found_by_address(void)
{
    static struct rt_memheap one;
    static struct rt_memheap two;
    EXPECT(rt_memheap_init(&one, "one", storage, STORAGE) == RT_EOK);
    EXPECT(rt_memheap_init(&two, "two", second_storage, SECOND_STORAGE) == RT_EOK);
    const rt_size_t available_one = one.available_size;
    const rt_size_t available_two = two.available_size;
    void *of_one = rt_memheap_alloc(&one, 100);
    void *of_two = rt_memheap_alloc(&two, 100);
    rt_memheap_free(of_one);
    EXPECT(one.available_size == available_one && two.available_size < available_two);
    rt_memheap_free(of_two);
    EXPECT(two.available_size == available_two && no_fault());
    EXPECT(rt_memheap_init(&one, "again", storage, STORAGE) ==
           RT_EOK); /* listed once all the same */
    EXPECT(list_memheap() == 0);
    EXPECT(begins(printed(), "memheap      pool size  max used size available size\n"
                             "------------ ---------- ------------- --------------\n"
                             "again        16384 "));
    EXPECT(strstr(printed(), "\ntwo          1024 ") != NULL);
    static struct rt_memheap over; /* as large but for what makes no other table */
    EXPECT(rt_memheap_init(&over, "over", storage, STORAGE - 64U) == RT_EOK);
    EXPECT(over.heap.object.arena == one.heap.object.arena);
    EXPECT(rt_memheap_detach(&one) == -RT_ERROR && rt_memheap_detach(&over) == RT_EOK);
    of_two = rt_memheap_alloc(&two, 100);
    EXPECT(rt_memheap_detach(&two) == RT_EOK);
    rt_memheap_free(of_two);
    EXPECT(one_fault(RW_E_FOREIGN));
}

static void smem_life(void)
{
    rt_smem_t heap = rt_smem_init("small", storage + 3, STORAGE); /* aligned by itself */
    EXPECT(heap != NULL && strcmp(heap->parent.name, "small") == 0);
    EXPECT(heap->total > STORAGE - 512U && heap->used == 0U && heap->max == 0U);
    EXPECT(rt_smem_alloc(heap, 0) == NULL && rt_smem_realloc(heap, NULL, 0) == NULL);
    rt_smem_free(NULL);
    void *block = rt_smem_alloc(heap, 200);
    EXPECT(block != NULL && heap->used >= 200U && heap->max == heap->used);
    EXPECT(rt_smem_realloc(heap, block, 0) == NULL && heap->used == 0U);
    churn(&(allocator_t){smem_alloc, smem_realloc, rt_smem_free, heap});
    EXPECT(heap->used == 0U && heap->max > STORAGE / 2U);

    /* All at once, and again after it came back in pieces of any order. */
    for (unsigned order = 0; order < 2U; order++) {
        uint8_t *thirds[3];
        for (unsigned i = 0; i < 3U; i++) {
            thirds[i] = rt_smem_alloc(heap, heap->total / 3U - 16U);
            EXPECT(thirds[i] != NULL);
        }
        rt_smem_free(thirds[order == 0U ? 0 : 2]);
        rt_smem_free(thirds[order == 0U ? 2 : 0]);
        rt_smem_free(thirds[1]);
        void *whole = rt_smem_alloc(heap, heap->total - 64U);
        EXPECT(whole != NULL);
        rt_smem_free(whole);
    }
    EXPECT(rt_smem_detach(heap) == RT_EOK && rt_smem_detach(heap) == -RT_ERROR);
    EXPECT(rt_smem_alloc(heap, 8) == NULL && rt_smem_realloc(heap, NULL, 8) == NULL);
    EXPECT(rt_smem_detach(NULL) == -RT_ERROR && rt_smem_alloc(NULL, 8) == NULL && no_fault());
}

/* Made again where one lies that nobody detached: the others are found as before. */
static void made_twice(void)
{
    rt_smem_t other = rt_smem_init("other", second_storage, SECOND_STORAGE);
    void *block = rt_smem_alloc(other, 40);
    EXPECT(rt_smem_init("first", storage, STORAGE) != NULL);
    rt_smem_t again = rt_smem_init("again", storage, STORAGE);
    EXPECT(rt_smem_detach(again) == RT_EOK && rt_smem_detach(again) == -RT_ERROR);
    rt_smem_free(block);
    EXPECT(other->used == 0U && rt_smem_detach(other) == RT_EOK && no_fault());
}

static void too_small(void)
{
    struct rt_memheap heap;
    for (size_t size = 0; size < 24U; size++) {
        EXPECT(rt_memheap_init(&heap, "tiny", second_storage, size) == -RT_EINVAL);
        EXPECT(rt_memheap_alloc(&heap, 1) == NULL && rt_memheap_detach(&heap) == -RT_ERROR);
        EXPECT(rt_smem_init("tiny", second_storage, size) == NULL);
    }
    EXPECT(rt_memheap_init(&heap, "none", NULL, 1024) == -RT_EINVAL);
    EXPECT(rt_memheap_init(NULL, "none", storage, 1024) == -RT_EINVAL);
    EXPECT(rt_smem_init("none", NULL, 1024) == NULL);
    /* The least heap that is one serves the least block. */
    size_t size = 24;
    while (rt_memheap_init(&heap, "least", second_storage, size) != RT_EOK) {
        size++;
    }
    void *block = rt_memheap_alloc(&heap, 1);
    EXPECT(size < 128U && block != NULL);
    rt_memheap_free(block);
    EXPECT(rt_memheap_detach(&heap) == RT_EOK && no_fault());
}

void heap_tests(void)
{
    memheap_life();
    memheaps_found_by_address();
    smem_life();
    made_twice();
    too_small();
}
