# SPDX-License-Identifier: Apache-2.0
"""Pools and ports on the host: against models, under sanitizers, with threads. Damaged copies of
the source show that each test can fail."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from runtime_host import ROOT, SANITIZED, THREADS, WIDTHS, build, mutant, run

POOL = ("pool.c", "pool_inspect.c", "fault.c", "ports/posix.c")
SOURCES = {
    "pool_random": ("pool_fixture.c", "shadow.c", *POOL),
    "pool_exhaustive": ("pool_fixture.c", *POOL),
    "pool_misuse": ("pool_fixture.c", *POOL),
    "pool_threads": ("pool_fixture.c", *POOL),
    # it brings pool.c along, between the lines of which it gets
    "pool_interleave": ("pool_fixture.c", "pool_inspect.c", "fault.c", "ports/posix.c"),
    "port_posix": ("ports/posix.c",),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("program", sorted(SOURCES))
def test_host(program: str, width: str, tmp_path: Path) -> None:
    executable = build(tmp_path, program, SOURCES[program], [width, *SANITIZED])
    done = run(executable)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("program", ["pool_threads", "port_posix"])
def test_thread_sanitizer(program: str, tmp_path: Path) -> None:
    done = run(build(tmp_path, program, SOURCES[program], THREADS))
    assert done.returncode == 0, done.stdout + done.stderr


MUTANTS = {
    "a double free is believed": (
        "pool_plain.h",
        "if (pool_checked(width) && pool_link_load(width, link) != pool_allocated(width))",
        "if (false)",
        "pool_exhaustive",
    ),
    "an offset is cut to 32 bits": (
        "pool_links.h",
        "const uintptr_t offset = (uintptr_t)address",
        "const uintptr_t offset = (uint32_t)(uintptr_t)address",
        "pool_misuse",
    ),
    "a foreign address is a misaligned one": (
        "fault.c",
        "if (!rw_object_holds(object, address)) {",
        "if (false) {",
        "pool_misuse",
    ),
    "NULL is reported": ("fault.c", "if (address == NULL) {", "if (false) {", "pool_misuse"),
    "the last block is never used": (
        "pool_links.h",
        "step.token = head - (int32_t)pool->full;",
        "step.token = head + 1 - (int32_t)pool->full;",
        "pool_exhaustive",
    ),
    "an allocation is not marked": (
        "pool_cas.h",
        "pool_link_set(pool, width, step.token, pool_allocated(width));",
        "",
        "pool_random",
    ),
    "the head has no tag": (
        "pool_cas.h",
        "return ((word >> 32) + 1U) << 32 | (uint32_t)head;",
        "return word * 0U + (uint32_t)head;",
        "pool_interleave",
    ),
    "the link is not corrected": (
        "pool_cas.h",
        "memory_order_relaxed)) {\n        pool_link_store(width, link, (int32_t)(uint32_t)word);",
        "memory_order_relaxed)) {",
        "pool_interleave",
    ),
    "a link is looked at, not claimed": (
        "pool_cas.h",
        "__atomic_compare_exchange_n((int8_t *)place, &allocated, (int8_t)link, false,",
        "*(int8_t *)place == INT8_MIN && "
        "__atomic_compare_exchange_n((int8_t *)place, (int8_t *)place, (int8_t)link, false,",
        "pool_interleave",
    ),
    "check does not count": (
        "pool_inspect.c",
        "chain->length + used == ever_used",
        "chain->length <= ever_used + used",
        "pool_misuse",
    ),
    "the lock does not nest": (
        "ports/posix.c",
        "rw_posix_depth--;\n    if (rw_posix_depth == 0)",
        "rw_posix_depth = 0;\n    if (rw_posix_depth == 0)",
        "port_posix",
    ),
}


def test_thread_sanitizer_misses_the_lock_between_cores(tmp_path: Path) -> None:
    """The control: threads that play cores, and a port whose lock lets everybody in."""
    lock = "while (atomic_flag_test_and_set_explicit(&core_lock, memory_order_acquire))"
    runtime = mutant(tmp_path, "src/ports/posix.c", lock, "while (false)")
    flags = [*THREADS, "-Wno-unused"]
    done = run(build(tmp_path, "pool_threads", SOURCES["pool_threads"], flags, runtime))
    assert done.returncode != 0


@pytest.mark.parametrize("fault", sorted(MUTANTS))
def test_mutant_is_caught(fault: str, tmp_path: Path) -> None:
    file, old, new, program = MUTANTS[fault]
    runtime = mutant(tmp_path, f"src/{file}", old, new)
    flags = [*SANITIZED, "-Wno-unused"]
    done = run(build(tmp_path, program, SOURCES[program], flags, runtime))
    assert done.returncode != 0, f"{program} does not notice that {fault}"


def disassembly(cpu: str, tmp_path: Path) -> dict[str, list[str]]:
    """Instructions of pool.c and pool_armv7m.c for `cpu`, by function; without those that wait for
    another core."""
    gcc = shutil.which("arm-none-eabi-gcc")
    assert gcc is not None
    dump = ["arm-none-eabi-objdump", "-d", "--no-show-raw-insn"]
    flags = ["-Os", "-mthumb", "-std=c11", "-ffunction-sections", "-Wall", "-Wextra", "-Wshadow"]
    flags += ["-Wconversion", "-Werror", f"-I{ROOT / 'runtime' / 'include'}"]
    for name in ("pool", "pool_armv7m"):
        source, unit = ROOT / "runtime" / "src" / f"{name}.c", tmp_path / f"{name}.o"
        command = [gcc, f"-mcpu={cpu}", *flags, "-c", str(source), "-o", str(unit)]
        subprocess.run(command, check=True)
        dump.append(str(unit))
    text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    functions: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=[0-9a-f]{8} <)", text)[1:]:
        head, *lines = block.splitlines()
        name = head.split("<")[1].rstrip(">:")
        if "_core" not in name:
            functions[name] = [line for line in lines if "\t" in line]
    return functions


@pytest.mark.parametrize("cpu", ["cortex-m3", "cortex-m23", "cortex-m33"])
def test_shared_pools_are_lock_free(cpu: str, tmp_path: Path) -> None:
    for name, instructions in disassembly(cpu, tmp_path).items():
        assert not any("cpsid" in line for line in instructions), name
        if "_shared_" in name:
            assert any("\tldrex" in line for line in instructions), name


def longest_masked(lines: list[str]) -> int:
    """The most instructions executed between masking and unmasking, taking every branch."""
    places = {line.split(":")[0].strip(): at for at, line in enumerate(lines)}
    texts = [line.split("\t", 1)[1].strip() for line in lines]

    def after(at: int) -> int:
        text = texts[at]
        if text.startswith("msr"):
            return 0
        branch = re.match(r"b(\w*)\.n\t([0-9a-f]+)", text)
        ways = [after(places[branch[2]])] if branch else []
        if not branch or branch[1]:
            ways.append(after(at + 1))
        return 1 + max(ways)

    return after(next(at for at, text in enumerate(texts) if text.startswith("cpsid")) + 1)


def test_masked_sections_are_short(tmp_path: Path) -> None:
    """Without exclusives, shared pools mask interrupts for at most 14 instructions."""
    functions = disassembly("cortex-m0plus", tmp_path)
    masking = {name for name, lines in functions.items() if any("cpsid" in line for line in lines)}
    assert masking == {name for name in functions if "_shared_" in name}
    for name in masking:
        assert longest_masked(functions[name]) <= 14, name
