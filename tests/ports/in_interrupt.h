/* SPDX-License-Identifier: Apache-2.0 */
/* What a firmware on RISC-V tells the port for FreeRTOS. */
int in_interrupt(void);
