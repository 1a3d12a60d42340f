/* SPDX-License-Identifier: Apache-2.0
 *
 * What the runtime needs from the machine and the kernel: a short list of contracts. The port is
 * chosen at compile time so that its functions are inlined: define RW_PORT_HEADER to the quoted
 * name of another port to replace the default.
 *
 * A port defines, as static inline functions:
 *
 *   uintptr_t rw_port_lock_task(void);            enter a section that no other task may enter;
 *   void rw_port_unlock_task(uintptr_t state);    the state returned by lock goes back to unlock
 *   uintptr_t rw_port_lock_interrupt(void);       the same, no interrupt handler either
 *   void rw_port_unlock_interrupt(uintptr_t state);
 *
 * Both nest. What a section reads and writes happens, as every other caller of the same lock sees
 * it, between lock and unlock: both are compiler barriers, and barriers of memory where callers run
 * on several cores. Neither blocks when called from an ISR.
 * A port whose task lock is its interrupt lock defines RW_PORT_TASK_IS_INTERRUPT: the task cores
 * are then further names of the interrupt cores (RW_CORE_ALIAS in dispatch.h), not second copies.
 *
 * Where two cores run one image and share its memory, a port that can keep the other core out
 * defines RW_PORT_CORE_LOCK and
 *
 *   uintptr_t rw_port_lock_core(void);     no interrupt handler, nobody on the other core
 *   void rw_port_unlock_core(uintptr_t state);
 *
 * There is one such lock, and it does not nest: a visitor (rw_visit_t) of an object of sharing core
 * calls no other such object.
 *
 * For shared pools it defines at most one of
 *
 *   RW_PORT_LLSC : load-linked / store-conditional on 8, 16 and 32 bits, as static inline functions
 *
 *     uint32_t rw_port_load_linked_32(const uint32_t *address);
 *     bool rw_port_store_conditional_32(uint32_t *address, uint32_t value);   true iff it stored
 *     and the same for _8 and _16 (at uint8_t, uint16_t; values zero-extended)
 *
 *     The store fails if any other context (task, interrupt handler) ran since the load. Both are
 *     compiler barriers: what came before one in the program is done before it, what follows,
 *     after, and no value read before one is taken for what memory holds after it.
 *
 *   RW_PORT_CAS  : <stdatomic.h> has lock-free compare-and-swap on 64 bits
 *
 * With neither, shared pools use rw_port_lock_interrupt around a few instructions.
 *
 * RW_PORT_ARMV6M and, with RW_PORT_LLSC, RW_PORT_ARMV7M say that pools may use the assembly they
 * have for these architectures. Whoever compiles the runtime with RW_PORTABLE_C has C alone.
 *
 * A port whose kernel can suspend tasks defines RW_PORT_WAIT, and pools may say `wait: true`. Where
 * RW_PORT_NEED_WAIT is defined before this header is included (the sources of the runtime that wait
 * do so, nobody else need see the kernel's headers), such a port further defines
 *
 *   rw_port_event_t                    what one waiting task is woken by; it lies on that task's
 *                                      stack, from open to close
 *   void rw_port_event_open(rw_port_event_t *event, rw_waiter_t *waiter);
 *                                      by the task that will wait, whose waiter it is; no lock is
 *                                      held. Where the port is told of a task that ends, it calls
 *                                      rw_waiter_abandon(waiter) if the event is still open.
 *   void rw_port_event_close(rw_port_event_t *event);   by that task, or by whoever deletes it
 *   void rw_port_wait(rw_port_event_t *event, rw_ticks_t ticks);
 *                                      sleeps until the event is set, for ticks at most; unless
 *                                      RW_FOREVER. An event set before ends it at once. It may
 *                                      return early for any reason: the caller looks again. No lock
 *                                      is held.
 *   void rw_port_wake(rw_port_event_t *event, uintptr_t state);
 *                                      called inside the section that rw_port_lock_interrupt opened
 *                                      with the answer state: sets the event, leaves the section.
 *                                      No task that could end the waiting one gets in between. From
 *                                      then on event may be gone. ISR: yes. A switch to the woken
 *                                      task may happen at once.
 *   bool rw_port_can_wait(void);       whether the caller may be suspended: false in an ISR, with
 *                                      interrupts masked, before the kernel runs, while switches
 *                                      are locked
 *   rw_ticks_t rw_port_tick(void);     the kernel's clock; wraps at 2^32
 *   int32_t rw_port_priority(void);    of the calling task; greater is more urgent
 *   const void *rw_port_task(void);    the calling task, as the kernel's calls name it
 */
#ifndef RAMWRIGHT_PORT_H
#define RAMWRIGHT_PORT_H

#include <stdbool.h>
#include <stdint.h>

/* Time in the kernel's ticks (with the POSIX port milliseconds). RW_FOREVER is no number of ticks.
 */
typedef uint32_t rw_ticks_t;
#define RW_FOREVER UINT32_MAX

/* A task that waits: src/waiter.h. */
typedef struct rw_waiter rw_waiter_t;

#if defined(RW_PORT_HEADER)
#include RW_PORT_HEADER
#else
#include "ramwright/ports/machine.h"
#endif

/* Who may call an object at the same time; fixed per core. */
typedef enum rw_sharing {
    RW_SHARING_NONE,      /* one caller at a time: no lock */
    RW_SHARING_TASK,      /* tasks */
    RW_SHARING_INTERRUPT, /* tasks and interrupt handlers */
    RW_SHARING_CORE       /* those of the other core too */
} rw_sharing_t;

/* Enters the section that sharing asks for; folds into one lock or none, sharing being constant. */
__attribute__((always_inline)) static inline uintptr_t rw_port_lock(rw_sharing_t sharing)
{
#if defined(RW_PORT_CORE_LOCK)
    if (sharing == RW_SHARING_CORE) {
        return rw_port_lock_core();
    }
#endif
    if (sharing == RW_SHARING_INTERRUPT) {
        return rw_port_lock_interrupt();
    }
    return sharing == RW_SHARING_TASK ? rw_port_lock_task() : 0;
}

/* Leaves it; state is what rw_port_lock returned. */
__attribute__((always_inline)) static inline void rw_port_unlock(rw_sharing_t sharing,
                                                                 uintptr_t state)
{
#if defined(RW_PORT_CORE_LOCK)
    if (sharing == RW_SHARING_CORE) {
        rw_port_unlock_core(state);
        return;
    }
#endif
    if (sharing == RW_SHARING_INTERRUPT) {
        rw_port_unlock_interrupt(state);
    } else if (sharing == RW_SHARING_TASK) {
        rw_port_unlock_task(state);
    }
}

#endif
