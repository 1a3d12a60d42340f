# SPDX-License-Identifier: Apache-2.0
"""Pools that tasks wait for, on the host: their promises, 10,000 random schedules against a model,
under sanitizers. Damaged copies of the source show that each test can fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulate import build as generate
from runtime_host import ROOT, SANITIZED, TESTS, THREADS, WIDTHS, build, mutant, run

SOURCES = (
    "pool.c", "pool_wait.c", "waiter.c", "pool_inspect.c", "layout.c", "object.c", "fault.c",
    "ports/posix.c", "ports/posix_wait.c",
    "full.c", "full_cores.c", "full_inspect.c", "full_wait.c", "heap.c",
    *(path.name for path in sorted((ROOT / "runtime" / "src").glob("slab*.c"))),
)  # fmt: skip
SCHEDULES = "10000"
SOME = "2000"
POOLS = ("few", "kept")  # the second with checks full


def built(program: str, flags: list[str], folder: Path, runtime: Path = ROOT / "runtime") -> Path:
    generate.generated(TESTS / "waiting.ramwright.yaml", folder, "waiting")
    sources = [*SOURCES, str(folder / "waiting_memory.c")]
    return build(folder, program, sources, [*flags, f"-I{folder}"], runtime)


@pytest.mark.parametrize("flags", [*((width, *SANITIZED) for width in WIDTHS), THREADS], ids=str)
def test_contract(flags: tuple[str, ...], tmp_path: Path) -> None:
    done = run(built("waiting_contract", list(flags), tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def happened(said: str) -> dict[str, int]:
    """How often each thing happened in the schedules."""
    return {what: int(number) for number, what in re.findall(r"(\d+) ([a-z ]+)", said)}


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(
    ("flags", "schedules"),
    [(("-m32", *SANITIZED), SOME), (THREADS, SCHEDULES)],
    ids=["asan", "tsan"],
)
def test_schedules(flags: tuple[str, ...], schedules: str, pool: str, tmp_path: Path) -> None:
    done = run(built("waiting_schedules", list(flags), tmp_path), schedules, "1", pool)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    counts = happened(done.stdout)
    assert counts.pop("schedules") == int(schedules)
    assert len(counts) == 9 and min(counts.values()) >= 5, done.stdout


# What happens between the first look at the pool and the list takes next to no time. With a pause
# there it is met often; the second look, under the lock, is what makes the pause harmless.
PAUSE = "extern int usleep(unsigned);\n    usleep(100);\n    "
LOOK = "const uintptr_t state = rw_port_lock_interrupt();\n    const int32_t token = "
TAKE = "pool_take_plain(pool, width);\n    if (token >= 0) {"
SECOND_LOOK = ("pool_wait.c", LOOK + TAKE, PAUSE + LOOK + "0;\n    if (token >= 0) {")


# With checks full, where a block may be held back at the second look, too.
JOIN = "    const uintptr_t lock = rw_port_lock_interrupt();\n    void *block = alloc(object);\n"
EMPTY = "        (void)rw_full_empty(object, core); /* perhaps to this very task */\n"
PAUSED = f"    {PAUSE.strip()}\n{JOIN}"


@pytest.mark.parametrize(
    ("pool", "file", "old", "new"),
    [
        ("few", "pool_wait.c", LOOK + TAKE, PAUSE + LOOK + TAKE),
        ("kept", "full_wait.c", JOIN, PAUSED),
    ],
    ids=POOLS,
)
def test_a_pause_before_the_list_loses_nothing(
    pool: str, file: str, old: str, new: str, tmp_path: Path
) -> None:
    runtime = mutant(tmp_path, f"src/{file}", old, new)
    done = run(built("waiting_schedules", list(THREADS), tmp_path, runtime), SOME, "2", pool)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_pause_loses_what_is_held_back_from_who_joined(tmp_path: Path) -> None:
    """The control: a task joins the list, and the quarantine is not emptied."""
    runtime = mutant(tmp_path, "src/full_wait.c", JOIN, PAUSED)
    source = runtime / "src" / "full_wait.c"
    source.write_text(source.read_text(encoding="utf-8").replace(EMPTY, ""), encoding="utf-8")
    done = run(built("waiting_schedules", list(THREADS), tmp_path, runtime), SOME, "2", "kept")
    assert done.returncode != 0


MUTANTS = {
    "a wake-up is lost between the look and the list": (
        *SECOND_LOOK,
        "waiting_schedules",
    ),
    "a wake-up before the sleep is lost": (
        "ports/posix_wait.c",
        "if (!event->set && ticks == RW_FOREVER)",
        "if (ticks == RW_FOREVER)",
        "waiting_schedules",
    ),
    "a timeout forgets the block that came": (
        "waiter.c",
        "    return waiter->block;",
        "    return left != 0U ? waiter->block : NULL;",
        "waiting_schedules",
    ),
    "a timeout leaves the waiter listed": (
        "waiter.c",
        "        if (over) {\n            waiter_unlink(waiter);\n        }",
        "        if (over && left != 0U) {\n            waiter_unlink(waiter);\n        }",
        "waiting_schedules",
    ),
    "equals are served last in, first out": (
        "waiter.c",
        "(*place)->priority >= waiter->priority",
        "(*place)->priority > waiter->priority",
        "waiting_schedules",
    ),
    "priority counts for nothing": (
        "waiter.c",
        "*place != NULL && (*place)->priority >= waiter->priority",
        "*place != NULL",
        "waiting_schedules",
    ),
    "the block goes to the pool, too": (
        "waiter.c",
        "    rw_port_wake(&waiter->event, state);",
        "    rw_port_wake(&waiter->event, state);\n    waiter->give_back(block, waiter->object);",
        "waiting_schedules",
    ),
    "a deleted task keeps what it was handed": (
        "waiter.c",
        "    (void)waiter->give_back(block, waiter->object);",
        "    (void)block;",
        "waiting_contract",
    ),
    "a deleted task stays on the list": (
        "waiter.c",
        "    waiter_unlink(waiter);\n    waiter->block = NULL;",
        "    waiter->block = NULL;",
        "waiting_contract",
    ),
    "what is no block is handed over": (
        "pool_wait.c",
        "if (!__builtin_expect(block_starts, true))",
        "if (false)",
        "waiting_contract",
    ),
    "a block without checks goes to the pool past who waits for it": (
        "pool_wait.c",
        "if (__builtin_expect(first == NULL, true)) {",
        "if (first == NULL || !pool_checked(width)) {",
        "waiting_contract",
    ),
    "a second free of what is on its way is not found": (
        "full_wait.c",
        "while (waiter != NULL && waiter->block != block) {",
        "while (waiter != NULL) {",
        "waiting_contract",
    ),
    "check takes what is on its way for damaged": (
        "full_wait.c",
        "return on_its_way || relay",
        "return relay",
        "waiting_contract",
    ),
    "an interrupt handler may wait with checks full": (
        "full_wait.c",
        "timeout != 0U && !rw_port_can_wait()",
        "timeout == RW_FOREVER && !rw_port_can_wait()",
        "waiting_contract",
    ),
    "an interrupt handler may wait": (
        "pool_wait.c",
        "timeout != 0U && !rw_port_can_wait()",
        "timeout == RW_FOREVER && !rw_port_can_wait()",
        "waiting_contract",
    ),
}


@pytest.mark.parametrize("fault", sorted(MUTANTS))
def test_mutant_is_caught(fault: str, tmp_path: Path) -> None:
    file, old, new, program = MUTANTS[fault]
    runtime = mutant(tmp_path, f"src/{file}", old, new)
    executable = built(program, ["-m64", *SANITIZED, "-Wno-unused"], tmp_path, runtime)
    arguments = (SCHEDULES, "1", "few") if program == "waiting_schedules" else ()
    done = run(executable, *arguments)
    assert done.returncode != 0, f"{program} does not notice that {fault}"
