/* SPDX-License-Identifier: Apache-2.0 */
/* What a firmware on RISC-V or Xtensa tells the port for FreeRTOS. */
int in_interrupt(void);
