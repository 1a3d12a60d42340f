/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions whose costs are known by reading them; for the test of the meter.
 */
    .syntax unified
    .thumb
    .section .text.known_costs, "ax", %progbits

    /* Masks twice, three and five instructions; 12 bytes of stack pushed, then 8 more. */
    .global masks
    .thumb_func
    .type masks, %function
masks:
    push {r4, r5, lr}
    mrs r4, primask
    cpsid i
    nop
    nop
    msr primask, r4
    cpsid i
    sub sp, #8
    nop
    nop
    add sp, #8
    msr primask, r4
    pop {r4, r5, pc}
    .size masks, . - masks

    /* Nothing of the kind. */
    .global plain
    .thumb_func
    .type plain, %function
plain:
    nop
    bx lr
    .size plain, . - plain
