# SPDX-License-Identifier: Apache-2.0
"""What the compiler finds in code that uses the generated calls wrongly, and that it keeps still
about code that uses them rightly, and about the generated header itself."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from ramwright import assets

GOLDEN = Path(__file__).parent / "golden" / "motor"
RIGHT = """\
#include "motor_memory.h"
#include "ramwright/default.h"

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

/* Every way out of the scope gives both blocks back. */
int guarded(int early);
int guarded(int early)
{
    struct can_frame *mine RW_OWNED_BY(can_rx) = can_rx_alloc();
    uint32_t *event RW_OWNED_BY(events) = events_alloc();
    if (mine == NULL || event == NULL) {
        return 1;
    }
    mine->id = 1;
    if (early) {
        return 2;
    }
    *event = mine->id;
    return 0;
}

/* One way out hands the block to the caller. */
struct can_frame *handed_over(uint32_t id);
struct can_frame *handed_over(uint32_t id)
{
    struct can_frame *given RW_OWNED_BY(can_rx) = can_rx_alloc();
    if (given == NULL || id == 0) {
        return NULL;
    }
    given->id = id;
    return RW_TAKE(given);
}
"""
LAST = "    return can_rx_free(frame) == RW_OK && freed == RW_OK ? 0 : 1;"


@dataclass(frozen=True)
class Mistake:
    """What to change in the code above, and the warning that must follow."""

    warning: str
    old: str
    new: str


MISTAKES = {
    "double free": Mistake("analyzer-double-free", LAST, "    (void)can_rx_free(frame);\n" + LAST),
    "use after free": Mistake(
        "analyzer-use-after-free",
        LAST,
        "    (void)can_rx_free(frame);\n    return freed == RW_OK ? (int)frame->id : 1;",
    ),
    "leak": Mistake("analyzer-malloc-leak", "        (void)main_free(text);\n", ""),
    "leak of a frame": Mistake("analyzer-malloc-leak", "        (void)can_rx_free(frame);\n", ""),
    "unchecked": Mistake("analyzer-possible-null-dereference", "frame == NULL || ", ""),
    "unchecked text": Mistake("analyzer-possible-null-dereference", " || text == NULL", ""),
    "wrong heap": Mistake(
        "analyzer-mismatching-deallocation", "freed = main_free(", "freed = kernel_free("
    ),
    "wrong pool": Mistake(
        "analyzer-mismatching-deallocation",
        "return can_rx_free(frame)",
        "return events_free(frame)",
    ),
    "wrong heap, -Wall": Mistake(
        "mismatched-dealloc", "    frame->id = 1;", "    (void)bulk_free(kernel_alloc(8));"
    ),
    "wrong pool, -Wall": Mistake(
        "mismatched-dealloc", "return can_rx_free(frame)", "return events_free(frame)"
    ),
    "C library's free": Mistake(
        "analyzer-mismatching-deallocation",
        "freed = main_free(text);",
        "freed = RW_OK; __builtin_free(text);",
    ),
    "wrong type": Mistake(
        "incompatible-pointer-types", "return can_rx_free(frame)", "return can_rx_free(&frame)"
    ),
    "result dropped": Mistake("unused-result", "    frame->id = 1;", "    main_alloc(8);"),
    "past the end": Mistake("array-bounds", "text[9] = 'x'", "__builtin_memset(text, 0, 11)"),
    "unchecked block given to a call": Mistake(
        "analyzer-possible-null-argument",
        LAST,
        "    rw_stats_t *stats = main_alloc(sizeof *stats);\n    rw_default_stats(stats);\n"
        "    (void)main_free(stats);\n" + LAST,
    ),
    "freed and guarded": Mistake(
        "analyzer-double-free", "    return 0;\n", "    (void)can_rx_free(mine);\n    return 0;\n"
    ),
    "used and guarded": Mistake(
        "analyzer-possible-null-dereference", "mine == NULL || event == NULL", "event == NULL"
    ),
    "guarded by the wrong pool": Mistake(
        "analyzer-mismatching-deallocation",
        "*event RW_OWNED_BY(events)",
        "*event RW_OWNED_BY(main)",
    ),
    "guarded by a pool of another type": Mistake(
        "incompatible-pointer-types",
        "*event RW_OWNED_BY(events) = events",
        "*event RW_OWNED_BY(can_rx) = events",
    ),
    "used after it was taken": Mistake(
        "analyzer-null-dereference",
        "    return RW_TAKE(given);",
        "    struct can_frame *taken = RW_TAKE(given);\n    taken->id = given->id;\n"
        "    return taken;",
    ),
}
COMPILERS = {
    "arm": ("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"),
    "host": ("gcc",),
}
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic")
INCLUDES = (f"-I{assets.path('include')}", f"-I{GOLDEN / 'include'}", f"-I{GOLDEN / 'out'}")


def warnings(source: str, tmp_path: Path, *options: str) -> str:
    """What gcc says about `source`, analyser included."""
    unit = tmp_path / "unit.c"
    unit.write_text(source, encoding="utf-8")
    command = [*options, "-std=c11", *WARNINGS, "-fanalyzer", *INCLUDES]
    command += ["-c", str(unit), "-o", str(tmp_path / "unit.o")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr


@pytest.mark.parametrize("optimisation", ["-O0", "-Og", "-Os", "-O2", "-O3"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_right_use_draws_no_warning(compiler: str, optimisation: str, tmp_path: Path) -> None:
    assert warnings(RIGHT, tmp_path, *COMPILERS[compiler], optimisation) == ""


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_wrong_use_is_found_at_build_time(compiler: str, mistake: Mistake, tmp_path: Path) -> None:
    assert RIGHT.count(mistake.old) == 1
    source = RIGHT.replace(mistake.old, mistake.new)
    for optimisation in ("-Os", "-O2"):
        said = warnings(source, tmp_path, *COMPILERS[compiler], optimisation)
        assert f"[-W{mistake.warning}]" in said, optimisation


NULLS_ALLOWED = """\
#include "motor_memory.h"
#include "ramwright/default.h"

