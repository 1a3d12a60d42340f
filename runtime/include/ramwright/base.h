/* SPDX-License-Identifier: Apache-2.0
 *
 * What every allocator of the runtime shares: status codes, the fault hook, statistics and the
 * head of every descriptor.
 *
 * Three things are never mixed. A const descriptor in flash, written by the generator, says what
 * an object is. A state in the .bss of the home bank says what is going on; all zero means
 * completely free, so nothing runs at boot. An arena in a no-load section of any bank holds the
 * user's bytes and is neither read nor written before the allocation that uses it. After a warm
 * reset it may hold what it held before. Nothing believes that, with one exception: a pointer kept
 * across the reset may find its old header below the virgin end of a heap, where it passes for
 * intact if a new block covers that place. Keep no pointers across a reset.
 *
 *      flash                      .bss (home bank)          any bank, never in the image
 *     +--------------------+     +-----------------+       +---------------------------+
 *     | descriptor (const) | --> | state (zero =   |       | arena                     |
 *     |  arena, size, core | --+ |  all free)      |   +-> |  blocks                   |
 *     +--------------------+   | +-----------------+   |   +---------------------------+
 *                              +-----------------------+
 */
#ifndef RAMWRIGHT_BASE_H
#define RAMWRIGHT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Number of the contract between generated code and runtime: descriptor layout, names of cores.
 * Generated code refuses to compile against another number. */
#define RW_ABI 1

/* What a call found. Statuses other than RW_OK mean: nothing was changed. */
typedef enum rw_status {
    RW_OK = 0,
    RW_E_FOREIGN = 1,     /* the address lies outside the object's arena */
    RW_E_MISALIGNED = 2,  /* inside the arena, but not where a block starts */
    RW_E_DOUBLE_FREE = 3, /* where a block could start, but none is allocated: freed before, or
                             never handed out (a heap's virgin end, a slab nobody owns) */
    RW_E_CORRUPT = 4,     /* header, footer or link damaged: somebody wrote past a block's end
                             or into a freed block */
    RW_E_SIZE = 5,        /* larger than the object could ever serve, or size arithmetic wraps */
    RW_E_ALIGNMENT = 6,   /* not a power of two, or larger than the object could ever serve */
    RW_E_CONTEXT = 7      /* a call that may wait, from where nobody may: an ISR, for one */
} rw_status_t;

/* What an object is. */
typedef enum rw_kind { RW_POOL = 0, RW_HEAP = 1, RW_SLAB = 2, RW_MEMHEAP = 3 } rw_kind_t;

/* Capabilities of the region an arena lies in: the `attributes` of the config. */
enum {
    RW_DMA = 1U << 0,
    RW_FAST = 1U << 1,
    RW_CACHED = 1U << 2,
    RW_EXTERNAL = 1U << 3,
    RW_RETAINED = 1U << 4,
    RW_EXEC = 1U << 5,
    RW_SHARED = 1U << 6
};

/* Head of every descriptor; const, in flash. */
typedef struct rw_object {
    uint8_t *arena;     /* first byte; NULL for a memheap, which owns no bytes */
    size_t size;        /* bytes of the arena */
    const char *name;   /* as in the config; NULL with `debug_name: false` */
    uint8_t core;       /* index into the rw_*_cores tables of dispatch.h */
    uint8_t kind;       /* rw_kind_t */
    uint8_t attributes; /* RW_DMA | ... of the region */
    uint8_t overhead;   /* bytes of the arena that no request can have */
} rw_object_t;

/* Figures of one object, bytes unless said. */
typedef struct rw_stats {
    size_t size;     /* bytes of the arena */
    size_t used;     /* bytes in allocated blocks, headers and rounding included */
    size_t peak;     /* most bytes of the arena ever occupied at once, holes included: a pool or
                        heap of this size would have served the same run. Of a slab the slabs ever
                        used, which depends on its zones' limits too; of several objects the sum of
                        their peaks, which need not have been at the same time */
    size_t free;     /* size - used */
    size_t largest;  /* the largest request that would succeed now */
    size_t failures; /* requests the object refused for lack of room, those of a realloc that then
                        left the block where it is included; of several objects the sum, a request
                        that a memheap's next member served included; saturates */
} rw_stats_t;

/* Figures of one zone of a slab, or of its runs. */
typedef struct rw_zone_stats {
    size_t block_size; /* bytes; 0: these are the runs, whose blocks are of any number of slabs */
    size_t slabs;      /* owned now */
    size_t peak;       /* most owned at once */
    size_t used;       /* blocks in use */
    size_t failures;   /* requests refused for lack of room; saturates */
} rw_zone_stats_t;

/* One block as rw_*_walk reports it. */
typedef struct rw_block {
    const rw_object_t *object;
    void *address; /* what alloc returned or would return */
    size_t size;   /* bytes usable at address */
    bool used;
} rw_block_t;

/* Called for each block by rw_*_walk; return false to stop. Runs with the object locked: must not
 * call into the same object, nor from an object of sharing core into another such object. */
typedef bool (*rw_visit_t)(const rw_block_t *block, void *context);

/* Fault hook. Called with no lock held after a fault was found and before the faulty call returns
 * its status. The weak default does nothing; define your own to log, count or halt.
 *   fault   : which fault, never RW_OK
 *   object  : the object that was called; NULL for an address that rw_layout_free finds in none
 *   address : the pointer passed in, or the damaged block; NULL for RW_E_SIZE, RW_E_ALIGNMENT,
 *             RW_E_CONTEXT
 * Time: yours. ISR: called from wherever the faulty call was made. Blocks: must not. */
void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address);

#ifdef __cplusplus
}
#endif

#endif
