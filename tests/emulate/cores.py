# SPDX-License-Identifier: Apache-2.0
"""Two Cortex-M0+ with one memory and a spinlock between them, as in the RP2040.

    pair = Pair(image)
    pair.run((job(0), job(1)), random.Random(1))

A job is a generator that yields calls, (function, arguments), and is sent what they return. Before
every instruction a coin decides which core executes it, so that the cores get between each other
everywhere. The cores of the engine cache nothing, and the M0+ has no exclusives that stopping after
each instruction could disturb.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Generator, Sequence
from typing import Any

from unicorn import arm_const as arm

from emulate.machine import BANKS, FLASH, LANDING, STACK_TOP, SYSTEM, Image, Machine

CPU = "cortex-m0plus"
SIO = (0xD0000000, 0x1000)
SPINLOCK0, SPINLOCKS = 0x100, 32  # offset of the first, number
STACK = 0x1000  # bytes of a core
BUDGET = 20000  # instructions of a call, waiting included
MEMORY = (FLASH, LANDING, SYSTEM, *BANKS)

Job = Generator[tuple[str, Sequence[int]], int, None]
Shared = dict[int, Any]  # by address


class Spinlocks:
    """A read claims a lock and is nonzero, or finds it claimed and is zero; a write releases it."""

    def __init__(self) -> None:
        self.claimed: set[int] = set()
        self.waits = 0  # reads that found a lock claimed

    def read(self, _engine: Any, offset: int, _size: int, _user: object) -> int:
        lock = (offset - SPINLOCK0) // 4
        assert 0 <= lock < SPINLOCKS, f"read of {SIO[0] + offset:#x}"
        if lock in self.claimed:
            self.waits += 1
            return 0
        self.claimed.add(lock)
        return 1 << lock

    def write(self, _engine: Any, offset: int, _size: int, _value: int, _user: object) -> None:
        lock = (offset - SPINLOCK0) // 4
        assert lock in self.claimed, f"lock {lock} is released, but not claimed"
        self.claimed.remove(lock)


class Core(Machine):
    """One of the cores."""

    def __init__(self, image: Image, number: int, shared: Shared, locks: Spinlocks) -> None:
        self._shared = shared
        self._stack = STACK_TOP - number * STACK
        super().__init__(image, CPU)
        self._engine.mmio_map(*SIO, locks.read, None, locks.write, None)
        self._left = 0

    def begin(self, function: str, arguments: Sequence[int]) -> None:
        """Makes the core call `function(*arguments)`."""
        self._enter(arguments, self._stack)
        self._engine.reg_write(arm.UC_ARM_REG_PC, self.image.symbols[function].address | 1)
        self._left = BUDGET

    def step(self) -> bool:
        """Executes an instruction; whether the call has returned."""
        self._engine.emu_start(self._pc() | 1, LANDING[0], count=1)
        self._left -= 1
        assert self._left > 0, f"a call does not return, {self._where()}"
        return self._pc() == LANDING[0]

    def result(self) -> int:
        """r0."""
        return int(self._engine.reg_read(arm.UC_ARM_REG_R0))

    def _pc(self) -> int:
        return int(self._engine.reg_read(arm.UC_ARM_REG_PC)) & ~1

    def _map(self, junk: int) -> None:
        fresh = not self._shared
        noise = random.Random(junk)
        for address, size in MEMORY:
            if fresh:
                self._shared[address] = ctypes.create_string_buffer(size)
            place = ctypes.addressof(self._shared[address])
            self._engine.mem_map_ptr(address, size, 7, place)
        for address, size in BANKS if fresh else ():
            self._engine.mem_write(address, noise.randbytes(size))


class Pair:
    """Both cores."""

    def __init__(self, image: Image) -> None:
        self.locks = Spinlocks()
        shared: Shared = {}
        self.cores = [Core(image, number, shared, self.locks) for number in range(2)]

    def run(self, jobs: Sequence[Job], coin: random.Random) -> None:
        """Runs a job on each core, until both are done."""
        running = []
        for core, job in zip(self.cores, jobs, strict=True):
            core.begin(*next(job))
            running.append((core, job))
        while running:
            turn = coin.choice(running)
            core, job = turn
            if not core.step():
                continue
            try:
                core.begin(*job.send(core.result()))
            except StopIteration:
                running.remove(turn)
