/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that wait for a block of a pool with `wait: true`.
 *
 * Each such pool has two lists of waiters, which lie on the stacks of the tasks that wait: the most
 * urgent first, among equals the one that came first. A freed block goes to the first of them and
 * never back to the pool, so whoever comes later cannot be faster; waiters and free blocks are
 * never there at the same time. docs/adr/0011-waiting.md has the protocol, tests/models/waiting.pml
 * proves it.
 *
 *     state->waiters.waiting --> | most urgent | --> | next | --> NULL      no block
 *     state->waiters.handed  --> | woken, has not run yet |     --> NULL      has its block
 */
#ifndef RAMWRIGHT_WAIT_H
#define RAMWRIGHT_WAIT_H

#include "ramwright/base.h"
#include "ramwright/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Mutable; .bss; all zero = nobody waits. */
typedef struct rw_wait_list {
    rw_waiter_t *waiting;
    rw_waiter_t *handed;
} rw_wait_list_t;

/* Takes a task that is about to be deleted, or was deleted but has its stack yet, off the pool it
 * waits for; a block that it was handed but had no time to return with goes to the next waiter or
 * to the pool. Call it from the kernel's deletion hook, or before the call that deletes a task;
 * docs/ports.md says where. Without it the stack of the deleted task stays on the list.
 *   task : as the kernel's calls name it; one that does not wait is fine
 * Time: O(waiters of all pools). ISR: no. Blocks: never. */
void rw_wait_forget(const void *task);

#ifdef __cplusplus
}
#endif

#endif
