/* SPDX-License-Identifier: Apache-2.0
 *
 * A CAN frame, as the application's driver knows it.
 */
#ifndef CAN_H
#define CAN_H

#include <stdint.h>

struct can_frame {
    uint32_t id;
    uint8_t length;
    uint8_t flags;
    uint16_t sequence;
    uint8_t data[8];
};

#endif
