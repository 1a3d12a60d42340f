/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "semihosting.h"

static uint32_t made;
static uint32_t failed;
static uint32_t first_failed;

void check(bool holds, const char *what)
{
    made++;
    if (holds) {
        return;
    }
    failed++;
    if (first_failed == 0) {
        first_failed = made;
    }
    print("FAILED check ");
    print_number(made, 0);
    print(": ");
    print(what);
    print("\n");
}

uint32_t check_report(void)
{
    print_number(made - failed, 0);
    print(" of ");
    print_number(made, 0);
    print(" checks passed\n");
    return first_failed;
}
