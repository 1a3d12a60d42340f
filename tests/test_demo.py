# SPDX-License-Identifier: Apache-2.0
"""The demo as `make demo` runs it: generated, built with CMake, booted raw from poisoned RAM."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from emulate import build, qemu

DEMO = build.ROOT / "examples" / "mps2"
BOARD = qemu.BOARDS["mps2-an385"]


def built(source: Path, directory: Path) -> Path:
    """The raw image of the demo in `source`."""
    command = directory / "ramwright"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ramwright "$@"\n')
    command.chmod(0o755)
    output = directory / "build"
    build.output_of(
        [
            "cmake",
            "-G",
            "Ninja",
            "-S",
            source,
            "-B",
            output,
            f"-DCMAKE_TOOLCHAIN_FILE={DEMO / 'toolchain.cmake'}",
            f"-DRamwright_DIR={build.RUNTIME / 'cmake'}",
            f"-DRamwright_EXECUTABLE={command}",
        ]
    )
    build.output_of(["cmake", "--build", output, "--parallel", str(min(2, os.cpu_count() or 1))])
    return output / "demo.bin"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> qemu.Run:
    """One run of the demo."""
    return qemu.run(BOARD, built(DEMO, tmp_path_factory.mktemp("demo")))


def test_every_check_passes(demo: qemu.Run) -> None:
    assert demo.status == 0, demo.output
    passed = re.search(r"^(\d+) of (\d+) checks passed$", demo.output, re.MULTILINE)
    assert passed
    assert passed[1] == passed[2]
    assert int(passed[1]) >= 40
    assert "FAILED" not in demo.output


def test_arenas_are_as_the_poison_left_them(demo: qemu.Run) -> None:
    assert "main's arena before its first alloc: 0xa5a5a5a5\n" in demo.output


def test_the_interrupt_shared_the_pool(demo: qemu.Run) -> None:
    traffic = re.search(r"^can_rx: (\d+) frames from the interrupt, (\d+) of", demo.output, re.M)
    assert traffic
    assert int(traffic[1]) >= 2000
    assert int(traffic[2]) > int(traffic[1])


def test_provoked_faults_reach_the_hook(demo: qemu.Run) -> None:
    faults = re.findall(r"^fault hook: (.+) in (.+) at 0x[0-9a-f]{8}$", demo.output, re.MULTILINE)
    assert faults == [
        ("foreign free", "can_rx"),
        ("misaligned free", "can_rx"),
        ("double free", "can_rx"),
        ("double free", "main"),
        ("foreign free", "no object"),
    ]


def test_usage_is_printed_for_every_object(demo: qemu.Run) -> None:
    rows = re.findall(
        r"^(\w+) +(pool|heap|slab|memheap) +(\d+) +(\d+) +(\d+) +(\d+)$", demo.output, re.MULTILINE
    )
    sizes = {name: int(size) for name, _, _, _, size, _ in rows}
    assert sizes == {
        "can_rx": 24 * 16,
        "main": 32 << 10,
        "bulk": 2 << 20,
        "kernel": 12 << 10,
        "system": (32 << 10) + (2 << 20),
    }
    for _, _, used, peak, size, _ in rows:
        assert int(used) == 0
        assert 0 < int(peak) <= int(size)


def test_a_seeded_leak_ends_with_the_number_of_the_failed_check(tmp_path: Path) -> None:
    source = tmp_path / "leaky"
    shutil.copytree(DEMO, source)
    main = source / "main.c"
    text = main.read_text()
    honest = "freed = system_free(blocks[i]) == RW_OK && freed;"
    assert text.count(honest) == 1
    main.write_text(text.replace(honest, f"if (i > 0) {{ {honest} }}"))
    run = qemu.run(BOARD, built(source, tmp_path))
    failed = re.findall(r"^FAILED check (\d+): (.+)$", run.output, re.MULTILINE)
    assert failed == [(str(run.status), "every block went back to its owner")]
