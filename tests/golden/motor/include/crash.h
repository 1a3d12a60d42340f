/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CRASH_H
#define CRASH_H
#include <stdint.h>
struct crash_log {
    uint32_t magic;
    uint32_t registers[17];
};
#endif
