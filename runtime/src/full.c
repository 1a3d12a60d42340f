/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks full: alloc, free, resize. The life of a block, as the quarantine sees it:
 *
 *     handed out --free--> being filled --> held --n more frees--> about to leave --> the core's
 *                          extent 0         extent                 extent SIZE_MAX
 *
 * From free until the core has it back a block is found in its place of the ring, so a second free
 * meets it whenever it comes. The core may hand a block out again before the call that gave it back
 * has cleared the place: whoever takes a block clears what is said of it. Bytes are filled and
 * looked at with no lock held.
 */
#include "full.h"

#include "full_quarantine.h"
#include "object.h"

uintptr_t rw_full_lock(rw_sharing_t sharing)
{
    return rw_port_lock(sharing);
}

void rw_full_unlock(rw_sharing_t sharing, uintptr_t state)
{
    rw_port_unlock(sharing, state);
}

/* Calls the fault hook. */
RW_NOINLINE rw_status_t full_fault(const rw_object_t *object, const void *block, rw_status_t fault)
{
    rw_on_fault(fault, object, block);
    return fault;
}

/* Gives a freed block back to the core, after a look at whether somebody wrote to it. */
static void full_release(const rw_object_t *object, const full_core_t *core, uint8_t *block,
                         size_t extent)
{
    if (!full_holds(block, extent, RW_FULL_FREED)) {
        (void)full_fault(object, block, RW_E_CORRUPT);
        full_fill(block, extent, RW_FULL_FREED);
    }
    full_note_freed(object, block, extent);
    (void)core->free(block, object);
}

bool rw_full_empty(const rw_object_t *object, const full_core_t *core)
{
    const rw_full_t *const full = full_of(object);
    bool any = false;
    for (uint32_t place = 0; place < full->places; place++) {
        rw_held_t *const held = &full->held[place];
        const uintptr_t lock = rw_full_lock(core->sharing);
        const rw_held_t leaving = full_evict(held);
        if (leaving.block != NULL && !any) {
            full->state->retries++;
        }
        rw_full_unlock(core->sharing, lock);
        if (leaving.block == NULL) {
            continue;
        }
        full_release(object, core, leaving.block, leaving.extent);
        any = true;
        full_leave(core->sharing, held, leaving.block);
    }
    return any;
}

uint8_t *rw_full_begin(const rw_object_t *object, const full_core_t *core)
{
    rw_full_state_t *const state = full_of(object)->state;
    const uintptr_t lock = rw_full_lock(core->sharing);
    state->busy++;
    uint8_t *const virgin = state->virgin;
    rw_full_unlock(core->sharing, lock);
    return virgin;
}

static void full_end(const rw_object_t *object, const full_core_t *core)
{
    const uintptr_t lock = rw_full_lock(core->sharing);
    full_of(object)->state->busy--;
    rw_full_unlock(core->sharing, lock);
}

void *rw_full_granted(const rw_object_t *object, const full_core_t *core, uint8_t *block,
                      size_t size, const uint8_t *virgin)
{
    if (block == NULL) {
        full_end(object, core);
        return NULL;
    }
    const rw_full_t *const full = full_of(object);
    const size_t extent = core->usable(object, block);
    if (!full_holds(block, full_known(object, block, extent, virgin), RW_FULL_FREED)) {
        (void)full_fault(object, block, RW_E_CORRUPT);
    }
    full_fill(block, size, RW_FULL_FRESH);
    full_dress(object, block, extent, size);
    const uintptr_t lock = rw_full_lock(core->sharing);
    full_forget(full, block);
    if (full->state->virgin < block + extent) {
        full->state->virgin = block + extent;
    }
    full->state->busy--;
    rw_full_unlock(core->sharing, lock);
    return block;
}

/* What an alloc with checks full asks its core for. More than a size_t can say stays what it is:
 * the core says what is wrong. */
static size_t full_asked(const rw_object_t *object, size_t size)
{
    return size == 0U || size > object->size ? size : full_request(object, size);
}

