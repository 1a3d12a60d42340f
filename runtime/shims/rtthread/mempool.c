/* SPDX-License-Identifier: Apache-2.0
 *
 * rt_mp: a pool whose control block is the caller's, or of rt_malloc.
 *
 *     storage    | gap | block | block | ... | block | links | state | unused |
 *
 * RT-Thread keeps a pointer in front of each block, so blocks of a multiple of 8 bytes lie at
 * multiples of 4. The same room holds as many aligned blocks here, with their links behind them;
 * where there are few the links are in the control block.
 */
#define RW_PORT_NEED_WAIT

#include "created.h"
#include "listing.h"

#include "../../src/bytes.h"
#include "../../src/waiter.h"

/* The core of every such pool, and its link. */
#if defined(RW_PORT_WAIT)
#define POOL_CALL(operation) rw_pool_##operation##_basic_wait_16
#else
#define POOL_CALL(operation) rw_pool_##operation##_basic_shared_16
#endif
typedef int16_t link_t;

#define BLOCK_ALIGNMENT ((size_t)RT_ALIGN_SIZE)

static rw_created_list_t pools;

/* Without RT_USING_HOOK there is none, and the compiler knows. */
#if defined(RT_USING_HOOK)
#define HOOK
#else
#define HOOK const
#endif

static void (*HOOK alloc_hook)(struct rt_mempool *mp, void *block);
static void (*HOOK free_hook)(struct rt_mempool *mp, void *block);

#if defined(RT_USING_HOOK)

void rt_mp_alloc_sethook(void (*hook)(struct rt_mempool *mp, void *block))
{
    alloc_hook = hook;
}

void rt_mp_free_sethook(void (*hook)(struct rt_mempool *mp, void *block))
{
    free_hook = hook;
}

#endif

/* Blocks as RT-Thread would count them: of so many bytes each and a pointer in front. */
static size_t count_by_rtthread(size_t size, size_t block_size)
{
    size_t share;
    if (block_size == 0U || __builtin_add_overflow(block_size, sizeof(void *), &share)) {
        return 0;
    }
    return RT_ALIGN_DOWN(size, BLOCK_ALIGNMENT) / share;
}

_Static_assert(offsetof(struct rt_mempool, state) ==
                   offsetof(struct rt_mempool, links) + RW_MP_LINKS * sizeof(link_t),
               "a state lies right behind its links");

/* Bytes that count blocks need behind them, whatever they end on. What RT-Thread's pointers take,
 * 4 * count at least, is always more than this, the bytes lost before the first block included. */
static size_t control_of(size_t count)
{
    return count <= RW_MP_LINKS ? 0U
                                : count * sizeof(link_t) + _Alignof(rw_pool_wait_state_t) +
                                      sizeof(rw_pool_wait_state_t);
}

/* Where the state lies of a pool whose blocks end at end. */
static rw_pool_wait_state_t *state_of(struct rt_mempool *mp, uint8_t *end, size_t count)
{
    if (count <= RW_MP_LINKS) {
        return &mp->state;
    }
    const size_t alignment = _Alignof(rw_pool_wait_state_t);
    uint8_t *links_end = end + count * sizeof(link_t);
    return (rw_pool_wait_state_t *)(void *)(links_end +
                                            ((0U - (uintptr_t)links_end) & (alignment - 1U)));
}

static rw_wait_list_t *waiters_of(const struct rt_mempool *mp)
{
    return &((rw_pool_wait_state_t *)(void *)mp->pool.state)->waiters;
}

/* Multiplicative inverse of an odd number, by Newton's iteration: each step doubles the bits. */
static uintptr_t inverse_of(uintptr_t odd)
{
    uintptr_t inverse = odd; /* right in three bits */
    for (unsigned bits = 3; bits < 8U * sizeof(uintptr_t); bits *= 2U) {
        inverse *= 2U - odd * inverse;
    }
    return inverse;
}

/* A pool of no block, of which nothing can be had, with its state at *state. */
static void make_bare(struct rt_mempool *mp, rw_pool_wait_state_t *state)
{
    rw_bytes_clear(state, sizeof *state);
    rw_bytes_clear(&mp->pool, sizeof mp->pool);
    mp->pool.object.name = mp->parent.name;
    mp->pool.object.kind = RW_POOL;
    mp->pool.state = &state->pool;
}

/* Whether a pool lies in the first block of outer: such blocks are lent and not smaller. */
static bool holds(const rw_created_t *outer, const rw_created_t *created)
{
    const struct rt_mempool *of = rt_container_of(outer, struct rt_mempool, created);
    const struct rt_mempool *mp = rt_container_of(created, struct rt_mempool, created);
    const link_t *links = (const link_t *)of->pool.state - of->block_total_count;
    return links[0] == INT16_MIN && mp->size <= of->block_size;
}

