/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs made at run time.
 */
#include "check.h"

#include <string.h>

#define STORAGE 65536U
#define BLOCKS 200U
#define STEPS 20000U

static _Alignas(4096) uint8_t storage[STORAGE];

static void churn(rt_slab_t slab)
{
    static uint8_t *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    unsigned refused = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        const unsigned i = random_below(BLOCKS);
        const size_t size = random_below(random_below(8) == 0U ? 5000 : 300) + 1U;
        EXPECT(blocks[i] == NULL || filled(blocks[i], i, sizes[i]));
        if (blocks[i] != NULL && random_below(2) == 0U) {
            rt_slab_free(slab, blocks[i]);
            blocks[i] = NULL;
            continue;
        }
        uint8_t *block = rt_slab_realloc(slab, blocks[i], size);
        if (block == NULL) {
            refused++;
            continue;
        }
        EXPECT((uintptr_t)block % 8U == 0U && block >= storage &&
               block + size <= storage + sizeof storage);
        EXPECT(blocks[i] == NULL || filled(block, i, sizes[i] < size ? sizes[i] : size));
        blocks[i] = block;
        sizes[i] = size;
        fill(block, i, size);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        rt_slab_free(slab, blocks[i]);
        blocks[i] = NULL;
    }
    EXPECT(refused > 0U);
}

static void life(void)
{
    rt_slab_t slab = rt_slab_init("slab", storage, STORAGE);
    EXPECT(slab != NULL && strcmp(slab->parent.name, "slab") == 0);
    EXPECT(slab->total > STORAGE - STORAGE / 8U && slab->used == 0U);
    EXPECT(rt_slab_alloc(slab, 0) == NULL && rt_slab_realloc(slab, NULL, 0) == NULL);
    rt_slab_free(slab, NULL);
    void *block = rt_slab_alloc(slab, 33);
    EXPECT(block != NULL && slab->used == 48U && slab->max == 48U);
    EXPECT(rt_slab_realloc(slab, block, 0) == NULL && slab->used == 0U);
    EXPECT(no_fault());
    churn(slab);
    EXPECT(slab->used == 0U && slab->max > STORAGE / 2U && no_fault());
    void *whole = rt_slab_alloc(slab, slab->total); /* every slab came back */
    EXPECT(whole != NULL && slab->used == slab->total);
    rt_slab_free(slab, whole);
    EXPECT(rt_slab_detach(slab) == RT_EOK && rt_slab_detach(slab) == -RT_ERROR);
    EXPECT(rt_slab_alloc(slab, 8) == NULL && no_fault());
}

/* Blocks of a size, packed without a header; then the next size from the same slabs. */
static void sizes(void)
{
    rt_slab_t slab = rt_slab_init("sizes", storage, STORAGE);
    for (size_t size = 8; size <= 3000U; size += 8U + size / 4U) {
        unsigned count = 0;
        void *first = NULL;
        for (void *block; (block = rt_slab_alloc(slab, size)) != NULL; count++) {
            *(void **)block = first;
            first = block;
        }
        EXPECT(count >= slab->total / (size + size / 2U + 16U) / 2U);
        while (first != NULL) {
            void *next = *(void **)first;
            rt_slab_free(slab, first);
            first = next;
        }
        EXPECT(slab->used == 0U);
    }
    EXPECT(rt_slab_detach(slab) == RT_EOK && no_fault());
}

static void pages(void)
{
    rt_slab_t slab = rt_slab_init("pages", storage, STORAGE);
    uint8_t *two = rt_slab_page_alloc(slab, 2);
    uint8_t *one = rt_slab_page_alloc(slab, 1);
    EXPECT(two != NULL && (uintptr_t)two % 4096U == 0U);
    EXPECT(one != NULL && (uintptr_t)one % 4096U == 0U);
    EXPECT(one >= two + 8192 || one + 4096 <= two);
    EXPECT(rt_slab_page_alloc(slab, 0) == NULL && rt_slab_page_alloc(slab, 17) == NULL);
    EXPECT(rt_slab_page_alloc(slab, SIZE_MAX / 2048U) == NULL);
    (void)one_fault(RW_E_SIZE);
    void *block = rt_slab_alloc(slab, 40);
    const rt_size_t used = slab->used;
    static const rt_size_t wrong[] = {0, 1, 3, SIZE_MAX / 2048U};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rt_slab_page_free(slab, two, wrong[i]); /* a part of it is not given back */
        EXPECT(one_fault(RW_E_SIZE) && slab->used == used);
    }
    rt_slab_page_free(slab, two + 4096, 1);
    EXPECT(one_fault(RW_E_MISALIGNED));
    rt_slab_page_free(slab, block, 1);
    EXPECT(one_fault(RW_E_SIZE));
    rt_slab_free(slab, block);
    rt_slab_page_free(slab, NULL, 1);
    rt_slab_page_free(slab, two, 2);
    rt_slab_page_free(slab, one, 1);
    EXPECT(slab->used == 0U && rt_slab_detach(slab) == RT_EOK && no_fault());
}

/* RT-Thread's slabs place blocks of 2^n bytes so; here up to a slab. */
static void powers_of_two(void)
{
    rt_slab_t slab = rt_slab_init("powers", storage, STORAGE);
    for (size_t size = 16; size <= 512U; size *= 2U) {
        for (unsigned i = 0; i < 5U; i++) {
            EXPECT((uintptr_t)rt_slab_alloc(slab, size) % size == 0U);
        }
    }
    EXPECT(rt_slab_detach(slab) == RT_EOK && no_fault());
}

/* From 4 KiB up, where RT-Thread's needs a megabyte; below that none. */
static void small_ones(void)
{
    EXPECT(rt_slab_init("none", NULL, STORAGE) == NULL);
    EXPECT(rt_slab_init("none", storage, 0) == NULL);
    EXPECT(rt_slab_init("small", storage, 4095) == NULL);
    rt_slab_t slab = rt_slab_init("small", storage + 1, 4096);
    EXPECT(slab != NULL && slab->total >= 2048U);
    void *small = rt_slab_alloc(slab, 16);
    void *large = rt_slab_alloc(slab, 300);
    EXPECT(small != NULL && large != NULL);
    rt_slab_free(slab, small);
    rt_slab_free(slab, large);
    EXPECT(slab->used == 0U && no_fault());
}

void slab_tests(void)
{
    life();
    sizes();
    pages();
    powers_of_two();
    small_ones();
}
