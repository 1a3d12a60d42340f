/* SPDX-License-Identifier: Apache-2.0
 *
 * The first two lines of a listing in the manner of RT-Thread's shell.
 */
#ifndef RAMWRIGHT_SHIMS_RTTHREAD_LISTING_H
#define RAMWRIGHT_SHIMS_RTTHREAD_LISTING_H

#include <rtthread.h>

/* The title, padded to a name's width, and the other columns; then rules under both. */
static inline void rw_listing_head(const char *title, const char *columns, const char *rules)
{
    (void)rt_kprintf("%-*.*s%s\n", RT_NAME_MAX, RT_NAME_MAX, title, columns);
    for (int i = 0; i < RT_NAME_MAX; i++) {
        (void)rt_kprintf("-");
    }
    (void)rt_kprintf("%s\n", rules);
}

#endif
