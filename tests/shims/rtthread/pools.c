/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools made at run time.
 */
#include "check.h"

#include <string.h>

#define BLOCKS 32U
#define BLOCK_SIZE 80U

static _Alignas(16) uint8_t storage[4096];
static struct rt_mempool pool;

/* What RT-Thread makes of the storage: a pointer in front of each block. */
static size_t rtthread_count(size_t size, size_t block_size)
{
    const size_t rounded = (block_size + 7U) / 8U * 8U;
    return size / 8U * 8U / (rounded + sizeof(void *));
}

/* Takes all there is; each block aligned, inside, apart from the others. Gives them back. */
static unsigned drained(rt_mp_t mp, const uint8_t *start, size_t size)
{
    static uint8_t *blocks[512];
    unsigned count = 0;
    for (uint8_t *block; (block = rt_mp_alloc(mp, 0)) != NULL; count++) {
        EXPECT((uintptr_t)block % RT_ALIGN_SIZE == 0U);
        EXPECT(block >= start && block + mp->block_size <= start + size);
        fill(block, count, mp->block_size);
        blocks[count] = block;
    }
    EXPECT(rt_get_errno() == -RT_ETIMEOUT && mp->block_free_count == 0U);
    for (unsigned i = 0; i < count; i++) {
        EXPECT(filled(blocks[i], i, mp->block_size));
        rt_mp_free(blocks[i]);
        EXPECT(mp->block_free_count == i + 1U);
    }
    return count;
}

/* As many blocks as RT-Thread has, whatever size and start; guards around stay as they are. */
static void counts(void)
{
    static const size_t block_sizes[] = {1, 4, 8, 12, 16, 24, 80, 100, 128, 1000};
    for (size_t i = 0; i < sizeof block_sizes / sizeof block_sizes[0]; i++) {
        for (size_t size = 1; size < 2048U; size += 1U + size / 8U) {
            for (size_t shift = 0; shift < 8U; shift++) {
                const size_t expected = rtthread_count(size, block_sizes[i]);
                memset(storage, 0xC3, sizeof storage);
                const rt_err_t error =
                    rt_mp_init(&pool, "p", storage + 8 + shift, size, block_sizes[i]);
                const size_t count = pool.block_total_count;
                EXPECT(count == expected);
                EXPECT(error == (count == 0U ? -RT_EINVAL : RT_EOK));
                EXPECT(pool.block_free_count == count);
                EXPECT(drained(&pool, storage + 8 + shift, size) == count);
                EXPECT(filled(storage, 0xC3, 8 + shift));
                EXPECT(filled(storage + 8 + shift + size, 0xC3, 64));
                EXPECT(rt_mp_detach(&pool) == (count == 0U ? -RT_ERROR : RT_EOK));
            }
        }
    }
    EXPECT(no_fault());
}

static void static_life(void)
{
    const size_t size = (BLOCK_SIZE + sizeof(uint8_t *)) * BLOCKS;
    EXPECT(rt_mp_init(&pool, "static", storage, size, BLOCK_SIZE) == RT_EOK);
    EXPECT(strcmp(pool.parent.name, "static") == 0 && pool.start_address == storage);
    EXPECT(pool.block_size == BLOCK_SIZE && pool.size == size);
    EXPECT(pool.block_total_count == BLOCKS && pool.block_free_count == BLOCKS);
    for (unsigned i = 0; i < 100U; i++) {
        EXPECT(drained(&pool, storage, size) == BLOCKS);
    }
    rt_mp_free(NULL);
    EXPECT(pool.block_free_count == BLOCKS);
    EXPECT(rt_mp_delete(&pool) == -RT_ERROR); /* not made by rt_mp_create */
    EXPECT(rt_mp_detach(&pool) == RT_EOK && rt_mp_detach(&pool) == -RT_ERROR);
    EXPECT(rt_mp_init(NULL, "none", storage, size, 8) == -RT_EINVAL);
    EXPECT(rt_mp_init(&pool, "none", NULL, size, 8) == -RT_EINVAL);
    EXPECT(rt_mp_init(&pool, "none", storage, 0, 8) == -RT_EINVAL);
    EXPECT(rt_mp_init(&pool, "none", storage, size, 0) == -RT_EINVAL);
    EXPECT(rt_mp_alloc(&pool, 0) == NULL && rt_mp_alloc(NULL, 0) == NULL && no_fault());
}

