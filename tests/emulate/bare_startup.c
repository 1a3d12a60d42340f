/* SPDX-License-Identifier: Apache-2.0
 *
 * Startup of a board that is no Arm: stack and vectors, copies .data, zeroes .bss, calls main. It
 * knows nothing of Ramwright.
 *
 * RISC-V in machine mode: the other hart waits for a software interrupt, then calls second_main on
 * a stack of its own. Xtensa with the call0 ABI: trap is a function like others, called at
 * interrupt level 1.
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

#if defined(__riscv)
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
#else
/* The vectors: reset, and 0x400 behind it, where VECBASE then points, that of exceptions and
 * interrupts of level 1 while PS.UM is clear. */
__asm__(".section .isr_vector, \"ax\"\n"
        ".global Reset_Handler\n"
        "Reset_Handler: j begin\n"
        ".org 0x400\n"
        ".global vectors\n"
        "vectors:\n"
        ".org 0x430\n"
        "wsr a0, excsave1\n"
        "j interrupted\n"

        ".text\n"
        ".literal_position\n"
        "begin:\n"
        "movi a2, vectors\n"
        "wsr a2, vecbase\n"
        "movi a1, _estack\n"
        "rsil a2, 15\n"
        "movi a2, 0\n" /* PS: level 0, and no longer in the exception of the reset */
        "wsr a2, intenable\n"
        "wsr a2, ps\n"
        "rsync\n"
        "call0 start_first\n"

        /* Saves what a call does not, and calls trap at level 1 with PS.EXCM clear. */
        ".align 4\n"
        "interrupted:\n"
        "addi a1, a1, -64\n"
        "s32i a2, a1, 8\n"
        "s32i a3, a1, 12\n"
        "s32i a4, a1, 16\n"
        "s32i a5, a1, 20\n"
        "s32i a6, a1, 24\n"
        "s32i a7, a1, 28\n"
        "s32i a8, a1, 32\n"
        "s32i a9, a1, 36\n"
        "s32i a10, a1, 40\n"
        "s32i a11, a1, 44\n"
        "rsr a2, excsave1\n"
        "rsr a3, epc1\n"
        "rsr a4, ps\n"
        "rsr a5, sar\n"
        "s32i a2, a1, 0\n"
        "s32i a3, a1, 4\n"
        "s32i a4, a1, 48\n"
        "s32i a5, a1, 52\n"
        "rsr a2, exccause\n"
        "bnei a2, 4, 1f\n" /* no interrupt: the program is at fault */
        "movi a2, 1\n"
        "wsr a2, ps\n"
        "rsync\n"
        "call0 trap\n"
        "l32i a2, a1, 48\n"
        "wsr a2, ps\n"
        "rsync\n"
        "l32i a3, a1, 4\n"
        "l32i a5, a1, 52\n"
        "wsr a3, epc1\n"
        "wsr a5, sar\n"
        "l32i a0, a1, 0\n"
        "l32i a2, a1, 8\n"
        "l32i a3, a1, 12\n"
        "l32i a4, a1, 16\n"
        "l32i a5, a1, 20\n"
        "l32i a6, a1, 24\n"
        "l32i a7, a1, 28\n"
        "l32i a8, a1, 32\n"
        "l32i a9, a1, 36\n"
        "l32i a10, a1, 40\n"
        "l32i a11, a1, 44\n"
        "addi a1, a1, 64\n"
        "rfe\n"
        "1: mov a3, a2\n" /* ends the simulation; the status is EXCCAUSE */
        "movi a2, 1\n"
        "simcall\n");

/* What libgcc of this compiler leaves to the ROM of the ESP8266. The runtime needs none of it. */
uint32_t __udivsi3(uint32_t dividend, uint32_t divisor);
uint32_t __umodsi3(uint32_t dividend, uint32_t divisor);
uint64_t __muldi3(uint64_t a, uint64_t b);

__attribute__((used)) uint32_t __udivsi3(uint32_t dividend, uint32_t divisor)
{
    uint32_t quotient = 0;
    uint64_t rest = 0;
    for (unsigned bit = 32; bit-- > 0;) {
        rest = rest << 1 | (dividend >> bit & 1U);
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= 1U << bit;
        }
    }
    return quotient;
}

__attribute__((used)) uint32_t __umodsi3(uint32_t dividend, uint32_t divisor)
{
    return dividend - __udivsi3(dividend, divisor) * divisor;
}

__attribute__((used)) uint64_t __muldi3(uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (; b != 0; b >>= 1, a <<= 1) {
        product += (b & 1U) != 0 ? a : 0;
    }
    return product;
}
#endif

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
