/* SPDX-License-Identifier: Apache-2.0
 *
 * For firmware without RT-Thread's kernel: the types, codes, lists and helpers of RT-Thread 5 that
 * its memory management and the code around it use. Names and values are RT-Thread's.
 */
#ifndef RAMWRIGHT_SHIMS_RTTHREAD_TYPES_H
#define RAMWRIGHT_SHIMS_RTTHREAD_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int rt_bool_t;
typedef long rt_base_t;
typedef unsigned long rt_ubase_t;
typedef uintptr_t rt_uintptr_t;
typedef intptr_t rt_intptr_t;
typedef int8_t rt_int8_t;
typedef int16_t rt_int16_t;
typedef int32_t rt_int32_t;
typedef int64_t rt_int64_t;
typedef uint8_t rt_uint8_t;
typedef uint16_t rt_uint16_t;
typedef uint32_t rt_uint32_t;
typedef uint64_t rt_uint64_t;
typedef size_t rt_size_t;
typedef rt_base_t rt_err_t;
typedef rt_uint32_t rt_tick_t;

#define RT_TRUE 1
#define RT_FALSE 0
#define RT_NULL 0

#define RT_EOK 0
#define RT_ERROR 1
#define RT_ETIMEOUT 2
#define RT_EFULL 3
#define RT_EEMPTY 4
#define RT_ENOMEM 5
#define RT_EINVAL 10

#define RT_WAITING_FOREVER (-1)
#define RT_WAITING_NO 0
#define RT_TICK_MAX 0xffffffffU

/* Of rtconfig.h. Hooks unless RW_WITHOUT_HOOKS is defined. */
#if !defined(RT_USING_HOOK) && !defined(RW_WITHOUT_HOOKS)
#define RT_USING_HOOK
#endif
#ifndef RT_NAME_MAX
#define RT_NAME_MAX 12
#endif
#ifndef RT_ALIGN_SIZE
#define RT_ALIGN_SIZE 8
#endif
#ifndef RT_TICK_PER_SECOND
#define RT_TICK_PER_SECOND 1000
#endif

#define RT_MM_PAGE_SIZE 4096
#define RT_MM_PAGE_MASK (RT_MM_PAGE_SIZE - 1)
#define RT_MM_PAGE_BITS 12

#define RT_ALIGN(size, align) (((size) + (align)-1) & ~((align)-1))
#define RT_ALIGN_DOWN(size, align) ((size) & ~((align)-1))
#define RT_UNUSED(x) ((void)(x))
#define rt_inline static inline __attribute__((unused))

typedef struct rt_list_node {
    struct rt_list_node *next;
    struct rt_list_node *prev;
} rt_list_t;

#define rt_container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define rt_list_entry(node, type, member) rt_container_of(node, type, member)
#define rt_list_first_entry(head, type, member) rt_list_entry((head)->next, type, member)

rt_inline void rt_list_init(rt_list_t *list)
{
    list->next = list;
    list->prev = list;
}

rt_inline void rt_list_insert_after(rt_list_t *list, rt_list_t *node)
{
    node->next = list->next;
    node->prev = list;
    list->next->prev = node;
    list->next = node;
}

rt_inline void rt_list_insert_before(rt_list_t *list, rt_list_t *node)
{
    rt_list_insert_after(list->prev, node);
}

rt_inline void rt_list_remove(rt_list_t *node)
{
    node->next->prev = node->prev;
    node->prev->next = node->next;
    rt_list_init(node);
}

rt_inline int rt_list_isempty(const rt_list_t *list)
{
    return list->next == list;
}

/* What an object is; of a static one, whose storage is the caller's, the highest bit is set too. */
enum rt_object_class_type {
    RT_Object_Class_Null = 0x00,
    RT_Object_Class_MemHeap = 0x07,
    RT_Object_Class_MemPool = 0x08,
    RT_Object_Class_Memory = 0x0c,
    RT_Object_Class_Static = 0x80
};

struct rt_object {
    char name[RT_NAME_MAX]; /* cut where it is too long, always terminated */
    rt_uint8_t type;
    rt_uint8_t flag;
};

struct rt_memory {
    struct rt_object parent;
    const char *algorithm;
    rt_ubase_t address; /* of what is allocated from */
    rt_size_t total;    /* bytes there */
    rt_size_t used;     /* bytes in allocated blocks */
    rt_size_t max;      /* most ever used at once */
};
typedef struct rt_memory *rt_mem_t;

#define rt_memset __builtin_memset
#define rt_memcpy __builtin_memcpy

/* Of the caller's last failure; one for all tasks, since there is no kernel to ask who runs.
 * Time: O(1). ISR: yes. Blocks: never. */
rt_err_t rt_get_errno(void);
void rt_set_errno(rt_err_t error);

/* The port's clock; with a port that cannot wait the firmware defines it.
 * Time: O(1). ISR: yes. Blocks: never. */
rt_tick_t rt_tick_get(void);

/* Prints; the firmware defines it. The runtime calls it from list_memheap and list_mempool only. */
int rt_kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Milliseconds in ticks, rounded up; RT_WAITING_FOREVER for a negative time.
 * Time: O(1). ISR: yes. Blocks: never. */
rt_inline rt_tick_t rt_tick_from_millisecond(rt_int32_t ms)
{
    return ms < 0 ? (rt_tick_t)RT_WAITING_FOREVER
                  : (rt_tick_t)(((uint64_t)(uint32_t)ms * RT_TICK_PER_SECOND + 999U) / 1000U);
}

#ifdef __cplusplus
}
#endif

#endif
