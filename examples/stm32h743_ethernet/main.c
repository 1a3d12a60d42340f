/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include "netboard_memory.h"

/* Registers: RM0433 (RCC), ARMv7-M Architecture Reference Manual B3.5 (MPU). */
#define REGISTER(address) (*(volatile uint32_t *)(address))
#define RCC_AHB2ENR REGISTER(0x580244DCU)
#define RCC_AHB2ENR_D2SRAM (7U << 29) /* SRAM1, SRAM2, SRAM3 */
#define MPU_CTRL REGISTER(0xE000ED94U)
#define MPU_RNR REGISTER(0xE000ED98U)
#define MPU_RBAR REGISTER(0xE000ED9CU)
#define MPU_RASR REGISTER(0xE000EDA0U)
#define MPU_ENABLE_OVER_DEFAULT_MAP 5U
/* TEX 1, full access, no code: normal memory that no cache keeps. */
#define MPU_NORMAL_UNCACHED ((1U << 28) | (3U << 24) | (1U << 19))
/* 2 to the power of 14 + 1. */
#define MPU_SIZE_32K (14U << 1)
#define NET_ORIGIN 0x30000000U

/* The D2 bank has no clock after reset. It gets one before the first allocation from it; nothing
 * touches the arenas earlier. */
static void start_d2_bank(void)
{
    RCC_AHB2ENR |= RCC_AHB2ENR_D2SRAM;
    (void)RCC_AHB2ENR;
    MPU_RNR = 0;
    MPU_RBAR = NET_ORIGIN;
    MPU_RASR = MPU_NORMAL_UNCACHED | MPU_SIZE_32K | 1U;
    MPU_CTRL = MPU_ENABLE_OVER_DEFAULT_MAP;
    __asm volatile("dsb\n isb" ::: "memory");
}

/* Gives every receive descriptor a buffer of the pool. */
static bool fill_ring(eth_rings_t *rings)
{
    bool full = true;
    for (unsigned i = 0; i < ETH_RX_DESCRIPTORS; i++) {
        void *buffer = rx_alloc();
        rings->rx[i].backup[0] = (uint32_t)(uintptr_t)buffer;
        rings->rx[i].words[0] = (uint32_t)(uintptr_t)buffer;
        full = full && buffer != NULL;
    }
    return full;
}

int main(void)
{
    start_d2_bank();
    bool good = fill_ring(&eth);
    void *reply = lwip_alloc(1460);
    void *task = kernel_alloc(96);
    void *page = app_alloc(20000);
    good = good && reply != NULL && task != NULL && page != NULL;
    good = app_free(page) == RW_OK && good;
    good = kernel_free(task) == RW_OK && good;
    good = lwip_free(reply) == RW_OK && good;
    return good ? 0 : 1;
}
