/* SPDX-License-Identifier: Apache-2.0
 *
 * The lock of the POSIX port: one mutex for the process, taken once a thread however deeply that
 * thread nests. A count of the thread's own makes it so, since a recursive mutex cannot be
 * initialised statically by the standard.
 */
#include "ramwright/port.h"

#include <pthread.h>

static pthread_mutex_t process_lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local unsigned depth;

void rw_posix_lock(void)
{
    if (depth == 0) {
        (void)pthread_mutex_lock(&process_lock);
    }
    depth++;
}

void rw_posix_unlock(void)
{
    depth--;
    if (depth == 0) {
        (void)pthread_mutex_unlock(&process_lock);
    }
}
