/* SPDX-License-Identifier: Apache-2.0
 *
 * Slabs: blocks of a few sizes. The arena is an array of equal slabs, shared on demand by zones;
 * a zone cuts its slabs into blocks of its one size and returns a slab when its last block is
 * freed. A request larger than every zone takes a run of whole slabs. Blocks carry no header;
 * one bit a block outside the arena tells used from free.
 *
 *     arena   | slab 0        | slab 1        | slab 2        | slab 3        | ... never used |
 *             |b|b|b|b|b|b|b|b| block | block | run of two slabs              |
 *
 *     pages   | page 0        | page 1        | page 2        | page 3        | ...
 *               zone: the one   zone: the one   zone: runs      zone: runs
 *               of block size   of block size   base: slab 2    base: NULL
 *               128             512             full: 1
 *
 *     a page is a rw_page_t and the map of its slab, one bit a block, set: used; block 0 is the
 *     most significant bit of word 0
 *
 *     full    0 0 1 0 0 0 0 ...    1: all blocks of this map word are used; word 0 the most
 *     map     |010..|...1|1111|001.|  significant bit
 *     block    0               blocks
 *
 * What follows the last block in its word, and the bits of full beyond the last word, are never
 * looked at: a slab without a free block is in no list, and in one that has any the lowest is
 * taken. Map and full of a slab that nobody owns are all zero, so taking one costs the same however
 * many blocks it is cut into.
 *
 * Zone 0 is that of runs: one block to a slab, which is what the first slab of a run looks like to
 * a free; its full, of no other use, says how many slabs the run goes on with. These have no base,
 * so no address in them is a block's.
 *
 * A zone's slabs with room are in a list; slabs that were used and returned are in another, and
 * serve any zone. A slab is full when the first of its zone's list gives its last block away, and
 * becomes the first again when one is given back: its link still says of which list. Each zone is
 * promised min_slabs; what is left when every zone has its promise, shared_count slabs, goes to
 * whoever comes first, zones beyond their minimum and runs.
 *
 * After Bonwick, The Slab Allocator (USENIX 1994); bitmaps instead of links, so that use after free
 * cannot damage the allocator and the lowest block is used first.
 */
#ifndef RAMWRIGHT_SLAB_H
#define RAMWRIGHT_SLAB_H

#include "ramwright/attributes.h"
#include "ramwright/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RW_SLAB_ZONES_MAX 64U    /* zones of a slab */
#define RW_SLAB_BLOCKS_MAX 1024U /* blocks of a slab: 32 map words */

/* Mutable; .bss; all zero = owns nothing. */
typedef struct rw_zone_state {
    struct rw_page *partial; /* first slab with room; NULL: none */
    uint16_t slabs;          /* owned now */
    uint16_t peak;           /* most owned at once */
    uint32_t failures;       /* requests refused for lack of room; saturates */
} rw_zone_state_t;

/* One block size; const; flash. */
typedef struct rw_zone {
    uintptr_t inverse;   /* multiplicative inverse of block_size >> shift, which is odd */
    uint16_t cut;        /* RW_ZONE_CUT(1..RW_SLAB_BLOCKS_MAX blocks per slab, shift: the trailing
                            zero bits of block_size) */
    uint16_t block_size; /* bytes, modulo 64 KiB, of which there is one in a slab */
    uint16_t min_slabs;  /* this many it can always have, whatever others want */
    uint16_t max_slabs;  /* at most this many at once; >= min_slabs, >= 1 */
} rw_zone_t;

/* What a size table says of a zone: where a word has 32 bits, how many of them the state of that
 * zone is behind the slab's. */
#define RW_ZONE_PLACE(number) (2U + 3U * (number))
#define RW_ZONE_CUT(blocks, shift) (((blocks)-1) << 5 | (shift))

/* One slab; mutable; .bss; all zero = free, never used. Its map follows, as many words as the zone
 * with the most blocks needs. */
