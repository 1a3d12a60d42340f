/* SPDX-License-Identifier: Apache-2.0 */
#include "full_fixture.h"

#include <string.h>
#include <sys/mman.h>

#define SLAB_SIZE 512U
#define BLOCK_SIZE 40U
#define STRIDE 64U
#define NOTE_SHIFT 4U

#define HEAPS(f)                                                                                   \
    f(heap, full_none_16), f(heap, full_none_32), f(heap, full_task_16), f(heap, full_task_32),    \
        f(heap, full_interrupt_16), f(heap, full_interrupt_32), f(heap, full_core_16),             \
        f(heap, full_core_32)
#define SLABS(f) f(slab, full_none), f(slab, full_task), f(slab, full_interrupt), f(slab, full_core)
#define POOLS(f)                                                                                   \
    f(pool, full_none_8), f(pool, full_none_16), f(pool, full_shared_8), f(pool, full_shared_16),  \
        f(pool, full_core_8), f(pool, full_core_16), WAITING(f)
#define WAITING(f) f(pool, full_wait_8), f(pool, full_wait_16)
#define SIZED(f) HEAPS(f), SLABS(f)
#define ALL(f) SIZED(f), POOLS(f)
#define WAITING_AT (FULL_CORE_COUNT - 2U)
#define POOL_AT (FULL_CORE_COUNT - 8U)
#define SLAB_AT (POOL_AT - 4U)

#define ALLOC(kind, core) rw_##kind##_alloc_##core
#define ALLOC_WAIT(kind, core) rw_##kind##_alloc_wait_##core
#define ALIGNED(kind, core) rw_##kind##_alloc_aligned_##core
#define RESIZE(kind, core) rw_##kind##_resize_##core
#define LOWER(kind, core) rw_##kind##_lower_##core
#define FREE(kind, core) rw_##kind##_free_##core
#define USABLE(kind, core) rw_##kind##_usable_##core
#define CHECK_CORE(kind, core) rw_##kind##_check_##core
#define WALK(kind, core) rw_##kind##_walk_##core
#define STATS(kind, core) rw_##kind##_stats_##core
#define ZONE_STATS(kind, core) rw_##kind##_zone_stats_##core

const rw_pool_alloc_core_t rw_pool_alloc_cores[FULL_CORE_COUNT] = {[POOL_AT] = POOLS(ALLOC)};
const rw_pool_alloc_wait_core_t rw_pool_alloc_wait_cores[FULL_CORE_COUNT] = {
    [WAITING_AT] = WAITING(ALLOC_WAIT)};
const rw_alloc_core_t rw_alloc_cores[FULL_CORE_COUNT] = {SIZED(ALLOC)};
const rw_alloc_aligned_core_t rw_alloc_aligned_cores[FULL_CORE_COUNT] = {SIZED(ALIGNED)};
const rw_resize_core_t rw_resize_cores[FULL_CORE_COUNT] = {SIZED(RESIZE)};
const rw_lower_core_t rw_lower_cores[FULL_CORE_COUNT] = {HEAPS(LOWER)};
const rw_free_core_t rw_free_cores[FULL_CORE_COUNT] = {ALL(FREE)};
const rw_usable_core_t rw_usable_cores[FULL_CORE_COUNT] = {ALL(USABLE)};
const rw_check_core_t rw_check_cores[FULL_CORE_COUNT] = {ALL(CHECK_CORE)};
const rw_walk_core_t rw_walk_cores[FULL_CORE_COUNT] = {ALL(WALK)};
const rw_stats_core_t rw_stats_cores[FULL_CORE_COUNT] = {ALL(STATS)};
const rw_zone_stats_core_t rw_zone_stats_cores[FULL_CORE_COUNT] = {[SLAB_AT] = SLABS(ZONE_STATS)};

