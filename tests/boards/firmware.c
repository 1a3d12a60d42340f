/* SPDX-License-Identifier: Apache-2.0
 *
 * A firmware for the boards of this folder: vectors, a startup that copies and clears as the
 * board's own would, data of every kind, a C heap that grows from where the board says.
 *
 * The build defines the board's symbols: DATA_START, DATA_END, DATA_LOAD, BSS_START, BSS_END,
 * STACK_TOP and HEAP_START, optionally CCM_START, CCM_END and CCM_LOAD. OCCUPIED names the section
 * of a variable in the other bank, initialised with OCCUPIED_DATA; DATA_WORDS is the size of
 * .data. Where a layout is linked, LAYOUT is the header to include, USE what main does with it.
 */
#include <stddef.h>
#include <stdint.h>

#if defined(LAYOUT)
#include LAYOUT
#endif

#if !defined(DATA_WORDS)
#define DATA_WORDS 4
#endif

extern uint32_t DATA_START[], DATA_END[], DATA_LOAD[], BSS_START[], BSS_END[], STACK_TOP[];
extern uint8_t HEAP_START[];

int main(void);
void Reset_Handler(void);

int answers[DATA_WORDS] = {42, 43, 44, 45};
uint8_t counters[100];
uint8_t *volatile heap_top;

#if defined(OCCUPIED)
#if defined(OCCUPIED_DATA)
__attribute__((section(OCCUPIED))) uint32_t occupant[25] = {1};
#else
__attribute__((section(OCCUPIED))) uint32_t occupant[25];
#endif
#endif
#if defined(HEAP_SIZE)
__attribute__((section(".heap"), used)) static uint8_t heap_room[HEAP_SIZE];
__attribute__((section(".stack"), used)) static uint8_t stack_room[HEAP_SIZE];
#endif

#if defined(__riscv)
/* Compilers call it for the array in main; the toolchain comes without a C library. */
void *memcpy(void *to, const void *from, size_t size);
__attribute__((used)) void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
    return to;
}
#endif

static void copy(uint32_t *to, const uint32_t *end, const uint32_t *from)
{
    while (to < end) {
        *to++ = *from++;
    }
}

#if defined(CCM_START)
extern uint32_t CCM_START[], CCM_END[], CCM_LOAD[];
#endif

void Reset_Handler(void)
{
    copy(DATA_START, DATA_END, DATA_LOAD);
#if defined(CCM_START)
    copy(CCM_START, CCM_END, CCM_LOAD);
#endif
    for (uint32_t *word = BSS_START; word < BSS_END; word++) {
        *word = 0;
    }
    (void)main();
    for (;;) {
    }
}

int main(void)
{
    heap_top = HEAP_START;
    counters[answers[0]]++;
#if defined(OCCUPIED)
    occupant[0]++;
#endif
#if defined(USE)
    USE;
#endif
    return 0;
}

__attribute__((section(".isr_vector"), used)) const void *const vectors[] = {
    STACK_TOP,
    (const void *)Reset_Handler,
};
