/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps, roof: the cores (lock, inner function, unlock, then faults with no lock held) and the
 * generic calls that find them.
 */
#include "ramwright/port.h"

#include "heap_inspect.h"
#include "heap_resize.h"
#include "object.h"

_Static_assert(offsetof(rw_heap_t, object) == 0, "a heap's descriptor starts with its object");

RW_INLINE const rw_heap_t *heap_of(const rw_object_t *object)
{
    return (const rw_heap_t *)(const void *)object;
}

/* Spelt as in the names of cores. */
#define HEAP_SHARING_none RW_SHARING_NONE
#define HEAP_SHARING_task RW_SHARING_TASK
#define HEAP_SHARING_interrupt RW_SHARING_INTERRUPT
#define HEAP_SHARING_core RW_SHARING_CORE

/* What a caller gets who gets no block. The reason is a size beyond those of the heap, the index of
 * a damaged block, or 0, which is no fault. */
RW_NOINLINE void *heap_denied(const rw_object_t *object, size_t reason)
{
    rw_status_t fault = RW_E_SIZE;
    const void *block = NULL;
    if (reason <= heap_of(object)->granules) {
        if (reason == 0U) {
            return NULL;
        }
        fault = RW_E_CORRUPT;
        block = object->arena + reason * RW_HEAP_GRANULE;
    }
    rw_on_fault(fault, object, block);
    return NULL;
}

/* The block an alloc found, or NULL after reporting the damage it found. */
RW_INLINE void *heap_granted(heap_traits_t traits, const rw_object_t *object, heap_grant_t grant)
{
    return grant.block != NULL || !traits.checked ? grant.block
                                                  : heap_denied(object, grant.damaged);
}

_Static_assert(RW_E_FOREIGN + 1 == RW_E_MISALIGNED && RW_E_MISALIGNED + 1 == RW_E_DOUBLE_FREE &&
                   RW_E_DOUBLE_FREE + 1 == RW_E_CORRUPT,
               "faults in the order in which they are ruled out below");

/* Why no intact used block starts at index (as of heap_index), or a neighbour is damaged; reported,
 * unless that is NULL. Called with no lock: a header may change meanwhile, but whose block it is
 * not has no use for the difference. */
RW_INLINE rw_status_t heap_blame(heap_traits_t traits, const rw_object_t *object, uintptr_t index)
{
    uintptr_t offset = index << 3 | index >> (sizeof(index) * 8U - 3U);
    RW_OPAQUE(offset); /* else it is computed twice */
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): any address, which need not be the arena's */
    rw_word_t *block = (rw_word_t *)((uintptr_t)object->arena + offset);
    if (block == NULL) {
        return RW_OK;
    }
    uint32_t fault = RW_E_FOREIGN; /* each test that the address passes rules one fault out */
    RW_OPAQUE(fault);              /* else each end of the tests sets it anew, and jumps */
    if (offset < object->size) {
        fault++;
        RW_OPAQUE(fault);
        RW_OPAQUE(offset);
        if (offset % RW_HEAP_GRANULE == 0U && offset != 0U) {
            fault++;
            RW_OPAQUE(fault);
            if (index <= heap_of(object)->state->top &&
                !heap_is_free(traits, block[-1], (uint32_t)index)) {
                fault++;
            }
        }
    }
    rw_on_fault((rw_status_t)fault, object, block);
    return (rw_status_t)fault;
}

RW_NOINLINE rw_status_t heap_blame_16(uintptr_t index, const rw_object_t *object)
{
    return heap_blame((heap_traits_t){true, false}, object, index);
}

RW_NOINLINE rw_status_t heap_blame_32(uintptr_t index, const rw_object_t *object)
{
    return heap_blame((heap_traits_t){true, true}, object, index);
}

