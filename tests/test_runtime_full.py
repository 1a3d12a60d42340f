# SPDX-License-Identifier: Apache-2.0
"""Checks full on the host: every misuse, random operations, threads; 64 and 32 bit, under
sanitizers; and calls interrupted wherever they hold no lock. Damaged copies of the source show that
each test can fail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from runtime_host import ROOT, SANITIZED, THREADS, WIDTHS, build, mutant, run

SOURCES = (
    "full_fixture.c",
    "shadow.c",
    *("full.c", "full_cores.c", "full_inspect.c", "full_wait.c"),
    *("heap.c", "pool.c", "pool_inspect.c", "pool_wait.c", "waiter.c", "object.c", "fault.c"),
    *("ports/posix.c", "ports/posix_wait.c"),
    *(path.name for path in sorted((ROOT / "runtime" / "src").glob("slab*.c"))),
)
NESTED = "full_nested"
WAITS = "full_waits"
PROGRAMS = ("full_misuse", "full_random", "full_threads", NESTED)
WARNED = ("-Wconversion",)


def executable(
    folder: Path, program: str, flags: Sequence[str], runtime: Path = ROOT / "runtime"
) -> Path:
    """The program, with the port that it is written for."""
    if program not in (NESTED, WAITS):
        return build(folder, program, SOURCES, flags, runtime)
    sources = [source for source in SOURCES if "ports/" not in source]
    port = '-DRW_PORT_HEADER="port_nested.h"'
    return build(folder, program, sources, [*flags, port], runtime)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_host(program: str, width: str, tmp_path: Path) -> None:
    done = run(executable(tmp_path, program, [width, *WARNED, *SANITIZED]))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("width", WIDTHS)
def test_tasks_that_wait(width: str, tmp_path: Path) -> None:
    """Which switch stacks: AddressSanitizer would have to be told."""
    flags = [width, *WARNED, "-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all"]
    done = run(executable(tmp_path, WAITS, flags))
    assert done.returncode == 0, done.stdout + done.stderr
    happened = [int(number) for number in re.findall(r"\d+", done.stdout)]
    assert len(happened) == 6 and min(happened) > 1000, done.stdout


def test_thread_sanitizer(tmp_path: Path) -> None:
    done = run(build(tmp_path, "full_threads", SOURCES, THREADS))
    assert done.returncode == 0, done.stdout + done.stderr


def test_thread_sanitizer_misses_the_lock(tmp_path: Path) -> None:
    """The control: the layer takes no lock."""
    runtime = mutant(tmp_path, "src/full.c", "return rw_port_lock(sharing);", "return sharing;")
    full = runtime / "src" / "full.c"
    text = full.read_text(encoding="utf-8")
    full.write_text(text.replace("rw_port_unlock(sharing, state);", "(void)(sharing + state);"))
    done = run(build(tmp_path, "full_threads", SOURCES, THREADS, runtime))
    assert "data race" in done.stderr


FULL = "full.c"
BLOCK = "full_block.h"
RING = "full_quarantine.h"
WAIT = "full_wait.c"
SETTLE = "    const rw_status_t status = rw_full_free(block, object, core);\n"
LOOK = (
    "    const uintptr_t lock = rw_port_lock_interrupt();\n"
    "    const bool somebody_waits = pool_waiters(pool_of(object))->waiting != NULL;\n"
    "    rw_port_unlock_interrupt(lock);\n"
)
JOIN = "rw_waiter_join(&waiter, pool_waiters(pool_of(object)));\n    }\n"
LEAVE = """\
    rw_port_unlock_interrupt(lock);
    if (block != NULL) {
        rw_waiter_close(&waiter);
    } else {
"""
EMPTY = "        (void)rw_full_empty(object, core); /* perhaps to this very task */\n"
MISUSE = "full_misuse"
MUTANTS = {
    "the guard is not looked at": (
        BLOCK,
        "return full_holds(guard, (size_t)(end - guard), RW_FULL_GUARD);",
        "return guard <= end;",
        MISUSE,
    ),
    "the guard begins one byte late": (
        BLOCK,
        "uint8_t *const guard = block + (extent - more);",
        "uint8_t *const guard = block + (extent - more) + (extent > more + 8U);",
        MISUSE,
    ),
    "the seal is believed": (
        BLOCK,
        "return seal == full_seal_of(block, more) && ",
        "return ",
        MISUSE,
    ),
    "a second free in the quarantine is not found": (
        FULL,
        "const bool found = full_find(full, block) != NULL;",
        "const bool found = false;",
        MISUSE,
    ),
    "realloc takes what is in the quarantine": (
        FULL,
        "const bool held = full_find(full, block) != NULL;\n    if (sound && !held) {\n"
        "        full->state->busy++;\n    }",
        "const bool held = false;\n    if (sound && !held) {\n        full->state->busy++;\n    }",
        MISUSE,
    ),
    "the quarantine is one place short": (
        RING,
        "entry->placed ? RW_FULL_SPARE : 0U",
        "entry->placed ? RW_FULL_SPARE + 1U : 0U",
        MISUSE,
    ),
    "nobody leaves the quarantine": (
        RING,
        "if (full_settled(held)) {\n        leaving = *held;",
        "if (full_settled(held) && held->extent == 1U) {\n        leaving = *held;",
        MISUSE,
    ),
    "a write after free goes unnoticed": (
        FULL,
        "if (!full_holds(block, extent, RW_FULL_FREED)) {",
        "if (extent == 0U) {",
        MISUSE,
    ),
    "only whole words are looked at": (
        "full_bytes.h",
        "} else if (*place++ != value) {",
        "} else if (*place++ != value && size == 1U) {",
        MISUSE,
    ),
    "a block handed out again is not looked at": (
        FULL,
        "if (!full_holds(block, full_known(object, block, extent, virgin), RW_FULL_FREED)) {",
        "if (virgin == block) {",
        MISUSE,
    ),
    "virgin blocks are taken for recycled ones": (
        BLOCK,
        "object->kind == RW_POOL && block < virgin",
        "object->kind == RW_POOL",
        "full_random",
    ),
    "a run shortened leaves its notes": (
        BLOCK,
        "extent < most ? extent : most",
        "extent",
        MISUSE,
    ),
    "notes of former blocks stay": (
        BLOCK,
        "        *inner = 0;\n",
        "",
        MISUSE,
    ),
    "the quarantine does not give way": (
        FULL,
        "void *block = alloc(object, request);\n"
        "    if (block == NULL && rw_full_empty(object, core)) {",
        "void *block = alloc(object, request);\n    if (false && rw_full_empty(object, core)) {",
        MISUSE,
    ),
    "a refusal made good is counted": (
        FULL,
        "full->state->retries++;",
        "",
        MISUSE,
    ),
    "what was grown is not filled": (
        FULL,
        "full_fill(block + old, size - old, RW_FULL_FRESH);",
        "(void)old;",
        MISUSE,
    ),
    "room behind is not looked for again": (
        FULL,
        "if (resize(object, own, request) == RW_OK) {",
        "if (resize == NULL) {",
        MISUSE,
    ),
    "held blocks count as used": (
        "full_inspect.c",
        "seen.used = block->used && full_find",
        "seen.used = block->used || full_find",
        MISUSE,
    ),
    "check does not look at held blocks": (
        "full_inspect.c",
        "return !full_settled(held) || full_holds(held->block, held->extent, RW_FULL_FREED);",
        "return true;",
        MISUSE,
    ),
    "check looks at what is being filled": (
        "full_inspect.c",
        "return busy || full_sound",
        "return full_sound",
        NESTED,
    ),
    "a block handed out again stays in its place": (
        FULL,
        "    full_forget(full, block);\n",
        "",
        NESTED,
    ),
    "a block moved down stays in its place": (
        FULL,
        "            full_forget(full_of(object), lowered);\n",
        "",
        NESTED,
    ),
    "a free does not look at who waits": (
        WAIT,
        "    if (somebody_waits) {",
        "    if (somebody_waits && block == NULL) {",
        WAITS,
    ),
    "a free looks at who waits before its block is in its place": (
        WAIT,
        SETTLE + LOOK,
        LOOK + SETTLE,
        WAITS,
    ),
    "a task joins and does not empty the quarantine": (
        WAIT,
        EMPTY,
        "",
        WAITS,
    ),
    "a task empties the quarantine and then joins": (
        WAIT,
        JOIN + LEAVE + EMPTY,
        EMPTY + JOIN + LEAVE,
        WAITS,
    ),
    "a task joins without a second look": (
        WAIT,
        "    void *block = alloc(object);\n",
        "    void *block = NULL;\n",
        WAITS,
    ),
    "a block is dressed while nobody is said to be busy": (
        WAIT,
        "    (void)rw_full_begin(object, core);\n",
        "",
        WAITS,
    ),
    "check takes a block on its way for damaged": (
        WAIT,
        "return on_its_way || relay",
        "return relay",
        WAITS,
    ),
    "a deleted task frees what it was handed as if it had used it": (
        WAIT,
        "rw_waiter_open(&waiter, object, core->free);",
        "rw_waiter_open(&waiter, object, rw_pool_free_full_wait_8);",
        WAITS,
    ),
}


@pytest.mark.parametrize("fault", sorted(MUTANTS))
def test_mutant_is_caught(fault: str, tmp_path: Path) -> None:
    file, old, new, program = MUTANTS[fault]
    runtime = mutant(tmp_path, f"src/{file}", old, new)
    flags = ["-O0", "-Wno-error"]
    done = run(executable(tmp_path, program, flags, runtime))
    assert done.returncode != 0, f"{program} does not notice that {fault}"
