/* SPDX-License-Identifier: Apache-2.0
 *
 * A port for one thread that plays the interrupts itself: whenever the outermost lock is given
 * back, what would have come meanwhile comes. The same at every run, whatever the machine does.
 */
#ifndef RAMWRIGHT_TEST_PORT_NESTED_H
#define RAMWRIGHT_TEST_PORT_NESTED_H

#include <stdint.h>

#define RW_PORT_TASK_IS_INTERRUPT
#define RW_PORT_CORE_LOCK

extern uintptr_t nested_masked;
void nested_unmasked(void); /* called with no lock held */

static inline uintptr_t rw_port_lock_interrupt(void)
{
    const uintptr_t state = nested_masked;
    nested_masked = 1;
    return state;
}

static inline void rw_port_unlock_interrupt(uintptr_t state)
{
    nested_masked = state;
    if (state == 0U) {
        nested_unmasked();
    }
}

static inline uintptr_t rw_port_lock_task(void)
{
    return rw_port_lock_interrupt();
}

static inline void rw_port_unlock_task(uintptr_t state)
{
    rw_port_unlock_interrupt(state);
}

static inline uintptr_t rw_port_lock_core(void)
{
    return rw_port_lock_interrupt();
}

static inline void rw_port_unlock_core(uintptr_t state)
{
    rw_port_unlock_interrupt(state);
}

#endif
