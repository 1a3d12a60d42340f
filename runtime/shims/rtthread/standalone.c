/* SPDX-License-Identifier: Apache-2.0
 *
 * What RT-Thread's kernel would provide, where there is none.
 */
#define RW_PORT_NEED_WAIT

#include <rtthread.h>

#include "ramwright/port.h"

#if !defined(RW_UNDER_RTTHREAD)

static rt_err_t last_error;

rt_err_t rt_get_errno(void)
{
    return __atomic_load_n(&last_error, __ATOMIC_RELAXED);
}

void rt_set_errno(rt_err_t error)
{
    __atomic_store_n(&last_error, error, __ATOMIC_RELAXED);
}

#if defined(RW_PORT_WAIT)

rt_tick_t rt_tick_get(void)
{
    return rw_port_tick();
}

#endif

#endif
