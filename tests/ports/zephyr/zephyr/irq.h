/* SPDX-License-Identifier: Apache-2.0
 *
 * Declarations of what the port uses of Zephyr, to compile it.
 */
#ifndef ZEPHYR_INCLUDE_IRQ_H_
#define ZEPHYR_INCLUDE_IRQ_H_

#include <stdbool.h>
#include <stdint.h>

unsigned int arch_irq_lock(void);
void arch_irq_unlock(unsigned int key);
bool arch_irq_unlocked(unsigned int key);
#define irq_lock() arch_irq_lock()
#define irq_unlock(key) arch_irq_unlock(key)

#endif
