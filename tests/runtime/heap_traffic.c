/* SPDX-License-Identifier: Apache-2.0
 *
 * A heap that threads keep nearly full: each takes, resizes and gives back blocks of its own, whose
 * bytes nobody else may touch. So blocks also move down into the room before them, which is taken
 * under the lock, filled outside it, and trimmed under it again. For ThreadSanitizer, too. Prints
 * how many blocks moved down where nothing else was possible.
 */
#include <pthread.h>
#include <string.h>

#include "heap_expect.h"
#include "make_heap.h"

#define THREADS 3U
#define ROUNDS 20000U
#define OWN 3U
#define ARENA 2048U

static _Alignas(64) uint8_t arena[ARENA];
static made_heap_t made;

typedef struct worker {
    pthread_t thread;
    uint32_t random;
    unsigned wrong, lowered;
    struct {
        uint8_t *block; /* NULL: none */
        size_t size;
    } own[OWN];
} worker_t;

static bool filled(const uint8_t *block, uint8_t value, size_t size)
{
    while (size != 0 && block[size - 1U] == value) {
        size--;
    }
    return size == 0;
}

/* Gives own block at another size, or takes one, or gives it back for size 0. */
static void step(worker_t *self, unsigned at, size_t size)
{
    uint8_t *const block = self->own[at].block;
    const size_t old = self->own[at].size;
    const uint8_t mark = (uint8_t)(self->random % 251U);
    const uint8_t former = block == NULL ? 0 : block[0];
    self->wrong += block != NULL && !filled(block, former, old);
    uint8_t *const moved = rw_heap_realloc(&made.heap, block, size);
    if (moved == NULL && size != 0) {
        self->wrong += block != NULL && !filled(block, former, old); /* left as it was */
        return;
    }
    self->own[at].block = moved;
    self->own[at].size = size;
    if (moved != NULL) {
        self->lowered += block != NULL && moved < block && moved + size > block;
        self->wrong += block != NULL && !filled(moved, former, old < size ? old : size);
        memset(moved, mark, size);
    }
}

static void *work(void *context)
{
    worker_t *const self = context;
    for (unsigned round = 0; round < ROUNDS; round++) {
        self->random = self->random * 1664525U + 1013904223U;
        const unsigned at = self->random >> 24U;
        step(self, at % OWN, at % 8U == 0U ? 0U : 1U + (self->random >> 16U & 0xFFU) * 3U / 2U);
    }
    for (unsigned i = 0; i < OWN; i++) {
        step(self, i, 0);
    }
    return NULL;
}

static unsigned shared_by_threads(unsigned core)
{
    static const worker_t fresh;
    worker_t workers[THREADS];
    unsigned lowered = 0;
    make_heap(&made, arena, sizeof arena, core);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = fresh;
        workers[i].random = 100U * core + i;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            failures_seen++;
            return 0;
        }
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        EXPECT(workers[i].wrong == 0);
        lowered += workers[i].lowered;
    }
    EXPECT(rw_heap_check(&made.heap) == RW_OK && made.state.used == 0 && no_fault());
    return lowered;
}

int main(void)
{
    unsigned lowered = 0;
    for (unsigned core = 0; core < HEAP_CORES; core++) {
        if (core % (HEAP_BASIC_NONE_16 - HEAP_NONE_NONE_16) >= HEAP_NONE_TASK_16) {
            lowered += shared_by_threads(core);
        }
    }
    printf("%u\n", lowered);
    return failures_seen != 0;
}
