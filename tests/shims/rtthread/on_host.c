/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <stdio.h>

void report(const char *text)
{
    (void)fputs(text, stdout);
}

void machine_tests(void)
{
    const rt_tick_t before = rt_tick_get();
    EXPECT(rt_tick_get() - before < 1000U);
    EXPECT(rt_tick_from_millisecond(1500) == 1500U * RT_TICK_PER_SECOND / 1000U);
    EXPECT(rt_tick_from_millisecond(-1) == (rt_tick_t)RT_WAITING_FOREVER);
}
