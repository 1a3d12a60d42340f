/* SPDX-License-Identifier: Apache-2.0
 *
 * The tests as a firmware without a kernel: a time to wait is refused, and an interrupt handler may
 * allocate, also when the first heap is full and the second has to serve it.
 */
#include "check.h"

#include "semihosting.h"

#define ICSR                                                                                       \
    (*(volatile uint32_t *)0xE000ED04U) /* ARMv7-M Architecture Reference Manual, B3.2.4           \
                                         */
#define ICSR_PENDSTSET (1U << 26)

static void *volatile by_handler;

void SysTick_Handler(void);

void SysTick_Handler(void)
{
    by_handler = rt_malloc(200);
}

void report(const char *text)
{
    print(text);
    if (failed != 0U) {
        stop(1);
    }
}

static void handler_spills(void)
{
    static void *blocks[64];
    unsigned count = 0;
    do {
        blocks[count] = rt_malloc(200);
    } while ((uintptr_t)blocks[count++] < 0x21000000U);
    ICSR = ICSR_PENDSTSET;
    __asm volatile("dsb\n\tisb" ::: "memory");
    EXPECT((uintptr_t)by_handler >= 0x21000000U);
    rt_free(by_handler);
    while (count > 0U) {
        rt_free(blocks[--count]);
    }
    EXPECT(no_fault());
}

static void nobody_to_wait(void)
{
    static _Alignas(8) uint8_t storage[64];
    static struct rt_mempool pool;
    EXPECT(rt_mp_init(&pool, "one", storage, sizeof storage, 40) == RT_EOK);
    void *block = rt_mp_alloc(&pool, RT_WAITING_FOREVER);
    EXPECT(block != NULL && no_fault());
    EXPECT(rt_mp_alloc(&pool, 10) == NULL && one_fault(RW_E_CONTEXT));
    EXPECT(rt_get_errno() == -RT_ETIMEOUT);
    rt_mp_free(block);
    EXPECT(rt_mp_detach(&pool) == RT_EOK && no_fault());
}

void machine_tests(void)
{
    handler_spills();
    nobody_to_wait();
    print(failed == 0U ? "all as RT-Thread has it\n" : "FAILED\n");
    stop(failed == 0U ? 0 : 1);
}
