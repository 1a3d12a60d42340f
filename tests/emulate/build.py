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
RISCV_PREFIX = "riscv64-unknown-elf-"  # of 32-bit programs too
XTENSA_PREFIX = "xtensa-lx106-elf-"
WITHOUT_LIBRARY = ("-nostdlib", "-lgcc")  # these compilers come without a C library

FLAGS = (
    "-std=c11",
    "-Os",
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
class Tools:
    """The tools for a core: what their names begin with, how the compiler is told of the core, what
    it links besides."""

    prefix: str
    flags: tuple[str, ...]
    libraries: tuple[str, ...] = ()


def tools_for(cpu: str) -> Tools:
    """The tools for `cpu`, spelled as a config's `target.cpu`."""
    if cpu.startswith("xtensa-"):
        return Tools(XTENSA_PREFIX, (), WITHOUT_LIBRARY)
    if not cpu.startswith("rv"):
        return Tools(PREFIX, (f"-mcpu={cpu}", "-mthumb"))
    abi = {"rv32": "ilp32", "rv64": "lp64"}[cpu[:4]] + ("e" if "e" in cpu[4:] else "")
    # Beyond 2 GiB of address 0, where RAM of 64-bit cores usually is, nothing else links.
    flags = (f"-march={cpu}", f"-mabi={abi}", "-mcmodel=medany")
    return Tools(RISCV_PREFIX, flags, WITHOUT_LIBRARY)


@dataclass(frozen=True)
class Build:
    """One cross-compilation: for which core, into which directory, with which further flags."""

    cpu: str  # as a config's `target.cpu`
    directory: Path
    flags: tuple[str, ...] = ()

    @property
    def tools(self) -> Tools:
        """The tools for its core."""
        return tools_for(self.cpu)

    def compiled(
        self, source: Path, *flags: str, includes: Sequence[Path] = (), name: str = ""
    ) -> Path:
        """The object file of `source`."""
        obj = self.directory / f"{name or source.stem}.o"
        obj.parent.mkdir(parents=True, exist_ok=True)
        paths = [RUNTIME / "include", *includes]
        tools = self.tools
        output_of(
            [
                f"{tools.prefix}gcc",
                *tools.flags,
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
            output_of([f"{self.tools.prefix}ar", "rcs", library, *objects])
        return library

    def linked(
        self, name: str, objects: Sequence[Path], scripts: Sequence[Path], *flags: str
    ) -> Path:
        """The ELF made of `objects` and, where they need it, the C library and libgcc."""
        elf = self.directory / f"{name}.elf"
        tools = self.tools
        output_of(
            [
                f"{tools.prefix}gcc",
                *tools.flags,
                "-nostartfiles",
                "-Wl,--gc-sections",
                "-Wl,--fatal-warnings",
                *(f"-Wl,-T,{script}" for script in scripts),
                *flags,
                *objects,
                *tools.libraries,
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


def raw_image(elf: Path, prefix: str = PREFIX) -> Path:
    """The bytes a programmer would burn into flash, beside `elf`."""
    image = elf.with_suffix(".bin")
    output_of([f"{prefix}objcopy", "-O", "binary", elf, image])
    return image
