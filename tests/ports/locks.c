/* SPDX-License-Identifier: Apache-2.0
 *
 * The locks of Cortex-M as interrupts meet them. With RW_PORT_BASEPRI those above it stay open.
 */
#include "../shims/check.h" /* the runtime has one of that name, too */

#include "ramwright/port.h"

#define SYSTICK_PRIORITY (*(volatile uint8_t *)0xE000ED23U)

static unsigned taken;

static void count(void)
{
    taken++;
}

/* Whether an interrupt of the priority is taken at once. Those that were not come later. */
static bool open_to(uint8_t priority)
{
    const unsigned before = taken;
    SYSTICK_PRIORITY = priority;
    in_interrupt(count);
    return taken != before;
}

#if defined(RW_PORT_BASEPRI)

static const bool above_stays_open = true;

/* A section inside one that keeps more out: it must not let them in. */
static void check_higher_mask(void)
{
    __asm__ volatile("msr basepri, %0" : : "r"(0x20));
    const uintptr_t lock = rw_port_lock_interrupt();
    CHECK(!open_to(0x30));
    rw_port_unlock_interrupt(lock);
    CHECK(taken == 3);
    __asm__ volatile("msr basepri, %0" : : "r"(0));
    CHECK(taken == 4);
}

#else

static const bool above_stays_open = false;

static void check_higher_mask(void)
{
}

#endif

int main(void)
{
    CHECK(open_to(0x80) && taken == 1);
    const uintptr_t outer = rw_port_lock_interrupt();
    const uintptr_t inner = rw_port_lock_task();
    CHECK(!open_to(0x80) && taken == 1);
    rw_port_unlock_task(inner);
    CHECK(taken == 1); /* the outer section is not left */
    rw_port_unlock_interrupt(outer);
    CHECK(taken == 2);
    const uintptr_t again = rw_port_lock_interrupt();
    CHECK(open_to(0x20) == above_stays_open);
    rw_port_unlock_interrupt(again);
    CHECK(taken == 3);
    check_higher_mask();
    finish();
}