/* Makes a pool of count blocks at arena; of none, one that is always empty. */
static void make(struct rt_mempool *mp, const char *name, unsigned type, uint8_t *arena,
                 size_t count)
{
    const size_t bytes = count * mp->block_size;
    rw_pool_wait_state_t *state = state_of(mp, arena + bytes, count);
    link_t *links_end = (link_t *)(void *)state;
    rw_bytes_clear(links_end - count, count * sizeof(link_t));
    make_bare(mp, state);
    rw_created_label(&mp->parent, name, type);
    mp->block_total_count = count;
    mp->block_free_count = count;
    mp->pool.object.arena = arena;
    mp->pool.object.size = bytes;
    if (count > 0U) {
        mp->pool.first = arena;
        mp->pool.end = arena + bytes;
        mp->pool.block_size = (ptrdiff_t)mp->block_size;
        mp->pool.shift = (uint32_t)__builtin_ctzl(mp->block_size);
        mp->pool.inverse = inverse_of(mp->block_size >> mp->pool.shift);
        mp->pool.full = (uint32_t)count;
        rw_created_add(&pools, &mp->created, &mp->pool.object, holds);
    }
}

rt_err_t rt_mp_init(struct rt_mempool *mp, const char *name, void *start, rt_size_t size,
                    rt_size_t block_size)
{
    if (mp == NULL) {
        return -RT_EINVAL;
    }
    (void)rw_created_remove(&pools, &mp->created);
    const rw_created_room_t room = rw_created_room(start, size, BLOCK_ALIGNMENT);
    mp->start_address = start;
    mp->size = RT_ALIGN_DOWN(size, BLOCK_ALIGNMENT);
    mp->block_size = RT_ALIGN(block_size, BLOCK_ALIGNMENT);
    size_t count = start == NULL ? 0U : count_by_rtthread(size, mp->block_size);
    if (count > RW_POOL_COUNT_MAX_16) {
        count = RW_POOL_COUNT_MAX_16;
    }
    const unsigned type = count == 0U ? RT_Object_Class_Null : RT_Object_Class_MemPool;
    make(mp, name, type | RT_Object_Class_Static, room.at, count);
    return count == 0U ? -RT_EINVAL : RT_EOK;
}

#if defined(RW_PORT_WAIT)

/* What a waiter is handed whose pool is gone. */
static uint8_t dismissal;

/* And what becomes of it if the task does not live to see it. */
static rw_status_t forget_dismissal(void *block, const rw_object_t *object)
{
    (void)block;
    (void)object;
    return RW_OK;
}

/* Takes the first waiter off a list that it then need not come back to; NULL iff there is none. */
static rw_waiter_t *dismiss_first(rw_waiter_t **list)
{
    rw_waiter_t *waiter = *list;
    if (waiter != NULL) {
        *list = waiter->next;
        if (waiter->next != NULL) {
            waiter->next->link = list;
        }
        waiter->link = NULL;
        waiter->block = &dismissal;
        waiter->give_back = forget_dismissal;
    }
    return waiter;
}

/* Ends the waiting of all. Those on the way to a block that they were handed run already. */
static void dismiss_all(rw_wait_list_t *waiters)
{
    for (;;) {
        const uintptr_t lock = rw_port_lock_interrupt();
        while (dismiss_first(&waiters->handed) != NULL) {
        }
        rw_waiter_t *waiter = dismiss_first(&waiters->waiting);
        if (waiter == NULL) {
            rw_port_unlock_interrupt(lock);
            return;
        }
        rw_port_wake(&waiter->event, lock);
    }
}

/* The pool was empty. Once there is an answer the pool may be gone. */
static void *wait_for_block(rt_mp_t mp, rt_int32_t time)
{
    void *block = NULL;
    if (time != 0) {
        const rw_ticks_t ticks = time < 0 ? RW_FOREVER : (rw_ticks_t)time;
        block = POOL_CALL(alloc_wait)(&mp->pool.object, ticks);
    }
    if (block == &dismissal) {
        rt_set_errno(-RT_ERROR);
        return NULL;
    }
    /* A block may come although the thread's timer, in the kernel, left -RT_ETIMEOUT behind. */
    rt_set_errno(block == NULL ? -RT_ETIMEOUT : RT_EOK);
    return block;
}

/* Pools are not made or ended meanwhile, so the list needs no lock; each pool's own lists do. */
void rt_mp_forget(const void *thread)
{
    for (rw_created_t *created = rw_created_listed(pools.first); created != NULL;
         created = rw_created_listed(created->next)) {
        struct rt_mempool *mp = rt_container_of(created, struct rt_mempool, created);
        if (rw_wait_list_forget(waiters_of(mp), thread)) {
            return;
        }
    }
}