typedef struct rw_page {
    struct rw_page *next;  /* in the list of its zone, or of returned slabs; NULL: last */
    struct rw_page **link; /* in the list of its zone: what refers to it; also while it is full */
    const rw_zone_t *zone; /* owner; NULL: free */
    uint8_t *base;         /* with an owner: the slab; NULL in a run's others than the first */
    uint32_t full;         /* map words without a free block; of a run: slabs it goes on with */
    uint16_t free;         /* blocks not in use */
    uint16_t index;        /* its own, once the slab was used */
} rw_page_t;

/* Mutable; .bss; all zero = all free. The states of the zones follow. */
typedef struct rw_slab_state {
    rw_page_t *returned; /* first slab that was used and returned; NULL: none */
    uint16_t top;        /* slabs from top on were never used */
    uint16_t shared;     /* slabs in use beyond the zones' minima */
} rw_slab_state_t;

/* Const; flash. What is narrow comes first: short instructions reach it there. */
typedef struct rw_slab {
    rw_object_t object;  /* arena: slab_count * slab_size bytes */
    uint8_t slab_shift;  /* log2 of the bytes of a slab */
    uint8_t table_shift; /* log2 of the bytes that an entry of size_table stands for */
    uint16_t last;       /* block size of the last zone, less 1 */
    uint16_t slab_count;
    uint16_t shared_count;     /* slab_count less the sum of min_slabs */
    rw_slab_state_t *state;    /* the states of the zones follow, in the order of zones */
    rw_page_t *pages;          /* slab_count pages, page_size bytes apart */
    uint32_t page_size;        /* sizeof(rw_page_t) + 4 * map words, padded to its alignment */
    const uint8_t *size_table; /* (size - 1) >> table_shift -> RW_ZONE_PLACE of the zone that
                                  serves size */
    const rw_zone_t *zones;    /* that of runs, then by ascending block_size */
} rw_slab_t;

/* The cores: checks (none, basic), sharing (none, task, interrupt, core). */
#define RW_SLAB_CORE_DECLARE(core)                                                                 \
    void *rw_slab_alloc_##core(const rw_object_t *object, size_t size);                            \
    void *rw_slab_alloc_aligned_##core(const rw_object_t *object, size_t alignment, size_t size);  \
    rw_status_t rw_slab_resize_##core(const rw_object_t *object, void *block, size_t size);        \
    rw_status_t rw_slab_free_##core(void *block, const rw_object_t *object);                       \
    size_t rw_slab_usable_##core(const rw_object_t *object, const void *block);                    \
    rw_status_t rw_slab_check_##core(const rw_object_t *object);                                   \
    void rw_slab_walk_##core(const rw_object_t *object, rw_visit_t visit, void *context);          \
    void rw_slab_stats_##core(const rw_object_t *object, rw_stats_t *out);                         \
    bool rw_slab_zone_stats_##core(const rw_object_t *object, size_t number, rw_zone_stats_t *out)

RW_SLAB_CORE_DECLARE(none_none);
RW_SLAB_CORE_DECLARE(none_task);
RW_SLAB_CORE_DECLARE(none_interrupt);
RW_SLAB_CORE_DECLARE(basic_none);
RW_SLAB_CORE_DECLARE(basic_task);
RW_SLAB_CORE_DECLARE(basic_interrupt);
RW_SLAB_CORE_DECLARE(none_core);
RW_SLAB_CORE_DECLARE(basic_core);

/* Takes a block of the smallest zone that holds size bytes, or, above every zone, a run of slabs.
 * Aligned to the largest power of two that divides the zone's block size, at most the arena's
 * alignment. Contents undefined.
 * Returns NULL iff size is 0 or there is no room (a full smaller zone does not spill into a larger
 * one); size > object.size is a fault.
 * Time: O(1) for a zone, O(slab_count) for a run. ISR: yes, with sharing interrupt. Blocks: while
 * the lock of its sharing is held. */
void *rw_slab_alloc(const rw_slab_t *slab, size_t size) RW_NONNULL((1));

/* As rw_slab_alloc, at a multiple of alignment bytes, a power of two: from the first zone whose
 * blocks are so aligned, else a run of slabs.
 * Returns NULL as above, or iff no zone or run is so aligned; an alignment that is not a power of
 * two or > object.size is a fault (RW_E_ALIGNMENT).
 * Time: O(zones), or O(slab_count) for a run. ISR: yes, with sharing interrupt. Blocks: while the
 * lock of its sharing is held. */
