/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps shared between threads: one asks for the size of its block while another frees and
 * allocates the block before it, which changes that block's header. For ThreadSanitizer.
 */
#include <pthread.h>

#include "heap_expect.h"
#include "make_heap.h"

#define ROUNDS 2000U

static _Alignas(64) uint8_t arena[1024];
static made_heap_t made;
static void *asked;
static unsigned wrong; /* the asking thread's until it is joined */

static void *ask(void *unused)
{
    (void)unused;
    for (unsigned round = 0; round < ROUNDS; round++) {
        wrong += rw_heap_usable_size(&made.heap, asked) != 44 ? 1U : 0U;
    }
    return NULL;
}

static void shared_by_threads(unsigned core)
{
    make_heap(&made, arena, sizeof arena, core);
    void *before = rw_heap_alloc(&made.heap, 44);
    asked = rw_heap_alloc(&made.heap, 44);
    pthread_t other;
    if (pthread_create(&other, NULL, ask, NULL) != 0) {
        failures_seen++;
        return;
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        EXPECT(rw_heap_free(&made.heap, before) == RW_OK);
        before = rw_heap_alloc(&made.heap, 44);
    }
    pthread_join(other, NULL);
    EXPECT(wrong == 0 && no_fault());
}

int main(void)
{
    shared_by_threads(HEAP_NONE_INTERRUPT_16);
    shared_by_threads(HEAP_BASIC_INTERRUPT_16);
    shared_by_threads(HEAP_BASIC_TASK_32);
    return failures_seen != 0;
}