static int waiting_in(const struct rt_mempool *mp)
{
    int count = 0;
    const uintptr_t lock = rw_port_lock_interrupt();
    for (const rw_waiter_t *waiter = waiters_of(mp)->waiting; waiter != NULL;
         waiter = waiter->next) {
        count++;
    }
    rw_port_unlock_interrupt(lock);
    return count;
}

#else

static void dismiss_all(rw_wait_list_t *waiters)
{
    (void)waiters;
}

static void *wait_for_block(rt_mp_t mp, rt_int32_t time)
{
    if (time != 0) {
        rw_on_fault(RW_E_CONTEXT, &mp->pool.object, NULL);
    }
    rt_set_errno(-RT_ETIMEOUT);
    return NULL;
}

void rt_mp_forget(const void *thread)
{
    (void)thread;
}

static int waiting_in(const struct rt_mempool *mp)
{
    (void)mp;
    return 0;
}

#endif

/* Ends a pool of the type; false iff there is none. */
static bool end(struct rt_mempool *mp, unsigned type)
{
    if (mp == NULL || mp->parent.type != type || !rw_created_remove(&pools, &mp->created)) {
        return false;
    }
    mp->parent.type = RT_Object_Class_Null;
    dismiss_all(waiters_of(mp));
    return true;
}

/* Its storage is the caller's again: whoever asks the pool for a block must not find one there. */
rt_err_t rt_mp_detach(struct rt_mempool *mp)
{
    if (!end(mp, RT_Object_Class_MemPool | RT_Object_Class_Static)) {
        return -RT_ERROR;
    }
    make_bare(mp, &mp->state);
    return RT_EOK;
}

rt_mp_t rt_mp_create(const char *name, rt_size_t block_count, rt_size_t block_size)
{
    const size_t control = RT_ALIGN(sizeof(struct rt_mempool), RW_CREATED_ALIGNMENT);
    const size_t stride = RT_ALIGN(block_size, BLOCK_ALIGNMENT);
    size_t bytes;
    if (block_count == 0U || block_count > RW_POOL_COUNT_MAX_16 || stride == 0U ||
        __builtin_mul_overflow(stride, block_count, &bytes) ||
        __builtin_add_overflow(bytes, control + control_of(block_count), &bytes)) {
        return NULL;
    }
    struct rt_mempool *mp = rt_malloc(bytes);
    if (mp == NULL) {
        return NULL;
    }
    uint8_t *arena = (uint8_t *)mp + control;
    mp->start_address = arena;
    mp->size = bytes - control;
    mp->block_size = stride;
    make(mp, name, RT_Object_Class_MemPool, arena, block_count);
    return mp;
}

rt_err_t rt_mp_delete(rt_mp_t mp)
{
    if (!end(mp, RT_Object_Class_MemPool)) {
        return -RT_ERROR;
    }
    rt_free(mp);
    return RT_EOK;
}

static void count_free(rt_mp_t mp, size_t more)
{
    const uintptr_t lock = rw_port_lock_interrupt();
    mp->block_free_count += more;
    rw_port_unlock_interrupt(lock);
}

void *rt_mp_alloc(rt_mp_t mp, rt_int32_t time)
{
    if (mp == NULL) {
        return NULL;
    }
    void *block = POOL_CALL(alloc)(&mp->pool.object);
    if (block == NULL) {
        block = wait_for_block(mp, time);
        if (block == NULL) {
            return NULL;
        }
    }
    count_free(mp, (size_t)-1);
    if (alloc_hook != NULL) {
        alloc_hook(mp, block);
    }
    return block;
}

void rt_mp_free(void *block)
{
    if (block == NULL) {
        return;
    }
    rw_created_t *created = rw_created_owner(&pools, block);
    if (created == NULL) {
        rw_on_fault(RW_E_FOREIGN, NULL, block);
        return;
    }
    struct rt_mempool *mp = rt_container_of(created, struct rt_mempool, created);
    if (free_hook != NULL) {
        free_hook(mp, block);
    }
    /* Counted first: whoever takes the block at once must not find a count of 0 to take it from. */
    count_free(mp, 1U);
    if (POOL_CALL(free)(block, &mp->pool.object) != RW_OK) {
        count_free(mp, (size_t)-1);
    }
}

long list_mempool(void)
{
    rw_listing_head("mempool", " block total free suspend thread",
                    " ----  ----  ---- --------------");
    for (const rw_created_t *created = rw_created_listed(pools.first); created != NULL;
         created = rw_created_listed(created->next)) {
        const struct rt_mempool *mp = rt_container_of(created, struct rt_mempool, created);
        (void)rt_kprintf("%-*.*s %04lu  %04lu  %04lu %d\n", RT_NAME_MAX, RT_NAME_MAX,
                         mp->parent.name, (unsigned long)mp->block_size,
                         (unsigned long)mp->block_total_count, (unsigned long)mp->block_free_count,
                         waiting_in(mp));
    }
    return 0;
}