static void created_life(void)
{
    rt_size_t before = 0;
    rt_size_t after = 0;
    rt_memory_info(NULL, &before, NULL);
    rt_mp_t mp = rt_mp_create("dynamic", BLOCKS, BLOCK_SIZE);
    EXPECT(mp != NULL && strcmp(mp->parent.name, "dynamic") == 0);
    EXPECT(mp->block_total_count == BLOCKS && mp->block_free_count == BLOCKS);
    EXPECT(drained(mp, mp->start_address, mp->size) == BLOCKS);
    EXPECT(rt_mp_detach(mp) == -RT_ERROR); /* not made by rt_mp_init */
    EXPECT(rt_mp_delete(mp) == RT_EOK);
    rt_memory_info(NULL, &after, NULL);
    EXPECT(before == after);
    EXPECT(rt_mp_create("none", 0, 8) == NULL && rt_mp_create("none", 8, 0) == NULL);
    EXPECT(rt_mp_create("none", SIZE_MAX / 8U, 16) == NULL);
    EXPECT(rt_mp_create("none", 16, SIZE_MAX - 4U) == NULL);
    EXPECT(no_fault());
    EXPECT(rt_mp_create("none", 16, SIZE_MAX / 32U) == NULL && one_fault(RW_E_SIZE));
}

static struct {
    unsigned allocs, frees;
    struct rt_mempool *mp;
    void *block;
} seen;

static void on_alloc(struct rt_mempool *mp, void *block)
{
    seen.allocs++;
    seen.mp = mp;
    seen.block = block;
}

static void on_free(struct rt_mempool *mp, void *block)
{
    seen.frees++;
    seen.mp = mp;
    seen.block = block;
}

static void hooks(void)
{
    EXPECT(rt_mp_init(&pool, "hooks", storage, 64, 40) == RT_EOK);
    rt_mp_alloc_sethook(on_alloc);
    rt_mp_free_sethook(on_free);
    void *block = rt_mp_alloc(&pool, 0);
    EXPECT(seen.allocs == 1U && seen.mp == &pool && seen.block == block);
    EXPECT(rt_mp_alloc(&pool, 0) == NULL && seen.allocs == 1U);
    rt_mp_free(block);
    EXPECT(seen.frees == 1U && seen.mp == &pool && seen.block == block);
    rt_mp_free(NULL);
    EXPECT(seen.frees == 1U);
    rt_mp_alloc_sethook(NULL);
    rt_mp_free_sethook(NULL);
    rt_mp_free(rt_mp_alloc(&pool, 0));
    EXPECT(seen.allocs == 1U && seen.frees == 1U);
    EXPECT(rt_mp_detach(&pool) == RT_EOK && no_fault());
}

/* Each block goes back to its own pool. */
static void several(void)
{
    static struct rt_mempool pools[4];
    void *blocks[4];
    for (unsigned i = 0; i < 4U; i++) {
        EXPECT(rt_mp_init(&pools[i], "several", storage + 512 * i, 512, 8U << i) == RT_EOK);
        blocks[i] = rt_mp_alloc(&pools[i], 0);
    }
    (void)rt_mp_alloc(&pools[1], 0);
    EXPECT(list_mempool() == 0);
    EXPECT(begins(printed(), "mempool      block total free suspend thread\n"
                             "------------ ----  ----  ---- --------------\n"));
    EXPECT(strstr(printed(), sizeof(void *) == 4U ? "several      0016  0025  0023 0\n"
                                                  : "several      0016  0021  0019 0\n") != NULL);
    for (unsigned i = 0; i < 4U; i++) {
        const rt_size_t free = pools[i].block_free_count;
        rt_mp_free(blocks[i]);
        EXPECT(pools[i].block_free_count == free + 1U);
    }
    for (unsigned i = 0; i < 4U; i++) {
        EXPECT(rt_mp_detach(&pools[i]) == RT_EOK);
    }
    EXPECT(no_fault());
}

