# SPDX-License-Identifier: Apache-2.0
"""Cross-compiles firmware for the emulated tests: the runtime, a generated layout, an image.

Flags are those under which all figures of the project are stated. A command that fails raises
BuildError with the command and everything it printed, so that a failing test shows the compiler's
own words.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "runtime"
PREFIX = "arm-none-eabi-"

FLAGS = (
    "-std=c11",
    "-Os",
    "-mthumb",
    "-ffreestanding",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-common",
    "-DNDEBUG",
    "-g",
)
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")


class BuildError(Exception):
    """A command failed; the text is the command and its output."""


def output_of(command: Sequence[str | Path], cwd: Path | None = None) -> str:
    """What `command` prints on both streams; raises BuildError unless it succeeds."""
    words = [str(word) for word in command]
    path = os.pathsep.join(
        filter(None, [str(ROOT / "generator"), os.environ.get("PYTHONPATH", "")])
    )
    done = subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise BuildError(f"{shlex.join(words)}\nexit status {done.returncode}\n{done.stdout}")
    return done.stdout


@dataclass(frozen=True)
class Build:
    """One cross-compilation: for which core, into which directory, with which further flags."""

    cpu: str  # gcc's -mcpu
    directory: Path
    flags: tuple[str, ...] = ()

    def compiled(
        self, source: Path, *flags: str, includes: Sequence[Path] = (), name: str = ""
    ) -> Path:
        """The object file of `source`."""
        obj = self.directory / f"{name or source.stem}.o"
        obj.parent.mkdir(parents=True, exist_ok=True)
        paths = [RUNTIME / "include", *includes]
        output_of(
            [
                f"{PREFIX}gcc",
                f"-mcpu={self.cpu}",
                *FLAGS,
                *WARNINGS,
                *self.flags,
                *flags,
                *(f"-I{path}" for path in paths),
                "-c",
                source,
                "-o",
                obj,
            ]
        )
        return obj

    def runtime(self) -> Path:
        """The runtime as a library; built once a directory."""
        library = self.directory / "libramwright.a"
        if not library.exists():
            sources = sorted((RUNTIME / "src").glob("*.c"))
            objects = [self.compiled(source, name=f"runtime/{source.stem}") for source in sources]
            output_of([f"{PREFIX}ar", "rcs", library, *objects])
        return library

    def linked(
        self, name: str, objects: Sequence[Path], scripts: Sequence[Path], *flags: str
    ) -> Path:
        """The ELF made of `objects` and, where they need it, the C library and libgcc."""
        elf = self.directory / f"{name}.elf"
        output_of(
            [
                f"{PREFIX}gcc",
                f"-mcpu={self.cpu}",
                "-mthumb",
                "-nostartfiles",
                "-Wl,--gc-sections",
                "-Wl,--fatal-warnings",
                *(f"-Wl,-T,{script}" for script in scripts),
                *flags,
                *objects,
                "-o",
                elf,
            ]
        )
        return elf


@dataclass(frozen=True)
class Layout:
    """The files the generator wrote for one config."""

    directory: Path
    name: str

    @property
    def source(self) -> Path:
        """Descriptors, states, arenas."""
        return self.directory / f"{self.name}_memory.c"

    def scripts(self, board: Path) -> tuple[Path, Path, Path]:
        """The board's script and the layout's two, in the order the linker wants."""
        return (
            board,
            self.directory / f"{self.name}_memory.ld",
            self.directory / f"{self.name}_memory_check.ld",
        )


def generated(config: Path, directory: Path, name: str) -> Layout:
    """The layout `name` of `config`, generated into `directory`."""
    output_of([sys.executable, "-m", "ramwright", "generate", config, "-o", directory])
    return Layout(directory, name)


def raw_image(elf: Path) -> Path:
    """The bytes a programmer would burn into flash, beside `elf`."""
    image = elf.with_suffix(".bin")
    output_of([f"{PREFIX}objcopy", "-O", "binary", elf, image])
    return image
