/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks full, first floor: one block; where its layers differ between the kinds. Nothing here
 * takes a lock: a block's bytes and notes belong to the call that has it.
 *
 * extent: the bytes of a block as the core below has it. size: those the user asked for.
 */
#ifndef RAMWRIGHT_SRC_FULL_BLOCK_H
#define RAMWRIGHT_SRC_FULL_BLOCK_H

#include "ramwright/full.h"

#include "full_bytes.h"

_Static_assert(offsetof(rw_heap_full_t, heap) == 0 && offsetof(rw_slab_full_t, slab) == 0 &&
                   offsetof(rw_pool_full_t, pool) == 0,
               "what users see comes first");

#define FULL_NOTE_MAX UINT16_MAX

/* The layer's part of a descriptor. A pool's object lies inside what its core has. */
RW_INLINE const rw_full_t *full_of(const rw_object_t *object)
{
    const void *const head = object;
    if (object->kind == RW_HEAP) {
        return &((const rw_heap_full_t *)head)->full;
    }
    if (object->kind == RW_SLAB) {
        return &((const rw_slab_full_t *)head)->full;
    }
    const void *const pool = (const uint8_t *)object - offsetof(rw_pool_t, object);
    return &((const rw_pool_full_t *)pool)->full;
}

/* Bytes to ask the core for, of which the user gets size, at least 1. A size for which the heap has
 * no room with a seal is one for which it has none either. */
RW_INLINE size_t full_request(const rw_object_t *object, size_t size)
{
    if (object->kind != RW_HEAP || size > object->size) {
        return size;
    }
    return object->size - size < RW_FULL_SEAL ? object->size : size + RW_FULL_SEAL;
}

/* The seal of a heap's block: in 16 bits the bytes it has more than were asked for, in 16 others
 * their complement, both mixed with its address. */
RW_INLINE uint32_t full_seal_of(const uint8_t *block, uint32_t more)
{
    const uint32_t address = (uint32_t)((uintptr_t)block / RW_HEAP_GRANULE);
    return (more | ~more << 16) ^ address * 0x9E3779B1U;
}

RW_INLINE rw_word_t *full_seal(uint8_t *block, size_t extent)
{
    uint8_t *const last = block + extent / sizeof(rw_word_t) * sizeof(rw_word_t);
    return (rw_word_t *)(void *)(last - sizeof(rw_word_t));
}

/* The note of the block of a slab that starts at an address. */
RW_INLINE uint16_t *full_note(const rw_object_t *slab, const uint8_t *block)
{
    const rw_full_t *const full = full_of(slab);
    return &full->notes[(size_t)(block - slab->arena) >> full->note_shift];
}

RW_INLINE uint16_t full_noted(size_t bytes)
{
    return bytes < FULL_NOTE_MAX ? (uint16_t)bytes : FULL_NOTE_MAX;
}

/* Notes what an allocated block has more than asked for, and forgets what was here before. */
static inline void full_note_taken(const rw_object_t *slab, const uint8_t *block, size_t extent,
                                   uint16_t more)
{
    uint16_t *const note = full_note(slab, block);
    uint16_t *inner = full_note(slab, block + extent);
    while (--inner != note) {
        *inner = 0;
        RW_OPAQUE(inner);
    }
    *note = more;
}

/* Where the guard of a block ends. */
RW_INLINE uint8_t *full_guard_end(const rw_object_t *object, uint8_t *block, size_t extent)
{
    return object->kind == RW_HEAP ? (uint8_t *)full_seal(block, extent) : block + extent;
}

/* Makes size, of a pool always block_size, the bytes that the user has. A difference too large for
 * a seal or a note leaves the user more than was asked for. */
static inline void full_dress(const rw_object_t *object, uint8_t *block, size_t extent, size_t size)
{
    size_t more = extent - size;
    if (object->kind == RW_HEAP) {
        more = full_noted(more);
        *full_seal(block, extent) = full_seal_of(block, (uint32_t)more);
    } else if (object->kind == RW_SLAB) {
        more = full_noted(more);
        full_note_taken(object, block, extent, (uint16_t)more);
    }
    uint8_t *const guard = block + (extent - more);
    full_fill(guard, (size_t)(full_guard_end(object, block, extent) - guard), RW_FULL_GUARD);
}

/* Finds the user's bytes of an allocated block. Returns whether the seal is sound. */
RW_INLINE bool full_size(const rw_object_t *object, uint8_t *block, size_t extent, size_t *size)
{
    if (object->kind == RW_POOL) {
        *size = full_of(object)->block_size;
        return true;
    }
    if (object->kind == RW_SLAB) {
        const size_t more = *full_note(object, block);
        *size = extent - more;
        return more <= extent; /* else it is about what was here before */
    }
    const uint32_t seal = *full_seal(block, extent);
    const uint32_t more = (seal ^ full_seal_of(block, 0)) & FULL_NOTE_MAX;
    *size = extent - more;
    return seal == full_seal_of(block, more) && more >= RW_FULL_SEAL && more <= extent;
}

/* Whether nobody wrote behind the user's bytes of an allocated block, which it finds. */
static inline bool full_sound(const rw_object_t *object, uint8_t *block, size_t extent,
                              size_t *size)
{
    if (!full_size(object, block, extent, size)) {
        return false;
    }
    const uint8_t *const guard = block + *size;
    const uint8_t *const end = full_guard_end(object, block, extent);
    return full_holds(guard, (size_t)(end - guard), RW_FULL_GUARD);
}

/* Says of a block that it goes back to the core filled. Of a run only its first slab: the others
 * may become part of another run, of which some are given back as they are. */
RW_INLINE void full_note_freed(const rw_object_t *object, const uint8_t *block, size_t extent)
{
    if (object->kind == RW_SLAB) {
        const size_t most = (size_t)1 << ((const rw_slab_t *)(const void *)object)->slab_shift;
        *full_note(object, block) = full_noted(extent < most ? extent : most);
    }
}

/* Bytes from the start of a block, free for the core, that are known to hold RW_FULL_FREED. virgin:
 * of a pool, what was never handed out starts there. Of a heap nothing is known: its core keeps
 * links, headers and footers there. */
RW_INLINE size_t full_known(const rw_object_t *object, const uint8_t *block, size_t extent,
                            const uint8_t *virgin)
{
    if (object->kind == RW_SLAB) {
        const size_t noted = *full_note(object, block);
        return noted < extent ? noted : extent;
    }
    return object->kind == RW_POOL && block < virgin ? extent : 0U;
}

#endif
