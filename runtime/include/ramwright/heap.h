/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps: blocks of any size, O(1) alloc and free, immediate coalescing.
 *
 * The arena is counted in granules of 8 bytes. Index i names the granule at arena + 8 * i; a
 * block's payload starts on a granule, its 4-byte header just before it, so payloads are 8-aligned
 * and a block of n granules offers 8 * n - 4 bytes. The first block has index 1; index 0 is null.
 *
 *     arena                  8i-4  8i                          8(i+n)-4
 *     |  .... blocks ....     | header | payload ..............  | header | payload ...
 *
 *     used:  | header |               payload                    |
 *     free:  | header |  two words of links |  unused  | footer  |     at least 2 granules
 *     virgin: everything from index top + 1 on; on no list, never touched; the block before it is
 *             never free, for it would have been merged into the virgin end
 *
 * With checks basic a header carries check bits over itself and its index: 16 in heaps up to 256
 * KiB (cores named ..._16), 8 above. Every error within one byte of it is detected when the block
 * or the one before it is freed; other data, or a header copied elsewhere, passes for one once in
 * 2^16 (2^8) cases. The footer of a free block is the complement of its header. Its links are
 * checked before they are followed: of 16 bits by themselves and the header, each is there twice,
 * which other data passes for once in 2^32 cases; of 32 bits by whether the neighbours they lead to
 * lead back.
 *
 * Free blocks are kept by size class, eight or four classes an octave, a bitmap telling which lists
 * are not empty: good fit after Masmano et al., TLSF: a new dynamic memory allocator (ECRTS 2004).
 */
#ifndef RAMWRIGHT_HEAP_H
#define RAMWRIGHT_HEAP_H

#include "ramwright/attributes.h"
#include "ramwright/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RW_HEAP_GRANULE 8U
#define RW_HEAP_OVERHEAD 12U /* bytes of an arena that no request can have: a granule, a header */

/* Largest heaps, in granules, of the cores named ..._16 (256 KiB) and ..._32 (32 MiB). */
#define RW_HEAP_GRANULES_MAX_16 32767U
#define RW_HEAP_GRANULES_MAX_32 4194303U

/* Words of their maps: a bit for each size class, of which there are 76 and 160 at most, and for
 * one more, from where on a search that found nothing goes on. */
#define RW_HEAP_MAP_WORDS_16 3U
#define RW_HEAP_MAP_WORDS_32 6U

/* Mutable; .bss; all zero = all free. Counts are in granules. Directly behind it lie
 *  - the map, RW_HEAP_MAP_WORDS_... words: bit 31 - c % 32 of word c / 32 set: class c has blocks;
 *  - the bins, heads of the free lists, indices of blocks; uint16_t[] for cores named ..._16,
 *    uint32_t[] for ..._32; one per class from 2 up to that of the whole heap. */
typedef struct rw_heap_state {
    uint32_t top;      /* granules below the virgin end */
    uint32_t peak;     /* highest top so far */
    uint32_t used;     /* in allocated blocks */
    uint32_t failures; /* requests refused for lack of room; saturates */
} rw_heap_state_t;

/* Const; flash. */
typedef struct rw_heap {
    rw_object_t object;     /* arena: size bytes, 8-aligned, size a multiple of 8 */
    rw_heap_state_t *state; /* its map and its bins behind it */
    uint32_t granules;      /* object.size / 8 - 1; at least 2, at most RW_HEAP_GRANULES_MAX_... */
} rw_heap_t;

/* The cores: checks (none, basic), sharing (none, task, interrupt, core), link width. */
#define RW_HEAP_CORE_DECLARE(core)                                                                 \
    void *rw_heap_alloc_##core(const rw_object_t *object, size_t size);                            \
    void *rw_heap_alloc_aligned_##core(const rw_object_t *object, size_t alignment, size_t size);  \
    rw_status_t rw_heap_resize_##core(const rw_object_t *object, void *block, size_t size);        \
    rw_status_t rw_heap_free_##core(void *block, const rw_object_t *object);                       \
    void *rw_heap_lower_##core(const rw_object_t *object, const void *block, size_t size);         \
    size_t rw_heap_usable_##core(const rw_object_t *object, const void *block);                    \
    rw_status_t rw_heap_check_##core(const rw_object_t *object);                                   \
    void rw_heap_walk_##core(const rw_object_t *object, rw_visit_t visit, void *context);          \
    void rw_heap_stats_##core(const rw_object_t *object, rw_stats_t *out)

RW_HEAP_CORE_DECLARE(none_none_16);
RW_HEAP_CORE_DECLARE(none_none_32);
RW_HEAP_CORE_DECLARE(none_task_16);
RW_HEAP_CORE_DECLARE(none_task_32);
RW_HEAP_CORE_DECLARE(none_interrupt_16);
RW_HEAP_CORE_DECLARE(none_interrupt_32);
RW_HEAP_CORE_DECLARE(basic_none_16);
RW_HEAP_CORE_DECLARE(basic_none_32);
RW_HEAP_CORE_DECLARE(basic_task_16);
RW_HEAP_CORE_DECLARE(basic_task_32);
RW_HEAP_CORE_DECLARE(basic_interrupt_16);
RW_HEAP_CORE_DECLARE(basic_interrupt_32);
RW_HEAP_CORE_DECLARE(none_core_16);
RW_HEAP_CORE_DECLARE(none_core_32);
RW_HEAP_CORE_DECLARE(basic_core_16);
RW_HEAP_CORE_DECLARE(basic_core_32);