const full_core_info_t full_cores[FULL_CORE_COUNT] = {
    {"heap full_none_16", RW_HEAP, RW_SHARING_NONE, 16},
    {"heap full_none_32", RW_HEAP, RW_SHARING_NONE, 32},
    {"heap full_task_16", RW_HEAP, RW_SHARING_TASK, 16},
    {"heap full_task_32", RW_HEAP, RW_SHARING_TASK, 32},
    {"heap full_interrupt_16", RW_HEAP, RW_SHARING_INTERRUPT, 16},
    {"heap full_interrupt_32", RW_HEAP, RW_SHARING_INTERRUPT, 32},
    {"heap full_core_16", RW_HEAP, RW_SHARING_CORE, 16},
    {"heap full_core_32", RW_HEAP, RW_SHARING_CORE, 32},
    {"slab full_none", RW_SLAB, RW_SHARING_NONE, 0},
    {"slab full_task", RW_SLAB, RW_SHARING_TASK, 0},
    {"slab full_interrupt", RW_SLAB, RW_SHARING_INTERRUPT, 0},
    {"slab full_core", RW_SLAB, RW_SHARING_CORE, 0},
    {"pool full_none_8", RW_POOL, RW_SHARING_NONE, 8},
    {"pool full_none_16", RW_POOL, RW_SHARING_NONE, 16},
    {"pool full_shared_8", RW_POOL, RW_SHARING_INTERRUPT, 8},
    {"pool full_shared_16", RW_POOL, RW_SHARING_INTERRUPT, 16},
    {"pool full_core_8", RW_POOL, RW_SHARING_CORE, 8},
    {"pool full_core_16", RW_POOL, RW_SHARING_CORE, 16},
    {"pool full_wait_8", RW_POOL, RW_SHARING_INTERRUPT, 8},
    {"pool full_wait_16", RW_POOL, RW_SHARING_INTERRUPT, 16},
};

const char *full_current = "";
unsigned full_faults;
rw_status_t full_fault_kind;
const rw_object_t *full_fault_object;
const void *full_fault_where;

__attribute__((weak)) const rw_object_t *const rw_waiting_pools[] = {NULL};

__attribute__((weak)) void rw_on_fault(rw_status_t fault, const rw_object_t *object,
                                       const void *address)
{
    full_faults++;
    full_fault_kind = fault;
    full_fault_object = object;
    full_fault_where = address;
}

bool full_one_fault(rw_status_t fault, const void *block)
{
    const bool as_expected =
        full_faults == 1 && full_fault_kind == fault && full_fault_where == block;
    full_faults = 0;
    return as_expected;
}

