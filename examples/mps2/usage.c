/* SPDX-License-Identifier: Apache-2.0 */
#include "usage.h"

#include "demo_memory.h"
#include "semihosting.h"

#define NAME_WIDTH 10U
#define NUMBER_WIDTH 9U

static void print_row(const char *name, const char *kind, const rw_stats_t *stats)
{
    print_left(name, NAME_WIDTH);
    print_left(kind, NAME_WIDTH);
    print_number(stats->used, NUMBER_WIDTH);
    print_number(stats->peak, NUMBER_WIDTH);
    print_number(stats->size, NUMBER_WIDTH);
    print_number(stats->failures, NUMBER_WIDTH);
    print("\n");
}

void print_usage(void)
{
    rw_stats_t stats;
    print("\nobject    kind           used     peak     size  refused\n");
    rw_pool_stats(&can_rx_pool, &stats);
    print_row("can_rx", "pool", &stats);
    rw_heap_stats(&main_heap, &stats);
    print_row("main", "heap", &stats);
    rw_heap_stats(&bulk_heap, &stats);
    print_row("bulk", "heap", &stats);
    rw_slab_stats(&kernel_slab, &stats);
    print_row("kernel", "slab", &stats);
    rw_memheap_stats(&system_memheap, &stats);
    print_row("system", "memheap", &stats);
    rw_layout_stats(&demo_layout, &stats);
    print_row("all", "", &stats);
    print("\n");
}
