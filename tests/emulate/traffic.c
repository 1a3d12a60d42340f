/* SPDX-License-Identifier: Apache-2.0
 *
 * Main, a timer interrupt and, where the layout is for two, another hart take and give blocks of
 * the same objects without pause. Each fills what it holds and looks at it before it gives it back.
 * The interrupt tries, besides, what must be refused, in the middle of the calls of the others.
 * Prints how often the interrupt struck within a call; ends with the number of the context that saw
 * something wrong, 8 where the objects are not whole and empty in the end, 0 iff all was right.
 */
#include <stdatomic.h>

#include "semihosting.h"
#include "traffic_memory.h"

#define INTERRUPTS_WANTED 4000U
#define STEPS_WANTED 20000U
#define SLOTS 8U

#if defined(__riscv)
/* The timer of `virt`, and what sends hart 1 a software interrupt. */
#define MSIP_1 (*(volatile uint32_t *)0x02000004U)
#define MTIMECMP ((volatile uint32_t *)0x02004000U)
#define MTIME ((volatile uint32_t *)0x0200BFF8U)
#endif

int main(void);
void second_main(void);
void trap(void);

typedef struct slot {
    uint8_t *block; /* NULL: empty */
    uint32_t kind;
    uint8_t mark;
} slot_t;

/* Who takes and gives; touched by itself alone. */
typedef struct context {
    uint32_t number;
    uint32_t random;
    slot_t slots[SLOTS];
} context_t;

static context_t first = {.number = 1, .random = 11};
static context_t interrupt = {.number = 2, .random = 22};
static context_t second = {.number = 3, .random = 33};
static atomic_uint interrupts;
static atomic_uint struck; /* while main was in a call */
static atomic_bool calling;
static atomic_uint wrong; /* number of the context */
static atomic_bool second_done;

static const uint8_t sizes[] = {12, 8, 16, 24, 16};
#define KINDS (sizeof sizes)
#define TRUSTED 2U /* checks nothing */

static uint32_t next(context_t *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 17;
    self->random ^= self->random << 5;
    return self->random;
}

static void *take(uint32_t kind)
{
    switch (kind) {
    case 0:
        return narrow_alloc();
    case 1:
        return wide_alloc();
    case TRUSTED:
        return trusted_alloc();
    case 3:
        return work_alloc(sizes[3]);
    default:
        return mixed_alloc(sizes[4]);
    }
}

static rw_status_t give(uint32_t kind, void *block)
{
    switch (kind) {
    case 0:
        return narrow_free(block);
    case 1:
        return wide_free(block);
    case TRUSTED:
        return trusted_free(block);
    case 3:
        return work_free(block);
    default:
        return mixed_free(block);
    }
}

static bool in_trap; /* on hart 0 */
static uint32_t refused_in_trap;

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    (void)fault;
    (void)object;
    (void)address;
    refused_in_trap += in_trap ? 1U : 0U;
}

/* Whether the object refuses to take back what is no block of its own, and says so. */
static bool refuses(uint32_t kind, void *block, rw_status_t why)
{
    const uint32_t before = refused_in_trap;
    return give(kind, block) == why && refused_in_trap == before + 1U;
}

static void give_slot(context_t *self, slot_t *slot)
{
    const bool misuse = self == &interrupt && slot->kind != TRUSTED;
    if (misuse && !(refuses(slot->kind, self, RW_E_FOREIGN) &&
                    refuses(slot->kind, slot->block + 4, RW_E_MISALIGNED))) {
        wrong = self->number;
    }
    for (uint32_t i = 0; i < sizes[slot->kind]; i++) {
        if (slot->block[i] != slot->mark) {
            wrong = self->number;
        }
    }
    if (give(slot->kind, slot->block) != RW_OK) {
        wrong = self->number;
    }
#if !defined(TWO_HARTS) /* else the block may be the other one's by now */
    if (misuse && !refuses(slot->kind, slot->block, RW_E_DOUBLE_FREE)) {
        wrong = self->number;
    }
#endif
    slot->block = NULL;
}

