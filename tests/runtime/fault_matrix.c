/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes of one mistake: `fault_matrix OBJECT MISTAKE` makes it, then uses the object on, each
 * block with bytes of its own that must still be there when it is freed, and says in one word what
 * came of it. Built as it is released, without sanitizers: what a mistake breaks is to be seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ramwright/dispatch.h"

#include "faults_memory.h"

#define SLOTS 40U
#define FIRST 24U /* slots that hold a block from the beginning */
#define OPERATIONS 400U

typedef struct slot {
    uint8_t *block; /* NULL: none */
    size_t size;    /* asked for */
    bool spoilt;    /* the mistake wrote into it: its bytes are nobody's fault any more */
    bool stuck;     /* its free was refused */
} slot_t;

static const rw_object_t *object;
static const rw_object_t *other; /* of the same kind */
static slot_t slots[SLOTS];
static slot_t *victim;    /* a block amidst others */
static slot_t *successor; /* the block behind it */
static slot_t *before;    /* the block before it */
static unsigned faults;
static const char *harm; /* what was found broken first */

void rw_on_fault(rw_status_t fault, const rw_object_t *faulty, const void *address)
{
    (void)fault;
    (void)address;
    faults += faulty == object || faulty == other ? 1U : 0U;
}

static bool is_pool(void)
{
    return object->kind == RW_POOL;
}

static void harmed(const char *what)
{
    harm = harm == NULL ? what : harm;
}

/* ---- the object, used as it should be ---- */

static uint8_t *taken(size_t size)
{
    return is_pool() ? rw_pool_alloc_cores[object->core](object)
                     : rw_alloc_cores[object->core](object, size);
}

static rw_status_t given(void *block)
{
    return rw_free_cores[object->core](block, object);
}

static uint8_t fill_of(const slot_t *slot)
{
    return (uint8_t)(0x80U + (unsigned)(slot - slots));
}

static bool overlap(const slot_t *slot, const uint8_t *from, size_t size)
{
    return slot->block != NULL && from < slot->block + slot->size && slot->block < from + size;
}

static void keep(slot_t *slot, uint8_t *block, size_t size)
{
    const uintptr_t offset = (uintptr_t)block - (uintptr_t)object->arena;
    if (offset > object->size || size > object->size - offset || (uintptr_t)block % 8U != 0U) {
        harmed("place");
        return;
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (overlap(&slots[i], block, size)) {
            harmed("overlap");
            slots[i].spoilt = true;
        }
    }
    *slot = (slot_t){block, size, false, false};
    memset(block, fill_of(slot), size);
}

static void look_at(const slot_t *slot)
{
    for (size_t i = 0; i < slot->size && !slot->spoilt; i++) {
        if (slot->block[i] != fill_of(slot)) {
            harmed("content");
            return;
        }
    }
}

static void give(slot_t *slot)
{
    look_at(slot);
    if (given(slot->block) == RW_OK) {
        slot->block = NULL;
    } else {
        slot->stuck = true;
    }
}

static unsigned next_random(void)
{
    static unsigned state = 12345;
    state = state * 1664525U + 1013904223U;
    return state >> 8;
}

/* No multiple of anything, so that blocks are larger than what was asked for. */
static size_t size_number(unsigned i)
{
    return is_pool() ? 28U : 13U + 12U * (i % 4U);
}

static void use_on(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        slot_t *slot = &slots[next_random() % SLOTS];
        const size_t size = size_number(next_random());
        if (slot->block == NULL) {
            uint8_t *block = taken(size);
            if (block != NULL) {
                keep(slot, block, size);
            }
        } else if (!slot->stuck) {
            give(slot);
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i].block != NULL && !slots[i].stuck) {
            give(&slots[i]);
        }
    }
}

