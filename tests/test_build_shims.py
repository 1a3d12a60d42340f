# SPDX-License-Identifier: Apache-2.0
"""SHIMS of CMake and RAMWRIGHT_SHIMS of Make: named shims are compiled and serve the C library,
others are not; what is wrong with a name is said. The paths have spaces."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulate import build

EXAMPLE = build.ROOT / "examples" / "freertos_heap"
MAIN = """\
#include <stdio.h>
#include <stdlib.h>

#define MISSING(name) int name(void); int name(void) { return -1; }
MISSING(_close) MISSING(_lseek) MISSING(_read) MISSING(_write) MISSING(_fstat) MISSING(_isatty)
MISSING(_kill) MISSING(_getpid)
void _exit(int status) { for (;; status++) {} }

void *object(void);
char text[40];

int main(void)
{
    void *block = malloc(10);
    (void)snprintf(text, sizeof text, "%p %f", object(), (double)text[0]);
    free(block);
    return 0;
}
"""
OBJECT = """\
struct Object { int value; };
extern "C" void *object() { return new Object{1}; }
"""
CMAKE_LISTS = """\
cmake_minimum_required(VERSION 3.21)
project(firmware LANGUAGES @LANGUAGES@)
find_package(Ramwright REQUIRED)
add_executable(firmware main.c object.@EXTENSION@ startup.c)
set_target_properties(firmware PROPERTIES SUFFIX .elf)
target_compile_options(firmware PRIVATE -mcpu=cortex-m3 -Os -ffunction-sections -fdata-sections
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
target_link_options(firmware PRIVATE
  -mcpu=cortex-m3 -nostartfiles -Wl,--gc-sections --specs=nano.specs -u _printf_float)
ramwright_add_layout(TARGET firmware CONFIG memory.ramwright.yaml SCRIPT board.ld SHIMS @SHIMS@)
"""
MAKEFILE = """\
CC := arm-none-eabi-gcc
CXX := arm-none-eabi-g++
AR := arm-none-eabi-ar
CFLAGS := -mcpu=cortex-m3 -mthumb -Os -ffunction-sections -fdata-sections
CXXFLAGS := $(CFLAGS) -fno-exceptions
RAMWRIGHT := "@COMMAND@"
RAMWRIGHT_SCRIPT := board.ld
RAMWRIGHT_SHIMS := @SHIMS@
include $(shell $(RAMWRIGHT) paths --make | sed 's/ /\\\\ /g')
firmware.elf: main.o object.o startup.o $(RAMWRIGHT_OBJECTS) $(RAMWRIGHT_LINK_DEPENDS)
	$(CXX) $(CFLAGS) -nostartfiles -Wl,--gc-sections --specs=nano.specs -u _printf_float \\
		$(RAMWRIGHT_LDFLAGS) -o $@ main.o object.o startup.o $(RAMWRIGHT_OBJECTS)
	$(call ramwright_verify,$@)
"""


@dataclass(frozen=True)
class Built:
    """How a build ended: its status, what it said, the ELF it was to make."""

    status: int
    said: str
    elf: Path

    def symbols(self) -> set[str]:
        """The names that the ELF defines."""
        assert self.status == 0, self.said
        lines = build.output_of(["arm-none-eabi-nm", self.elf]).splitlines()
        return {line.split()[-1] for line in lines}


def _project(directory: Path, **values: str) -> tuple[Path, Path]:
    """A project and a command, whose runtime lies in a path with spaces."""
    tool = directory / "the tool"
    shutil.copytree(
        build.ROOT / "generator", tool / "generator", ignore=shutil.ignore_patterns("*.egg-info")
    )
    for name in ("templates", "schemas", "runtime"):
        shutil.copytree(build.ROOT / name, tool / name)
    command = directory / "ramwright"
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH="{tool}/generator" exec "{sys.executable}" -P -m ramwright "$@"\n'
    )
    command.chmod(0o755)
    project = directory / "my firmware"
    shutil.copytree(EXAMPLE, project)
    shutil.copy(build.ROOT / "examples" / "common" / "startup.c", project)
    (project / "main.c").write_text(MAIN)
    (project / f"object.{values['EXTENSION']}").write_text(
        OBJECT if values["EXTENSION"] == "cpp" else "void *object(void) { return 0; }\n"
    )
    for file, text in (("CMakeLists.txt", CMAKE_LISTS), ("Makefile", MAKEFILE)):
        for name, value in {**values, "COMMAND": str(command)}.items():
            text = text.replace(f"@{name}@", value)
        (project / file).write_text(text)
    return project, command


def _run(*command: str | Path, cwd: Path) -> tuple[int, str]:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def built(system: str, directory: Path, shims: str, languages: str = "C CXX") -> Built:
    """The project built by `system`."""
    extension = "cpp" if "CXX" in languages else "c"
    project, command = _project(directory, SHIMS=shims, LANGUAGES=languages, EXTENSION=extension)
    if system == "make":
        return Built(*_run("make", cwd=project), project / "firmware.elf")
    output = project / "build"
    status, said = _run(
        "cmake", "-G", system, "-S", project, "-B", output,
        f"-DCMAKE_TOOLCHAIN_FILE={build.ROOT}/examples/common/arm-none-eabi.cmake",
        f"-DRamwright_DIR={directory}/the tool/runtime/cmake",
        f"-DRamwright_EXECUTABLE={command}", cwd=project,
    )  # fmt: skip
    if status == 0:
        status, more = _run("cmake", "--build", output, cwd=project)
        said += more
    return Built(status, said, output / "firmware.elf")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A folder with spaces in its path."""
    folder = tmp_path / "with spaces"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("system", ["Ninja", "Unix Makefiles", "make"])
def test_named_shims_serve_the_library(system: str, directory: Path) -> None:
    names = built(system, directory, "newlib cxx").symbols()
    assert {"_malloc_r", "_Znwj", "os_heap"} <= names
    assert not {name for name in names if "sbrk" in name}


@pytest.mark.parametrize("system", ["Ninja", "make"])
def test_shims_that_are_not_named_are_not_linked(system: str, directory: Path) -> None:
    result = built(system, directory, "cxx")
    assert result.status != 0
    assert "undefined reference to `_sbrk'" in result.said


@pytest.mark.parametrize("system", ["Ninja", "make"])
@pytest.mark.parametrize("name", ["newlbi", "common"])
def test_an_unknown_shim_is_an_error(system: str, name: str, directory: Path) -> None:
    result = built(system, directory, f"newlib {name}")
    assert result.status != 0
    said = " ".join(result.said.split())
    assert f"there is no shim {name}" in said


def test_a_shim_in_cxx_needs_the_language(directory: Path) -> None:
    result = built("Ninja", directory, "newlib cxx", languages="C")
    assert result.status != 0
    assert "add CXX to the languages" in " ".join(result.said.split())
