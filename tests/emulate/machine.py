# SPDX-License-Identifier: Apache-2.0
"""A Cortex-M core and its memory on the Unicorn engine: run functions of an ELF and measure them.

    machine = Machine(elf, "cortex-m3")
    block = machine.call("main_alloc", 24)          # r0 as the function left it
    machine = Machine(elf, "cortex-m3", counting=True)
    machine.call("main_alloc", 24)
    machine.instructions                            # executed by that call, exactly

Two ways to start. `Machine(...)` puts every section at its run address and clears .bss, as startup
code would have done, and functions are called one by one. `Machine(..., boot=True)` has only what
is burnt into flash, at its load address, and `run_to` starts at the reset vector. Either way all
other RAM is junk, so that nothing can lean on memory that happens to be zero.

What is measured are instructions, not cycles: one hook counts each instruction from the entry of
the function to its return. Hooks are installed before anything is translated, for the engine does
not add them to blocks it has translated already; hence they are asked for at construction.
There are no peripherals and no interrupts; the system control space is plain memory.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from unicorn import (
    UC_ARCH_ARM,
    UC_HOOK_CODE,
    UC_HOOK_INTR,
    UC_HOOK_MEM_READ,
    UC_HOOK_MEM_WRITE,
    UC_MEM_WRITE,
    UC_MODE_MCLASS,
    UC_MODE_THUMB,
    Uc,
    UcError,
)
from unicorn import arm_const as arm

MODELS = {
    # gcc's -mcpu: the engine's model. It has no M0+; the M0 executes the same instructions.
    "cortex-m0": arm.UC_CPU_ARM_CORTEX_M0,
    "cortex-m0plus": arm.UC_CPU_ARM_CORTEX_M0,
    "cortex-m3": arm.UC_CPU_ARM_CORTEX_M3,
    "cortex-m4": arm.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33": arm.UC_CPU_ARM_CORTEX_M33,
}

ARGUMENTS = (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3)

MIB = 1 << 20
FLASH = (0x00000000, 2 * MIB)
LANDING = (0x1F000000, 0x1000)  # where functions return to; nothing else lies there
SYSTEM = (0xE0000000, MIB)
BANKS = ((0x01000000, MIB), (0x20000000, 4 * MIB), (0x21000000, 2 * MIB))
STACK_TOP = 0x20400000

BREAKPOINT = 7  # the engine's number for BKPT, which semihosting calls use


class MachineError(Exception):
    """The firmware did what it must not: faulted, or never came back."""


@dataclass(frozen=True)
class Access:
    """One access to a watched address."""

    pc: int
    address: int
    size: int
    write: bool


@dataclass(frozen=True)
class Section:
    """What of an ELF section matters here."""

    name: str
    address: int
    size: int
    nobits: bool


@dataclass(frozen=True)
class Symbol:
    """A symbol with its bit 0 (Thumb) cleared for functions."""

    name: str
    address: int
    size: int
    function: bool


@dataclass(frozen=True)
class Image:
    """An ELF read once; share it between machines."""

    sections: tuple[Section, ...]  # allocated ones
    loads: tuple[tuple[int, int, bytes], ...]  # load address, run address, contents
    symbols: dict[str, Symbol]  # local ones too; of equal names the last
    data: tuple[int, ...] = ()  # where data begins among instructions

    @classmethod
    def of(cls, path: Path) -> Image:
        """The ELF file at `path`."""
        with path.open("rb") as file:
            elf = ELFFile(file)
            return cls(
                tuple(
                    Section(s.name, s["sh_addr"], s["sh_size"], s["sh_type"] == "SHT_NOBITS")
                    for s in elf.iter_sections()
                    if s["sh_flags"] & SH_FLAGS.SHF_ALLOC
                ),
                tuple(
                    (s["p_paddr"], s["p_vaddr"], s.data())
                    for s in elf.iter_segments("PT_LOAD")
                    if s["p_filesz"]
                ),
                _symbols(elf),
                tuple(s["st_value"] for s in _table(elf).iter_symbols() if s.name == "$d"),
            )


def _table(elf: ELFFile) -> SymbolTableSection:
    table = elf.get_section_by_name(".symtab")
    assert isinstance(table, SymbolTableSection), "the ELF was stripped"
    return table


def _symbols(elf: ELFFile) -> dict[str, Symbol]:
    """The named symbols of `elf`."""
    found = {}
    for symbol in _table(elf).iter_symbols():
        function = symbol["st_info"]["type"] == "STT_FUNC"
        address = symbol["st_value"] & ~1 if function else symbol["st_value"]
        found[symbol.name] = Symbol(symbol.name, address, symbol["st_size"], function)
    return found


class Machine:
    """A core, its memory, and an ELF in it. See the top of the file."""

    def __init__(
        self,
        image: Image,
        cpu: str,
        *,
        boot: bool = False,
        counting: bool = False,
        watch: Sequence[tuple[int, int]] = (),  # address, size
        junk: int = 1,  # seed of what RAM holds at first
    ) -> None:
        self.image = image
        self.instructions = 0  # executed by the last call or run_to; counting machines only
        self.accesses: list[Access] = []  # to watched addresses, since construction
        self._stop = 0
        self._engine: Any = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self._engine.ctl_set_cpu_model(MODELS[cpu])
        self._map(junk)
        self._load(boot)
        if boot:
            self._reset()
        if counting:
            self._engine.hook_add(UC_HOOK_CODE, self._count)
        for address, size in watch:
            if size:
                kinds = UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE
                self._engine.hook_add(kinds, self._access, begin=address, end=address + size - 1)
        self._engine.hook_add(UC_HOOK_INTR, self._exception)

    def call(self, function: str, *arguments: int) -> int:
        """r0 after `function(*arguments)`; at most four arguments, of a word each."""
        self._enter(arguments, STACK_TOP)
        self._run(self.image.symbols[function].address, LANDING[0])
        return int(self._engine.reg_read(arm.UC_ARM_REG_R0))

    def run_to(self, address: int) -> None:
        """Goes on from where the core is until it is about to execute `address`."""
        self._run(int(self._engine.reg_read(arm.UC_ARM_REG_PC)), address)

    def read(self, address: int, size: int) -> bytes:
        """Bytes of memory; not an access of the firmware."""
        return bytes(self._engine.mem_read(address, size))

    def word(self, name: str) -> int:
        """The 32-bit variable `name`."""
        return int.from_bytes(self.read(self.image.symbols[name].address, 4), "little")

    def text(self, address: int) -> str:
        """The C string at `address`."""
        found = b""
        while not found.endswith(b"\0"):
            found += self.read(address + len(found), 1)
        return found[:-1].decode()

    def write(self, address: int, content: bytes) -> None:
        """Changes memory; not an access of the firmware."""
        self._engine.mem_write(address, content)

    def _map(self, junk: int) -> None:
        noise = random.Random(junk)
        for address, size in (FLASH, LANDING, SYSTEM, *BANKS):
            self._engine.mem_map(address, size)
        for address, size in BANKS:
            self._engine.mem_write(address, noise.randbytes(size))

    def _load(self, boot: bool) -> None:
        for load, run, content in self.image.loads:
            self._engine.mem_write(load if boot else run, content)
        for section in self.image.sections:
            if not boot and section.name == ".bss":
                self._engine.mem_write(section.address, bytes(section.size))

    def _reset(self) -> None:
        vectors = self.read(0, 8)
        self._engine.reg_write(arm.UC_ARM_REG_SP, int.from_bytes(vectors[:4], "little"))
        self._engine.reg_write(arm.UC_ARM_REG_PC, int.from_bytes(vectors[4:], "little"))

    def _enter(self, arguments: Sequence[int], stack: int) -> None:
        """Registers as a function finds them that is called with its stack below `stack`."""
        assert len(arguments) <= len(ARGUMENTS)
        for register, value in zip(ARGUMENTS, arguments, strict=False):
            self._engine.reg_write(register, value & 0xFFFFFFFF)
        self._engine.reg_write(arm.UC_ARM_REG_SP, stack)
        self._engine.reg_write(arm.UC_ARM_REG_LR, LANDING[0] | 1)

    def _run(self, start: int, stop: int) -> None:
        self.instructions = 0
        self._stop = stop
        try:
            self._engine.emu_start(start | 1, stop)
        except UcError as error:
            raise MachineError(f"{error} at {self._where()}") from error
        if int(self._engine.reg_read(arm.UC_ARM_REG_PC)) & ~1 != stop:
            raise MachineError(f"stopped at {self._where()}")

    def _where(self) -> str:
        """The program counter, with the function it is in."""
        pc = int(self._engine.reg_read(arm.UC_ARM_REG_PC))
        for symbol in self.image.symbols.values():
            if symbol.function and symbol.address <= pc < symbol.address + symbol.size:
                return f"{pc:#010x} ({symbol.name}+{pc - symbol.address:#x})"
        return f"{pc:#010x}"

    def _count(self, _engine: Uc, address: int, _size: int, _user: object) -> None:
        self.instructions += address != self._stop

    def _access(
        self, _engine: Uc, kind: int, address: int, size: int, _value: int, _user: object
    ) -> None:
        pc = int(self._engine.reg_read(arm.UC_ARM_REG_PC))
        self.accesses.append(Access(pc, address, size, kind == UC_MEM_WRITE))

    def _exception(self, _engine: Uc, number: int, _user: object) -> None:
        """Lets semihosting calls do nothing and succeed; any other exception ends the run."""
        if number != BREAKPOINT:
            self._engine.emu_stop()
            return
        pc = int(self._engine.reg_read(arm.UC_ARM_REG_PC))
        self._engine.reg_write(arm.UC_ARM_REG_R0, 0)
        self._engine.reg_write(arm.UC_ARM_REG_PC, (pc + 2) | 1)