void *rw_full_alloc(const rw_object_t *object, size_t size, const full_core_t *core,
                    rw_alloc_core_t alloc)
{
    const size_t request = full_asked(object, size);
    if (size - 1U >= rw_object_capacity(object)) {
        return alloc(object, request); /* which says what is wrong */
    }
    const uint8_t *const virgin = rw_full_begin(object, core);
    void *block = alloc(object, request);
    if (block == NULL && rw_full_empty(object, core)) {
        block = alloc(object, request);
    }
    return rw_full_granted(object, core, block, size, virgin);
}

void *rw_full_alloc_aligned(const rw_object_t *object, size_t alignment, size_t size,
                            const full_core_t *core, rw_alloc_aligned_core_t alloc)
{
    const bool possible = (alignment & (alignment - 1U)) == 0U && alignment - 1U < object->size;
    const size_t request = full_asked(object, size);
    if (!possible || size - 1U >= rw_object_capacity(object)) {
        return alloc(object, alignment, request); /* which says what is wrong */
    }
    const uint8_t *const virgin = rw_full_begin(object, core);
    void *block = alloc(object, alignment, request);
    if (block == NULL && rw_full_empty(object, core)) {
        block = alloc(object, alignment, request);
    }
    return rw_full_granted(object, core, block, size, virgin);
}

void *rw_full_alloc_pool(const rw_object_t *object, const full_core_t *core,
                         rw_pool_alloc_core_t alloc)
{
    const uint8_t *const virgin = rw_full_begin(object, core);
    void *block = alloc(object);
    if (block == NULL && rw_full_empty(object, core)) {
        block = alloc(object);
    }
    return rw_full_granted(object, core, block, full_of(object)->block_size, virgin);
}

/* Takes a place for a block before anything is believed of it: whoever comes with the same block
 * meanwhile finds it. Returns false, and takes none, iff it is found itself. */
static bool full_enter(const rw_full_t *full, const full_core_t *core, void *block,
                       full_entry_t *entry)
{
    const uintptr_t lock = rw_full_lock(core->sharing);
    const bool found = full_find(full, block) != NULL;
    if (!found) {
        full_put(full, block, entry);
        full->state->busy++;
    }
    rw_full_unlock(core->sharing, lock);
    return !found;
}

/* Gives the place back: that was no block of the user's, or a damaged one. */
static void full_withdraw(const rw_full_t *full, const full_core_t *core, const full_entry_t *entry)
{
    const uintptr_t lock = rw_full_lock(core->sharing);
    full_take_back(full, entry);
    full->state->busy--;
    rw_full_unlock(core->sharing, lock);
}

/* The block of an entry is filled: it stays, or goes at once if it has no place, and the one that
 * was freed so many frees before goes. */
static void full_settle(const rw_object_t *object, const full_core_t *core, uint8_t *block,
                        size_t extent, const full_entry_t *entry)
{
    const rw_full_t *const full = full_of(object);
    rw_held_t *const oldest = full_oldest(full, entry);
    const uintptr_t lock = rw_full_lock(core->sharing);
    if (entry->placed) {
        entry->place->extent = extent;
    }
    const rw_held_t leaving = full_evict(oldest);
    rw_full_unlock(core->sharing, lock);
    if (!entry->placed) {
        full_release(object, core, block, extent);
    }
    if (leaving.block != NULL) {
        full_release(object, core, leaving.block, leaving.extent);
        full_leave(core->sharing, oldest, leaving.block);
    }
}

