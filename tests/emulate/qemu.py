# SPDX-License-Identifier: Apache-2.0
"""Boots a raw image on a QEMU board whose RAM is poisoned first.

QEMU zero-fills RAM, and its ELF loader clears .bss too: faults that memory full of garbage would
show stay hidden. So the image goes in as plain bytes at the reset address, and each bank of RAM is
loaded with 0xA5 before the core starts. Output comes by semihosting, as does the exit status
(SYS_EXIT_EXTENDED). Time is counted in instructions, which makes a run with a timer interrupt
repeatable.

    python qemu.py mps2-an385 firmware.bin
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

POISON = b"\xa5"
TIMED_OUT = 124  # as timeout(1) reports it


@dataclass(frozen=True)
class Board:
    """A QEMU machine: where its image starts, and its banks of RAM (origin, size), home first."""

    machine: str
    cpu: str  # as a config's `target.cpu`
    reset: int
    banks: tuple[tuple[int, int], ...]
    harts: int = 1  # cores; they take turns, at times that the timer says

    @property
    def name(self) -> str:
        """What tells it from the others; RISC-V cores all run on one machine."""
        return f"{self.machine}-{self.cpu}" if self.riscv else self.machine

    @property
    def riscv(self) -> bool:
        """Whether its core is RISC-V."""
        return self.cpu.startswith("rv")

    @property
    def arm(self) -> bool:
        """Whether its core is a Cortex-M, which loads stack and entry from its vectors."""
        return self.cpu.startswith("cortex-")

    @property
    def options(self) -> list[str]:
        """The emulator, with what makes it this board."""
        if self.arm:
            return ["qemu-system-arm", "-machine", self.machine, "-serial", "null"]
        if not self.riscv:
            core = self.cpu.removeprefix("xtensa-")
            console = ("-serial", "stdio")  # takes what the firmware prints by semihosting
            return ["qemu-system-xtensa", "-machine", self.machine, "-cpu", core, *console]
        width, extensions = self.cpu[2:4], self.cpu[4:]
        lacks = "".join(f",{one}=off" for one in "afdc" if one not in extensions)
        return [
            *(f"qemu-system-riscv{width}", "-machine", self.machine, "-bios", "none"),
            *("-cpu", f"rv{width}{lacks}", "-m", "16M", "-smp", str(self.harts), "-serial", "null"),
        ]


KIB = 1 << 10
MIB = 1 << 20

# Banks as `info mtree` of QEMU's monitor lists them; those of the M33 and M55 by their secure
# aliases. The 16 MiB of RAM of `virt` are taken for flash and RAM; behind them lies QEMU's device
# tree.
BOARDS = {
    board.name: board
    for board in (
        Board("microbit", "cortex-m0", 0, ((0x20000000, 16 * KIB),)),
        Board(
            "mps2-an385",
            "cortex-m3",
            0,
            ((0x20000000, 4 * MIB), (0x21000000, 16 * MIB), (0x01000000, 16 * KIB)),
        ),
        Board("stm32vldiscovery", "cortex-m3", 0x08000000, ((0x20000000, 8 * KIB),)),
        Board("mps2-an386", "cortex-m4", 0, ((0x20000000, 4 * MIB), (0x21000000, 16 * MIB))),
        Board("netduinoplus2", "cortex-m4", 0x08000000, ((0x20000000, 192 * KIB),)),
        Board("mps2-an500", "cortex-m7", 0, ((0x20000000, 4 * MIB), (0x60000000, 16 * MIB))),
        Board("mps2-an505", "cortex-m33", 0x10000000, ((0x38000000, 4 * MIB),)),
        Board("mps3-an547", "cortex-m55", 0x10000000, ((0x30000000, 512 * KIB),)),
        *(
            Board("virt", cpu, 0x80000000, ((0x80100000, 4 * MIB),))
            for cpu in ("rv32imc", "rv32imac", "rv64imac")
        ),
        Board("sim", "xtensa-lx106", 0x50000000, ((0x3FFC0000, 256 * KIB),)),
    )
}


@dataclass(frozen=True)
class Run:
    """What a firmware said and how it ended."""

    status: int
    output: str


def run(board: Board, image: Path, timeout: float = 60.0) -> Run:
    """Boots `image`; the status is TIMED_OUT if it does not end by itself."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [*_command(board), *_loaded(image, board.reset)]
        for origin, size in board.banks:
            poison = Path(scratch) / f"{origin:08x}.bin"
            poison.write_bytes(POISON * size)
            command += _loaded(poison, origin)
        return _finished(command, timeout)


def _command(board: Board) -> list[str]:
    return [
        *board.options,
        "-display",
        "none",
        "-monitor",
        "none",
        "-icount",
        "shift=6,align=off,sleep=off",
        "-semihosting-config",
        "enable=on,target=native",
    ]


def _loaded(file: Path, address: int) -> list[str]:
    path = str(file).replace(",", ",,")  # a comma ends the value otherwise
    return ["-device", f"loader,file={path},addr={address:#x},force-raw=on"]


def _finished(command: Sequence[str], timeout: float) -> Run:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        return Run(TIMED_OUT, f"{output}\nno end after {timeout:g} s\n")
    return Run(process.returncode, output)


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit status is the firmware's."""
    parser = argparse.ArgumentParser(description="Boot a raw image on a QEMU board.")
    parser.add_argument("board", choices=sorted(BOARDS))
    parser.add_argument("image", type=Path)
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds (default 60)")
    options = parser.parse_args(arguments)
    result = run(BOARDS[options.board], options.image, options.timeout)
    sys.stdout.write(result.output)
    return result.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
