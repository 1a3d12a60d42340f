/* SPDX-License-Identifier: Apache-2.0
 *
 * Startup of a RISC-V board in machine mode: stack, global pointer and trap vector, copies .data,
 * zeroes .bss, calls main. The other hart waits for a software interrupt, then calls second_main on
 * a stack of its own. It knows nothing of Ramwright.
 */
#include <stddef.h>
#include <stdint.h>

/* What compilers call of their own accord; the toolchain comes without a C library. */
#define NO_LIBRARY __attribute__((used, optimize("no-tree-loop-distribute-patterns")))
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

extern uintptr_t _sidata[], _sdata[], _edata[], _sbss[], _ebss[];

int main(void);
void second_main(void);
void Reset_Handler(void);
void start_first(void);
void trap(void);

__attribute__((naked, section(".isr_vector"), used)) void Reset_Handler(void)
{
    __asm__ volatile(".option push\n"
                     ".option norelax\n"
                     ".option arch, +zicsr\n"
                     "la gp, __global_pointer$\n"
                     "la t0, trap\n"
                     "csrw mtvec, t0\n"
                     "csrr t0, mhartid\n"
                     "bnez t0, 1f\n"
                     "la sp, _estack\n"
                     "j start_first\n"
                     "1: la sp, _estack_second\n"
                     "csrwi mie, 8\n" /* MSIE: what WFI waits for; mstatus.MIE is off */
                     "2: wfi\n"
                     "csrr t0, mip\n"
                     "andi t0, t0, 8\n"
                     "beqz t0, 2b\n"
                     "csrwi mie, 0\n"
                     "j second_main\n"
                     ".option pop\n");
}

NO_LIBRARY void *memcpy(void *to, const void *from, size_t size)
{
    uint8_t *const target = to;
    const uint8_t *const source = from;
    for (size_t i = 0; i < size; i++) {
        target[i] = source[i];
    }
    return to;
}

NO_LIBRARY void *memset(void *to, int value, size_t size)
{
    uint8_t *const target = to;
    for (size_t i = 0; i < size; i++) {
        target[i] = (uint8_t)value;
    }
    return to;
}

void start_first(void)
{
    const uintptr_t *from = _sidata;
    for (uintptr_t *to = _sdata; to < _edata; to++) {
        *to = *from++;
    }
    for (uintptr_t *to = _sbss; to < _ebss; to++) {
        *to = 0;
    }
    (void)main();
    for (;;) {
    }
}

/* Weak: firmware with interrupts or a second hart has its own. */
__attribute__((weak)) void second_main(void)
{
    for (;;) {
    }
}

__attribute__((weak, aligned(4))) void trap(void)
{
    for (;;) {
    }
}
