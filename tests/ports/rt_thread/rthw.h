/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __RT_HW_H__
#define __RT_HW_H__

long rt_hw_interrupt_disable(void);
void rt_hw_interrupt_enable(long level);

#endif
