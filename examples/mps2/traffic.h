/* SPDX-License-Identifier: Apache-2.0
 *
 * A pool shared between main and an interrupt, both of which take and free blocks at any time.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

/* Receives frames from a timer interrupt until enough went through, then stops the timer. */
void exercise_shared_pool(void);

#endif