#define ALL(kind, object) \\
    (void)rw_##kind##_free(&object, NULL); \\
    (void)rw_##kind##_usable_size(&object, NULL); \\
    rw_##kind##_walk(&object, visit, NULL);

void allowed(rw_visit_t visit);
void allowed(rw_visit_t visit)
{
    ALL(pool, can_rx_pool)
    ALL(heap, main_heap)
    ALL(slab, kernel_slab)
    ALL(memheap, system_memheap)
    (void)rw_heap_realloc(&main_heap, NULL, 0);
    (void)rw_memheap_owner(&system_memheap, NULL);
    (void)rw_layout_owner(&motor_layout, NULL);
    (void)rw_layout_free(&motor_layout, NULL);
    rw_layout_walk(&motor_layout, visit, NULL);
    rw_default_walk(visit, NULL);
    (void)rw_default_free(NULL);
    (void)can_rx_free(NULL);
    (void)main_free(NULL);
}
"""
BYTES = ("heap", "slab", "memheap")  # kinds that hand out blocks of any size
NULLS_REFUSED = (
    *(
        f"rw_{kind}_{call}"
        for kind in ("pool", *BYTES)
        for call in (
            "free(NULL, NULL)",
            "usable_size(NULL, NULL)",
            "check(NULL)",
            "walk(NULL, visit, NULL)",
            "stats(NULL, &stats)",
        )
    ),
    *(
        f"rw_{kind}_{call}"
        for kind in BYTES
        for call in (
            "alloc(NULL, 8)",
            "alloc_aligned(NULL, 8, 8)",
            "calloc(NULL, 8, 8)",
            "realloc(NULL, NULL, 8)",
        )
    ),
    "rw_pool_alloc(NULL)",
    "rw_pool_alloc_wait(NULL, 0)",
    "rw_pool_walk(&can_rx_pool, NULL, NULL)",
    "rw_pool_stats(&can_rx_pool, NULL)",
    "rw_heap_walk(&main_heap, NULL, NULL)",
    "rw_heap_stats(&main_heap, NULL)",
    "rw_slab_walk(&kernel_slab, NULL, NULL)",
    "rw_slab_stats(&kernel_slab, NULL)",
    "rw_memheap_walk(&system_memheap, NULL, NULL)",
    "rw_memheap_stats(&system_memheap, NULL)",
    "rw_memheap_alloc_with(NULL, 8, 0)",
    "rw_memheap_realloc_with(NULL, NULL, 8, 0)",
    "rw_memheap_owner(NULL, NULL)",
    "rw_layout_owner(NULL, NULL)",
    "rw_layout_free(NULL, NULL)",
    "rw_layout_walk(NULL, visit, NULL)",
    "rw_layout_walk(&motor_layout, NULL, NULL)",
    "rw_layout_check(NULL)",
    "rw_layout_stats(NULL, &stats)",
    "rw_layout_stats(&motor_layout, NULL)",
    "rw_default_walk(NULL, NULL)",
    "rw_default_stats(NULL)",
)


def complaints(source: str, compiler: str, tmp_path: Path) -> list[str]:
    """The lines that `compiler` warns of, only of NULL where there must be none."""
    unit = tmp_path / ("unit.cpp" if "++" in compiler else "unit.c")
    unit.write_text(source, encoding="utf-8")
    command = [*compiler.split(), "-Wall", "-Wnonnull", *INCLUDES, "-c", str(unit), "-o", "unit.o"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    said = [line for line in done.stderr.splitlines() if "warning:" in line]
    assert all("[-Wnonnull]" in line for line in said), done.stderr
    return [line.split(":")[1] for line in said]


C = ("gcc", "clang", "arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb")
CXX = ("g++", "clang++", "arm-none-eabi-g++ -mcpu=cortex-m3 -mthumb")
CXX_WARNINGS = ("-Wold-style-cast", "-Wnon-virtual-dtor")


@pytest.mark.parametrize("standard", ["c11", "c17", "gnu17"])
@pytest.mark.parametrize("compiler", C)
def test_the_header_draws_no_warning_in_c(compiler: str, standard: str, tmp_path: Path) -> None:
    unit = tmp_path / "unit.c"
    unit.write_text('#include "motor_memory.h"\n', encoding="utf-8")
    command = [*compiler.split(), f"-std={standard}", *WARNINGS, "-Werror", "-Wstrict-prototypes"]
    subprocess.run([*command, *INCLUDES, "-fsyntax-only", str(unit)], check=True)


@pytest.mark.parametrize("compiler", [*C, *CXX])
def test_null_is_refused_where_it_means_nothing(compiler: str, tmp_path: Path) -> None:
    assert complaints(NULLS_ALLOWED, compiler, tmp_path) == []
    head = '#include "motor_memory.h"\n#include "ramwright/default.h"\n'
    head += "void refused(rw_visit_t visit);\nvoid refused(rw_visit_t visit)\n{\n"
    head += "    rw_stats_t stats; (void)stats; (void)visit;\n"
    body = "".join(f"    (void){call};\n" for call in NULLS_REFUSED)
    first = head.count("\n") + 1
    lines = sorted(map(int, set(complaints(head + body + "}\n", compiler, tmp_path))))
    assert lines == list(range(first, first + len(NULLS_REFUSED)))


OWNED = """\
#include "motor_memory.h"
#include "ramwright/owned.hpp"