/* Three blocks that lie one behind the other, with others around and free ones elsewhere. */
static void prepare(void)
{
    for (unsigned i = 0; i < FIRST; i++) {
        const size_t size = object->kind == RW_HEAP ? size_number(i) : 28U;
        keep(&slots[i], taken(size), size);
    }
    before = &slots[9];
    victim = &slots[10];
    successor = &slots[11];
    if (before->block > victim->block) { /* handed out from above */
        before = &slots[11];
        successor = &slots[9];
    }
    for (unsigned i = 2; i < FIRST; i += 5U) {
        give(&slots[i]);
    }
}

/* ---- the mistakes ---- */

static void write_to(uint8_t *from, int value, size_t count)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        slots[i].spoilt = slots[i].spoilt || overlap(&slots[i], from, count);
    }
    memset(from, value, count);
}

/* Bytes of the victim's block beyond those asked for. */
static size_t slack(void)
{
    const size_t stride = (size_t)(successor->block - victim->block);
    return stride - victim->size - (object->kind == RW_HEAP ? 4U : 0U);
}

static uint8_t *freed_victim(void)
{
    uint8_t *const block = victim->block;
    give(victim);
    return block;
}

static void no_mistake(void)
{
}

static void free_on_stack(void)
{
    uint64_t local[8] = {0};
    (void)given(&local[4]);
}

static void free_of_other(void)
{
    void *block = other->kind == RW_POOL ? rw_pool_alloc_cores[other->core](other)
                                         : rw_alloc_cores[other->core](other, 28);
    (void)given(block);
}

static void free_behind_arena(void)
{
    (void)given(object->arena + object->size);
}

static void free_never_allocated(void)
{
    (void)given(object->arena + object->size - (object->kind == RW_HEAP ? 40U : 32U));
}

static void free_inside(void)
{
    (void)given(victim->block + 8);
}

static void free_misaligned(void)
{
    (void)given(victim->block + 1);
}

static void free_twice(void)
{
    (void)given(freed_victim());
}

static void free_twice_merged(void)
{
    give(before);
    uint8_t *const block = freed_victim();
    give(successor);
    (void)given(block);
}

static void free_twice_covered(void)
{
    const size_t room = victim->size + successor->size;
    uint8_t *const block = successor->block;
    give(victim);
    give(successor);
    uint8_t *const joined = taken(room);
    if (joined != NULL) {
        keep(victim, joined, room);
    }
    (void)given(block);
}

static void free_twice_reused(void)
{
    const size_t size = victim->size;
    uint8_t *const block = freed_victim();
    for (unsigned i = FIRST; i < SLOTS && victim->block == NULL; i++) {
        uint8_t *const again = taken(size);
        if (again != NULL) {
            keep(again == block ? victim : &slots[i], again, size);
        }
    }
    (void)given(block);
}

static void realloc_of_freed(void)
{
    uint8_t *const block = freed_victim();
    if (object->kind == RW_HEAP) {
        (void)rw_heap_realloc((const rw_heap_t *)(const void *)object, block, 60);
    } else {
        (void)rw_slab_realloc((const rw_slab_t *)(const void *)object, block, 60);
    }
}

static void write_behind_request(void)
{
    write_to(victim->block + victim->size, 0x5A, 1);
}

static void write_behind_block(void)
{
    write_to(victim->block + victim->size + slack(), 0x5A, 1);
}

static void write_word_behind(void)
{
    write_to(victim->block + victim->size + slack(), 0, 4);
}

static void write_far_behind(void)
{
    write_to(victim->block + victim->size, 0xFF, slack() + 24U);
}

static void write_into_free_behind(void)
{
    const size_t count = slack() + 12U;
    give(successor);
    write_to(victim->block + victim->size, 0x5A, count);
}

static void write_in_front(void)
{
    write_to(victim->block - 1, 0x5A, 1);
}

static void write_word_in_front(void)
{
    write_to(victim->block - 4, 0, 4);
}

static void write_far_in_front(void)
{
    write_to(victim->block - 16, 0xFF, 16);
}

static void flip_in_front(void)
{
    write_to(victim->block - 2, victim->block[-2] ^ 0x04, 1);
}

static void write_freed_first(void)
{
    write_to(freed_victim(), 0x5A, 1);
}

static void write_freed_link(void)
{
    write_to(freed_victim(), 0, 4);
}