/* The pool that was found last is not taken for another's: not where frees alternate, not when it
 * was ended, not when another was made where it lies without an end. */
static void found_last(void)
{
    static struct rt_mempool first, second;
    EXPECT(rt_mp_init(&first, "first", storage, 512, 40) == RT_EOK);
    EXPECT(rt_mp_init(&second, "second", storage + 512, 512, 40) == RT_EOK);
    const rt_size_t all = first.block_free_count;
    void *a = rt_mp_alloc(&first, 0);
    void *b = rt_mp_alloc(&second, 0);
    void *c = rt_mp_alloc(&first, 0);
    rt_mp_free(a);
    rt_mp_free(b);
    rt_mp_free(c);
    EXPECT(first.block_free_count == all && second.block_free_count == all && no_fault());
    EXPECT(rt_mp_detach(&first) == RT_EOK);
    rt_mp_free(c);
    EXPECT(one_fault(RW_E_FOREIGN) && first.block_free_count == all);

    b = rt_mp_alloc(&second, 0);
    rt_mp_free(b);
    EXPECT(rt_mp_init(&first, "first", storage + 512, 512, 40) == RT_EOK);
    a = rt_mp_alloc(&first, 0);
    rt_mp_free(a);
    EXPECT(first.block_free_count == all && second.block_free_count == all && no_fault());
    EXPECT(rt_mp_detach(&first) == RT_EOK && rt_mp_detach(&second) == -RT_ERROR);
}

static void *taken(struct rt_mempool *mp, const char *name, uint8_t *start, size_t size,
                   size_t block_size)
{
    EXPECT(rt_mp_init(mp, name, start, size, block_size) == RT_EOK);
    return rt_mp_alloc(mp, 0);
}

/* Whether the block goes back to mp, which has lent but this one. */
static bool goes_back(const struct rt_mempool *mp, void *block)
{
    rt_mp_free(block);
    return mp->block_free_count == mp->block_total_count && no_fault();
}

/* Owners are found whatever order pools are made and ended in, and what lies below, between and
 * above them is nobody's. */
static void in_any_order(void)
{
    static const char *const names[] = {"0", "1", "2", "3", "4"};
    static const unsigned order[] = {3, 0, 4, 1, 2};
    static struct rt_mempool pools[5];
    void *blocks[5];
    for (unsigned i = 0; i < 5U; i++) {
        const unsigned at = order[i];
        blocks[at] = taken(&pools[at], names[at], storage + 256U * (at + 1U), 128, 24);
    }
    static void *const strangers[] = {(void *)1,         storage,        storage + 255,
                                      storage + 512 - 8, storage + 2048, (void *)UINTPTR_MAX};
    for (unsigned i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        rt_mp_free(strangers[i]);
        EXPECT(one_fault(RW_E_FOREIGN));
    }
    EXPECT(rt_mp_detach(&pools[2]) == RT_EOK);
    rt_mp_free(blocks[2]);
    EXPECT(one_fault(RW_E_FOREIGN));
    EXPECT(list_mempool() == 0); /* the highest first */
    EXPECT(strcmp(printed(), "mempool      block total free suspend thread\n"
                             "------------ ----  ----  ---- --------------\n"
                             "4            0024  0004  0003 0\n"
                             "3            0024  0004  0003 0\n"
                             "1            0024  0004  0003 0\n"
                             "0            0024  0004  0003 0\n") == 0);
    for (unsigned at = 0; at < 5U; at++) {
        EXPECT(at == 2U || goes_back(&pools[at], blocks[at]));
        EXPECT(rt_mp_detach(&pools[at]) == (at == 2U ? -RT_ERROR : RT_EOK));
    }
}