bool full_no_fault(void)
{
    const bool as_expected = full_faults == 0;
    full_faults = 0;
    return as_expected;
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

static rw_object_t object_of(unsigned core, uint8_t *arena, size_t size)
{
    return (rw_object_t){
        .arena = arena,
        .size = size,
        .name = full_cores[core].name,
        .core = (uint8_t)core,
        .kind = (uint8_t)full_cores[core].kind,
        .overhead = full_cores[core].kind == RW_HEAP ? RW_HEAP_OVERHEAD + RW_FULL_SEAL : 0U};
}

static void begin(full_fixture_t *fixture, unsigned core)
{
    memset(fixture, 0, sizeof *fixture);
    full_current = full_cores[core].name;
}

static rw_full_t layer_of(full_fixture_t *fixture, unsigned depth, size_t block_size)
{
    CHECK(depth >= 1 && depth <= RW_FULL_DEPTH_MAX);
    return (rw_full_t){.state = &fixture->state,
                       .held = fixture->held,
                       .notes = fixture->notes,
                       .block_size = block_size,
                       .places = depth + RW_FULL_SPARE,
                       .note_shift = NOTE_SHIFT};
}

static void make_heap(full_fixture_t *fixture, unsigned core, uint8_t *arena, size_t size,
                      unsigned depth)
{
    begin(fixture, core);
    const rw_heap_full_t heap = {
        .heap = {.object = object_of(core, arena, size),
                 .state = &fixture->heap.state,
                 .granules = (uint32_t)(size / RW_HEAP_GRANULE - 1U)},
        .full = layer_of(fixture, depth, 0),
    };
    memcpy(&fixture->self.heap, &heap, sizeof heap);
    fixture->object = &fixture->self.heap.heap.object;
}

static void make_zones(full_fixture_t *fixture, uint16_t slab_count)
{
    static const uint32_t sizes[FULL_ZONES] = {16, 48, 128, 512};
    const rw_zone_t runs = {.inverse = 1, .cut = RW_ZONE_CUT(1, 0), .max_slabs = slab_count};
    uint8_t zone = 0;
    memcpy(&fixture->slab.zones[0], &runs, sizeof runs);
    for (unsigned at = 0; at < FULL_ZONES; at++) {
        const unsigned shift = (unsigned)__builtin_ctz(sizes[at]);
        const rw_zone_t made = {.inverse = inverse_of(sizes[at] >> shift),
                                .cut = (uint16_t)RW_ZONE_CUT(SLAB_SIZE / sizes[at], shift),
                                .block_size = (uint16_t)sizes[at],
                                .max_slabs = slab_count};
        memcpy(&fixture->slab.zones[at + 1U], &made, sizeof made);
    }
    for (uint32_t at = 0; at < 512U / 8U; at++) {
        zone = (uint8_t)(zone + (sizes[zone] < at * 8U + 1U ? 1U : 0U));
        fixture->slab.size_table[at] = (uint8_t)RW_ZONE_PLACE(zone + 1U);
    }
}

static void make_slab(full_fixture_t *fixture, unsigned core, uint8_t *arena, size_t size,
                      unsigned depth)
{
    const uint16_t count = (uint16_t)(size / SLAB_SIZE);
    begin(fixture, core);
    make_zones(fixture, count);
    const rw_slab_full_t slab = {
        .slab = {.object = object_of(core, arena, size),
                 .state = &fixture->slab.state,
                 .pages = &fixture->slab.pages[0].page,
                 .page_size = sizeof fixture->slab.pages[0],
                 .zones = fixture->slab.zones,
                 .size_table = fixture->slab.size_table,
                 .last = 511,
                 .slab_count = count,
                 .shared_count = count,
                 .slab_shift = 9,
                 .table_shift = 3},
        .full = layer_of(fixture, depth, 0),
    };
    memcpy(&fixture->self.slab, &slab, sizeof slab);
    fixture->object = &fixture->self.slab.slab.object;
}

void full_make_pool(full_fixture_t *fixture, unsigned core, uint8_t *arena, size_t block_size,
                    size_t stride, unsigned count, unsigned depth)
{
    const unsigned shift = (unsigned)__builtin_ctzl(stride);
    begin(fixture, core);
    CHECK(full_cores[core].width == 16 || count <= RW_POOL_COUNT_MAX_8);
    const rw_pool_full_t pool = {
        .pool = {.block_size = (ptrdiff_t)stride,
                 .end = (uint8_t *)((uintptr_t)arena + stride * count),
                 .state = &fixture->pool.state.pool,
                 .full = count,
                 .shift = shift,
                 .first = arena,
                 .inverse = inverse_of(stride >> shift),
                 .object = object_of(core, arena, stride * count)},
        .full = layer_of(fixture, depth, block_size),
    };
    memcpy(&fixture->self.pool, &pool, sizeof pool);
    fixture->object = &fixture->self.pool.pool.object;
}

void full_make(full_fixture_t *fixture, unsigned core, uint8_t *arena, size_t size, unsigned depth)
{
    CHECK(size <= FULL_ARENA);
    if (full_cores[core].kind == RW_HEAP) {
        make_heap(fixture, core, arena, size, depth);
    } else if (full_cores[core].kind == RW_SLAB) {
        make_slab(fixture, core, arena, size, depth);
    } else {
        const unsigned most = full_cores[core].width == 16 ? 512U : RW_POOL_COUNT_MAX_8;
        const unsigned count = (unsigned)(size / STRIDE);
        full_make_pool(fixture, core, arena, BLOCK_SIZE, STRIDE, count < most ? count : most,
                       depth);
    }
}

void *full_alloc(const full_fixture_t *fixture, size_t size)
{
    if (fixture->object->kind == RW_POOL) {
        return rw_pool_alloc(&fixture->self.pool.pool);
    }
    return fixture->object->kind == RW_HEAP ? rw_heap_alloc(&fixture->self.heap.heap, size)
                                            : rw_slab_alloc(&fixture->self.slab.slab, size);
}

rw_status_t full_free(const full_fixture_t *fixture, void *block)
{
    return rw_free_cores[fixture->object->core](block, fixture->object);
}

size_t full_usable(const full_fixture_t *fixture, const void *block)
{
    return rw_usable_cores[fixture->object->core](fixture->object, block);
}

rw_status_t full_check(const full_fixture_t *fixture)
{
    return rw_check_cores[fixture->object->core](fixture->object);
}

rw_stats_t full_stats(const full_fixture_t *fixture)
{
    rw_stats_t stats;
    rw_stats_cores[fixture->object->core](fixture->object, &stats);
    return stats;
}

void full_walk(const full_fixture_t *fixture, rw_visit_t visit, void *context)
{
    rw_walk_cores[fixture->object->core](fixture->object, visit, context);
}

uint8_t *full_forbidden(size_t size)
{
    void *const address = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(address != MAP_FAILED);
    return address;
}
