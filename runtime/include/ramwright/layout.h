/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout as a whole: every pool, heap and slab of the image, in the order of the planned map.
 * As linked that is not always that of their addresses: where the sections of adopted objects lie,
 * the board's script says.
 */
#ifndef RAMWRIGHT_LAYOUT_H
#define RAMWRIGHT_LAYOUT_H

#include "ramwright/attributes.h"
#include "ramwright/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Const; flash. */
typedef struct rw_layout {
    const char *name;                  /* as in the config */
    const rw_object_t *const *objects; /* pools, heaps, slabs */
    uint16_t object_count;
    uint16_t abi; /* RW_ABI the layout was generated for */
} rw_layout_t;

/* The pool, heap or slab whose arena holds address; NULL iff none.
 * Time: O(objects). ISR: yes. Blocks: never. */
const rw_object_t *rw_layout_owner(const rw_layout_t *layout, const void *address) RW_NONNULL((1));

/* Gives a block back to whichever object owns it. free(NULL) is RW_OK and does nothing.
 * Returns what the owner returns, or RW_E_FOREIGN (rw_on_fault with object NULL) iff none owns it.
 * Time: O(objects) + the owner's free. ISR, Blocks: as the owner. */
rw_status_t rw_layout_free(const rw_layout_t *layout, void *block) RW_NONNULL((1));

/* Walks every object.
 * Time: the objects' sum. ISR: no. Blocks: as the objects. */
void rw_layout_walk(const rw_layout_t *layout, rw_visit_t visit, void *context) RW_NONNULL((1, 2));

/* Checks every object. Returns RW_OK or the first fault found.
 * Time: the objects' sum. ISR: no. Blocks: as the objects. */
rw_status_t rw_layout_check(const rw_layout_t *layout) RW_NONNULL((1));

/* Sums over all objects, peaks and failures too (see rw_stats_t); largest is the largest of any.
 * Time: the objects' sum. ISR: as the objects. Blocks: as the objects. */
void rw_layout_stats(const rw_layout_t *layout, rw_stats_t *out) RW_NONNULL((1, 2));

#ifdef __cplusplus
}
#endif

#endif
