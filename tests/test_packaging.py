# SPDX-License-Identifier: Apache-2.0
"""The main job away from the checkout: from a wheel in an empty environment, with CMake, and from
an editable install, with Make: generate, cross-compile, link, verify.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ramwright import __version__

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "stm32f407_rtthread"
SHIPPED = ("templates", "schemas", "runtime")
UNSHIPPED = shutil.ignore_patterns("__pycache__", "*.egg-info")
MAKEFILE = r"""
CC := arm-none-eabi-gcc
AR := arm-none-eabi-ar
CFLAGS := -mcpu=cortex-m4 -Os -ffunction-sections -fdata-sections
LDFLAGS := -nostartfiles -Wl,--gc-sections -Wl,--fatal-warnings
RAMWRIGHT_SCRIPT := board.ld
include $(shell ramwright paths --make)
CPPFLAGS += $(RAMWRIGHT_CPPFLAGS)

firmware.elf: main.o startup.o $(RAMWRIGHT_OBJECTS) $(RAMWRIGHT_LINK_DEPENDS)
	$(CC) $(CFLAGS) $(LDFLAGS) $(RAMWRIGHT_LDFLAGS) -o $@ main.o startup.o $(RAMWRIGHT_OBJECTS)
	$(call ramwright_verify,$@)
"""


def _run(
    *command: str | Path, cwd: Path | None = None, path: Path | None = None, fails: bool = False
) -> str:
    """The output of `command`, with `path` before the PATH and nothing of the checkout in it."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    result = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode != 0) == fails, result.stdout + result.stderr
    return result.stderr if fails else result.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a package is built from: building leaves files beside its sources."""
    copy = tmp_path_factory.mktemp("packaging") / "checkout"
    for name in ("generator", *SHIPPED):
        shutil.copytree(ROOT / name, copy / name, ignore=UNSHIPPED)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    """The wheel, built with the tools of this environment."""
    output = checkout.parent / "dist"
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation")
    _run(*pip, "-w", output, ".", cwd=checkout)
    (built,) = output.glob("*.whl")
    return built


def _environment(directory: Path, *package: str | Path) -> Path:
    """The bin folder of a new environment with `package` and what it needs."""
    _run(sys.executable, "-m", "venv", directory)
    _run(directory / "bin" / "python", "-m", "pip", "install", "-q", *package)
    return directory / "bin"


def _project(directory: Path) -> Path:
    shutil.copytree(EXAMPLE, directory)
    shutil.copy(ROOT / "examples" / "common" / "startup.c", directory)
    lists = directory / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace("../common/", ""))
    (directory / "Makefile").write_text(MAKEFILE)
    return directory


def test_wheel_holds_every_file(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "generator" / "ramwright"
    expected = {
        f"ramwright/{file.relative_to(package)}"
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    } | {
        f"ramwright/{file.relative_to(ROOT)}"
        for folder in SHIPPED
        for file in (ROOT / folder).rglob("*")
        if file.is_file()
    }
    assert not expected - names
    assert not {name for name in names - expected if ".dist-info/" not in name}


def test_main_job_from_the_wheel_with_cmake(wheel: Path, tmp_path: Path) -> None:
    commands = _environment(tmp_path / "environment", wheel)
    project = _project(tmp_path / "project")
    package = Path(_run(commands / "ramwright", "paths", "--cmake").strip())
    assert tmp_path in package.parents
    # No Ramwright_EXECUTABLE and not on the PATH: the package finds the command it belongs to.
    _run(
        "cmake", "-G", "Ninja", "-S", project, "-B", tmp_path / "build",
        f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/examples/common/arm-none-eabi.cmake",
        f"-DCMAKE_PREFIX_PATH={package}",
    )  # fmt: skip
    _run("cmake", "--build", tmp_path / "build")
    elf = tmp_path / "build" / "firmware.elf"
    config = project / "memory.ramwright.yaml"
    _run(commands / "ramwright", "verify", config, elf)
    assert "RW0101" in _run(commands / "ramwright", "explain", "RW0101")
    assert '"$schema"' in _run(commands / "ramwright", "schema")


def test_main_job_from_an_editable_install_with_make(checkout: Path, tmp_path: Path) -> None:
    commands = _environment(tmp_path / "environment", "-e", checkout)
    project = _project(tmp_path / "project")
    assert Path(_run(commands / "ramwright", "paths", "--src").strip()) == checkout / "runtime/src"
    _run("make", cwd=project, path=commands)
    _run(commands / "ramwright", "verify", "memory.ramwright.yaml", "firmware.elf", cwd=project)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        *(("", True), ("{0}.{1}", True), ("{0}.{1}.{2} EXACT", True)),
        *(("{0}.{1}.99", False), ("{0}.99", False), ("99", False)),
    ],
)
def test_cmake_finds_the_version_that_is_asked_for(
    wanted: str, found: bool, tmp_path: Path
) -> None:
    command = tmp_path / "ramwright"
    command.write_text(f'#!/bin/sh\necho "{ROOT}/runtime/cmake"\n')
    command.chmod(0o755)
    version = wanted.format(*__version__.split("."))
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.21)\nproject(test NONE)\n"
        f"find_package(Ramwright {version} REQUIRED)\n"
    )
    _run(
        "cmake", "-S", tmp_path, "-B", tmp_path / "build",
        f"-DCMAKE_PREFIX_PATH={ROOT}/runtime/cmake", f"-DRamwright_EXECUTABLE={command}",
        fails=not found,
    )  # fmt: skip


def test_package_of_another_installation_is_refused(wheel: Path, tmp_path: Path) -> None:
    commands = _environment(tmp_path / "environment", wheel)
    project = _project(tmp_path / "project")
    message = _run(
        "cmake", "-G", "Ninja", "-S", project, "-B", tmp_path / "build",
        f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/examples/common/arm-none-eabi.cmake",
        f"-DCMAKE_PREFIX_PATH={ROOT}/runtime/cmake",
        f"-DRamwright_EXECUTABLE={commands}/ramwright",
        fails=True,
    )  # fmt: skip
    assert "belongs to another installation" in " ".join(message.split())
