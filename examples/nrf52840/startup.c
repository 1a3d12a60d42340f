/* SPDX-License-Identifier: Apache-2.0
 *
 * Startup with the tables of Nordic's nrf_common.ld: copies and zeroes what they list, calls main.
 * It knows nothing of Ramwright.
 */
#include <stdint.h>

typedef struct copy_entry {
    const uint32_t *from;
    uint32_t *to;
    uint32_t words;
} copy_entry_t;

typedef struct zero_entry {
    uint32_t *to;
    uint32_t words;
} zero_entry_t;

extern const copy_entry_t __copy_table_start__[], __copy_table_end__[];
extern const zero_entry_t __zero_table_start__[], __zero_table_end__[];
extern uint32_t __StackTop[];

int main(void);
void Reset_Handler(void);
void Default_Handler(void);

/* 2K of stack, as __STACK_SIZE of gcc_startup_nrf52840.S reserves it in a section .stack. */
__attribute__((section(".stack"), used)) static uint8_t stack[2048];

__attribute__((noreturn)) void Reset_Handler(void)
{
    for (const copy_entry_t *entry = __copy_table_start__; entry < __copy_table_end__; entry++) {
        for (uint32_t i = 0; i < entry->words; i++) {
            entry->to[i] = entry->from[i];
        }
    }
    for (const zero_entry_t *entry = __zero_table_start__; entry < __zero_table_end__; entry++) {
        for (uint32_t i = 0; i < entry->words; i++) {
            entry->to[i] = 0;
        }
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

__attribute__((section(".isr_vector"), used)) static const vector_t vectors[] = {
    {.stack = __StackTop},
    {.handler = Reset_Handler},
    {.handler = Default_Handler}, /* NMI */
    {.handler = Default_Handler}, /* hard fault */
};
