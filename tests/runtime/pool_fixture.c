/* SPDX-License-Identifier: Apache-2.0 */
#include "pool_fixture.h"

#include <string.h>
#include <sys/mman.h>

#define EACH_CORE(f)                                                                               \
    f(none_none_32), f(none_shared_32), f(basic_none_8), f(basic_none_16), f(basic_shared_8),      \
        f(basic_shared_16), f(none_core_32), f(basic_core_8), f(basic_core_16)

#define ALLOC(core) rw_pool_alloc_##core
#define FREE(core) rw_pool_free_##core
#define USABLE(core) rw_pool_usable_##core
#define CHECK_CORE(core) rw_pool_check_##core
#define WALK(core) rw_pool_walk_##core
#define STATS(core) rw_pool_stats_##core

const rw_pool_alloc_core_t rw_pool_alloc_cores[] = {EACH_CORE(ALLOC)};
const rw_free_core_t rw_free_cores[] = {EACH_CORE(FREE)};
const rw_usable_core_t rw_usable_cores[] = {EACH_CORE(USABLE)};
const rw_check_core_t rw_check_cores[] = {EACH_CORE(CHECK_CORE)};
const rw_walk_core_t rw_walk_cores[] = {EACH_CORE(WALK)};
const rw_stats_core_t rw_stats_cores[] = {EACH_CORE(STATS)};

const pool_core_t pool_cores[POOL_CORE_COUNT] = {
    {"none_none_32", false, RW_SHARING_NONE, 32},
    {"none_shared_32", false, RW_SHARING_INTERRUPT, 32},
    {"basic_none_8", true, RW_SHARING_NONE, 8},
    {"basic_none_16", true, RW_SHARING_NONE, 16},
    {"basic_shared_8", true, RW_SHARING_INTERRUPT, 8},
    {"basic_shared_16", true, RW_SHARING_INTERRUPT, 16},
    {"none_core_32", false, RW_SHARING_CORE, 32},
    {"basic_core_8", true, RW_SHARING_CORE, 8},
    {"basic_core_16", true, RW_SHARING_CORE, 16},
};

unsigned pool_faults;
rw_status_t pool_fault_kind;
const rw_object_t *pool_fault_object;
const void *pool_fault_where;

__attribute__((weak)) void rw_on_fault(rw_status_t fault, const rw_object_t *object,
                                       const void *address)
{
    pool_faults++;
    pool_fault_kind = fault;
    pool_fault_object = object;
    pool_fault_where = address;
}

/* Inverse of an odd number modulo a power of two; each step doubles the bits that are right. */
static uintptr_t inverse_of(uintptr_t odd)
{
    uintptr_t inverse = odd;
    for (unsigned bits = 3; bits < 8U * sizeof(odd); bits *= 2U) {
        inverse *= 2U - odd * inverse;
    }
    return inverse;
}

void pool_fixture_make(pool_fixture_t *fixture, unsigned core, uint8_t *arena, size_t block_size,
                       unsigned count)
{
    CHECK(count >= 1 &&
          count <= (pool_cores[core].width == 8 ? RW_POOL_COUNT_MAX_8 : RW_POOL_COUNT_MAX_16));
    CHECK(pool_cores[core].checked || block_size % sizeof(int32_t) == 0);
    memset(fixture, 0, sizeof *fixture);
    /* Exactly as many bytes as links and state take, so that overruns are found; the links end
     * where the state begins, which is aligned. */
    const bool checked = pool_cores[core].checked;
    const size_t unit = sizeof(rw_pool_state_t);
    fixture->links_size = checked ? count * pool_cores[core].width / 8U : 0;
    const size_t padded = (fixture->links_size + unit - 1) / unit * unit;
    fixture->control = calloc(1, padded + unit);
    CHECK(fixture->control != NULL);
    fixture->links = fixture->control + padded - fixture->links_size;
    fixture->state = (rw_pool_state_t *)(void *)(fixture->control + padded);
    fixture->count = count;
    const unsigned shift = (unsigned)__builtin_ctzl(block_size);
    fixture->pool = (rw_pool_t){
        .object = {.arena = arena,
                   .size = block_size * count,
                   .name = pool_cores[core].name,
                   .core = (uint8_t)core,
                   .kind = RW_POOL},
        .state = fixture->state,
        .first = arena,
        .end = (uint8_t *)((uintptr_t)arena + block_size * count),
        .block_size = (ptrdiff_t)block_size,
        .inverse = inverse_of(block_size >> shift),
        .shift = shift,
        .full = (uint32_t)(checked ? count : block_size * count),
    };
}

void pool_fixture_drop(pool_fixture_t *fixture)
{
    free(fixture->control);
}

uint8_t *pool_fixture_forbidden(size_t size)
{
    void *const address = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(address != MAP_FAILED);
    return address;
}
