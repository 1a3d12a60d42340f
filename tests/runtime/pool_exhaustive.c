/* SPDX-License-Identifier: Apache-2.0
 *
 * Every sequence of operations on small pools, right and wrong ones, against a naive model. The
 * arena of a pool with checks traps accesses: it never reads or writes it.
 */
#include "pool_fixture.h"

#include <string.h>

#define BLOCKS_MAX 5U
#define BLOCK_SIZE 12U

/* A stack of freed blocks, a count of blocks ever used. */
typedef struct model {
    unsigned freed[BLOCKS_MAX];
    unsigned freed_count;
    unsigned ever;
    bool used[BLOCKS_MAX];
} model_t;

static pool_fixture_t fixture;
static uint8_t *arena;
static bool checked;

static void try_alloc(model_t *model)
{
    void *const block = rw_pool_alloc(&fixture.pool);
    unsigned expected;
    if (model->freed_count != 0) {
        expected = model->freed[--model->freed_count];
    } else if (model->ever < fixture.count) {
        expected = model->ever++;
    } else {
        CHECK(block == NULL);
        return;
    }
    CHECK((uint8_t *)block == arena + expected * BLOCK_SIZE);
    model->used[expected] = true;
}

static void try_free(model_t *model, unsigned index)
{
    const rw_status_t status = rw_pool_free(&fixture.pool, arena + index * BLOCK_SIZE);
    if (!model->used[index]) {
        CHECK(status == RW_E_DOUBLE_FREE);
        return;
    }
    CHECK(status == RW_OK);
    model->used[index] = false;
    model->freed[model->freed_count++] = index;
}

static void compare(const model_t *model)
{
    rw_stats_t stats;
    unsigned used = 0;
    rw_pool_stats(&fixture.pool, &stats);
    for (unsigned index = 0; index < fixture.count; index++) {
        used += model->used[index];
        const size_t usable = rw_pool_usable_size(&fixture.pool, arena + index * BLOCK_SIZE);
        CHECK(usable == (model->used[index] ? BLOCK_SIZE : 0U));
    }
    CHECK(stats.used == used * BLOCK_SIZE && stats.peak == model->ever * BLOCK_SIZE);
    CHECK(stats.largest == (used < fixture.count ? BLOCK_SIZE : 0U));
    CHECK(rw_pool_check(&fixture.pool) == RW_OK);
}

static void explore(const model_t *model, unsigned depth)
{
    compare(model);
    if (depth == 0) {
        return;
    }
    const rw_pool_state_t state = *fixture.state;
    uint8_t links[sizeof(int16_t) * BLOCKS_MAX];
    uint8_t content[BLOCKS_MAX * BLOCK_SIZE];
    memcpy(links, fixture.links, fixture.links_size);
    if (!checked) {
        memcpy(content, arena, sizeof content);
    }
    for (unsigned choice = 0; choice <= fixture.count; choice++) {
        model_t next = *model;
        if (choice == fixture.count) {
            try_alloc(&next);
        } else if (checked || model->used[choice]) {
            try_free(&next, choice);
        } else {
            continue;
        }
        explore(&next, depth - 1U);
        *fixture.state = state;
        memcpy(fixture.links, links, fixture.links_size);
        if (!checked) {
            memcpy(arena, content, sizeof content);
        }
    }
}

int main(void)
{
    static const unsigned depths[BLOCKS_MAX + 1U] = {0, 9, 9, 8, 7, 6};
    static _Alignas(int32_t) uint8_t free_blocks_hold_links[BLOCKS_MAX * BLOCK_SIZE];
    uint8_t *const forbidden = pool_fixture_forbidden(BLOCKS_MAX * BLOCK_SIZE);
    for (unsigned core = 0; core < POOL_CORE_COUNT; core++) {
        checked = pool_cores[core].checked;
        arena = checked ? forbidden : free_blocks_hold_links;
        memset(free_blocks_hold_links, 0xA5, sizeof free_blocks_hold_links);
        for (unsigned count = 1; count <= BLOCKS_MAX; count++) {
            const model_t fresh = {0};
            pool_fixture_make(&fixture, core, arena, BLOCK_SIZE, count);
            explore(&fresh, depths[count] + (checked ? 0U : 2U));
            pool_fixture_drop(&fixture);
        }
    }
    return 0;
}
