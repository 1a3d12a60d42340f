/* SPDX-License-Identifier: Apache-2.0 */
#include "created.h"

#include "../../src/bytes.h"

#include "ramwright/port.h"

static const rw_created_t end = {NULL, 0, 0};

/* Where the reference to created lies; to the end of the list iff it is not listed. */
static rw_created_t **place_of(rw_created_list_t *list, const rw_created_t *created)
{
    rw_created_t **place = &list->first;
    while (*place != NULL && *place != created) {
        place = &(*place)->next;
    }
    return place;
}

static bool lies_in(const rw_created_t *created, uintptr_t address)
{
    return address - created->start < created->size;
}

void rw_created_add(rw_created_list_t *list, rw_created_t *created, const rw_object_t *object,
                    rw_created_holds_t holds)
{
    const uintptr_t lock = rw_port_lock_interrupt();
    created->start = (uintptr_t)object->arena;
    created->size = object->size;
    if (list->first == NULL) {
        list->first = (rw_created_t *)&end; /* nobody writes to it */
    }
    rw_created_t **place = &list->first;
    while ((*place)->start > created->start) {
        if (lies_in(created, (*place)->start)) {
            *place = (*place)->next;
        } else {
            place = &(*place)->next;
        }
    }
    created->next = *place;
    *place = created;
    place = &created->next;
    while ((*place)->start == created->start && rw_created_listed(*place) != NULL) {
        if (holds == NULL || !holds(*place, created)) {
            *place = (*place)->next;
        } else {
            place = &(*place)->next;
        }
    }
    for (const rw_created_t *other = created->next; other != NULL; other = other->next) {
        list->nested |= lies_in(other, created->start);
    }
    list->last = created; /* not one that lay here before and was never taken off */
    rw_port_unlock_interrupt(lock);
}

bool rw_created_remove(rw_created_list_t *list, const rw_created_t *created)
{
    const uintptr_t lock = rw_port_lock_interrupt();
    rw_created_t **place = place_of(list, created);
    const bool listed = *place != NULL;
    if (listed) {
        *place = created->next;
        list->last = NULL;
    }
    rw_port_unlock_interrupt(lock);
    return listed;
}

/* Of objects that lie in a block of another's the innermost, since that starts last. */
static rw_created_t *holder_of(rw_created_t *created, uintptr_t address)
{
    while (created != NULL) {
        while (address < created->start) {
            created = created->next;
        }
        if (lies_in(created, address)) {
            break;
        }
        created = created->next;
    }
    return created;
}

/* The next block that comes back is often of the same object. Where one lies in a block of
 * another that would be taken for the other's. */
rw_created_t *rw_created_owner(rw_created_list_t *list, const void *address)
{
    const uintptr_t lock = rw_port_lock_interrupt();
    rw_created_t *created = list->last;
    if (created == NULL || !lies_in(created, (uintptr_t)address)) {
        created = holder_of(list->first, (uintptr_t)address);
        if (!list->nested) {
            list->last = created;
        }
    }
    rw_port_unlock_interrupt(lock);
    return created;
}

void rw_created_label(struct rt_object *object, const char *name, unsigned type)
{
    size_t length = 0;
    while (name != NULL && name[length] != '\0' && length < sizeof object->name - 1U) {
        object->name[length] = name[length];
        length++;
    }
    rw_bytes_clear(object->name + length, sizeof object->name - length);
    object->type = (rt_uint8_t)type;
    object->flag = 0;
}

void *rw_created_realloc(const rw_created_calls_t *calls, const rw_object_t *object, void *block,
                         size_t size)
{
    if (block == NULL) {
        return calls->alloc(object, size);
    }
    if (size == 0U) {
        (void)calls->free(block, object);
        return NULL;
    }
    const rw_status_t status = calls->resize(object, block, size);
    if (status != RW_E_SIZE) {
        return status == RW_OK ? block : NULL;
    }
    const size_t usable = calls->usable(object, block);
    void *moved = calls->alloc(object, size);
    if (moved == NULL) {
        return usable >= size ? block : NULL;
    }
    rw_bytes_copy(moved, block, usable < size ? usable : size);
    if (calls->free(block, object) == RW_OK) {
        return moved;
    }
    (void)calls->free(moved, object);
    return NULL;
}

rw_created_room_t rw_created_room(void *start, size_t size, size_t alignment)
{
    const size_t gap = (0U - (uintptr_t)start) & (alignment - 1U);
    rw_created_room_t room = {(uint8_t *)start + gap, size > gap ? size - gap : 0U};
    return room;
}

void *rw_created_cut(rw_created_room_t *room, size_t size, size_t alignment)
{
    if (size >= room->left) {
        room->left = 0;
        return NULL;
    }
    void *cut = room->at;
    rw_bytes_clear(cut, size);
    *room = rw_created_room(room->at + size, room->left - size, alignment);
    return cut;
}
