/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates. A core is made from functions that take its properties (checks, sharing, width) as
 * constants; inlined, they leave only what the core needs, also at -Os.
 */
#ifndef RAMWRIGHT_SRC_INLINE_H
#define RAMWRIGHT_SRC_INLINE_H

#define RW_INLINE static inline __attribute__((always_inline))
#define RW_NOINLINE static __attribute__((noinline))

#endif