RW_INLINE void *heap_alloc(heap_traits_t traits, rw_sharing_t sharing, const rw_object_t *object,
                           size_t size)
{
    size_t granules = heap_granules(size);
    RW_OPAQUE(granules); /* else the shift in it is done twice */
    if (granules > heap_of(object)->granules) {
        return heap_denied(object, size);
    }
    uintptr_t lock = rw_port_lock(sharing);
    RW_SELDOM(lock);
    const heap_view_t heap = heap_view(traits, heap_of(object));
    const heap_grant_t grant = heap_alloc_locked(heap, (uint32_t)granules);
    rw_port_unlock(sharing, lock);
    return heap_granted(traits, object, grant);
}

RW_INLINE void *heap_alloc_aligned(heap_traits_t traits, rw_sharing_t sharing,
                                   const rw_object_t *object, size_t alignment, size_t size)
{
    const size_t granules = heap_granules(size);
    if (alignment == 0U || (alignment & (alignment - 1U)) != 0U || alignment > object->size) {
        rw_on_fault(RW_E_ALIGNMENT, object, NULL);
        return NULL;
    }
    if (granules > heap_of(object)->granules) {
        return heap_denied(object, size);
    }
    const uintptr_t lock = rw_port_lock(sharing);
    const heap_view_t heap = heap_view(traits, heap_of(object));
    const heap_grant_t grant =
        alignment <= RW_HEAP_GRANULE
            ? heap_alloc_locked(heap, (uint32_t)granules)
            : heap_alloc_aligned_locked(heap, (uint32_t)(alignment / RW_HEAP_GRANULE),
                                        (uint32_t)granules);
    rw_port_unlock(sharing, lock);
    return heap_granted(traits, object, grant);
}

/* Granules of a new size of a block; one too many where the heap does not hold it, for the block is
 * identified all the same. */
RW_INLINE uint32_t heap_wanted(const rw_object_t *object, size_t size)
{
    const size_t granules = heap_granules(size);
    const uint32_t most = heap_of(object)->granules;
    return granules > most ? most + 1U : (uint32_t)granules;
}

RW_INLINE rw_status_t heap_resize(heap_traits_t traits, rw_sharing_t sharing,
                                  const rw_object_t *object, void *block, size_t size)
{
    const uint32_t granules = heap_wanted(object, size);
    const uintptr_t lock = rw_port_lock(sharing);
    const heap_view_t heap = heap_view(traits, heap_of(object));
    const uintptr_t index = heap_index(heap, block);
    const rw_status_t status = heap_resize_locked(heap, block, granules);
    rw_port_unlock(sharing, lock);
    if (status == RW_OK || status == RW_E_SIZE) {
        return status;
    }
    return traits.wide ? heap_blame_32(index, object) : heap_blame_16(index, object);
}

RW_INLINE void *heap_lower(heap_traits_t traits, rw_sharing_t sharing, const rw_object_t *object,
                           const void *block, size_t size)
{
    const uint32_t granules = heap_wanted(object, size);
    const uintptr_t lock = rw_port_lock(sharing);
    const heap_view_t heap = heap_view(traits, heap_of(object));
    const heap_grant_t grant = heap_lower_locked(heap, block, granules);
    rw_port_unlock(sharing, lock);
    return heap_granted(traits, object, grant);
}

RW_INLINE rw_status_t heap_free(heap_traits_t traits, rw_sharing_t sharing,
                                const rw_object_t *object, void *block)
{
    uint32_t header = 0;
    if (!traits.checked && block == NULL) {
        return RW_OK;
    }
    uintptr_t lock = rw_port_lock(sharing);
    RW_SELDOM(lock);
    const heap_view_t heap = heap_view(traits, heap_of(object));
    uintptr_t index = heap_index(heap, block);
    RW_OPAQUE(index); /* else it is computed twice */
    const bool freed =
        heap_identify(heap, index, &header) && heap_free_locked(heap, (uint32_t)index, header);
    rw_port_unlock(sharing, lock);
    if (freed || !traits.checked) {
        return RW_OK;
    }
    return traits.wide ? heap_blame_32(index, object) : heap_blame_16(index, object);
}

