/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks full for pools whose tasks may wait. The core below hands over what it is given; this
 * floor sees to it that nothing is held back from a waiter:
 *
 *     a task that waits                      a free
 *       joins the list                         settles its block in the quarantine
 *       empties the quarantine                 looks at the list, and empties it if it is not empty
 *       sleeps
 *
 * Each step is a section of its own, so of join and settle one comes second, and what follows it
 * meets the other. docs/adr/0010-checks-full.md has the argument.
 *
 * A block handed over is filled as in the quarantine, and stays so until its task runs and dresses
 * it, or is deleted and the core has it back. Free knows it by the list `handed`, check by its
 * bytes.
 */
#define RW_PORT_NEED_WAIT

#include "full.h"

#if defined(RW_PORT_WAIT)

#include "full_block.h"
#include "pool_links.h"
#include "waiter.h"

/* Whether block was handed to a task that has not run since. */
static bool full_handed(const rw_object_t *object, const void *block)
{
    const uintptr_t lock = rw_port_lock_interrupt();
    const rw_waiter_t *waiter = pool_waiters(pool_of(object))->handed;
    while (waiter != NULL && waiter->block != block) {
        waiter = waiter->next;
    }
    rw_port_unlock_interrupt(lock);
    return waiter != NULL;
}

size_t rw_full_wait_usable(const rw_object_t *object, const void *block, rw_usable_core_t usable)
{
    return full_handed(object, block) ? 0U : usable(object, block);
}

rw_status_t rw_full_wait_give(void *block, const rw_object_t *object, rw_free_core_t give)
{
    if (full_handed(object, block)) {
        rw_on_fault(RW_E_DOUBLE_FREE, object, block);
        return RW_E_DOUBLE_FREE;
    }
    return give(block, object);
}

/* There was no block. Not busy until it has one: the task may be deleted while it sleeps. */
RW_NOINLINE void *full_sleep(const rw_object_t *object, rw_ticks_t timeout, const full_core_t *core,
                             rw_pool_alloc_core_t alloc)
{
    rw_waiter_t waiter;
    rw_waiter_open(&waiter, object, core->free);
    const uintptr_t lock = rw_port_lock_interrupt();
    void *block = alloc(object);
    if (block == NULL) {
        rw_waiter_join(&waiter, pool_waiters(pool_of(object)));
    }
    rw_port_unlock_interrupt(lock);
    if (block != NULL) {
        rw_waiter_close(&waiter);
    } else {
        (void)rw_full_empty(object, core); /* perhaps to this very task */
        block = rw_waiter_sleep(&waiter, timeout);
    }
    if (block == NULL) {
        return NULL;
    }
    (void)rw_full_begin(object, core);
    /* The pool was empty: no block is virgin any more. */
    return rw_full_granted(object, core, block, full_of(object)->block_size,
                           object->arena + object->size);
}

void *rw_full_wait_alloc(const rw_object_t *object, rw_ticks_t timeout, const full_core_t *core,
                         rw_pool_alloc_core_t alloc)
{
    if (timeout != 0U && !rw_port_can_wait()) {
        rw_on_fault(RW_E_CONTEXT, object, NULL);
        return NULL;
    }
    void *const block = rw_full_alloc_pool(object, core, alloc);
    if (block != NULL || timeout == 0U) {
        return block;
    }
    return full_sleep(object, timeout, core, alloc);
}

rw_status_t rw_full_wait_free(void *block, const rw_object_t *object, const full_core_t *core)
{
    const rw_status_t status = rw_full_free(block, object, core);
    const uintptr_t lock = rw_port_lock_interrupt();
    const bool somebody_waits = pool_waiters(pool_of(object))->waiting != NULL;
    rw_port_unlock_interrupt(lock);
    if (somebody_waits) {
        (void)rw_full_empty(object, core);
    }
    return status;
}

/* A walk of check's. */
typedef struct full_wait_relay {
    rw_visit_t visit;
    void *context;
} full_wait_relay_t;

/* A block on its way is used for the core, and freed to the last byte. */
static bool full_visit_settled(const rw_block_t *block, void *context)
{
    const full_wait_relay_t *const relay = context;
    const bool on_its_way = block->used && full_holds(block->address, block->size, RW_FULL_FREED);
    return on_its_way || relay->visit(block, relay->context);
}

void rw_full_wait_walk(const rw_object_t *object, rw_visit_t visit, void *context,
                       rw_walk_core_t walk)
{
    full_wait_relay_t relay = {visit, context};
    walk(object, full_visit_settled, &relay);
}

#endif
