# SPDX-License-Identifier: Apache-2.0
"""A core whose functions can be interrupted before any of their instructions.

    machine = InterruptedMachine(image, "cortex-m3")
    machine.call_interrupted("main_alloc", (24,), [place], handler)

The engine runs up to the instruction, everything translated being forgotten first: it stops at an
address only if a translated block ends there, and then also between the instructions of an IT
block. The handler is a Python function that calls the firmware. As the hardware would, the machine
gives it a stack below the interrupted one, keeps the registers and the progress through an IT block
for it, and clears the exclusive monitor afterwards. Where interrupts are masked, it waits until
they are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from unicorn import arm_const as arm

from emulate.machine import LANDING, STACK_TOP, Image, Machine, MachineError

BUDGET = 2000  # instructions between two interrupts; more means that a loop does not end
FRAME = 32  # bytes an exception pushes
THUMB = 0x01000000  # xPSR of a handler that was just entered
CLREX = bytes.fromhex("bff3 2f8f")
CLREX_PLACE = LANDING[0] + 0x100
WIDE = (0b11101, 0b11110, 0b11111)  # how instructions of 4 bytes begin
SAVED = (
    *(getattr(arm, f"UC_ARM_REG_R{number}") for number in range(13)),
    arm.UC_ARM_REG_SP,
    arm.UC_ARM_REG_LR,
    arm.UC_ARM_REG_XPSR,
)


class InterruptedMachine(Machine):
    """See the top of the file."""

    def __init__(self, image: Image, cpu: str) -> None:
        super().__init__(image, cpu, counting=True)
        self._stack = STACK_TOP
        self.write(CLREX_PLACE, CLREX)

    def call(self, function: str, *arguments: int) -> int:
        """As Machine.call, also from a handler; raises MachineError if it takes too long."""
        return self.call_interrupted(function, arguments, (), lambda: None)[0]

    def call_interrupted(
        self,
        function: str,
        arguments: Sequence[int],
        places: Sequence[int],
        handler: Callable[[], None],
    ) -> tuple[int, int]:
        """r0 after `function(*arguments)`, and how many of the interrupts came. The first comes
        before the instruction at places[0], the next when that at places[1] is reached then."""
        self._enter(arguments, self._stack)
        at = self.image.symbols[function].address
        for taken, place in enumerate(places):
            if not self._reaches(at, place):
                return int(self._engine.reg_read(arm.UC_ARM_REG_R0)), taken
            at = self._unmasked(place)
            self._interrupt(handler)
        self._run(at, LANDING[0])
        return int(self._engine.reg_read(arm.UC_ARM_REG_R0)), len(places)

    def instructions_of(self, function: str) -> list[int]:
        """Addresses of the function's instructions; constants, if any, come behind them."""
        symbol = self.image.symbols[function]
        size = min(
            (data - symbol.address for data in self.image.data if data > symbol.address),
            default=symbol.size,
        )
        size = min(size, symbol.size)
        code = self.read(symbol.address, size)
        found = []
        offset = 0
        while offset < size:
            found.append(symbol.address + offset)
            offset += 4 if code[offset + 1] >> 3 in WIDE else 2
        return found

    def _reaches(self, start: int, place: int) -> bool:
        """Whether the core, going on from `start`, came to `place` before it returned."""
        if start == place:
            return True
        self._engine.ctl_flush_tb()
        try:
            self._run(start, place)
        except MachineError:
            if int(self._engine.reg_read(arm.UC_ARM_REG_PC)) & ~1 != LANDING[0]:
                raise
            return False
        return True

    def _unmasked(self, place: int) -> int:
        """Address of the first instruction, from that at `place` on, before which interrupts are
        not masked."""
        while self._engine.reg_read(arm.UC_ARM_REG_PRIMASK):
            self._engine.emu_start(place | 1, LANDING[0], count=1)
            place = int(self._engine.reg_read(arm.UC_ARM_REG_PC)) & ~1
        return place

    def _interrupt(self, handler: Callable[[], None]) -> None:
        kept = [(register, self._engine.reg_read(register)) for register in SAVED]
        outer = self._stack
        self._stack = (int(self._engine.reg_read(arm.UC_ARM_REG_SP)) & ~7) - FRAME
        self._engine.reg_write(arm.UC_ARM_REG_XPSR, THUMB)
        handler()
        self._run(CLREX_PLACE, CLREX_PLACE + len(CLREX))
        self._stack = outer
        for register, value in kept:
            self._engine.reg_write(register, value)

    def _count(self, engine: Any, address: int, size: int, user: object) -> None:
        super()._count(engine, address, size, user)
        if address == LANDING[0] or self.instructions > BUDGET:
            engine.emu_stop()


class TracingMachine(InterruptedMachine):
    """Remembers which instructions were executed."""

    def __init__(self, image: Image, cpu: str) -> None:
        self.executed: set[int] = set()
        super().__init__(image, cpu)

    def _count(self, engine: Any, address: int, size: int, user: object) -> None:
        self.executed.add(address)
        super()._count(engine, address, size, user)
