# SPDX-License-Identifier: Apache-2.0
"""CMake and Make: what changed is built anew, and where nothing changed nothing runs.

Each case builds a project in a path with spaces, with a copy of the generator and the runtime in
another. Wrappers around the command, the compiler and the linker keep a journal, so that "nothing
runs" means no process, not only no message.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "freertos_heap"
PROJECT_MAKEFILE = r"""
CC := {journal} arm-none-eabi-gcc
AR := {journal} arm-none-eabi-ar
CPPFLAGS := -MMD -MP
CFLAGS := -mcpu=cortex-m3 -Os -Wall -Wextra -Werror -ffunction-sections -fdata-sections
LDFLAGS := -nostartfiles -Wl,--gc-sections -Wl,--fatal-warnings
RAMWRIGHT := {command}
RAMWRIGHT_SCRIPT := board.ld

include $(shell $(RAMWRIGHT) paths --make | sed 's/ /\\ /g')

OBJECTS := build/main.o build/startup.o
build/firmware.elf: $(OBJECTS) $(RAMWRIGHT_OBJECTS) $(RAMWRIGHT_LINK_DEPENDS)
	$(CC) $(CFLAGS) $(LDFLAGS) $(RAMWRIGHT_LDFLAGS) -o $@ $(OBJECTS) $(RAMWRIGHT_OBJECTS)
	$(call ramwright_verify,$@)

build/main.o: main.c
	$(CC) $(CPPFLAGS) $(RAMWRIGHT_CPPFLAGS) $(CFLAGS) -c -o $@ $<
build/startup.o: startup.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
-include $(OBJECTS:.o=.d)

.PHONY: clean
clean:
	rm -rf build
"""


@dataclass(frozen=True)
class Project:
    """A firmware project: where it is, how it is built, where its tools write their journal."""

    source: Path
    tool: Path
    elf: Path
    journal: Path
    build_command: tuple[str, ...]

    def build(self, *, fails: bool = False) -> set[str]:
        """Builds; the kinds of process that ran: generate, compile, link, verify, …"""
        self.journal.write_text("")
        result = subprocess.run(
            self.build_command, cwd=self.source, capture_output=True, text=True, check=False
        )
        assert (result.returncode != 0) == fails, result.stdout + result.stderr
        return {_kind(line) for line in self.journal.read_text().splitlines()}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replaces `old` in a source file."""
        text = (self.source / name).read_text()
        assert old in text
        (self.source / name).write_text(text.replace(old, new))


def _kind(command: str) -> str:
    words = command.split()
    if words[0] == "ramwright":
        return words[1] + (" --list-outputs" if "--list-outputs" in words else "")
    if words[0].endswith("-ar"):
        return "archive"
    return "compile" if "-c" in words else "link"


def _script(path: Path, text: str) -> None:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def _tools(directory: Path, journal: Path) -> tuple[Path, Path]:
    """A copy of the tool and a command for it; a launcher that keeps the journal."""
    tool = directory / "the tool"
    shutil.copytree(
        ROOT / "generator",
        tool / "generator",
        ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
    )
    for name in ("templates", "schemas", "runtime"):
        shutil.copytree(ROOT / name, tool / name)
    commands = directory / "bin"
    commands.mkdir()
    _script(
        commands / "ramwright",
        f'echo "ramwright $*" >> "{journal}"\n'
        f'[ "$1" = verify ] && [ -e "{directory}/refuse" ] && exit 1\n'
        f'PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="{tool}/generator" '
        f'exec "{sys.executable}" -P -m ramwright "$@"\n',
    )
    _script(commands / "journal", f'echo "$*" >> "{journal}"\nexec "$@"\n')
    return tool, commands


def _source(directory: Path) -> Path:
    source = directory / "my firmware"
    shutil.copytree(EXAMPLE, source)
    shutil.copy(ROOT / "examples" / "common" / "startup.c", source)
    return source


def _with_cmake(directory: Path, generator: str) -> Project:
    journal = directory / "journal"
    tool, commands = _tools(directory, journal)
    source = _source(directory)
    text = (source / "CMakeLists.txt").read_text()
    (source / "CMakeLists.txt").write_text(text.replace("../common/", ""))
    build = directory / "out of tree"
    launcher = commands / "journal"
    configure: Sequence[str] = (
        "cmake", "-G", generator, "-S", str(source), "-B", str(build),
        f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/examples/common/arm-none-eabi.cmake",
        f"-DCMAKE_PREFIX_PATH={tool}/runtime/cmake",
        f"-DRamwright_EXECUTABLE={commands}/ramwright",
        f"-DCMAKE_C_COMPILER_LAUNCHER={launcher}",
        f"-DCMAKE_C_LINKER_LAUNCHER={launcher}",
    )  # fmt: skip
    subprocess.run(configure, check=True, capture_output=True)
    command = ("cmake", "--build", str(build), "--parallel", "2")
    return Project(source, tool, build / "firmware.elf", journal, command)


def _with_make(directory: Path) -> Project:
    journal = directory / "journal"
    tool, commands = _tools(directory, journal)
    source = _source(directory)
    text = PROJECT_MAKEFILE.format(
        command=f'"{commands}/ramwright"', journal=f'"{commands}/journal"'
    )
    (source / "Makefile").write_text(text)
    return Project(source, tool, source / "build" / "firmware.elf", journal, ("make", "-j2"))


