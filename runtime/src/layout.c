/* SPDX-License-Identifier: Apache-2.0 */
#include "ramwright/layout.h"

#include "object.h"

const rw_object_t *rw_layout_owner(const rw_layout_t *layout, const void *address)
{
    for (uint32_t i = 0; i < layout->object_count; i++) {
        if (rw_object_holds(layout->objects[i], address)) {
            return layout->objects[i];
        }
    }
    return NULL;
}

rw_status_t rw_layout_free(const rw_layout_t *layout, void *block)
{
    if (block == NULL) {
        return RW_OK;
    }
    const rw_object_t *owner = rw_layout_owner(layout, block);
    if (owner == NULL) {
        rw_on_fault(RW_E_FOREIGN, NULL, block);
        return RW_E_FOREIGN;
    }
    return rw_free_cores[owner->core](block, owner);
}

void rw_layout_walk(const rw_layout_t *layout, rw_visit_t visit, void *context)
{
    rw_objects_walk(layout->objects, layout->object_count, visit, context);
}

rw_status_t rw_layout_check(const rw_layout_t *layout)
{
    return rw_objects_check(layout->objects, layout->object_count);
}

void rw_layout_stats(const rw_layout_t *layout, rw_stats_t *out)
{
    rw_objects_stats(layout->objects, layout->object_count, out);
}
