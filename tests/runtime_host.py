# SPDX-License-Identifier: Apache-2.0
"""Builds and runs C tests of the runtime on the host, from the sources or from a damaged copy."""

from __future__ import annotations

import hashlib
import os
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

objects = Path()  # what was compiled in this run; conftest.py says where


def _compiled(command: Sequence[str], source: Path, cache: Path) -> Path:
    """The object of `source`, from `cache` if one of the same text was compiled alike before."""
    preprocessed = _output([*command, "-E", "-P", str(source)])
    key = hashlib.sha256("\0".join([*_kept(command), preprocessed]).encode()).hexdigest()
    compiled = cache / f"{key}.o"
    if not compiled.exists():
        fresh = cache / f"{key}.{os.getpid()}.o"
        _output([*command, "-c", "-o", str(fresh), str(source)])
        fresh.replace(compiled)  # whole, for whoever runs beside
    return compiled


def _kept(command: Sequence[str]) -> list[str]:
    """What of a command says how text is compiled: not where it is looked for."""
    return [word for word in command if not word.startswith("-I")]


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


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
    command = ["gcc", *WARNINGS, *flags, "-pthread"]
    command += [f"-I{runtime / 'include'}", f"-I{runtime / 'src'}", f"-I{TESTS}"]
    compiled = [str(_compiled(command, file, objects)) for file in files]
    _output([*command, "-o", str(executable), *compiled])
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
