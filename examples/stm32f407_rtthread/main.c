/* SPDX-License-Identifier: Apache-2.0 */
#include "explorer_memory.h"

typedef struct thread {
    uint8_t *stack;
    size_t stack_size;
} thread_t;

static thread_t *thread_create(uint8_t *stack, size_t size)
{
    thread_t *thread = kernel_alloc(sizeof *thread);
    if (thread != NULL) {
        thread->stack = stack;
        thread->stack_size = size;
    }
    return thread;
}

/* What a console does: takes a line from the pool, keeps a copy of its arguments, gives it back. */
static bool run_line(void)
{
    char *line = line_alloc();
    char *arguments = rw_memheap_calloc(&system_memheap, 10, sizeof(char *));
    bool done = line != NULL && arguments != NULL;
    if (done) {
        line[0] = '\0';
    }
    return line_free(line) == RW_OK && rw_memheap_free(&system_memheap, arguments) == RW_OK && done;
}

int main(void)
{
    const thread_t *shell = thread_create(shell_stack, sizeof shell_stack);
    const thread_t *idle = thread_create(idle_stack, sizeof idle_stack);
    void *scratch = fast_alloc(1024);
    bool good = shell != NULL && idle != NULL && scratch != NULL && run_line();
    main_stack[0] = (uint8_t)good;
    return fast_free(scratch) == RW_OK && good ? 0 : 1;
}