/* Whoever asks a pool that was ended gets nothing of its storage, which is somebody else's now. */
static void after_its_end(size_t block_size)
{
    const size_t size = 512;
    EXPECT(rt_mp_init(&pool, "ended", storage, size, block_size) == RT_EOK);
    EXPECT(drained(&pool, storage, size) == pool.block_total_count);
    EXPECT(rt_mp_detach(&pool) == RT_EOK);
    memset(storage, 0xC3, size);
    EXPECT(rt_mp_alloc(&pool, 0) == NULL && rt_get_errno() == -RT_ETIMEOUT);
    EXPECT(filled(storage, 0xC3, size) && no_fault());
}

/* A pool in a block of another's. */
static void one_in_another(void)
{
    static struct rt_mempool outer, inner;
    void *room = taken(&outer, "outer", storage, 2048, 512);
    void *beside = rt_mp_alloc(&outer, 0);
    void *block = taken(&inner, "inner", room, 512, 40);
    rt_mp_free(beside);
    EXPECT(goes_back(&inner, block) && outer.block_free_count == outer.block_total_count - 1U);
    EXPECT(rt_mp_detach(&inner) == RT_EOK && goes_back(&outer, room));
    EXPECT(rt_mp_detach(&outer) == RT_EOK);
}

/* A pool made over others that nobody ended: its blocks are its own, and they are no more. */
static void over_others(void)
{
    static struct rt_mempool low, high, young;
    (void)taken(&low, "low", storage + 256, 700, 24); /* so many that the storage has their links */
    (void)taken(&high, "high", storage + 1024, 700, 24);
    EXPECT(rt_mp_init(&young, "young", storage, 2048, 24) == RT_EOK);
    EXPECT(drained(&young, storage, 2048) == young.block_total_count && no_fault());
    EXPECT(rt_mp_detach(&low) == -RT_ERROR && rt_mp_detach(&high) == -RT_ERROR);
    rt_mp_forget(&low);
    (void)list_mempool();
    EXPECT(rt_mp_detach(&young) == RT_EOK);
}

/* One that begins where a larger one lies that nobody ended, or where a block of one is in use. */
static void over_a_larger(size_t block_size, size_t lent, size_t size, bool ended)
{
    static struct rt_mempool old, young;
    EXPECT(rt_mp_init(&old, "old", storage, 2048, block_size) == RT_EOK);
    for (size_t i = 0; i < lent; i++) {
        EXPECT(rt_mp_alloc(&old, 0) == storage + i * block_size);
    }
    void *block = taken(&young, "young", storage, size, 8);
    (void)list_mempool();
    EXPECT((strstr(printed(), "\nold ") == NULL) == ended);
    EXPECT(goes_back(&young, block) && rt_mp_detach(&young) == RT_EOK);
    EXPECT(rt_mp_detach(&old) == (ended ? -RT_ERROR : RT_EOK));
}

/* What an old pool of many blocks kept behind them may be somebody else's by now. */
static void over_a_larger_without_its_end(void)
{
    over_a_larger(512, 0, 512, true);  /* the block is not in use */
    over_a_larger(512, 1, 512, false); /* in that block */
    over_a_larger(512, 3, 513, false); /* counted in multiples of RT_ALIGN_SIZE */
    over_a_larger(512, 3, 520, true);  /* nobody is lent two blocks at once */
    over_a_larger(40, 40, 1024, true); /* its links are in the storage */
    over_a_larger(40, 1, 40, false);
    over_a_larger(40, 0, 40, true);
}

void pool_tests(void)
{
    counts();
    static_life();
    created_life();
    hooks();
    several();
    found_last();
    in_any_order();
    after_its_end(8);  /* links and state in the storage */
    after_its_end(40); /* in the control block */
    one_in_another();
    over_others();
    over_a_larger_without_its_end();
}
