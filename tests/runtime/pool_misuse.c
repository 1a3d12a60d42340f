/* SPDX-License-Identifier: Apache-2.0
 *
 * Every misuse that checks basic promises to catch, on pools of all kinds of sizes: the status, the
 * call of the fault hook, and that nothing changed. The arena traps accesses.
 */
#include "pool_fixture.h"

#include <string.h>

static pool_fixture_t fixture;
static uint8_t *arena; /* of any pool here; one for all, for 32 bits have no room for many */

static void refuse(uintptr_t address, rw_status_t expected)
{
    static uint8_t links[2U * RW_POOL_COUNT_MAX_16];
    const rw_pool_state_t state = *fixture.state;
    memcpy(links, fixture.links, fixture.links_size);
    pool_faults = 0;
    const rw_status_t status = rw_pool_free(&fixture.pool, (void *)address);
    CHECK(status == expected);
    CHECK(pool_faults == 1 && pool_fault_kind == expected);
    CHECK(pool_fault_object == &fixture.pool.object && pool_fault_where == (void *)address);
    CHECK(memcmp(&state, fixture.state, sizeof state) == 0);
    CHECK(memcmp(links, fixture.links, fixture.links_size) == 0);
    CHECK(rw_pool_usable_size(&fixture.pool, (void *)address) == 0);
}

/* Addresses outside, near and far; those that a computation of 32 bits would take for blocks. */
static void refuse_foreign(void)
{
    const uintptr_t start = (uintptr_t)fixture.pool.object.arena;
    const uintptr_t size = fixture.pool.object.size;
    const uintptr_t block = (uintptr_t)fixture.pool.block_size;
    int here;
    refuse(start - 1U, RW_E_FOREIGN);
    refuse(start - block, RW_E_FOREIGN);
    refuse(start + size, RW_E_FOREIGN);
    refuse(start + size + block, RW_E_FOREIGN);
    refuse((uintptr_t)&here, RW_E_FOREIGN);
    refuse(UINTPTR_MAX, RW_E_FOREIGN);
    refuse(1, RW_E_FOREIGN);
    for (unsigned bit = 0; bit < 8U * sizeof(uintptr_t); bit++) {
        const uintptr_t away = (uintptr_t)1 << bit;
        if (away >= size && start != away && start + away != 0) { /* NULL is fine */
            refuse(start + away, RW_E_FOREIGN);
            refuse(start - away, RW_E_FOREIGN);
        }
    }
    pool_faults = 0;
    CHECK(rw_pool_free(&fixture.pool, NULL) == RW_OK && pool_faults == 0);
}

static void refuse_interior(uintptr_t block)
{
    for (uintptr_t inside = 1; inside < (uintptr_t)fixture.pool.block_size; inside++) {
        refuse(block + inside, RW_E_MISALIGNED);
    }
}

static void try_pool(unsigned core, size_t block_size, unsigned count)
{
    pool_fixture_make(&fixture, core, arena, block_size, count);
    const uintptr_t start = (uintptr_t)arena;
    const uintptr_t last = start + (count - 1U) * block_size;
    refuse_foreign();
    refuse(start, RW_E_DOUBLE_FREE); /* never allocated */
    refuse(last, RW_E_DOUBLE_FREE);
    refuse_interior(start);
    for (unsigned index = 0; index < count; index++) {
        CHECK((uintptr_t)rw_pool_alloc(&fixture.pool) == start + index * block_size);
    }
    CHECK(rw_pool_alloc(&fixture.pool) == NULL);
    refuse_foreign();
    refuse_interior(start);
    refuse_interior(last);
    CHECK(rw_pool_free(&fixture.pool, (void *)last) == RW_OK);
    refuse(last, RW_E_DOUBLE_FREE);
    for (unsigned index = 0; index + 1U < count; index++) {
        CHECK(rw_pool_free(&fixture.pool, (void *)(start + index * block_size)) == RW_OK);
    }
    refuse(start, RW_E_DOUBLE_FREE);
    refuse(last, RW_E_DOUBLE_FREE);
    refuse_interior(last);
    CHECK(rw_pool_check(&fixture.pool) == RW_OK);
    pool_fixture_drop(&fixture);
}

/* check() sees every single-bit error of links and head, but those that leave the pool one that
 * could be: a watermark moved together with nothing else is caught by the links. */
static void damage(unsigned core)
{
    void *blocks[9];
    pool_fixture_make(&fixture, core, arena, 8, 13);
    for (unsigned index = 0; index < 9; index++) {
        blocks[index] = rw_pool_alloc(&fixture.pool);
    }
    for (unsigned index = 0; index < 9; index += 2) {
        CHECK(rw_pool_free(&fixture.pool, blocks[index]) == RW_OK);
    }
    CHECK(rw_pool_check(&fixture.pool) == RW_OK);
    uint8_t *const head = (uint8_t *)fixture.state;
    for (unsigned bit = 0; bit < 32; bit++) {
        head[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
        CHECK(rw_pool_check(&fixture.pool) == RW_E_CORRUPT);
        head[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
    }
    for (unsigned bit = 0; bit < 8U * fixture.links_size; bit++) {
        fixture.links[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
        CHECK(rw_pool_check(&fixture.pool) == RW_E_CORRUPT);
        fixture.links[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
    }
    CHECK(rw_pool_check(&fixture.pool) == RW_OK);
    pool_fixture_drop(&fixture);
}

int main(void)
{
    arena = pool_fixture_forbidden(100U * RW_POOL_COUNT_MAX_16);
    for (unsigned core = 0; core < POOL_CORE_COUNT; core++) {
        if (!pool_cores[core].checked) {
            continue;
        }
        for (size_t block_size = 1; block_size <= 100; block_size++) {
            try_pool(core, block_size, 1);
            try_pool(core, block_size, 3);
        }
        try_pool(core, 24, 127);
        if (pool_cores[core].width == 16) {
            try_pool(core, 24, 128);
            try_pool(core, 100, 32767);
            try_pool(core, 33, 32767);
        }
        damage(core);
    }
    return 0;
}
