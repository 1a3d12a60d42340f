/* SPDX-License-Identifier: Apache-2.0
 *
 * The demo's way to speak: Arm semihosting, which a debugger or QEMU answers.
 */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

/* Prints a string. */
void print(const char *text);

/* Prints text, padded with blanks to width columns. */
void print_left(const char *text, unsigned width);

/* Prints a number in decimal, right-aligned in width columns. */
void print_number(uint32_t number, unsigned width);

/* Prints a number as 0x and eight hexadecimal digits. */
void print_hex(uint32_t number);

/* Ends the program; status is what the host's shell sees. */
__attribute__((noreturn)) void stop(uint32_t status);

#endif
