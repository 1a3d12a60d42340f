# SPDX-License-Identifier: Apache-2.0
"""The malloc family where C's largest alignment exceeds the allocators' own 8 bytes, on the host.

The family gets names of its own there: the host's C library keeps its heap.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from emulate import build

CONFIG = """\
ramwright: 1
name: wide
target: {cpu: host}
home: ram
regions: {ram: {origin: 0, size: 64K}}
heaps: {wide_heap: {region: ram, size: 32K}}
default: wide_heap
"""
FAMILY = (
    *("malloc", "free", "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc"),
    *("posix_memalign", "malloc_usable_size", "mallinfo"),
)


def status(directory: Path, *flags: str, mutate: tuple[str, str] = ("enum", "enum")) -> int:
    """How the test program ends; `mutate` is a fault to put into the family."""
    config = directory / "wide.ramwright.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    layout = build.generated(config, directory / "generated", "wide")
    shims = directory / "shims"
    shutil.copytree(build.RUNTIME / "shims", shims)
    rules = shims / "common" / "libc.h"
    text = rules.read_text(encoding="utf-8")
    assert mutate[0] in text
    rules.write_text(text.replace(*mutate), encoding="utf-8")
    command = ["gcc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", *flags]
    command += ["-Wno-use-after-free"]  # a realloc that fails leaves its block
    command += [f"-D{name}=shim_{name}" for name in FAMILY]
    command += [f"-I{build.RUNTIME / 'include'}", f"-I{layout.directory}"]
    sources = [Path(__file__).parent / "shims" / "wide.c", shims / "picolibc" / "malloc.c"]
    sources += [layout.source, *sorted((build.RUNTIME / "src").rglob("*.c"))]
    program = directory / "wide"
    build.output_of([*command, *sources, "-o", program, "-pthread"])
    return subprocess.run([program], check=False).returncode


@pytest.mark.parametrize("word", ["-m64", "-m32"])
def test_every_block_is_aligned_for_any_type(word: str, tmp_path: Path) -> None:
    assert status(tmp_path, word, "-fsanitize=undefined", "-fno-sanitize-recover") == 0


def test_alignment_by_the_core_alone_is_noticed(tmp_path: Path) -> None:
    mutant = ("RW_LIBC_CORE_ALIGNMENT = 8", "RW_LIBC_CORE_ALIGNMENT = 16")
    assert status(tmp_path, mutate=mutant) != 0
