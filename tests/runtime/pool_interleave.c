/* SPDX-License-Identifier: Apache-2.0
 *
 * Every way in which others can get between the reads of a pool operation and each of its swaps:
 * at each compare-and-swap of one operation, every sequence of up to DEPTH whole operations runs
 * first. What the swap then decides must leave a pool in which no block has two owners and none is
 * lost. This finds ABA, which no race detector sees.
 */
#include <stdatomic.h>
#include <stdbool.h>

static bool swap_reached(void);

/* Wherever pool_cas.h swaps, others come first. */
#define __atomic_compare_exchange_n(...)                                                           \
    (swap_reached() && __atomic_compare_exchange_n(__VA_ARGS__))
#undef atomic_compare_exchange_weak_explicit
#define atomic_compare_exchange_weak_explicit(place, expected, desired, success, failure)          \
    __atomic_compare_exchange_n(place, expected, desired, false, success, failure)

#include "pool.c"

#include "pool_fixture.h"

#include <string.h>

#define BLOCKS 3U
#define BLOCK_SIZE 8U
#define DEPTH 4U
#define CHOICES (BLOCKS + 1U)

static pool_fixture_t fixture;
static uint8_t *arena;
static bool owned[BLOCKS];

static unsigned swaps_left; /* swaps to go until the others come; 0: they have come */
static unsigned script;     /* what they do: digits to base CHOICES */
static unsigned script_length;

/* The block that the interrupted operation is about to claim in order to free it; BLOCKS: none. The
 * others leave it alone, or it would not be the interrupted operation's to free. */
static unsigned claiming = BLOCKS;

static void take(void)
{
    uint8_t *const block = rw_pool_alloc(&fixture.pool);
    if (block != NULL) {
        const size_t index = (size_t)(block - arena) / BLOCK_SIZE;
        CHECK(index < BLOCKS && !owned[index]);
        owned[index] = true;
    }
}

static void give(unsigned index)
{
    const bool was_owned = owned[index];
    owned[index] = false;
    const rw_status_t status = rw_pool_free(&fixture.pool, arena + index * BLOCK_SIZE);
    CHECK(status == (was_owned ? RW_OK : RW_E_DOUBLE_FREE));
}

static void operate(unsigned choice)
{
    if (choice == BLOCKS) {
        take();
    } else {
        give(choice);
    }
}

static bool swap_reached(void)
{
    if (swaps_left == 0 || --swaps_left != 0) {
        return true;
    }
    unsigned rest = script;
    for (unsigned at = 0; at < script_length; at++, rest /= CHOICES) {
        if (rest % CHOICES == BLOCKS || rest % CHOICES != claiming) {
            operate(rest % CHOICES);
        }
    }
    return true;
}

static void compare(void)
{
    unsigned used = 0;
    rw_stats_t stats;
    for (unsigned index = 0; index < BLOCKS; index++) {
        used += owned[index];
        CHECK((rw_pool_usable_size(&fixture.pool, arena + index * BLOCK_SIZE) != 0) ==
              owned[index]);
    }
    rw_pool_stats(&fixture.pool, &stats);
    CHECK(stats.used == used * BLOCK_SIZE && rw_pool_check(&fixture.pool) == RW_OK);
}

/* The first swap of a free is its claim. A wrong free is not interrupted there: the others may come
 * to own the block, and then it is right. */
static void run_interrupted(unsigned choice, unsigned swap)
{
    if (choice != BLOCKS && !owned[choice]) {
        return;
    }
    swaps_left = swap;
    claiming = swap == 1 ? choice : BLOCKS;
    operate(choice);
    swaps_left = 0;
    compare();
}

/* The state that the operations of prefix leave behind. */
static void prepare(unsigned core, unsigned prefix, unsigned length)
{
    pool_fixture_make(&fixture, core, arena, BLOCK_SIZE, BLOCKS);
    memset(owned, 0, sizeof owned);
    for (unsigned at = 0; at < length; at++, prefix /= CHOICES) {
        operate(prefix % CHOICES);
    }
}

static unsigned power(unsigned exponent)
{
    unsigned result = 1;
    while (exponent-- > 0) {
        result *= CHOICES;
    }
    return result;
}

/* Others free the very block between the look at its link and the claim: they succeed, not both. */
static void run_rivalry(unsigned core)
{
    prepare(core, BLOCKS, 1); /* one operation: take */
    swaps_left = 1;
    script = 0;
    script_length = 1;
    claiming = BLOCKS;
    CHECK(rw_pool_free(&fixture.pool, arena) == RW_E_DOUBLE_FREE);
    compare();
    pool_fixture_drop(&fixture);
}

static void try_core(unsigned core)
{
    run_rivalry(core);
    for (unsigned prefix = 0; prefix < power(5); prefix++) {
        for (script_length = 1; script_length <= DEPTH; script_length++) {
            for (script = 0; script < power(script_length); script++) {
                for (unsigned choice = 0; choice < CHOICES; choice++) {
                    for (unsigned swap = 1; swap <= 2; swap++) {
                        prepare(core, prefix, 5);
                        run_interrupted(choice, swap);
                        pool_fixture_drop(&fixture);
                    }
                }
            }
        }
    }
}

int main(void)
{
    arena = pool_fixture_forbidden(BLOCKS * BLOCK_SIZE);
    for (unsigned core = 0; core < POOL_CORE_COUNT; core++) {
        if (pool_cores[core].sharing == RW_SHARING_INTERRUPT && pool_cores[core].checked) {
            try_core(core);
        }
    }
    return 0;
}
