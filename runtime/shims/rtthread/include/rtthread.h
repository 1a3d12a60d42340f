/* SPDX-License-Identifier: Apache-2.0
 *
 * What a source gets that includes <rtthread.h>: under RT-Thread's kernel the kernel's own header,
 * found behind this one on the include path, without one the types and macros that memory
 * management needs; then, in both cases, memory management as Ramwright provides it.
 */
#ifndef RAMWRIGHT_SHIMS_RTTHREAD_H
#define RAMWRIGHT_SHIMS_RTTHREAD_H

#if defined(__has_include_next)
#if __has_include_next(<rtthread.h>)
#define RW_UNDER_RTTHREAD
#endif
#endif

#if defined(RW_UNDER_RTTHREAD)
#include_next <rtthread.h>
#if defined(RT_USING_MEMPOOL) || defined(RT_USING_MEMHEAP) || defined(RT_USING_SMALL_MEM) ||       \
    defined(RT_USING_SLAB) || !defined(RT_USING_HEAP) || !defined(RT_USING_USERHEAP)
#error "ramwright: in rtconfig.h define RT_USING_HEAP and RT_USING_USERHEAP, and none of \
RT_USING_MEMPOOL, RT_USING_MEMHEAP, RT_USING_SMALL_MEM, RT_USING_SLAB: they are in the shim"
#endif
#else
#include "ramwright/rtthread/types.h"
#endif

/* The port of RT-Thread includes this header for the kernel's part of it, before there are pools.
 */
#if !defined(RW_PORT_NEED_WAIT)
#include "ramwright/rtthread/memory.h"
#endif

#endif
