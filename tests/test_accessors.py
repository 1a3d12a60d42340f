# SPDX-License-Identifier: Apache-2.0
"""What the compiler finds in code that uses the generated calls wrongly, and that it keeps still
about code that uses them rightly."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ramwright import assets

GOLDEN = Path(__file__).parent / "golden" / "motor"
RIGHT = """\
#include "motor_memory.h"

int right(void);
int right(void)
{
    struct can_frame *frame = can_rx_alloc();
    char *text = main_alloc(10);
    if (frame == NULL || text == NULL) {
        (void)can_rx_free(frame);
        (void)main_free(text);
        return 1;
    }
    frame->id = 1;
    text[9] = 'x';
    char *longer = main_realloc(text, 20);
    if (longer != NULL) {
        longer[19] = 'y';
        text = longer;
    }
    const rw_status_t freed = main_free(text);
    return can_rx_free(frame) == RW_OK && freed == RW_OK ? 0 : 1;
}
"""
# What to change in the function above, and the warning that must follow.
WRONG = {
    "-Wanalyzer-double-free": (
        "    return can_rx_free",
        "    (void)can_rx_free(frame);\n    return can_rx_free",
    ),
    "-Wanalyzer-use-after-free": (
        "    return can_rx_free(frame) == RW_OK && freed == RW_OK ? 0 : 1;",
        "    (void)can_rx_free(frame);\n    return freed == RW_OK ? (int)frame->id : 1;",
    ),
    "-Wanalyzer-malloc-leak": ("        (void)main_free(text);\n", ""),
    "-Wanalyzer-possible-null-dereference": ("frame == NULL || ", ""),
    "-Wanalyzer-mismatching-deallocation": ("freed = main_free(", "freed = kernel_free("),
    "-Wmismatched-dealloc": ("    frame->id = 1;", "    (void)bulk_free(kernel_alloc(8));"),
    "-Wincompatible-pointer-types": ("return can_rx_free(frame)", "return can_rx_free(&frame)"),
    "-Wunused-result": ("    frame->id = 1;", "    main_alloc(8);"),
    "-Warray-bounds": ("text[9] = 'x'", "__builtin_memset(text, 0, 11)"),
}


def warnings(source: str, tmp_path: Path) -> str:
    """What gcc says about `source`, analyser included."""
    unit = tmp_path / "unit.c"
    unit.write_text(source, encoding="utf-8")
    command = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-std=c11", "-O2", "-Wall"]
    command += ["-Wextra", "-Wconversion", "-Wshadow", "-fanalyzer", f"-I{assets.path('include')}"]
    command += [f"-I{GOLDEN / 'include'}", f"-I{GOLDEN / 'out'}", "-c", str(unit)]
    command += ["-o", str(tmp_path / "unit.o")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr


def test_right_use_draws_no_warning(tmp_path: Path) -> None:
    assert warnings(RIGHT, tmp_path) == ""


@pytest.mark.parametrize("warning", WRONG)
def test_wrong_use_is_found_at_build_time(warning: str, tmp_path: Path) -> None:
    old, new = WRONG[warning]
    assert RIGHT.count(old) == 1
    assert f"[{warning}]" in warnings(RIGHT.replace(old, new), tmp_path)
