/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors of the Ethernet DMA, laid out as ETH_DMADescTypeDef of stm32h7xx_hal_eth.h.
 */
#ifndef ETH_H
#define ETH_H

#include <stdint.h>

#define ETH_RX_DESCRIPTORS 4
#define ETH_TX_DESCRIPTORS 4

typedef struct eth_descriptor {
    volatile uint32_t words[4]; /* shared with the DMA */
    uint32_t backup[2];         /* the driver's: buffer addresses that the DMA overwrites */
} eth_descriptor_t;

typedef struct eth_rings {
    eth_descriptor_t rx[ETH_RX_DESCRIPTORS];
    eth_descriptor_t tx[ETH_TX_DESCRIPTORS];
} eth_rings_t;

#endif
