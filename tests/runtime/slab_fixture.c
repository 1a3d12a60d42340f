/* SPDX-License-Identifier: Apache-2.0 */
#include "slab_fixture.h"

#include <string.h>
#include <sys/mman.h>

#define EACH_CORE(f)                                                                               \
    f(none_none), f(basic_none), f(none_task), f(basic_task), f(none_interrupt), f(basic_interrupt)

#define ALLOC(core) rw_slab_alloc_##core
#define ALIGNED(core) rw_slab_alloc_aligned_##core
#define RESIZE(core) rw_slab_resize_##core
#define FREE(core) rw_slab_free_##core
#define USABLE(core) rw_slab_usable_##core
#define CHECK_CORE(core) rw_slab_check_##core
#define WALK(core) rw_slab_walk_##core
#define STATS(core) rw_slab_stats_##core
#define ZONE_STATS(core) rw_slab_zone_stats_##core
#define NAME(core) #core

const rw_alloc_core_t rw_alloc_cores[] = {EACH_CORE(ALLOC)};
const rw_alloc_aligned_core_t rw_alloc_aligned_cores[] = {EACH_CORE(ALIGNED)};
const rw_resize_core_t rw_resize_cores[] = {EACH_CORE(RESIZE)};
const rw_lower_core_t rw_lower_cores[sizeof rw_resize_cores / sizeof rw_resize_cores[0]];
const rw_free_core_t rw_free_cores[] = {EACH_CORE(FREE)};
const rw_usable_core_t rw_usable_cores[] = {EACH_CORE(USABLE)};
const rw_check_core_t rw_check_cores[] = {EACH_CORE(CHECK_CORE)};
const rw_walk_core_t rw_walk_cores[] = {EACH_CORE(WALK)};
const rw_stats_core_t rw_stats_cores[] = {EACH_CORE(STATS)};

const rw_zone_stats_core_t rw_zone_stats_cores[] = {EACH_CORE(ZONE_STATS)};

const char *const slab_core_names[SLAB_CORE_COUNT] = {EACH_CORE(NAME)};

unsigned slab_faults;
rw_status_t slab_fault_kind;
const void *slab_fault_where;

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    (void)object;
    slab_faults++;
    slab_fault_kind = fault;
    slab_fault_where = address;
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

static rw_zone_t zone_of(const zone_plan_t *plan, uint32_t slab_size, uint16_t slab_count)
{
    const unsigned shift = (unsigned)__builtin_ctz(plan->block_size);
    return (rw_zone_t){.inverse = inverse_of(plan->block_size >> shift),
                       .cut = (uint16_t)RW_ZONE_CUT(slab_size / plan->block_size, shift),
                       .block_size = (uint16_t)plan->block_size,
                       .min_slabs = plan->min_slabs,
                       .max_slabs = plan->max_slabs != 0 ? plan->max_slabs : slab_count};
}

/* For sizes 1..8, 9..16, ...: the place of the first zone that holds them. */
static uint8_t *size_table_of(const zone_plan_t *plan, uint32_t largest)
{
    const size_t length = largest / 8U;
    uint8_t *const table = malloc(length);
    CHECK(table != NULL);
    uint8_t zone = 0;
    for (size_t at = 0; at < length; at++) {
        while (plan[zone].block_size < at * 8U + 1U) {
            zone++;
        }
        table[at] = (uint8_t)RW_ZONE_PLACE(zone + 1U);
    }
    return table;
}

/* Fills the zones. Returns the slabs set aside for them; their number is added to *count, and the
 * map words that the most blocks need are in *words. */
static uint32_t zones_of(slab_fixture_t *fixture, const zone_plan_t *plan, uint32_t slab_size,
                         uint16_t slab_count, uint32_t *count, uint32_t *words)
{
    uint32_t minima = 0;
    fixture->zones[0] =
        (rw_zone_t){.inverse = 1, .cut = RW_ZONE_CUT(1, 0), .max_slabs = slab_count};
    for (*count = 0, *words = 0; plan[*count].block_size != 0; (*count)++) {
        CHECK(*count < SLAB_FIXTURE_ZONES && plan[*count].block_size % 8U == 0);
        const uint32_t needed = (slab_size / plan[*count].block_size + 31U) / 32U;
        fixture->zones[*count + 1U] = zone_of(&plan[*count], slab_size, slab_count);
        *words = needed > *words ? needed : *words;
        minima += plan[*count].min_slabs;
    }
    CHECK(minima <= slab_count);
    return minima;
}

void slab_fixture_make(slab_fixture_t *fixture, unsigned core, uint8_t *arena, uint32_t slab_size,
                       uint16_t slab_count, const zone_plan_t *plan)
{
    memset(fixture, 0, sizeof *fixture);
    uint32_t count;
    uint32_t words;
    const uint32_t minima = zones_of(fixture, plan, slab_size, slab_count, &count, &words);
    const uint32_t largest = plan[count - 1U].block_size;
    const size_t alignment = _Alignof(rw_page_t);
    const size_t page_size =
        (sizeof(rw_page_t) + 4U * words + alignment - 1U) / alignment * alignment;
    fixture->zone_count = count;
    fixture->size_table = size_table_of(plan, largest);
    fixture->pages_size = page_size * slab_count;
    rw_page_t *const pages = calloc(slab_count, page_size);
    CHECK(pages != NULL);
    const rw_slab_t slab = {.object = {.arena = arena,
                                       .size = (size_t)slab_size * slab_count,
                                       .name = slab_core_names[core],
                                       .core = (uint8_t)core,
                                       .kind = RW_SLAB},
                            .state = &fixture->states.slab,
                            .pages = pages,
                            .page_size = (uint32_t)page_size,
                            .size_table = fixture->size_table,
                            .zones = fixture->zones,
                            .last = (uint16_t)(largest - 1U),
                            .slab_count = slab_count,
                            .shared_count = (uint16_t)(slab_count - minima),
                            .slab_shift = (uint8_t)__builtin_ctz(slab_size),
                            .table_shift = 3};
    memcpy(&fixture->slab, &slab, sizeof slab);
}

void slab_fixture_drop(slab_fixture_t *fixture)
{
    free(fixture->slab.pages);
    free(fixture->size_table);
}

uint8_t *slab_fixture_forbidden(size_t size)
{
    void *const address = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(address != MAP_FAILED);
    return address;
}
