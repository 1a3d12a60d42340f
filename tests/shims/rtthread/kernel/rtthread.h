/* SPDX-License-Identifier: Apache-2.0
 *
 * Declarations of just what the shim and its port use of RT-Thread's kernel 5, as a kernel has them
 * that is configured with RT_USING_USERHEAP. To see that the shim compiles behind them.
 */
#ifndef KERNEL_RTTHREAD_H
#define KERNEL_RTTHREAD_H

#include <stddef.h>
#include <stdint.h>

#define RT_USING_HEAP
#define RT_USING_USERHEAP
#ifdef WITH_HOOKS
#define RT_USING_HOOK
#endif
#ifdef OLD_KERNEL
#ifndef RTTHREAD_VERSION
#define RTTHREAD_VERSION 50002
#endif
typedef void *hooked_t;
#else
#define RTTHREAD_VERSION 50300
typedef void **hooked_t;
#endif
#ifdef WITH_MEMPOOL
#define RT_USING_MEMPOOL
#endif

typedef long rt_base_t;
typedef unsigned long rt_ubase_t;
typedef int32_t rt_int32_t;
typedef uint8_t rt_uint8_t;
typedef size_t rt_size_t;
typedef uint32_t rt_tick_t;
typedef rt_base_t rt_err_t;

#define RT_NULL 0
#define RT_EOK 0
#define RT_ERROR 255
#define RT_ETIMEOUT 116
#define RT_EINVAL 22
#define RT_NAME_MAX 8
#define RT_ALIGN_SIZE 8
#define RT_MM_PAGE_SIZE 4096
#define RT_TICK_MAX 0xffffffffU
#define RT_TIMER_CTRL_SET_TIME 0
#define RT_ALIGN(size, align) (((size) + (align)-1) & ~((align)-1))
#define RT_ALIGN_DOWN(size, align) ((size) & ~((align)-1))
#define rt_container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

typedef struct rt_list_node {
    struct rt_list_node *next;
    struct rt_list_node *prev;
} rt_list_t;

static inline void rt_list_init(rt_list_t *list)
{
    list->next = list->prev = list;
}

static inline void rt_list_insert_before(rt_list_t *list, rt_list_t *node)
{
    list->prev->next = node;
    node->prev = list->prev;
    list->prev = node;
    node->next = list;
}

static inline void rt_list_remove(rt_list_t *node)
{
    node->next->prev = node->prev;
    node->prev->next = node->next;
    node->next = node->prev = node;
}

static inline int rt_list_isempty(const rt_list_t *list)
{
    return list->next == list;
}

enum rt_object_class_type {
    RT_Object_Class_Null = 0x00,
    RT_Object_Class_MemHeap = 0x07,
    RT_Object_Class_MemPool = 0x08,
    RT_Object_Class_Memory = 0x0c,
    RT_Object_Class_Static = 0x80
};

struct rt_object {
    char name[RT_NAME_MAX];
    rt_uint8_t type;
    rt_uint8_t flag;
    rt_list_t list;
};

struct rt_memory {
    struct rt_object parent;
    const char *algorithm;
    rt_ubase_t address;
    rt_size_t total;
    rt_size_t used;
    rt_size_t max;
};
typedef struct rt_memory *rt_mem_t;

typedef struct rt_timer {
    struct rt_object parent;
} * rt_timer_t;

typedef struct rt_thread {
    struct rt_object parent;
    rt_list_t tlist;
    rt_uint8_t current_priority;
    struct rt_timer thread_timer;
    void (*cleanup)(struct rt_thread *thread);
} * rt_thread_t;

rt_thread_t rt_thread_self(void);
rt_err_t rt_thread_suspend(rt_thread_t thread);
rt_err_t rt_thread_resume(rt_thread_t thread);
rt_err_t rt_timer_control(rt_timer_t timer, int command, void *argument);
rt_err_t rt_timer_start(rt_timer_t timer);
void rt_schedule(void);
rt_tick_t rt_tick_get(void);
rt_uint8_t rt_interrupt_get_nest(void);
rt_base_t rt_critical_level(void);
rt_err_t rt_get_errno(void);
void rt_set_errno(rt_err_t error);
int rt_kprintf(const char *format, ...);

void rt_system_heap_init(void *begin_addr, void *end_addr);
void *rt_malloc(rt_size_t size);
void rt_free(void *ptr);
void *rt_realloc(void *ptr, rt_size_t newsize);
void *rt_calloc(rt_size_t count, rt_size_t size);
void *rt_malloc_align(rt_size_t size, rt_size_t align);
void rt_free_align(void *ptr);
#ifdef RT_USING_HOOK
void rt_malloc_sethook(void (*hook)(hooked_t ptr, rt_size_t size));
void rt_free_sethook(void (*hook)(hooked_t ptr));
#endif
void rt_memory_info(rt_size_t *total, rt_size_t *used, rt_size_t *max_used);

#endif
