/* SPDX-License-Identifier: Apache-2.0
 *
 * Memheaps: several heaps or slabs, in any banks, used as one. A request goes to the first member,
 * in order, that can serve it; a free finds its member by address. A memheap has no state and no
 * lock of its own: its members' sharing decides who may call.
 */
#ifndef RAMWRIGHT_MEMHEAP_H
#define RAMWRIGHT_MEMHEAP_H

#include "ramwright/attributes.h"
#include "ramwright/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Const; flash. */
typedef struct rw_memheap {
    rw_object_t object; /* arena NULL, size the sum of the members' arenas */
    const rw_object_t *const *members;
    uint32_t member_count;
} rw_memheap_t;

/* Takes a block of at least size bytes from the first member that can serve it. A member too small
 * for the request is passed over in silence.
 * Returns NULL iff size is 0 or no member can; size > every member's arena is a fault.
 * Time: the sum of the members' allocs: O(members), with slabs whose runs are asked O(slab_count)
 * each. ISR: yes, if every member's sharing is interrupt. Blocks: as the members. */
void *rw_memheap_alloc(const rw_memheap_t *memheap, size_t size) RW_NONNULL((1));

/* As rw_memheap_alloc, from members whose region has all of the attributes (RW_DMA | ...).
 * Returns NULL as above. Time, ISR, Blocks: as rw_memheap_alloc. */
void *rw_memheap_alloc_with(const rw_memheap_t *memheap, size_t size, unsigned attributes)
    RW_NONNULL((1));

/* As rw_memheap_alloc, at a multiple of alignment bytes, a power of two.
 * Returns NULL as above or iff alignment is not a power of two (RW_E_ALIGNMENT).
 * Time, ISR, Blocks: as rw_memheap_alloc. */
void *rw_memheap_alloc_aligned(const rw_memheap_t *memheap, size_t alignment, size_t size)
    RW_NONNULL((1));

/* As rw_memheap_alloc(count * size), cleared. NULL also iff the product wraps (RW_E_SIZE).
 * Time: as alloc, plus O(size) outside any lock. ISR, Blocks: as rw_memheap_alloc. */
void *rw_memheap_calloc(const rw_memheap_t *memheap, size_t count, size_t size) RW_NONNULL((1));

/* Resizes a block, in its member if that can, else by moving it to the first member that can,
 * whatever the attributes of its region: a block for DMA wants rw_memheap_realloc_with.
 * realloc(NULL, n) allocates; realloc(p, 0) frees and returns NULL.
 * Returns the block's address; NULL iff it failed, the block then as it was.
 * Time: as alloc and free, plus O(size) outside any lock. ISR, Blocks: as rw_memheap_alloc. */
void *rw_memheap_realloc(const rw_memheap_t *memheap, void *block, size_t size) RW_NONNULL((1));

/* As rw_memheap_realloc, so that the block's region then has all of the attributes (RW_DMA | ...).
 * Returns, Time, ISR, Blocks: as rw_memheap_realloc. */
void *rw_memheap_realloc_with(const rw_memheap_t *memheap, void *block, size_t size,
                              unsigned attributes) RW_NONNULL((1));

/* Gives a block back to the member it came from. free(NULL) is RW_OK and does nothing.
 * Returns what the member returns, or RW_E_FOREIGN iff no member owns the address.
 * Time: O(members) + the member's free. ISR, Blocks: as rw_memheap_alloc. */
rw_status_t rw_memheap_free(const rw_memheap_t *memheap, void *block) RW_NONNULL((1));

/* Bytes usable at block as its member says; 0 also iff no member owns it.
 * Time: O(members). ISR, Blocks: as rw_memheap_alloc. */
size_t rw_memheap_usable_size(const rw_memheap_t *memheap, const void *block) RW_NONNULL((1));

/* The member whose arena holds address; NULL iff none.
 * Time: O(members). ISR: yes. Blocks: never. */
const rw_object_t *rw_memheap_owner(const rw_memheap_t *memheap, const void *address)
    RW_NONNULL((1));

/* Checks every member. Returns RW_OK or the first fault found.
 * Time: the members' sum. ISR: no. Blocks: as the members. */
rw_status_t rw_memheap_check(const rw_memheap_t *memheap) RW_NONNULL((1));

/* Walks every member, in member order.
 * Time: the members' sum. ISR: no. Blocks: as the members. */
void rw_memheap_walk(const rw_memheap_t *memheap, rw_visit_t visit, void *context)
    RW_NONNULL((1, 2));

/* Sums over the members; largest is the largest of any member. peak is so an upper bound, and
 * failures counts every request that a member refused, spills to the next one included.
 * Time: the members' sum. ISR: as the members. Blocks: as the members. */
void rw_memheap_stats(const rw_memheap_t *memheap, rw_stats_t *out) RW_NONNULL((1, 2));

#ifdef __cplusplus
}
#endif

#endif
