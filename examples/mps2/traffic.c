/* SPDX-License-Identifier: Apache-2.0
 *
 *              can_rx_alloc                          can_rx_free (every other frame)
 *   SysTick -----------------> [ring received] -----> main
 *      ^                                               |
 *      +------- can_rx_free <- [ring spent]   <--------+ (the frames between)
 *
 * Besides, main takes and frees frames of its own without pause, so that the interrupt strikes at
 * ever other instructions of can_rx_alloc and can_rx_free. SysTick stands in for a CAN controller.
 */
#include "traffic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h> /* last: newlib's needs <stdint.h> before it */

#include "check.h"
#include "demo_memory.h"
#include "semihosting.h"

#define FRAMES_WANTED 2000U
#define TICK_CYCLES 997U /* a prime: no rhythm with main's loop */
#define RING_SIZE 8U     /* a power of two */
#define OWN_FRAMES 6U

#define SYST_CSR (*(volatile uint32_t *)0xE000E010U)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014U)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018U)
#define SYST_CSR_ON 7U /* processor clock, interrupt, enable */

void SysTick_Handler(void);

/* One side puts, the other gets; neither needs a lock. */
typedef struct ring {
    atomic_uint put;
    atomic_uint got;
    struct can_frame *frames[RING_SIZE];
} ring_t;

static ring_t received; /* interrupt to main */
static ring_t spent;    /* main to interrupt */

/* Kept by the interrupt; main reads them once the timer is off. */
static uint16_t sequence;
static uint32_t freed_by_interrupt;
static uint32_t interrupt_faults;
static uint32_t dropped;

static bool ring_put(ring_t *ring, struct can_frame *frame)
{
    const unsigned put = atomic_load_explicit(&ring->put, memory_order_relaxed);
    if (put - atomic_load_explicit(&ring->got, memory_order_acquire) == RING_SIZE) {
        return false;
    }
    ring->frames[put % RING_SIZE] = frame;
    atomic_store_explicit(&ring->put, put + 1, memory_order_release);
    return true;
}

static struct can_frame *ring_get(ring_t *ring)
{
    const unsigned got = atomic_load_explicit(&ring->got, memory_order_relaxed);
    if (got == atomic_load_explicit(&ring->put, memory_order_acquire)) {
        return NULL;
    }
    struct can_frame *frame = ring->frames[got % RING_SIZE];
    atomic_store_explicit(&ring->got, got + 1, memory_order_release);
    return frame;
}

static void frame_write(struct can_frame *frame, uint32_t id, uint16_t number)
{
    frame->id = id;
    frame->length = sizeof frame->data;
    frame->flags = 0;
    frame->sequence = number;
    for (size_t i = 0; i < sizeof frame->data; i++) {
        frame->data[i] = (uint8_t)(id + number + i);
    }
}

static bool frame_holds(const struct can_frame *frame, uint32_t id, uint16_t number)
{
    bool same = frame->id == id && frame->sequence == number;
    for (size_t i = 0; i < sizeof frame->data; i++) {
        same = same && frame->data[i] == (uint8_t)(id + number + i);
    }
    return same;
}

static void free_spent(void)
{
    for (struct can_frame *frame = ring_get(&spent); frame != NULL; frame = ring_get(&spent)) {
        interrupt_faults += can_rx_free(frame) != RW_OK;
        freed_by_interrupt++;
    }
}

void SysTick_Handler(void)
{
    free_spent();
    struct can_frame *frame = can_rx_alloc();
    if (frame == NULL) {
        dropped++;
        return;
    }
    frame_write(frame, 0x123, sequence);
    if (ring_put(&received, frame)) {
        sequence++;
    } else {
        dropped++;
        interrupt_faults += can_rx_free(frame) != RW_OK;
    }
}

/* Looks at one received frame, if there is one, and sends it back. Returns whether all is well. */
static bool handle_frame(uint16_t *expected)
{
    struct can_frame *frame = ring_get(&received);
    if (frame == NULL) {
        return true;
    }
    const bool whole = frame_holds(frame, 0x123, *expected);
    const bool to_interrupt = (*expected & 1U) != 0 && ring_put(&spent, frame);
    (*expected)++;
    return whole && (to_interrupt || can_rx_free(frame) == RW_OK);
}

/* Replaces one of main's own frames, after a look whether anybody wrote into the old one. */
static bool renew_own_frame(struct can_frame **own, uint16_t number)
{
    bool well = true;
    if (*own != NULL) {
        well = frame_holds(*own, 0x7FF, (uint16_t)(number - OWN_FRAMES));
        well = can_rx_free(*own) == RW_OK && well;
    }
    *own = can_rx_alloc();
    if (*own == NULL) {
        return false;
    }
    frame_write(*own, 0x7FF, number);
    return well;
}

static void check_afterwards(uint16_t expected)
{
    check(expected == sequence, "every received frame reached main");
    check(dropped == 0, "the pool never ran out");
    check(interrupt_faults == 0, "every free in the interrupt succeeded");
    check(freed_by_interrupt >= FRAMES_WANTED / 4, "the interrupt freed its share of frames");

    rw_stats_t stats;
    rw_pool_stats(&can_rx_pool, &stats);
    check(stats.used == 0, "all frames are back in the pool");
    check(stats.peak > OWN_FRAMES * sizeof(struct can_frame), "the peak counts both sides");
    check(stats.peak <= stats.size, "the peak lies within the pool");
    check(rw_pool_check(&can_rx_pool) == RW_OK, "the pool's free list is sound");
}

void exercise_shared_pool(void)
{
    struct can_frame *own[OWN_FRAMES] = {NULL};
    uint16_t expected = 0;
    uint16_t renewed = 0;
    bool frames_whole = true;
    bool own_whole = true;

    SYST_RVR = TICK_CYCLES - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ON;
    while (expected < FRAMES_WANTED) {
        own_whole = renew_own_frame(&own[renewed % OWN_FRAMES], renewed) && own_whole;
        renewed++;
        frames_whole = handle_frame(&expected) && frames_whole;
    }
    SYST_CSR = 0;

    while (expected != sequence) {
        frames_whole = handle_frame(&expected) && frames_whole;
    }
    free_spent();
    for (size_t i = 0; i < OWN_FRAMES; i++) {
        own_whole = can_rx_free(own[i]) == RW_OK && own_whole;
    }
    print("can_rx: ");
    print_number(sequence, 0);
    print(" frames from the interrupt, ");
    print_number(renewed, 0);
    print(" of main's own\n");
    check(frames_whole, "received frames arrived in order and whole");
    check(own_whole, "main's own frames stayed whole");
    check_afterwards(expected);
}
