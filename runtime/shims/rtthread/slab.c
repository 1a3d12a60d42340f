/* SPDX-License-Identifier: Apache-2.0
 *
 * rt_slab: a slab whose control block lies at the low end of the caller's storage.
 *
 *     storage    | control | zones | states | size table | pages | arena: slabs |
 *
 * Blocks are of 16, 32, 48, 64, 96, 128, 192, ... bytes, up to half a slab; slabs lie at multiples
 * of their size.
 */
#include "created.h"

#include "ramwright/port.h"

#define SLAB_CALL(operation) rw_slab_##operation##_basic_interrupt

#define STORAGE_MIN 4096U
#define STORAGE_MAX 0x40000000U /* what is beyond is not used */
#define BLOCK_MIN 16U
#define SLAB_MIN 512U
#define SLAB_WANTED 4096U /* larger ones only where there would be too many */
#define COUNT_WANTED 256U /* smaller ones where there would be fewer */
#define COUNT_MAX 32768U
#define TABLE_SHIFT                                                                                \
    4U /* of a size table, whose entries stand for 16 bytes: all blocks are multiples */

typedef struct slab {
    struct rt_memory parent;
    rw_slab_t slab;
} slab_t;

static const rw_created_calls_t slab_calls = {
    .alloc = SLAB_CALL(alloc),
    .resize = SLAB_CALL(resize),
    .usable = SLAB_CALL(usable),
    .free = SLAB_CALL(free),
};

static slab_t *slab_of(rt_slab_t m)
{
    return (slab_t *)(void *)m;
}

/* Whether m was made here and is not detached. */
static bool usable(rt_slab_t m)
{
    return m != NULL && m->parent.type == (RT_Object_Class_Memory | RT_Object_Class_Static);
}

static uint8_t slab_shift_for(size_t size)
{
    uint8_t shift = (uint8_t)__builtin_ctz(SLAB_MIN);
    while ((size >> shift) > COUNT_MAX ||
           ((size >> shift) > COUNT_WANTED && ((size_t)1 << shift) < SLAB_WANTED)) {
        shift++;
    }
    return shift;
}

/* The block size after size: half of its leading power of two more, at least the smallest. */
static uint32_t next_block_size(uint32_t size)
{
    const uint32_t step = (1U << (31 - __builtin_clz(size))) / 2U;
    return size + (step < BLOCK_MIN ? BLOCK_MIN : step);
}

static uint32_t block_size_of(uint32_t index)
{
    uint32_t size = BLOCK_MIN;
    for (uint32_t i = 0; i < index; i++) {
        size = next_block_size(size);
    }
    return size;
}

/* Zones whose blocks are at most half a slab. */
static uint8_t zones_of(uint32_t slab_size)
{
    uint8_t count = 0;
    for (uint32_t size = BLOCK_MIN; size <= slab_size / 2U; size = next_block_size(size)) {
        count++;
    }
    return count;
}

/* The zone of runs, to which block size 0 belongs, or that of the blocks before the next size. */
static void fill_zone(rw_zone_t *zone, uint32_t size, uint8_t slab_shift)
{
    const uint32_t shift = size == 0U ? 0U : (uint32_t)__builtin_ctz(size);
    const uint32_t blocks = size == 0U ? 1U : ((uint32_t)1 << slab_shift) / size;
    const uint32_t most = blocks < RW_SLAB_BLOCKS_MAX ? blocks : RW_SLAB_BLOCKS_MAX;
    zone->inverse = size >> shift == 3U ? UINTPTR_MAX / 3U * 2U + 1U : 1U;
    zone->cut = (uint16_t)RW_ZONE_CUT(most, shift);
    zone->block_size = (uint16_t)size;
    zone->max_slabs = UINT16_MAX;
}

/* The first zone that holds each size. */
static void fill_size_table(uint8_t *table, uint32_t largest)
{
    uint8_t zone = 0;
    for (uint32_t at = 0; at < largest >> TABLE_SHIFT; at++) {
        if ((at + 1U) << TABLE_SHIFT > block_size_of(zone)) {
            zone++;
        }
        table[at] = (uint8_t)RW_ZONE_PLACE(zone + 1U);
    }
}

/* Bytes of a page and its map, which the zone of the least blocks needs. */
static uint32_t page_size_of(uint32_t slab_size)
{
    const uint32_t blocks = slab_size / BLOCK_MIN;
    const uint32_t bits = blocks < RW_SLAB_BLOCKS_MAX ? blocks : RW_SLAB_BLOCKS_MAX;
    const size_t bytes = sizeof(rw_page_t) + (bits + 31U) / 32U * sizeof(uint32_t);
    return (uint32_t)RT_ALIGN(bytes, _Alignof(rw_page_t));
}

/* Cuts pages and slabs from what is left; false iff there is no room for a single one. */
static bool cut_slabs(rw_slab_t *slab, rw_created_room_t room)
{
    const size_t slab_size = (size_t)1 << slab->slab_shift;
    slab->page_size = page_size_of((uint32_t)slab_size);
    size_t count = room.left / (slab_size + slab->page_size);
    const rw_created_room_t pages = room;
    while (count > 0U) {
        room = pages;
        slab->pages = rw_created_cut(&room, count * slab->page_size, slab_size);
        if (room.left >= count << slab->slab_shift) {
            break;
        }
        count--; /* alignment took the room of one */
    }
    slab->slab_count = (uint16_t)count;
    slab->shared_count = slab->slab_count;
    slab->object.arena = room.at;
    slab->object.size = count << slab->slab_shift;
    return count > 0U;
}

