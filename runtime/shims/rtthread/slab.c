/* SPDX-License-Identifier: Apache-2.0
 *
 * rt_slab: a slab whose control block lies at the low end of the caller's storage.
 *
 *     storage    | control | zones | their states | size table | pages | arena: slabs |
 *
 * Blocks are of 16, 32, 48, 64, 96, 128, 192, ... bytes, up to half a slab; slabs lie at multiples
 * of their size.
 */
#include "created.h"

#include "ramwright/port.h"

#define SLAB_CALL(operation) rw_slab_##operation##_basic_interrupt

#define PAGE_BYTES 4096U /* of rt_slab_page_alloc */
#define STORAGE_MIN 4096U
#define STORAGE_MAX 0x40000000U /* what is beyond is not used */
#define BLOCK_MIN 16U
#define SLAB_MIN 512U
#define SLAB_WANTED 4096U /* larger ones only where there would be too many */
#define COUNT_WANTED 256U /* smaller ones where there would be fewer */
#define COUNT_MAX 32768U
#define TABLE_STEP 8U /* bytes that an entry of a size table stands for */

typedef struct slab {
    struct rt_memory parent;
    rw_slab_t slab;
    rw_slab_state_t state;
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

static void fill_zone(rw_zone_t *zone, rw_zone_state_t *state, uint32_t index,
                      const rw_slab_t *slab)
{
    const uint32_t size = block_size_of(index);
    const uint32_t blocks = slab->slab_size / size;
    const uint32_t shift = (uint32_t)__builtin_ctz(size);
    zone->inverse = size >> shift == 3U ? UINTPTR_MAX / 3U * 2U + 1U : 1U;
    zone->state = state;
    zone->block_size = size;
    zone->shift = (uint16_t)shift;
    zone->blocks = (uint16_t)(blocks < RW_SLAB_BLOCKS_MAX ? blocks : RW_SLAB_BLOCKS_MAX);
    zone->max_slabs = UINT16_MAX;
}

/* The first zone that holds each size. */
static void fill_size_table(uint8_t *table, uint32_t largest)
{
    uint8_t zone = 0;
    for (uint32_t size = TABLE_STEP; size <= largest; size += TABLE_STEP) {
        if (size > block_size_of(zone)) {
            zone++;
        }
        table[size / TABLE_STEP - 1U] = zone;
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
    slab->page_size = page_size_of(slab->slab_size);
    size_t count = room.left / (slab->slab_size + slab->page_size);
    const rw_created_room_t pages = room;
    while (count > 0U) {
        room = pages;
        slab->pages = rw_created_cut(&room, count * slab->page_size, slab->slab_size);
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

/* Lays out the whole slab; false iff the storage is too small. */
static bool lay_out(slab_t *slab, rw_created_room_t room)
{
    const uint8_t shift = slab_shift_for(room.left);
    rw_slab_t *self = &slab->slab;
    self->object.name = slab->parent.parent.name;
    self->object.kind = RW_SLAB;
    self->state = &slab->state;
    self->slab_shift = shift;
    self->slab_size = (uint32_t)1 << shift;
    self->zone_count = zones_of(self->slab_size);
    self->largest = block_size_of(self->zone_count - 1U);

    const size_t entries = self->largest / TABLE_STEP;
    rw_zone_t *zones =
        rw_created_cut(&room, self->zone_count * sizeof *zones, RW_CREATED_ALIGNMENT);
    rw_zone_state_t *states =
        rw_created_cut(&room, self->zone_count * sizeof *states, RW_CREATED_ALIGNMENT);
    uint8_t *table = rw_created_cut(&room, entries, RW_CREATED_ALIGNMENT);
    if (zones == NULL || states == NULL || table == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < self->zone_count; i++) {
        fill_zone(&zones[i], &states[i], i, self);
    }
    fill_size_table(table, self->largest);
    self->zones = zones;
    self->size_table = table;
    return cut_slabs(self, room);
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

void *rt_slab_page_alloc(rt_slab_t m, rt_size_t npages)
{
    size_t bytes;
    if (!usable(m) || npages == 0U || __builtin_mul_overflow(npages, PAGE_BYTES, &bytes)) {
        return NULL;
    }
    void *pages = SLAB_CALL(alloc_aligned)(&slab_of(m)->slab.object, PAGE_BYTES, bytes);
    account(m, bytes_at(m, pages));
    return pages;
}

void rt_slab_page_free(rt_slab_t m, void *addr, rt_size_t npages)
{
    (void)npages; /* the run knows how long it is */
    rt_slab_free(m, addr);
}
