/* SPDX-License-Identifier: Apache-2.0
 *
 * What locks of the Xtensa port do to PS: they raise the level and never lower it, they nest, and
 * unlocking restores all of PS. Ends with the number of the first that is not so, 0 iff all are.
 */
#include "ramwright/port.h"
#include "semihosting.h"

#define EXCM 0x10U
#define USER 0x20U /* PS.UM, which the port has nothing to do with */

int main(void);

static void set_ps(uintptr_t ps)
{
    __asm__ volatile("wsr %0, ps\n\trsync" : : "r"(ps) : "memory");
}

static void expect(uint32_t number, uintptr_t ps)
{
    if (rw_xtensa_ps() != ps) {
        set_ps(0);
        stop(number);
    }
}

/* Locks, and once more inside, from the level `from`; the level inside is `inside`. */
static void nested(uint32_t number, uintptr_t from, uintptr_t inside)
{
    set_ps(USER | from);
    const uintptr_t outer = rw_port_lock_task();
    expect(number, USER | inside);
    const uintptr_t inner = rw_port_lock_interrupt();
    expect(number + 1, USER | inside);
    rw_port_unlock_interrupt(inner);
    expect(number + 2, USER | inside);
    rw_port_unlock_task(outer);
    expect(number + 3, USER | from);
}

static void open_only_at(uint32_t number, uintptr_t ps, bool open)
{
    set_ps(ps);
    if (rw_machine_can_switch() != open) {
        set_ps(0);
        stop(number);
    }
}

int main(void)
{
    nested(1, 0, RW_XTENSA_LEVEL);
    nested(5, 1, RW_XTENSA_LEVEL);
    nested(9, RW_XTENSA_LEVEL, RW_XTENSA_LEVEL);
    nested(13, 5, 5); /* code that masks more than the port does */
    nested(17, 15, 15);
    open_only_at(21, 0, true);
    open_only_at(22, USER, true);
    open_only_at(23, 1, false);
    open_only_at(24, EXCM, false);
    set_ps(0);
    stop(0);
}