/* Cuts zones, states and size table from *room; false iff it is too small. */
static bool cut_zones(rw_slab_t *slab, rw_created_room_t *room)
{
    const uint8_t count = zones_of((uint32_t)1 << slab->slab_shift);
    const uint32_t largest = block_size_of(count - 1U);
    rw_zone_t *zones = rw_created_cut(room, (count + 1U) * sizeof *zones, RW_CREATED_ALIGNMENT);
    rw_slab_state_t *state = rw_created_cut(
        room, sizeof *state + (count + 1U) * sizeof(rw_zone_state_t), RW_CREATED_ALIGNMENT);
    uint8_t *table = rw_created_cut(room, largest >> TABLE_SHIFT, RW_CREATED_ALIGNMENT);
    if (zones == NULL || state == NULL || table == NULL) {
        return false;
    }
    fill_zone(&zones[0], 0, slab->slab_shift);
    for (uint32_t i = 0; i < count; i++) {
        fill_zone(&zones[i + 1U], block_size_of(i), slab->slab_shift);
    }
    fill_size_table(table, largest);
    slab->zones = zones;
    slab->state = state;
    slab->size_table = table;
    slab->table_shift = TABLE_SHIFT;
    slab->last = (uint16_t)(largest - 1U);
    return true;
}

/* Lays out the whole slab; false iff the storage is too small. */
static bool lay_out(slab_t *slab, rw_created_room_t room)
{
    rw_slab_t *self = &slab->slab;
    self->object.name = slab->parent.parent.name;
    self->object.kind = RW_SLAB;
    self->slab_shift = slab_shift_for(room.left);
    return cut_zones(self, &room) && cut_slabs(self, room);
}

rt_slab_t rt_slab_init(const char *name, void *begin_addr, rt_size_t size)
{
    if (begin_addr == NULL || size < STORAGE_MIN) {
        return NULL;
    }
    const size_t bytes = size < STORAGE_MAX ? size : STORAGE_MAX;
    rw_created_room_t room = rw_created_room(begin_addr, bytes, RW_CREATED_ALIGNMENT);
    slab_t *slab = rw_created_cut(&room, sizeof *slab, RW_CREATED_ALIGNMENT);
    if (!lay_out(slab, room)) {
        return NULL;
    }
    rw_created_label(&slab->parent.parent, name, RT_Object_Class_Memory | RT_Object_Class_Static);
    slab->parent.algorithm = "slab";
    slab->parent.address = (rt_ubase_t)slab->slab.object.arena;
    slab->parent.total = slab->slab.object.size;
    return &slab->parent;
}

rt_err_t rt_slab_detach(rt_slab_t m)
{
    if (!usable(m)) {
        return -RT_ERROR;
    }
    m->parent.type = RT_Object_Class_Null;
    return RT_EOK;
}

/* A block came or went: so many bytes more than before, modulo 2^n, are in use. */
static void account(rt_slab_t m, size_t more)
{
    const uintptr_t lock = rw_port_lock_interrupt();
    m->used += more;
    if (m->max < m->used) {
        m->max = m->used;
    }
    rw_port_unlock_interrupt(lock);
}

static size_t bytes_at(rt_slab_t m, const void *block)
{
    return SLAB_CALL(usable)(&slab_of(m)->slab.object, block);
}

void *rt_slab_alloc(rt_slab_t m, rt_size_t size)
{
    return rt_slab_realloc(m, NULL, size);
}

void *rt_slab_realloc(rt_slab_t m, void *ptr, rt_size_t size)
{
    if (!usable(m)) {
        return NULL;
    }
    const size_t before = bytes_at(m, ptr);
    void *block = rw_created_realloc(&slab_calls, &slab_of(m)->slab.object, ptr, size);
    const size_t after = block == NULL && size != 0U ? before : bytes_at(m, block);
    account(m, after - before);
    return block;
}

void rt_slab_free(rt_slab_t m, void *ptr)
{
    if (!usable(m)) {
        return;
    }
    const size_t before = bytes_at(m, ptr);
    if (SLAB_CALL(free)(ptr, &slab_of(m)->slab.object) == RW_OK) {
        account(m, 0U - before);
    }
}

/* Bytes of so many pages; false iff there are none, or more than an address can tell. */
static bool bytes_of_pages(rt_size_t npages, size_t *bytes)
{
    return npages != 0U && !__builtin_mul_overflow(npages, (size_t)RT_MM_PAGE_SIZE, bytes);
}

void *rt_slab_page_alloc(rt_slab_t m, rt_size_t npages)
{
    size_t bytes;
    if (!usable(m) || !bytes_of_pages(npages, &bytes)) {
        return NULL;
    }
    void *pages = SLAB_CALL(alloc_aligned)(&slab_of(m)->slab.object, RT_MM_PAGE_SIZE, bytes);
    account(m, bytes_at(m, pages));
    return pages;
}

/* Pages are a run, which goes back as a whole: what the caller means to keep of it must not. */
void rt_slab_page_free(rt_slab_t m, void *addr, rt_size_t npages)
{
    if (!usable(m)) {
        return;
    }
    const size_t run = bytes_at(m, addr);
    size_t bytes;
    /* The difference wraps where the run is shorter. */
    if (run != 0U && (!bytes_of_pages(npages, &bytes) ||
                      run - bytes >= (size_t)1 << slab_of(m)->slab.slab_shift)) {
        rw_on_fault(RW_E_SIZE, &slab_of(m)->slab.object, addr);
        return;
    }
    rt_slab_free(m, addr);
}