rw_status_t rw_full_free(void *block, const rw_object_t *object, const full_core_t *core)
{
    const rw_full_t *const full = full_of(object);
    full_entry_t entry;
    size_t size;
    if (block == NULL) {
        return RW_OK;
    }
    if (!full_enter(full, core, block, &entry)) {
        return full_fault(object, block, RW_E_DOUBLE_FREE);
    }
    const size_t extent = core->usable(object, block);
    if (extent == 0U) {
        full_withdraw(full, core, &entry);
        return core->free(block, object); /* which says what is wrong */
    }
    if (!full_sound(object, block, extent, &size)) {
        full_withdraw(full, core, &entry);
        return full_fault(object, block, RW_E_CORRUPT);
    }
    full_fill(block, extent, RW_FULL_FREED);
    full_settle(object, core, block, extent, &entry);
    full_end(object, core);
    return RW_OK;
}

/* Begins an operation on a block of the user's. Returns RW_OK, or what is wrong with the block. */
static rw_status_t full_claim(const rw_object_t *object, const full_core_t *core, uint8_t *block,
                              size_t extent, size_t *size)
{
    const rw_full_t *const full = full_of(object);
    const bool sound = full_sound(object, block, extent, size);
    const uintptr_t lock = rw_full_lock(core->sharing);
    const bool held = full_find(full, block) != NULL;
    if (sound && !held) {
        full->state->busy++;
    }
    rw_full_unlock(core->sharing, lock);
    if (held) {
        return RW_E_DOUBLE_FREE;
    }
    return sound ? RW_OK : RW_E_CORRUPT;
}

/* Gives a block that the core resized its new size. */
static void full_resized(const rw_object_t *object, const full_core_t *core, uint8_t *block,
                         size_t old, size_t size)
{
    if (size > old) {
        full_fill(block + old, size - old, RW_FULL_FRESH);
    }
    full_dress(object, block, core->usable(object, block), size);
}

rw_status_t rw_full_resize(const rw_object_t *object, void *block, size_t size,
                           const full_core_t *core, rw_resize_core_t resize)
{
    const size_t extent = core->usable(object, block);
    if (extent == 0U) {
        return resize(object, block, size); /* which says what is wrong */
    }
    size_t old;
    const rw_status_t claim = full_claim(object, core, block, extent, &old);
    if (claim != RW_OK) {
        return full_fault(object, block, claim);
    }
    const rw_status_t status = resize(object, block, full_request(object, size));
    if (status == RW_OK) {
        full_resized(object, core, block, old, size);
    }
    full_end(object, core);
    return status;
}

void *rw_full_lower(const rw_object_t *object, const void *block, size_t size,
                    const full_core_t *core, rw_resize_core_t resize, rw_lower_core_t lower)
{
    uint8_t *const own = (uint8_t *)block;
    const size_t extent = core->usable(object, block);
    size_t old;
    if (extent == 0U || full_claim(object, core, own, extent, &old) != RW_OK) {
        return NULL;
    }
    /* The quarantine was emptied: there may be room behind the block now. */
    const size_t request = full_request(object, size);
    uint8_t *lowered = own;
    if (resize(object, own, request) == RW_OK) {
        full_resized(object, core, own, old, size);
    } else {
        lowered = lower(object, block, request);
        if (lowered != NULL) {
            /* Its bytes still lie anywhere in it, but not where the seal goes, which is behind the
             * old one or in its place: the caller moves them and resizes. */
            const size_t room = core->usable(object, lowered);
            full_dress(object, lowered, room, room - RW_FULL_SEAL);
            /* As when it is handed out: a call that this one interrupted may be about to say that
             * the block before, which is part of it now, has left its place. */
            const uintptr_t lock = rw_full_lock(core->sharing);
            full_forget(full_of(object), lowered);
            rw_full_unlock(core->sharing, lock);
        }
    }
    full_end(object, core);
    return lowered;
}

size_t rw_full_usable(const rw_object_t *object, const void *block, const full_core_t *core)
{
    const size_t extent = core->usable(object, block);
    size_t size;
    if (extent == 0U || !full_size(object, (uint8_t *)block, extent, &size)) {
        return 0;
    }
    const uintptr_t lock = rw_full_lock(core->sharing);
    const bool held = full_find(full_of(object), block) != NULL;
    rw_full_unlock(core->sharing, lock);
    return held ? 0U : size;
}
