/* SPDX-License-Identifier: Apache-2.0
 *
 * What locking and waiting of the POSIX port share.
 */
#ifndef RAMWRIGHT_SRC_PORTS_POSIX_LOCK_H
#define RAMWRIGHT_SRC_PORTS_POSIX_LOCK_H

#include "ramwright/port.h"

#include <pthread.h>

extern pthread_mutex_t rw_posix_process_lock;

/* How deeply the calling thread is inside. */
extern _Thread_local unsigned rw_posix_depth;

#endif
