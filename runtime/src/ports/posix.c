/* SPDX-License-Identifier: Apache-2.0
 *
 * The lock of the POSIX port: one mutex for the process, taken once a thread however deeply that
 * thread nests. A count of the thread's own makes it so, since a recursive mutex cannot be
 * initialised statically by the standard. Between threads that play cores there is a spinlock.
 */
#include "posix_lock.h"

#include <sched.h>
#include <stdatomic.h>

pthread_mutex_t rw_posix_process_lock = PTHREAD_MUTEX_INITIALIZER;
_Thread_local unsigned rw_posix_depth;
static atomic_flag core_lock = ATOMIC_FLAG_INIT;

void rw_posix_lock(void)
{
    if (rw_posix_depth == 0) {
        (void)pthread_mutex_lock(&rw_posix_process_lock);
    }
    rw_posix_depth++;
}

void rw_posix_unlock(void)
{
    rw_posix_depth--;
    if (rw_posix_depth == 0) {
        (void)pthread_mutex_unlock(&rw_posix_process_lock);
    }
}

void rw_posix_lock_core(void)
{
    while (atomic_flag_test_and_set_explicit(&core_lock, memory_order_acquire)) {
        (void)sched_yield();
    }
}

void rw_posix_unlock_core(void)
{
    atomic_flag_clear_explicit(&core_lock, memory_order_release);
}
