/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "ramwright/default.h"
#include "semihosting.h"

static unsigned passed;
static unsigned made;
static rw_status_t fault;
static void (*pending)(void);

void SysTick_Handler(void);

void check(bool good, const char *what, int line)
{
    made++;
    if (good) {
        passed++;
        return;
    }
    print("FAILED line ");
    print_number((uint32_t)line, 0);
    print(": ");
    print(what);
    print("\n");
}

void finish(void)
{
    print_number(passed, 0);
    print(" of ");
    print_number(made, 0);
    print(" checks passed\n");
    stop(passed == made ? 0 : 1);
}

void rw_on_fault(rw_status_t found, const rw_object_t *object, const void *address)
{
    (void)object;
    (void)address;
    fault = found;
}

rw_status_t last_fault(void)
{
    const rw_status_t last = fault;
    fault = RW_OK;
    return last;
}

void SysTick_Handler(void)
{
    void (*call)(void) = pending;
    if (call != NULL) {
        pending = NULL;
        call();
    }
}

/* Bit 26 of the Interrupt Control and State Register makes SysTick pending: Armv7-M Architecture
 * Reference Manual, B3.2.4. */
void in_interrupt(void (*call)(void))
{
    pending = call;
    *(volatile uint32_t *)0xE000ED04U = 1UL << 26;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

size_t bytes_used(void)
{
    rw_stats_t stats;
    rw_default_stats(&stats);
    return stats.used;
}

void *opaque(void *block)
{
    __asm__ volatile("" : "+r"(block) : : "memory");
    return block;
}