/* The lock is for a flag in the header: the free of the block before changes it. */
RW_INLINE size_t heap_usable(heap_traits_t traits, rw_sharing_t sharing, const rw_object_t *object,
                             const void *block)
{
    uint32_t header = 0;
    if (block == NULL) {
        return 0;
    }
    const uintptr_t lock = rw_port_lock(sharing);
    const heap_view_t heap = heap_view(traits, heap_of(object));
    const bool used = heap_identify(heap, heap_index(heap, block), &header);
    rw_port_unlock(sharing, lock);
    return used ? heap_bytes(heap_size(traits, header)) : 0U;
}

RW_INLINE rw_status_t heap_check(heap_traits_t traits, rw_sharing_t sharing,
                                 const rw_object_t *object)
{
    const uintptr_t lock = rw_port_lock(sharing);
    const uint32_t damage = heap_check_locked(heap_view(traits, heap_of(object)));
    rw_port_unlock(sharing, lock);
    if (damage == 0U) {
        return RW_OK;
    }
    const size_t offset = (size_t)(damage & ~HEAP_DAMAGED) * RW_HEAP_GRANULE;
    rw_on_fault(RW_E_CORRUPT, object, object->arena + offset);
    return RW_E_CORRUPT;
}

RW_INLINE void heap_walk(heap_traits_t traits, rw_sharing_t sharing, const rw_object_t *object,
                         rw_visit_t visit, void *context)
{
    const uintptr_t lock = rw_port_lock(sharing);
    heap_walk_locked(heap_view(traits, heap_of(object)), visit, context);
    rw_port_unlock(sharing, lock);
}

RW_INLINE void heap_stats(heap_traits_t traits, rw_sharing_t sharing, const rw_object_t *object,
                          rw_stats_t *out)
{
    const uintptr_t lock = rw_port_lock(sharing);
    heap_stats_locked(heap_view(traits, heap_of(object)), out);
    rw_port_unlock(sharing, lock);
}

#define HEAP_TRAITS_none_16 ((heap_traits_t){false, false})
#define HEAP_TRAITS_none_32 ((heap_traits_t){false, true})
#define HEAP_TRAITS_basic_16 ((heap_traits_t){true, false})
#define HEAP_TRAITS_basic_32 ((heap_traits_t){true, true})

#define HEAP_CORE(checks, sharing, width)                                                          \
    void *rw_heap_alloc_##checks##_##sharing##_##width(const rw_object_t *object, size_t size)     \
    {                                                                                              \
        return heap_alloc(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object, size);   \
    }                                                                                              \
    void *rw_heap_alloc_aligned_##checks##_##sharing##_##width(const rw_object_t *object,          \
                                                               size_t alignment, size_t size)      \
    {                                                                                              \
        return heap_alloc_aligned(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object,  \
                                  alignment, size);                                                \
    }                                                                                              \
    rw_status_t rw_heap_resize_##checks##_##sharing##_##width(const rw_object_t *object,           \
                                                              void *block, size_t size)            \
    {                                                                                              \
        return heap_resize(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object, block,  \
                           size);                                                                  \
    }                                                                                              \
    void *rw_heap_lower_##checks##_##sharing##_##width(const rw_object_t *object,                  \
                                                       const void *block, size_t size)             \
    {                                                                                              \
        return heap_lower(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object, block,   \
                          size);                                                                   \
    }                                                                                              \
    rw_status_t rw_heap_free_##checks##_##sharing##_##width(void *block,                           \
                                                            const rw_object_t *object)             \
    {                                                                                              \
        return heap_free(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object, block);   \
    }                                                                                              \
    size_t rw_heap_usable_##checks##_##sharing##_##width(const rw_object_t *object,                \
                                                         const void *block)                        \
    {                                                                                              \
        return heap_usable(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object, block); \
    }                                                                                              \
    rw_status_t rw_heap_check_##checks##_##sharing##_##width(const rw_object_t *object)            \
    {                                                                                              \
        return heap_check(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object);         \
    }                                                                                              \
    void rw_heap_walk_##checks##_##sharing##_##width(const rw_object_t *object, rw_visit_t visit,  \
                                                     void *context)                                \
    {                                                                                              \
        heap_walk(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object, visit, context); \
    }                                                                                              \
    void rw_heap_stats_##checks##_##sharing##_##width(const rw_object_t *object, rw_stats_t *out)  \
    {                                                                                              \
        heap_stats(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object, out);           \
    }