/* Bytes of state, map and bins that a heap of so many granules needs with a core named ..._32.
 * Layouts have them from the generator; heaps made at run time ask here.
 * Time: O(1). ISR: yes. Blocks: never. */
size_t rw_heap_control_32(uint32_t granules);

/* Takes a block of at least size bytes, contents undefined, 8-aligned.
 * Returns NULL iff size is 0, there is no room, or (checks basic) a damaged free list was found;
 * damage, and a size that the whole heap could not hold, size > object.size - RW_HEAP_OVERHEAD, are
 * faults. There is room iff the first free block of the size's own class is large enough, any block
 * of a larger class exists, or the virgin end suffices: blocks further down the list of its class
 * are not looked at, which bounds the time.
 * Time: O(1). ISR: yes, with sharing interrupt. Blocks: while the lock of its sharing is held. */
void *rw_heap_alloc(const rw_heap_t *heap, size_t size) RW_NONNULL((1));

/* As rw_heap_alloc, at a multiple of alignment bytes, a power of two; up to 8 costs nothing.
 * A recycled block, the first of the size's own class and of each larger one being looked at, must
 * have room for the gap that there really is; so must the virgin end.
 * Returns NULL as above, or iff alignment is not a power of two or > object.size (RW_E_ALIGNMENT).
 * Time: O(1). ISR: yes, with sharing interrupt. Blocks: while the lock of its sharing is held. */
void *rw_heap_alloc_aligned(const rw_heap_t *heap, size_t alignment, size_t size) RW_NONNULL((1));

/* As rw_heap_alloc(count * size), cleared. NULL also iff the product wraps (RW_E_SIZE).
 * Time: O(1) under the lock, then O(size) outside it. ISR: yes, with sharing interrupt.
 * Blocks: while the lock of its sharing is held. */
void *rw_heap_calloc(const rw_heap_t *heap, size_t count, size_t size) RW_NONNULL((1));

/* Resizes a block: in place into a free successor or the virgin end, else by moving it to a new
 * block, else, if there is none, by moving it down into a free predecessor.
 * realloc(NULL, n) allocates; realloc(p, 0) frees and returns NULL.
 * Returns the block's address; NULL iff it failed, the block then as it was. A block that is none,
 * or a neighbour found damaged, is a fault as with rw_heap_free.
 * Time: O(1) under the lock, plus O(size) copying outside it. ISR: yes, with sharing interrupt.
 * Blocks: while the lock of its sharing is held. */
void *rw_heap_realloc(const rw_heap_t *heap, void *block, size_t size) RW_NONNULL((1));

/* Gives a block back and merges it with free neighbours. free(NULL) is RW_OK and does nothing.
 * Returns RW_OK, or with checks basic RW_E_FOREIGN, RW_E_MISALIGNED, RW_E_DOUBLE_FREE or
 * RW_E_CORRUPT (no intact header before block: damaged, or block points into the middle of one; or
 * a neighbour is damaged: written past the end, or into a free block), the heap unchanged and
 * rw_on_fault called.
 * Time: O(1). ISR: yes, with sharing interrupt. Blocks: while the lock of its sharing is held. */
rw_status_t rw_heap_free(const rw_heap_t *heap, void *block) RW_NONNULL((1));

/* Bytes usable at block, at least what was asked for; 0 iff block is NULL or, with checks basic,
 * not an allocated block: with checks none any other address is taken for one. Use more than was
 * asked for only after a realloc to that size: the compiler knows the size asked for.
 * Time: O(1). ISR: yes, with sharing interrupt. Blocks: while the lock of its sharing is held. */
size_t rw_heap_usable_size(const rw_heap_t *heap, const void *block) RW_NONNULL((1));

/* Walks the whole heap and every free list and verifies headers, footers, links, classes, counts.
 * Returns RW_OK or RW_E_CORRUPT (and calls rw_on_fault with the first damaged block).
 * Time: O(blocks), under the lock. ISR: with sharing interrupt, but long. Blocks: for its time. */
rw_status_t rw_heap_check(const rw_heap_t *heap) RW_NONNULL((1));

/* Reports every block below the virgin end, by ascending address; stops at a damaged header.
 * Time: O(blocks), under the lock. ISR: with sharing interrupt, but long. Blocks: for its time. */
void rw_heap_walk(const rw_heap_t *heap, rw_visit_t visit, void *context) RW_NONNULL((1, 2));

/* Fills *out.
 * Time: O(1). ISR: yes, with sharing interrupt. Blocks: while the lock of its sharing is held. */
void rw_heap_stats(const rw_heap_t *heap, rw_stats_t *out) RW_NONNULL((1, 2));

#ifdef __cplusplus
}
#endif

#endif
