/* SPDX-License-Identifier: Apache-2.0 */
#include "ramwright/memheap.h"

#include "bytes.h"
#include "fault.h"
#include "inline.h"
#include "object.h"

/* No member could hold so much or so aligned, even when empty. */
static void *refuse_for_good(const rw_memheap_t *memheap, rw_status_t fault)
{
    rw_on_fault(fault, &memheap->object, NULL);
    return NULL;
}

void *rw_memheap_alloc_with(const rw_memheap_t *memheap, size_t size, unsigned attributes)
{
    bool possible = false; /* a member could hold so much; 0 any could */
    for (uint32_t i = 0; i < memheap->member_count; i++) {
        const rw_object_t *member = memheap->members[i];
        if (size > rw_object_capacity(member)) {
            continue;
        }
        possible = true;
        if ((member->attributes & attributes) == attributes) {
            void *block = rw_alloc_cores[member->core](member, size);
            if (block != NULL) {
                return block;
            }
        }
    }
    return possible ? NULL : refuse_for_good(memheap, RW_E_SIZE);
}

void *rw_memheap_alloc(const rw_memheap_t *memheap, size_t size)
{
    return rw_memheap_alloc_with(memheap, size, 0U);
}

void *rw_memheap_alloc_aligned(const rw_memheap_t *memheap, size_t alignment, size_t size)
{
    if (alignment == 0U || (alignment & (alignment - 1U)) != 0U) {
        return refuse_for_good(memheap, RW_E_ALIGNMENT);
    }
    rw_status_t fault = size == 0U ? RW_OK : RW_E_SIZE;
    for (uint32_t i = 0; i < memheap->member_count; i++) {
        const rw_object_t *member = memheap->members[i];
        if (size > rw_object_capacity(member)) {
            continue;
        }
        if (alignment > member->size) {
            fault = fault == RW_OK ? RW_OK : RW_E_ALIGNMENT;
            continue;
        }
        fault = RW_OK;
        void *block = rw_alloc_aligned_cores[member->core](member, alignment, size);
        if (block != NULL) {
            return block;
        }
    }
    return fault == RW_OK ? NULL : refuse_for_good(memheap, fault);
}

void *rw_memheap_calloc(const rw_memheap_t *memheap, size_t count, size_t size)
{
    size_t product;
    if (!rw_object_multiply(&memheap->object, count, size, &product)) {
        return NULL;
    }
    void *block = rw_memheap_alloc(memheap, product);
    if (block != NULL) {
        rw_bytes_clear(block, product);
    }
    return block;
}

/* As rw_memheap_owner, where a call would cost more than it saves. */
RW_INLINE const rw_object_t *memheap_owner(const rw_memheap_t *memheap, const void *address)
{
    for (uint32_t i = 0; i < memheap->member_count; i++) {
        if (rw_object_holds(memheap->members[i], address)) {
            return memheap->members[i];
        }
    }
    return NULL;
}

const rw_object_t *rw_memheap_owner(const rw_memheap_t *memheap, const void *address)
{
    return memheap_owner(memheap, address);
}

void *rw_memheap_realloc_with(const rw_memheap_t *memheap, void *block, size_t size,
                              unsigned attributes)
{
    if (block == NULL) {
        return rw_memheap_alloc_with(memheap, size, attributes);
    }
    if (size == 0U) {
        (void)rw_memheap_free(memheap, block);
        return NULL;
    }
    const rw_object_t *owner = rw_memheap_owner(memheap, block);
    if (owner == NULL) {
        return refuse_for_good(memheap, RW_E_FOREIGN);
    }
    const bool suits = (owner->attributes & attributes) == attributes;
    /* Where it may not stay, no member has so much: it is looked at and nothing else. */
    const rw_status_t status = rw_resize_cores[owner->core](owner, block, suits ? size : SIZE_MAX);
    if (status != RW_E_SIZE) {
        return status == RW_OK ? block : NULL;
    }
    void *moved = rw_memheap_alloc_with(memheap, size, attributes);
    if (moved == NULL) {
        return suits ? rw_object_lower(owner, block, size) : NULL;
    }
    return rw_object_move(owner, block, rw_memheap_owner(memheap, moved), moved, size);
}

void *rw_memheap_realloc(const rw_memheap_t *memheap, void *block, size_t size)
{
    return rw_memheap_realloc_with(memheap, block, size, 0U);
}

rw_status_t rw_memheap_free(const rw_memheap_t *memheap, void *block)
{
    const rw_object_t *owner = memheap_owner(memheap, block);
    if (owner == NULL) {
        return rw_refuse_free(block, &memheap->object, RW_E_FOREIGN);
    }
    return rw_free_cores[owner->core](block, owner);
}

size_t rw_memheap_usable_size(const rw_memheap_t *memheap, const void *block)
{
    const rw_object_t *owner = rw_memheap_owner(memheap, block);
    return owner == NULL ? 0U : rw_usable_cores[owner->core](owner, block);
}

rw_status_t rw_memheap_check(const rw_memheap_t *memheap)
{
    return rw_objects_check(memheap->members, memheap->member_count);
}

void rw_memheap_walk(const rw_memheap_t *memheap, rw_visit_t visit, void *context)
{
    rw_objects_walk(memheap->members, memheap->member_count, visit, context);
}

void rw_memheap_stats(const rw_memheap_t *memheap, rw_stats_t *out)
{
    rw_objects_stats(memheap->members, memheap->member_count, out);
}
