# SPDX-License-Identifier: Apache-2.0
"""What the linker put into an image, from the map file of GNU ld."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

START = "Linker script and memory map"

# " .text.rw_on_fault", then on the same line or the next one address, size and file.
INPUT = re.compile(
    r"^ (?P<section>\.[\w.$]+)\s+0x[0-9a-f]+\s+0x(?P<size>[0-9a-f]+) (?P<file>\S.*)$", re.MULTILINE
)


@dataclass(frozen=True)
class Contribution:
    """One input section that was linked."""

    section: str
    size: int
    archive: str  # name of the library's file; empty for an object file
    member: str  # name of the object file

    @property
    def is_code(self) -> bool:
        """Executable, literal pools included."""
        return self.section.startswith(".text")

    @property
    def is_flash(self) -> bool:
        """Takes room in flash: code, constants, initial values."""
        return self.section.startswith((".text", ".rodata", ".data", ".ARM.ex", ".init_array"))

    @property
    def is_helper(self) -> bool:
        """From the compiler's or the C library, not from the project."""
        return self.archive.startswith(("libgcc", "libc", "libg"))


def contributions(map_text: str) -> list[Contribution]:
    """Every input section of the image with a size; what was discarded comes before START."""
    linked = map_text[map_text.index(START) :]
    return [
        _contribution(match["section"], int(match["size"], 16), match["file"])
        for match in INPUT.finditer(linked)
        if int(match["size"], 16)
    ]


def _contribution(section: str, size: int, file: str) -> Contribution:
    archive, _, member = file.removesuffix(")").rpartition("(")
    return Contribution(section, size, PurePosixPath(archive).name, PurePosixPath(member).name)
