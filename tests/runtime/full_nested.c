/* SPDX-License-Identifier: Apache-2.0
 *
 * An object with checks full whose calls are interrupted wherever they hold no lock, by calls that
 * are interrupted in turn: no false alarm, nothing lost, whatever the quarantine's depth.
 */
#define RW_PORT_NEED_WAIT

#include "full_fixture.h"

#include <string.h>

#define OPERATIONS 4000U
#define NESTING 3U /* RW_FULL_SPARE frees may interrupt each other */
#define MOST 60U   /* blocks held when another is asked for */
#define ROOM 200U  /* for those of calls that came between */

_Static_assert(NESTING < RW_FULL_SPARE, "places for every free under way");

typedef struct held {
    uint8_t *block;
    size_t size;
    uint8_t content;
} held_t;

uintptr_t nested_masked;
static unsigned nesting;
static unsigned deepest;
static _Alignas(512) uint8_t arena[4096];
static full_fixture_t fixture;
static held_t held[ROOM];
static unsigned held_count;
static uint32_t chance;

static uint32_t draw(uint32_t below)
{
    chance = chance * 1664525U + 1013904223U;
    return (chance >> 8U) % below;
}

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    printf("%s: fault %d at %td\n", object->name, (int)fault, (const uint8_t *)address - arena);
    exit(1);
}

static size_t any_size(void)
{
    return fixture.object->kind == RW_POOL ? 40U : 1U + draw(draw(6) == 0 ? 900U : 100U);
}

static void hold(uint8_t *block, size_t size)
{
    CHECK(full_usable(&fixture, block) >= size && held_count < ROOM);
    held[held_count] = (held_t){block, size, (uint8_t)draw(256)};
    memset(block, held[held_count].content, size);
    held_count++;
}

static void take(void)
{
    const size_t size = any_size();
    uint8_t *block = full_alloc(&fixture, size);
    if (block != NULL) {
        for (size_t at = 0; at < size; at++) {
            CHECK(block[at] == RW_FULL_FRESH);
        }
        CHECK(full_usable(&fixture, block) == size);
        hold(block, size);
    }
}

/* A block that nobody else knows about from here on. */
static held_t let_go(void)
{
    const unsigned at = draw(held_count);
    const held_t one = held[at];
    held[at] = held[--held_count];
    for (size_t i = 0; i < one.size; i++) {
        CHECK(one.block[i] == one.content);
    }
    return one;
}

static void *resized(uint8_t *block, size_t size)
{
    return fixture.object->kind == RW_HEAP ? rw_heap_realloc(&fixture.self.heap.heap, block, size)
                                           : rw_slab_realloc(&fixture.self.slab.slab, block, size);
}

static void resize(void)
{
    const held_t one = let_go();
    const size_t size = any_size();
    uint8_t *block = resized(one.block, size);
    const size_t kept = block == NULL || one.size < size ? one.size : size;
    for (size_t at = 0; at < kept; at++) {
        CHECK((block == NULL ? one.block : block)[at] == one.content);
    }
    hold(block == NULL ? one.block : block, block == NULL ? one.size : size);
}

static bool visit(const rw_block_t *block, void *context)
{
    *(size_t *)context += block->used ? 1U : 0U;
    return true;
}

static void look(void)
{
    size_t used = 0;
    CHECK(full_check(&fixture) == RW_OK);
    full_walk(&fixture, visit, &used);
    CHECK(full_stats(&fixture).used <= fixture.object->size);
}

static void operate(void)
{
    const uint32_t kind = draw(10);
    if (kind < 4 && held_count < MOST) {
        take();
    } else if (kind < 8 && held_count != 0) {
        if (kind < 6 || fixture.object->kind == RW_POOL) {
            CHECK(full_free(&fixture, let_go().block) == RW_OK);
        } else {
            resize();
        }
    } else {
        look();
    }
}

void nested_unmasked(void)
{
    if (nesting < NESTING && draw(6) == 0) {
        nesting++;
        deepest = nesting > deepest ? nesting : deepest;
        operate();
        nesting--;
    }
}

/* Nobody waits here. */
void nested_sleep(const rw_port_event_t *event, rw_ticks_t ticks)
{
    CHECK(event == NULL && ticks == 0U);
}

rw_ticks_t rw_port_tick(void)
{
    return 0;
}

int32_t rw_port_priority(void)
{
    return 0;
}

const void *rw_port_task(void)
{
    return NULL;
}

/* Nothing is under way: every block in the quarantine is one to keep, and at most as many as frees
 * that interrupted each other are there beyond its depth. */
static void at_rest(unsigned depth)
{
    unsigned kept = 0;
    CHECK(fixture.state.busy == 0);
    for (unsigned place = 0; place < depth + RW_FULL_SPARE; place++) {
        const rw_held_t *const one = &fixture.held[place];
        CHECK(one->block == NULL || (one->extent != 0 && one->extent != SIZE_MAX));
        kept += one->block != NULL ? 1U : 0U;
    }
    CHECK(kept <= depth + NESTING);
}

static void run(unsigned core, unsigned depth)
{
    memset(arena, 0xA5, sizeof arena);
    full_make(&fixture, core, arena, sizeof arena, depth);
    chance = core * 31U + depth;
    for (unsigned i = 0; i < OPERATIONS; i++) {
        operate();
        at_rest(depth);
    }
    nesting = NESTING; /* no more of it */
    while (held_count != 0) {
        CHECK(full_free(&fixture, let_go().block) == RW_OK);
    }
    CHECK(full_check(&fixture) == RW_OK && full_stats(&fixture).used == 0);
    CHECK(deepest == NESTING);
    nesting = 0;
}

int main(void)
{
    for (unsigned core = 0; core < FULL_CORE_COUNT; core++) {
        if (full_cores[core].sharing != RW_SHARING_NONE) {
            run(core, 1);
            run(core, 2);
            run(core, 6);
        }
    }
    return 0;
}
