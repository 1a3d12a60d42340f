/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

int main(void)
{
    malloc_tests();
    heap_tests();
    slab_tests();
    pool_tests();
    misuse_tests();
    machine_tests();
    report(failed == 0U ? "all as RT-Thread has it\n" : "FAILED\n");
    return failed == 0U ? 0 : 1;
}
