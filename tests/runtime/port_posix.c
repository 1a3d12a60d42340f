/* SPDX-License-Identifier: Apache-2.0
 *
 * The POSIX port's locks keep port.h's contract: they exclude, and they nest.
 */
#include "ramwright/port.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define THREADS 4U
#define ROUNDS 20000U

static unsigned counter; /* not atomic: the lock's to protect */

static void *work(void *argument)
{
    (void)argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const uintptr_t outer = rw_port_lock(RW_SHARING_TASK);
        const uintptr_t inner = rw_port_lock(RW_SHARING_INTERRUPT);
        counter++;
        rw_port_unlock(RW_SHARING_INTERRUPT, inner);
        counter++; /* still locked */
        rw_port_unlock(RW_SHARING_TASK, outer);
    }
    return NULL;
}

static atomic_bool entered;

static void *enter(void *argument)
{
    (void)argument;
    const uintptr_t state = rw_port_lock(RW_SHARING_INTERRUPT);
    entered = true;
    rw_port_unlock(RW_SHARING_INTERRUPT, state);
    return NULL;
}

/* The end of an inner section does not let others into the outer one. */
static bool nests(void)
{
    pthread_t other;
    const uintptr_t outer = rw_port_lock(RW_SHARING_TASK);
    rw_port_unlock(RW_SHARING_INTERRUPT, rw_port_lock(RW_SHARING_INTERRUPT));
    if (pthread_create(&other, NULL, enter, NULL) != 0) {
        return false;
    }
    usleep(50000);
    const bool kept_out = !entered;
    rw_port_unlock(RW_SHARING_TASK, outer);
    pthread_join(other, NULL);
    return kept_out && entered;
}

static bool excludes(void)
{
    pthread_t threads[THREADS];
    for (unsigned at = 0; at < THREADS; at++) {
        if (pthread_create(&threads[at], NULL, work, NULL) != 0) {
            return false;
        }
    }
    for (unsigned at = 0; at < THREADS; at++) {
        pthread_join(threads[at], NULL);
    }
    return counter == THREADS * ROUNDS * 2U;
}

int main(void)
{
    if (!nests()) {
        printf("an inner section ends the outer one\n");
        return 1;
    }
    if (!excludes()) {
        printf("%u increments\n", counter);
        return 1;
    }
    return 0;
}