@pytest.fixture(scope="module", params=["Ninja", "Unix Makefiles", "make"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that was built once."""
    directory = tmp_path_factory.mktemp("with spaces") / "in its path"
    directory.mkdir()
    made = (
        _with_make(directory) if request.param == "make" else _with_cmake(directory, request.param)
    )
    assert made.build() >= {"generate", "compile", "link", "verify"}
    assert made.elf.is_file()
    return made


def _nothing_runs(project: Project) -> bool:
    # A Makefile asks where the include file is, each time it is read.
    return project.build() <= {"paths"}


def test_untouched_runs_nothing(project: Project) -> None:
    project.build()
    before = project.elf.stat().st_mtime_ns
    assert _nothing_runs(project)
    assert project.elf.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "touched",
    [
        "memory.ramwright.yaml",
        "templates/memory.h.j2",
        "templates/memory.ld.j2",
        "schemas/ramwright.schema.json",
        "generator/ramwright/layout.py",
        "generator/ramwright/rules/__init__.py",
    ],
)
def test_touched_input_generates_links_and_verifies(project: Project, touched: str) -> None:
    project.build()
    home = project.source if touched.endswith(".yaml") else project.tool
    os.utime(home / touched)
    ran = project.build()
    assert ran >= {"generate", "link", "verify"}
    assert "compile" not in ran, "an output was rewritten without a change of its content"
    assert _nothing_runs(project)


def test_changed_layout_compiles_what_depends_on_it(project: Project) -> None:
    project.build()
    project.edit("memory.ramwright.yaml", "size: 60K", "size: 48K")
    assert project.build() >= {"generate", "compile", "link", "verify"}
    assert _nothing_runs(project)


def test_changed_template_reaches_the_output(project: Project) -> None:
    project.build()
    template = project.tool / "templates" / "memory.h.j2"
    template.write_text(template.read_text() + "/* one more line */\n")
    assert project.build() >= {"generate", "compile", "link", "verify"}
    header = next((project.elf.parent).rglob("kernel_memory.h"))
    assert header.read_text().endswith("/* one more line */\n")


def test_touched_script_links_and_verifies(project: Project) -> None:
    project.build()
    os.utime(project.source / "board.ld")
    assert project.build() - {"paths"} == {"link", "verify"}
    assert _nothing_runs(project)


def test_touched_runtime_is_compiled(project: Project) -> None:
    project.build()
    os.utime(project.tool / "runtime" / "include" / "ramwright" / "base.h")
    assert project.build() >= {"compile", "link", "verify"}
    assert _nothing_runs(project)


@pytest.mark.parametrize("project", ["make"], indirect=True)
def test_make_starts_the_tool_no_more_than_it_must(project: Project) -> None:
    project.build()
    os.utime(project.source / "memory.ramwright.yaml")
    project.build()
    lines = project.journal.read_text().splitlines()
    runs = [line for line in lines if line.startswith("ramwright ") and "--make" not in line]
    assert sorted(line.split()[1] for line in runs) == ["generate", "paths", "verify"]


@pytest.mark.parametrize("output", ["kernel_memory.c", "kernel_memory.h", "kernel_memory.ld"])
def test_deleted_output_is_written_anew(project: Project, output: str) -> None:
    project.build()
    (file,) = project.elf.parent.rglob(output)
    file.unlink()
    assert "generate" in project.build()
    assert file.is_file()
    assert _nothing_runs(project)


def test_failed_verify_fails_the_build_until_it_passes(project: Project) -> None:
    project.build()
    refuse = project.journal.parent / "refuse"
    os.utime(project.source / "board.ld")
    refuse.touch()
    assert "verify" in project.build(fails=True)
    assert "verify" in project.build(fails=True), "a firmware that failed once passed as built"
    refuse.unlink()
    assert project.build() >= {"link", "verify"}
    assert _nothing_runs(project)


def test_wrong_layout_fails_the_build(project: Project) -> None:
    project.build()
    project.edit("memory.ramwright.yaml", "os: {region: ram", "os: {region: rom")
    ran = project.build(fails=True)
    assert "link" not in ran
    project.edit("memory.ramwright.yaml", "os: {region: rom", "os: {region: ram")
    project.build()
    assert _nothing_runs(project)


def test_input_that_went_away_is_work_not_an_error(project: Project) -> None:
    extra = project.tool / "templates" / "extra.j2"
    extra.write_text("")
    os.utime(project.source / "memory.ramwright.yaml")
    project.build()
    extra.unlink()
    assert "generate" in project.build()
    assert _nothing_runs(project)


def test_renamed_layout_is_built(project: Project) -> None:
    project.build()
    project.edit("memory.ramwright.yaml", "name: kernel", "name: rover")
    project.edit("main.c", "kernel_memory.h", "rover_memory.h")
    assert project.build() >= {"generate", "compile", "link", "verify"}
    files = project.elf.parent.rglob("*_memory*")
    written = {file.name for file in files if file.suffix in (".c", ".h", ".ld", ".txt", ".json")}
    assert "rover_memory.h" in written
    assert not [name for name in written if name.startswith("kernel")], "could still be included"
    assert _nothing_runs(project)
    project.edit("memory.ramwright.yaml", "name: rover", "name: kernel")
    project.edit("main.c", "rover_memory.h", "kernel_memory.h")
    project.build()
