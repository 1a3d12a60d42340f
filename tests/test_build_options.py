# SPDX-License-Identifier: Apache-2.0
"""What a build says about its layout, a variant or a constant, reaches the generator."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ramwright import assets

CONFIG = """\
ramwright: 1
name: app
target: {cpu: cortex-m4}
home: ram
include: [part.yaml]
constants: {N: 1}
regions:
  ram: {origin: 0x20000000, size: 64K}
variants:
  lite: {pools: {log: {count: N * 2}}}
"""
PART = "ramwright: 1\npools:\n  log: {region: ram, block_size: 8, count: 9}\n"
CMAKE = """\
cmake_minimum_required(VERSION 3.21)
project(app C)
find_package(Ramwright REQUIRED)
add_executable(fw main.c)
ramwright_add_layout(TARGET fw CONFIG app.yaml SCRIPT board.ld OPTIONS --variant lite -D N=3)
"""
MAKEFILE = """\
RAMWRIGHT := {command}
RAMWRIGHT_CONFIG := app.yaml
RAMWRIGHT_SCRIPT := board.ld
RAMWRIGHT_OPTIONS := --variant lite -D N=3
include {make}
all: ;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project, and the command of this checkout."""
    command = tmp_path / "ramwright"
    generator = Path(__file__).resolve().parent.parent / "generator"
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH={generator} exec {sys.executable} -m ramwright "$@"\n'
    )
    command.chmod(0o755)
    for name, text in (("app.yaml", CONFIG), ("part.yaml", PART), ("CMakeLists.txt", CMAKE)):
        (tmp_path / name).write_text(text)
    for name in ("main.c", "board.ld"):
        (tmp_path / name).write_text("")
    make = assets.path("make")
    (tmp_path / "Makefile").write_text(MAKEFILE.format(command=command, make=make))
    return tmp_path


def generated(folder: Path) -> tuple[str, int]:
    """The variant and the number of blocks in the map."""
    (path,) = folder.rglob("app_memory.map.json")
    document = json.loads(path.read_text())
    return document["variant"], document["objects"][0]["count"]


def test_cmake(folder: Path) -> None:
    configure = ["cmake", "-S", ".", "-B", "build", f"-DRamwright_EXECUTABLE={folder}/ramwright"]
    configure += [f"-DRamwright_DIR={assets.path('cmake')}"]
    subprocess.run(configure, cwd=folder, check=True, capture_output=True)
    build = ["cmake", "--build", "build", "--target", "fw_ramwright_generate"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    assert generated(folder) == ("lite", 6)
    (folder / "part.yaml").write_text(PART.replace("log", "lag") + "  log: {}\n")
    assert subprocess.run(build, cwd=folder, check=False, capture_output=True).returncode != 0


def test_make(folder: Path) -> None:
    subprocess.run(["make"], cwd=folder, check=True, capture_output=True)
    assert generated(folder) == ("lite", 6)
    (folder / "part.yaml").write_text(PART.replace("log", "lag") + "  log: {}\n")
    done = subprocess.run(["make"], cwd=folder, check=False, capture_output=True)
    assert done.returncode != 0, "a change of an included file is seen"


@pytest.mark.parametrize("said", ["", "CPPFLAGS += $(RAMWRIGHT_CPPFLAGS) -MMD -MP\n"])
def test_make_gives_the_compiler_each_option_once(said: str, folder: Path) -> None:
    """The Makefile's own sources need the same flags, which its CPPFLAGS then have already."""
    makefile = folder / "Makefile"
    text = makefile.read_text().replace("all: ;", f"{said}all: $(RAMWRIGHT_OBJECTS)")
    makefile.write_text(f"CFLAGS := -Os -ffunction-sections\n{text}")
    done = subprocess.run(
        ["make", "--dry-run"], cwd=folder, check=True, capture_output=True, text=True
    )
    lines = [line for line in done.stdout.splitlines() if " -c -o " in line]
    assert len(lines) > 1
    for line in lines:
        options = [word for word in line.split() if word.startswith(("-", '"-'))]
        assert sorted(options) == sorted(set(options))
        assert {"-Ibuild/ramwright", "-MMD", "-fdata-sections"} <= set(options)