static void write_freed_middle(void)
{
    const size_t size = victim->size;
    write_to(freed_victim() + size / 2U, 0x5A, 1);
}

static void write_freed_last(void)
{
    const size_t end = victim->size + slack();
    write_to(freed_victim() + end - 4, 0x5A, 4);
}

static void write_freed_all(void)
{
    const size_t size = victim->size;
    write_to(freed_victim(), 0xFF, size);
}

static void alloc_of_most(void)
{
    for (size_t below = 0; below <= 64U; below++) {
        if (taken(SIZE_MAX - below) != NULL) {
            harmed("size");
        }
    }
}

static void calloc_wraps(void)
{
    const size_t count = SIZE_MAX / 4U + 2U;
    const void *block = object->kind == RW_HEAP
                            ? rw_heap_calloc((const rw_heap_t *)(const void *)object, count, 4)
                            : rw_slab_calloc((const rw_slab_t *)(const void *)object, count, 4);
    if (block != NULL) {
        harmed("size");
    }
}

static void alignment_of_three(void)
{
    if (rw_alloc_aligned_cores[object->core](object, 24, 16) != NULL) {
        harmed("alignment");
    }
}

#define MISTAKE(name)                                                                              \
    {                                                                                              \
#name, name                                                                                \
    }

static const struct {
    const char *name;
    void (*make)(void);
} mistakes[] = {
    MISTAKE(no_mistake),
    MISTAKE(free_on_stack),
    MISTAKE(free_of_other),
    MISTAKE(free_behind_arena),
    MISTAKE(free_never_allocated),
    MISTAKE(free_inside),
    MISTAKE(free_misaligned),
    MISTAKE(free_twice),
    MISTAKE(free_twice_merged),
    MISTAKE(free_twice_covered),
    MISTAKE(free_twice_reused),
    MISTAKE(realloc_of_freed),
    MISTAKE(write_behind_request),
    MISTAKE(write_behind_block),
    MISTAKE(write_word_behind),
    MISTAKE(write_far_behind),
    MISTAKE(write_into_free_behind),
    MISTAKE(write_in_front),
    MISTAKE(write_word_in_front),
    MISTAKE(write_far_in_front),
    MISTAKE(flip_in_front),
    MISTAKE(write_freed_first),
    MISTAKE(write_freed_link),
    MISTAKE(write_freed_middle),
    MISTAKE(write_freed_last),
    MISTAKE(write_freed_all),
    MISTAKE(alloc_of_most),
    MISTAKE(calloc_wraps),
    MISTAKE(alignment_of_three),
};

/* Found at once: by the call that is the mistake. Later: by an ordinary call. By check: no sooner.
 */
static const char *came_of(void (*mistake)(void))
{
    prepare();
    if (faults != 0U || harm != NULL) {
        return "unusable";
    }
    mistake();
    const unsigned at_once = faults;
    use_on();
    const unsigned later = faults;
    (void)rw_check_cores[object->core](object);
    if (harm != NULL) {
        return harm;
    }
    return at_once != 0U  ? "at once"
           : later != 0U  ? "later"
           : faults != 0U ? "by check"
                          : "nothing";
}

int main(int count, char **arguments)
{
    if (count != 3) {
        return 2;
    }
    for (unsigned i = 0; i < faults_layout.object_count; i++) {
        const rw_object_t *const found = faults_layout.objects[i];
        if (strcmp(found->name, arguments[1]) == 0) {
            object = found;
        }
    }
    for (unsigned i = 0; object != NULL && i < faults_layout.object_count; i++) {
        const rw_object_t *const found = faults_layout.objects[i];
        if (found->kind == object->kind && strncmp(found->name, "other", 5) == 0) {
            other = found;
        }
    }
    for (unsigned i = 0; other != NULL && i < sizeof mistakes / sizeof mistakes[0]; i++) {
        if (strcmp(mistakes[i].name, arguments[2]) == 0) {
            puts(came_of(mistakes[i].make));
            return 0;
        }
    }
    return 2;
}