void *rw_slab_alloc_aligned(const rw_slab_t *slab, size_t alignment, size_t size) RW_NONNULL((1));

/* As rw_slab_alloc(count * size), cleared. NULL also iff the product wraps (RW_E_SIZE).
 * Time: as alloc under the lock, then O(size) outside it. ISR: yes, with sharing interrupt.
 * Blocks: while the lock of its sharing is held. */
void *rw_slab_calloc(const rw_slab_t *slab, size_t count, size_t size) RW_NONNULL((1));

/* Resizes a block. A block of a zone stays iff size belongs to the same zone; a run stays iff size
 * belongs to a run of at most as many slabs, and returns the slabs it no longer needs. Else the
 * block moves; one that shrinks and finds no room in the smaller zone stays after all.
 * realloc(NULL, n) allocates; realloc(p, 0) frees and returns NULL.
 * Returns the block's address; NULL iff it failed, the block then as it was.
 * Time: as alloc and free under the lock, plus O(size) copying outside it. ISR: yes, with sharing
 * interrupt. Blocks: while the lock of its sharing is held. */
void *rw_slab_realloc(const rw_slab_t *slab, void *block, size_t size) RW_NONNULL((1));

/* Gives a block back, and its slab too if that was the slab's last block.
 * free(NULL) is RW_OK and does nothing.
 * Returns RW_OK, or with checks basic RW_E_FOREIGN, RW_E_MISALIGNED or RW_E_DOUBLE_FREE (also for
 * any address in a slab that nobody owns, and for a block never handed out), the slab unchanged and
 * rw_on_fault called. With checks none an address in the arena is not checked for being allocated,
 * but for being where a block starts, or a run, all the same.
 * Time: O(1) for a block of a zone, O(slabs of the run) for a run. ISR: yes, with sharing
 * interrupt. Blocks: while the lock of its sharing is held. */
rw_status_t rw_slab_free(const rw_slab_t *slab, void *block) RW_NONNULL((1));

/* Bytes usable at block; 0 iff block is not an allocated block. Use more than was
 * asked for only after a realloc to that size: the compiler knows the size asked for.
 * Time: O(1). ISR: yes, with sharing interrupt. Blocks: while the lock of its sharing is held. */
size_t rw_slab_usable_size(const rw_slab_t *slab, const void *block) RW_NONNULL((1));

/* Verifies pages, maps, lists and counts against each other.
 * Returns RW_OK or RW_E_CORRUPT (and calls rw_on_fault).
 * Time: O(slab_count * (zones + map words)), under the lock. ISR: with sharing interrupt, but long.
 * Blocks: for its time. */
rw_status_t rw_slab_check(const rw_slab_t *slab) RW_NONNULL((1));

/* Reports every block of every slab a zone owns, and every run, by ascending address.
 * Time: O(blocks), under the lock. ISR: with sharing interrupt, but long. Blocks: for its time. */
void rw_slab_walk(const rw_slab_t *slab, rw_visit_t visit, void *context) RW_NONNULL((1, 2));

/* Fills *out. used counts blocks, peak counts slabs ever used (the watermark). failures counts a
 * realloc that found no room in the smaller zone, too.
 * Time: O(slab_count), under the lock. ISR: with sharing interrupt. Blocks: for its time. */
void rw_slab_stats(const rw_slab_t *slab, rw_stats_t *out) RW_NONNULL((1, 2));

/* Fills *out with the figures of zone number: 0 are the runs, then come the zones by ascending
 * block size, from 1. What says whether min_slabs and max_slabs are well chosen.
 * Returns false, *out as it was, iff there is no zone of that number.
 * Time: O(slab_count), under the lock. ISR: with sharing interrupt. Blocks: for its time. */
bool rw_slab_zone_stats(const rw_slab_t *slab, size_t number, rw_zone_stats_t *out)
    RW_NONNULL((1, 3));

#ifdef __cplusplus
}
#endif

#endif
