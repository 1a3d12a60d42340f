# SPDX-License-Identifier: Apache-2.0
"""Builds and runs C tests of the runtime on the host, from the sources or from a damaged copy."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "runtime"

WARNINGS = ("-std=gnu11", "-Wall", "-Wextra", "-Wshadow", "-Werror")
SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
THREADS = ("-O1", "-g", "-fsanitize=thread")
WIDTHS = ("-m64", "-m32")


def build(
    folder: Path,
    program: str,
    sources: Sequence[str],
    flags: Sequence[str],
    runtime: Path = ROOT / "runtime",
) -> Path:
    """The executable made of tests/runtime/`program`.c, other files there and runtime `sources`."""
    executable = folder / program
    files = [TESTS / f"{program}.c"]
    for source in sources:
        beside = TESTS / source
        files.append(beside if beside.exists() else runtime / "src" / source)
    command = ["gcc", *WARNINGS, *flags, f"-I{runtime / 'include'}", f"-I{runtime / 'src'}"]
    command += [f"-I{TESTS}", "-o", str(executable), *map(str, files), "-pthread"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return executable


def run(executable: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the program printed and returned. Addresses are not randomised, for ThreadSanitizer."""
    command = ["setarch", platform.machine(), "-R", str(executable), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def mutant(folder: Path, file: str, old: str, new: str) -> Path:
    """A copy of the runtime in which `old`, found once in `file`, reads `new`."""
    copy = folder / "mutant"
    shutil.copytree(ROOT / "runtime", copy)
    target = copy / file
    text = target.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} has {text.count(old)} times: {old}"
    target.write_text(text.replace(old, new), encoding="utf-8")
    return copy
