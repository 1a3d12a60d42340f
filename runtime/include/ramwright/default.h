/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap, slab or memheap that the layout names with `default:`, by calls that do not know its
 * name. Shims (malloc, operator new, pvPortMalloc, rt_malloc) are built on them, and libraries may
 * be. The generated source defines them, each a jump to the core of that object; contracts are
 * those of the rw_heap_..., rw_slab_... or rw_memheap_... call of the same name.
 *
 * A layout without `default:` defines none of them: the linker then says "undefined reference to
 * `rw_default_alloc__set_the_key_default_in_the_layout'".
 */
#ifndef RAMWRIGHT_DEFAULT_H
#define RAMWRIGHT_DEFAULT_H

#include "ramwright/attributes.h"
#include "ramwright/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The name the linker sees. */
#define RW_FROM_DEFAULT(operation)                                                                 \
    __asm__("rw_default_" #operation "__set_the_key_default_in_the_layout")

/* Takes a block of at least size bytes, contents undefined, 8-aligned.
 * Returns NULL iff size is 0 or the object has no room.
 * Time, ISR, Blocks: as the object's alloc. */
void *rw_default_alloc(size_t size) RW_FROM_DEFAULT(alloc);

/* As rw_default_alloc, at a multiple of alignment bytes, a power of two.
 * Returns NULL also iff alignment is not a power of two or larger than the object could serve.
 * Time, ISR, Blocks: as the object's alloc_aligned. */
void *rw_default_alloc_aligned(size_t alignment, size_t size) RW_FROM_DEFAULT(alloc_aligned);

/* As rw_default_alloc(count * size), cleared. Returns NULL also iff the product wraps.
 * Time, ISR, Blocks: as the object's calloc. */
void *rw_default_calloc(size_t count, size_t size) RW_FROM_DEFAULT(calloc);

/* Resizes a block, by moving it if need be; realloc(NULL, n) allocates; realloc(p, 0) frees and
 * returns NULL. Returns the block's address; NULL iff it failed, the block then as it was.
 * Time, ISR, Blocks: as the object's realloc. */
void *rw_default_realloc(void *block, size_t size) RW_FROM_DEFAULT(realloc);

/* Gives a block back. free(NULL) is RW_OK and does nothing. Returns RW_OK or the fault found.
 * Time, ISR, Blocks: as the object's free. */
rw_status_t rw_default_free(void *block) RW_FROM_DEFAULT(free);

/* Bytes usable at block; 0 iff it is no allocated block of the object (with checks none: iff NULL).
 * Time, ISR, Blocks: as the object's usable_size. */
size_t rw_default_usable_size(const void *block) RW_FROM_DEFAULT(usable_size);

/* Reports every block; see rw_visit_t. Time, ISR, Blocks: as the object's walk. */
void rw_default_walk(rw_visit_t visit, void *context) RW_FROM_DEFAULT(walk) RW_NONNULL((1));

/* Fills *out. Time, ISR, Blocks: as the object's stats. */
void rw_default_stats(rw_stats_t *out) RW_FROM_DEFAULT(stats) RW_NONNULL((1));

#ifdef __cplusplus
}
#endif

#endif
