/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAN_H
#define CAN_H
#include <stdint.h>
struct can_frame {
    uint32_t id;
    uint8_t length;
    uint8_t data[8];
};
#endif