HEAP_CORE(none, none, 16)
HEAP_CORE(none, none, 32)
HEAP_CORE(none, interrupt, 16)
HEAP_CORE(none, interrupt, 32)
HEAP_CORE(basic, none, 16)
HEAP_CORE(basic, none, 32)
HEAP_CORE(basic, interrupt, 16)
HEAP_CORE(basic, interrupt, 32)

#if defined(RW_PORT_CORE_LOCK)
HEAP_CORE(none, core, 16)
HEAP_CORE(none, core, 32)
HEAP_CORE(basic, core, 16)
HEAP_CORE(basic, core, 32)
#endif

#if defined(RW_PORT_TASK_IS_INTERRUPT)

#define HEAP_TASK_OPERATION(name, checks, width)                                                   \
    RW_CORE_ALIAS(rw_heap_##name##_##checks##_task_##width,                                        \
                  rw_heap_##name##_##checks##_interrupt_##width)

#define HEAP_TASK_CORE(checks, width)                                                              \
    HEAP_TASK_OPERATION(alloc, checks, width);                                                     \
    HEAP_TASK_OPERATION(alloc_aligned, checks, width);                                             \
    HEAP_TASK_OPERATION(resize, checks, width);                                                    \
    HEAP_TASK_OPERATION(lower, checks, width);                                                     \
    HEAP_TASK_OPERATION(free, checks, width);                                                      \
    HEAP_TASK_OPERATION(usable, checks, width);                                                    \
    HEAP_TASK_OPERATION(check, checks, width);                                                     \
    HEAP_TASK_OPERATION(walk, checks, width);                                                      \
    HEAP_TASK_OPERATION(stats, checks, width)

HEAP_TASK_CORE(none, 16);
HEAP_TASK_CORE(none, 32);
HEAP_TASK_CORE(basic, 16);
HEAP_TASK_CORE(basic, 32);

#else

HEAP_CORE(none, task, 16)
HEAP_CORE(none, task, 32)
HEAP_CORE(basic, task, 16)
HEAP_CORE(basic, task, 32)

#endif

size_t rw_heap_control_32(uint32_t granules)
{
    const uint32_t last = heap_class((heap_traits_t){true, true}, granules);
    const uint32_t bins = last - HEAP_CLASS_FIRST + 1U;
    return sizeof(rw_heap_state_t) + (RW_HEAP_MAP_WORDS_32 + bins) * sizeof(uint32_t);
}

void *rw_heap_alloc(const rw_heap_t *heap, size_t size)
{
    return rw_alloc_cores[heap->object.core](&heap->object, size);
}

void *rw_heap_alloc_aligned(const rw_heap_t *heap, size_t alignment, size_t size)
{
    return rw_alloc_aligned_cores[heap->object.core](&heap->object, alignment, size);
}

void *rw_heap_calloc(const rw_heap_t *heap, size_t count, size_t size)
{
    return rw_object_calloc(&heap->object, count, size);
}

void *rw_heap_realloc(const rw_heap_t *heap, void *block, size_t size)
{
    return rw_object_realloc(&heap->object, block, size);
}

rw_status_t rw_heap_free(const rw_heap_t *heap, void *block)
{
    return rw_free_cores[heap->object.core](block, &heap->object);
}

size_t rw_heap_usable_size(const rw_heap_t *heap, const void *block)
{
    return rw_usable_cores[heap->object.core](&heap->object, block);
}

rw_status_t rw_heap_check(const rw_heap_t *heap)
{
    return rw_check_cores[heap->object.core](&heap->object);
}

void rw_heap_walk(const rw_heap_t *heap, rw_visit_t visit, void *context)
{
    rw_walk_cores[heap->object.core](&heap->object, visit, context);
}

void rw_heap_stats(const rw_heap_t *heap, rw_stats_t *out)
{
    rw_stats_cores[heap->object.core](&heap->object, out);
}
