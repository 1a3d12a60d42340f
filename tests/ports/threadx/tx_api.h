/* SPDX-License-Identifier: Apache-2.0
 *
 * Declarations of what the port uses of ThreadX, to compile it.
 */
#ifndef TX_API_H
#define TX_API_H

#define VOID void
typedef char CHAR;
typedef unsigned int UINT;
typedef unsigned long ULONG;
typedef struct TX_THREAD_STRUCT TX_THREAD;
typedef struct TX_SEMAPHORE_STRUCT {
    ULONG words[8];
} TX_SEMAPHORE;

#define TX_NULL ((void *)0)
#define TX_WAIT_FOREVER ((ULONG)0xFFFFFFFFUL)

UINT _txe_semaphore_create(TX_SEMAPHORE *semaphore, CHAR *name, ULONG count, UINT size);
#define tx_semaphore_create(s, n, i) _txe_semaphore_create((s), (n), (i), (sizeof(TX_SEMAPHORE)))
UINT tx_semaphore_delete(TX_SEMAPHORE *semaphore);
UINT tx_semaphore_get(TX_SEMAPHORE *semaphore, ULONG wait_option);
UINT tx_semaphore_put(TX_SEMAPHORE *semaphore);
TX_THREAD *tx_thread_identify(VOID);
UINT tx_thread_info_get(TX_THREAD *thread, CHAR **name, UINT *state, ULONG *run_count,
                        UINT *priority, UINT *preemption_threshold, ULONG *time_slice,
                        TX_THREAD **next_thread, TX_THREAD **next_suspended_thread);
ULONG tx_time_get(VOID);

#endif
