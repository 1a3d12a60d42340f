/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting in the POSIX port. Whoever waits does so on a condition of its own, with the mutex that
 * is the lock: what is decided under the lock and who sleeps on it cannot come apart.
 */
/* NOLINTNEXTLINE(bugprone-reserved-identifier): the name is the standard's */
#define _POSIX_C_SOURCE 200809L
#define RW_PORT_NEED_WAIT

#include "../waiter.h"

#include "posix_lock.h"

#include <time.h>

#define MS_PER_S 1000
#define NS_PER_MS 1000000

static _Thread_local int32_t thread_priority;

void rw_posix_set_priority(int32_t priority)
{
    thread_priority = priority;
}

/* The clock that nobody sets. */
void rw_port_event_open(rw_port_event_t *event, rw_waiter_t *waiter)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&event->condition, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    event->waiter = waiter;
    event->set = false;
}

void rw_port_event_close(rw_port_event_t *event)
{
    (void)pthread_cond_destroy(&event->condition);
}

static struct timespec time_in(rw_ticks_t ticks)
{
    struct timespec when;
    (void)clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += (time_t)(ticks / MS_PER_S);
    when.tv_nsec += (long)(ticks % MS_PER_S) * NS_PER_MS;
    if (when.tv_nsec >= (long)MS_PER_S * NS_PER_MS) {
        when.tv_sec++;
        when.tv_nsec -= (long)MS_PER_S * NS_PER_MS;
    }
    return when;
}

/* The thread was cancelled in its sleep; a condition gives its mutex back first. */
static void cancelled(void *waiter)
{
    rw_posix_unlock();
    rw_waiter_abandon(waiter);
}

void rw_port_wait(rw_port_event_t *event, rw_ticks_t ticks)
{
    const struct timespec until = time_in(ticks == RW_FOREVER ? 0U : ticks);
    rw_posix_lock();
    pthread_cleanup_push(cancelled, event->waiter);
    if (!event->set && ticks == RW_FOREVER) {
        (void)pthread_cond_wait(&event->condition, &rw_posix_process_lock);
    } else if (!event->set) {
        (void)pthread_cond_timedwait(&event->condition, &rw_posix_process_lock, &until);
    }
    pthread_cleanup_pop(0);
    rw_posix_unlock();
}

void rw_port_wake(rw_port_event_t *event, uintptr_t state)
{
    event->set = true;
    (void)pthread_cond_signal(&event->condition);
    rw_port_unlock_interrupt(state);
}

bool rw_port_can_wait(void)
{
    return rw_posix_depth == 0;
}

rw_ticks_t rw_port_tick(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (rw_ticks_t)now.tv_sec * MS_PER_S + (rw_ticks_t)(now.tv_nsec / NS_PER_MS);
}

int32_t rw_port_priority(void)
{
    return thread_priority;
}

const void *rw_port_task(void)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a name for the thread, never followed */
    return (const void *)(uintptr_t)pthread_self();
}
