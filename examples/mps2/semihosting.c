/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls and numbers: Arm, Semihosting for AArch32 and AArch64; RISC-V took them over and has a call
 * of three instructions, which lie on one page and are not compressed. Xtensa has an instruction
 * and numbers of its own, those of its simulator.
 */
#include "semihosting.h"

#include <stddef.h>

#if defined(__XTENSA__)
enum { SYS_EXIT = 1, SYS_WRITE = 4, STANDARD_OUTPUT = 1 };

static void semihost(uintptr_t operation, uintptr_t first, const void *second, size_t third)
{
    register uintptr_t a2 __asm__("a2") = operation;
    register uintptr_t a3 __asm__("a3") = first;
    register const void *a4 __asm__("a4") = second;
    register size_t a5 __asm__("a5") = third;
    __asm__ volatile("simcall" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
}

void print(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    semihost(SYS_WRITE, STANDARD_OUTPUT, text, length);
}

static void leave(uint32_t status)
{
    semihost(SYS_EXIT, status, NULL, 0);
}
#else
enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20 };
enum { ADP_STOPPED_APPLICATION_EXIT = 0x20026 };

#if defined(__riscv)
static void semihost(uintptr_t operation, const void *parameter)
{
    register uintptr_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = parameter;
    __asm__ volatile(".option push\n"
                     ".option norvc\n"
                     ".balign 16\n"
                     "slli x0, x0, 0x1f\n"
                     "ebreak\n"
                     "srai x0, x0, 7\n"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}
#else
static void semihost(uintptr_t operation, const void *parameter)
{
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameter;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}
#endif

void print(const char *text)
{
    semihost(SYS_WRITE0, text);
}

static void leave(uint32_t status)
{
    const uintptr_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, status};
    semihost(SYS_EXIT_EXTENDED, block);
}
#endif

static void print_blanks(unsigned count)
{
    while (count-- > 0) {
        print(" ");
    }
}

void print_left(const char *text, unsigned width)
{
    unsigned length = 0;
    while (text[length] != '\0') {
        length++;
    }
    print(text);
    print_blanks(width > length ? width - length : 0);
}

void print_number(uint32_t number, unsigned width)
{
    char digits[11];
    size_t first = sizeof digits - 1;
    digits[first] = '\0';
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    const unsigned length = (unsigned)(sizeof digits - 1 - first);
    print_blanks(width > length ? width - length : 0);
    print(&digits[first]);
}

void print_hex(uint32_t number)
{
    char text[] = "0x00000000";
    for (size_t i = 9; i > 1; i--) {
        text[i] = "0123456789abcdef"[number & 15U];
        number >>= 4;
    }
    print(text);
}

void stop(uint32_t status)
{
    leave(status);
    for (;;) {
    }
}
