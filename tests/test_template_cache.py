# SPDX-License-Identifier: Apache-2.0
"""Compiled templates are kept between runs, and nothing goes wrong where they cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ramwright import cli

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "tests" / "good" / "design_example.yaml"


def outputs(directory: Path, **environment: str) -> dict[str, bytes]:
    """What a run writes that sees these variables, and of the usual ones PATH only."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "generator"), **environment}
    command = [sys.executable, "-m", "ramwright", "generate", str(CONFIG), "-o", str(directory)]
    done = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    directory = tmp_path_factory.mktemp("expected")
    assert cli.main(["generate", str(CONFIG), "-o", str(directory)]) == cli.OK
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_second_run_reads_what_the_first_compiled(
    tmp_path: Path, expected: dict[str, bytes]
) -> None:
    cache = tmp_path / "cache" / "ramwright"
    assert outputs(tmp_path / "one", XDG_CACHE_HOME=str(cache.parent)) == expected
    kept = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert kept
    assert outputs(tmp_path / "two", XDG_CACHE_HOME=str(cache.parent)) == expected
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == kept


@pytest.mark.parametrize("content", [b"", b"j2", b"\xff" * 64], ids=["empty", "cut", "junk"])
def test_damaged_cache_is_written_anew(
    tmp_path: Path, expected: dict[str, bytes], content: bytes
) -> None:
    cache = tmp_path / "ramwright"
    outputs(tmp_path / "one", XDG_CACHE_HOME=str(tmp_path))
    for path in cache.iterdir():
        path.write_bytes(path.read_bytes()[:40] if content == b"j2" else content)
    damaged = {path: path.read_bytes() for path in cache.iterdir()}
    assert outputs(tmp_path / "two", XDG_CACHE_HOME=str(tmp_path)) == expected
    assert all(path.read_bytes() != before for path, before in damaged.items())


def test_without_a_folder_for_it_templates_are_compiled_each_time(
    tmp_path: Path, expected: dict[str, bytes]
) -> None:
    assert outputs(tmp_path / "none") == expected
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    assert outputs(tmp_path / "file_instead", XDG_CACHE_HOME=str(file)) == expected
    assert outputs(tmp_path / "home", HOME=str(file / "nobody")) == expected
    asked = outputs(tmp_path / "asked", HOME=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")
    assert asked == expected
    assert not (tmp_path / ".cache").exists()