static_assert(sizeof(rw::owned<can_rx_releaser>) == sizeof(void *), "no larger than a pointer");

int use();
int use()
{
    rw::owned<can_rx_releaser> frame(can_rx_alloc());
    rw::owned<main_releaser, char> text(static_cast<char *>(main_alloc(10)));
    rw::owned<system_releaser> block(system_alloc(10));
    std::unique_ptr<unsigned, kernel_releaser> number(static_cast<unsigned *>(kernel_alloc(4)));
    if (!frame || !text || !block || !number) {
        return 1;
    }
    frame->id = 1;
    text.get()[9] = 'x';
    *number = 2;
    can_frame *given = frame.release();
    return can_rx_free(given) == RW_OK ? 0 : 1;
}
"""


@pytest.mark.parametrize("standard", ["c++11", "c++14", "c++17", "c++20"])
@pytest.mark.parametrize("compiler", CXX)
def test_the_handles_draw_no_warning_in_cxx(compiler: str, standard: str, tmp_path: Path) -> None:
    unit = tmp_path / "unit.cpp"
    unit.write_text(OWNED, encoding="utf-8")
    command = [*compiler.split(), f"-std={standard}", *WARNINGS, *CXX_WARNINGS, "-Werror", "-O2"]
    subprocess.run([*command, *INCLUDES, "-c", str(unit), "-o", "unit.o"], cwd=tmp_path, check=True)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            "owned<can_rx_releaser> frame(can",
            "owned<main_releaser> frame(can",
            "frame->id|operator",
        ),
        ("owned<main_releaser, char>", "owned<can_rx_releaser, char>", "can_frame"),
        ("owned<system_releaser>", "owned<system_releaser, std::unique_ptr<int>>", "destructor"),
    ],
    ids=["a frame in a heap's handle", "text in a pool's handle", "what wants a destructor"],
)
def test_a_wrong_handle_is_an_error(old: str, new: str, error: str, tmp_path: Path) -> None:
    unit = tmp_path / "unit.cpp"
    assert old in OWNED
    unit.write_text(OWNED.replace(old, new), encoding="utf-8")
    command = ["g++", "-std=c++11", *INCLUDES, "-fsyntax-only", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert any(word in done.stderr for word in error.split("|"))


MIXED_UP = """\
#include "motor_memory.h"

int use();
int use()
{
    return kernel_free(main_alloc(8)) == RW_OK ? 0 : 1;
}
"""


@pytest.mark.parametrize("compiler", ["g++", CXX[2]])
def test_wrong_use_is_found_in_cxx_too(compiler: str, tmp_path: Path) -> None:
    unit = tmp_path / "unit.cpp"
    unit.write_text(MIXED_UP, encoding="utf-8")
    command = [*compiler.split(), "-Wall", "-O2", *INCLUDES, "-c", str(unit), "-o", "unit.o"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "[-Wmismatched-dealloc]" in done.stderr
