/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions whose number of instructions is known by reading them.
 */
    .syntax unified
    .thumb
    .section .text.known_counts, "ax", %progbits

    /* return n: 1 + 3 * n executed with n > 0 in r0, then bx */
    .global loop
    .thumb_func
    .type loop, %function
loop:
    movs r1, #0
1:  adds r1, r1, #1
    cmp r1, r0
    bne 1b
    bx lr
    .size loop, . - loop

    /* 3 instructions: one word read, one word written */
    .global copy_word
    .thumb_func
    .type copy_word, %function
copy_word:
    ldr r2, [r1]
    str r2, [r0]
    bx lr
    .size copy_word, . - copy_word

    /* An address where nothing lies */
    .global fault
    .thumb_func
    .type fault, %function
fault:
    ldr r0, =0x90000000
    ldr r0, [r0]
    bx lr
    .size fault, . - fault
    .pool

    .section .bss.cleared, "aw", %nobits
    .global cleared
cleared:
    .space 4

    .section .noinit.scratch, "aw", %nobits
    .global scratch
scratch:
    .space 64
