# SPDX-License-Identifier: Apache-2.0
"""The port for Xtensa: what its locks do to QEMU's LX106. Other tests run the runtime there."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulate import build, qemu
from runtime_host import mutant
from test_boards import BOARD_SUPPORT, EMULATE, memory_of, script_of, startup_of

BOARD = qemu.BOARDS["sim"]
PORT = "include/ramwright/ports/xtensa.h"


def status_of_locks(directory: Path) -> int:
    """The number of what the locks got wrong, 0 if nothing."""
    maker = build.Build(BOARD.cpu, directory)
    sources = (EMULATE / "xtensa_locks.c", BOARD_SUPPORT / "semihosting.c", startup_of(BOARD))
    objects = [maker.compiled(source, includes=(BOARD_SUPPORT,)) for source in sources]
    elf = maker.linked("locks", objects, [script_of(BOARD)], *memory_of(BOARD))
    return qemu.run(BOARD, build.raw_image(elf, build.XTENSA_PREFIX)).status


def test_locks_raise_the_level_nest_and_restore(tmp_path: Path) -> None:
    assert status_of_locks(tmp_path) == 0


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        ("RW_XTENSA_LEVEL) {", "16U) {", 13),  # lowers the level of who masks more
        ("wsr %0, ps", "and %0, %0, %0", 4),  # stays masked
        ("RW_XTENSA_INTLEVEL | RW_XTENSA_EXCM", "RW_XTENSA_INTLEVEL", 24),  # in an exception
    ],
)
def test_a_fault_is_told(
    old: str, new: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "RUNTIME", mutant(tmp_path, PORT, old, new))
    assert status_of_locks(tmp_path) == number
