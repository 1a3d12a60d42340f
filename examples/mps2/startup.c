/* SPDX-License-Identifier: Apache-2.0
 *
 * Startup of the board, in the manner of a vendor's: copies .data, zeroes .bss, runs the
 * constructors, calls main. It knows nothing of Ramwright.
 */
#include <stdint.h>

extern uint32_t _sidata[], _sdata[], _edata[], _sbss[], _ebss[], _estack[];
extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);

int main(void);
void Reset_Handler(void);
void Default_Handler(void);
void SysTick_Handler(void) __attribute__((weak, alias("Default_Handler")));

__attribute__((noreturn)) void Reset_Handler(void)
{
    const uint32_t *from = _sidata;
    for (uint32_t *to = _sdata; to < _edata; to++) {
        *to = *from++;
    }
    for (uint32_t *to = _sbss; to < _ebss; to++) {
        *to = 0;
    }
    for (void (*const *run)(void) = __init_array_start; run < __init_array_end; run++) {
        (*run)();
    }
    (void)main();
    for (;;) {
    }
}

void Default_Handler(void)
{
    for (;;) {
    }
}

typedef union vector {
    void *stack;
    void (*handler)(void);
} vector_t;

__attribute__((section(".isr_vector"), used)) static const vector_t vectors[16] = {
    {.stack = _estack},
    {.handler = Reset_Handler},
    {.handler = Default_Handler}, /* NMI */
    {.handler = Default_Handler}, /* hard fault */
    {.handler = Default_Handler}, /* memory management fault */
    {.handler = Default_Handler}, /* bus fault */
    {.handler = Default_Handler}, /* usage fault */
    {.stack = 0},
    {.stack = 0},
    {.stack = 0},
    {.stack = 0},
    {.handler = Default_Handler}, /* SVCall */
    {.handler = Default_Handler}, /* debug monitor */
    {.stack = 0},
    {.handler = Default_Handler}, /* PendSV */
    {.handler = SysTick_Handler},
};