static void step(context_t *self)
{
    slot_t *const slot = &self->slots[next(self) % SLOTS];
    if (slot->block != NULL) {
        give_slot(self, slot);
        return;
    }
    slot->kind = next(self) % KINDS;
    slot->block = take(slot->kind);
    slot->mark = (uint8_t)next(self);
    for (uint32_t i = 0; slot->block != NULL && i < sizes[slot->kind]; i++) {
        slot->block[i] = slot->mark;
    }
}

static void give_all(context_t *self)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (self->slots[i].block != NULL) {
            give_slot(self, &self->slots[i]);
        }
    }
}

#if defined(__riscv)
#define HANDLER __attribute__((interrupt("machine"), aligned(4)))

/* The next interrupt strikes after 2 to 8 microseconds, never in step with main. */
static void set_timer(void)
{
    const uint32_t low = MTIME[0];
    const uint32_t at = low + 20U + next(&interrupt) % 64U;
    MTIMECMP[1] = UINT32_MAX;
    MTIMECMP[0] = at;
    MTIMECMP[1] = MTIME[1] + (at < low ? 1U : 0U);
}

static void stop_timer(void)
{
    MTIMECMP[1] = UINT32_MAX;
}

static void open_interrupts(void)
{
    __asm__ volatile(".option push\n"
                     ".option arch, +zicsr\n"
                     "csrs mie, %0\n" /* MTIE */
                     "csrsi mstatus, 8\n"
                     ".option pop"
                     :
                     : "r"(0x80)
                     : "memory");
}
#else
#define HANDLER
#define TIMER_INTERRUPT 0x40U /* of CCOMPARE0, in INTENABLE */

/* The same on Xtensa; writing CCOMPARE0 takes the interrupt back. */
static void set_timer(void)
{
    uint32_t now;
    __asm__ volatile("rsr %0, ccount" : "=r"(now));
    const uint32_t at = now + 4U * (20U + next(&interrupt) % 64U);
    __asm__ volatile("wsr %0, ccompare0\n\tesync" : : "r"(at));
}

static void stop_timer(void)
{
    __asm__ volatile("wsr %0, intenable\n\trsync" : : "r"(0));
}

static void open_interrupts(void)
{
    __asm__ volatile("wsr %0, intenable\n\trsync" : : "r"(TIMER_INTERRUPT) : "memory");
}
#endif

HANDLER void trap(void)
{
    struck = struck + (calling ? 1U : 0U); /* nobody else writes these: no atomic addition */
    interrupts = interrupts + 1U;
    in_trap = true;
    step(&interrupt);
    in_trap = false;
    if (interrupts < INTERRUPTS_WANTED) {
        set_timer();
    } else {
        stop_timer();
    }
}

static bool empty(void)
{
    rw_stats_t total = {0};
    rw_stats_t stats;
    rw_pool_stats(&narrow_pool, &stats);
    total.used += stats.used;
    rw_pool_stats(&wide_pool, &stats);
    total.used += stats.used;
    rw_pool_stats(&trusted_pool, &stats);
    total.used += stats.used;
    rw_heap_stats(&work_heap, &stats);
    total.used += stats.used;
    rw_slab_stats(&mixed_slab, &stats);
    return total.used + stats.used == 0;
}

static bool whole(void)
{
    return rw_pool_check(&narrow_pool) == RW_OK && rw_pool_check(&wide_pool) == RW_OK &&
           rw_pool_check(&trusted_pool) == RW_OK && rw_heap_check(&work_heap) == RW_OK &&
           rw_slab_check(&mixed_slab) == RW_OK;
}

void second_main(void)
{
    for (uint32_t i = 0; i < STEPS_WANTED && wrong == 0; i++) {
        step(&second);
    }
    give_all(&second);
    second_done = true;
    for (;;) {
    }
}

int main(void)
{
#if defined(TWO_HARTS)
    MSIP_1 = 1;
#else
    second_done = true;
#endif
    set_timer();
    open_interrupts();
    uint32_t steps = 0;
    while (wrong == 0 && (steps < STEPS_WANTED || interrupts < INTERRUPTS_WANTED || !second_done)) {
        calling = true;
        step(&first);
        calling = false;
        steps++;
    }
    if (wrong != 0) {
        stop(wrong);
    }
    give_all(&first);
    in_trap = true;
    give_all(&interrupt);
    print_number(struck, 0);
    print(" interrupts within a call\n");
    stop(empty() && whole() ? 0 : 8);
}
