# SPDX-License-Identifier: Apache-2.0
"""What one call costs: instructions, the longest stretch with interrupts masked, stack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from unicorn import arm_const as arm

from emulate.machine import STACK_TOP, Image, Machine


class Kind(Enum):
    """What an instruction does that is measured here."""

    OTHER = 0
    MASKS = 1
    UNMASKS = 2
    MOVES_STACK = 3


@dataclass(frozen=True)
class Cost:
    """One call."""

    result: int  # r0
    instructions: int  # from entry to return
    masked: int  # longest run executed with PRIMASK set, the one that restores it included
    stack: int  # bytes


@dataclass(frozen=True)
class Summary:
    """Many calls."""

    median: int
    p99: int
    maximum: int
    masked: int
    stack: int


def summary(costs: Iterable[Cost]) -> Summary:
    """The costs of at least one call, summed up; the median is the upper one."""
    known = list(costs)
    counts = sorted(cost.instructions for cost in known)
    return Summary(
        counts[len(counts) // 2],
        counts[(len(counts) * 99) // 100],
        counts[-1],
        max(cost.masked for cost in known),
        max(cost.stack for cost in known),
    )


class Meter(Machine):
    """A machine that also watches the stack and the interrupt mask.

    The runtime never takes its lock twice, so the first write to PRIMASK ends a masked stretch.
    """

    def __init__(self, image: Image, cpu: str) -> None:
        self._decoder: Any = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
        self._decoder.detail = True
        self._kinds: dict[int, Kind] = {}
        self._stack_moved = False
        self._lowest = STACK_TOP
        self._masked = False
        self._stretch = 0
        self._longest = 0
        super().__init__(image, cpu, counting=True)

    def cost(self, function: str, *arguments: int) -> Cost:
        """Calls and measures `function(*arguments)`."""
        self._stack_moved = False
        self._lowest = STACK_TOP
        self._masked = False
        self._longest = 0
        result = self.call(function, *arguments)
        return Cost(result, self.instructions, self._longest, STACK_TOP - self._lowest)

    def costs(self, function: str, arguments: Sequence[int]) -> list[Cost]:
        """One call for each argument."""
        return [self.cost(function, argument) for argument in arguments]

    def _count(self, engine: Any, address: int, size: int, user: object) -> None:
        """Refines the machine's hook, called before each instruction."""
        super()._count(engine, address, size, user)
        if self._stack_moved:
            self._lowest = min(self._lowest, int(engine.reg_read(arm.UC_ARM_REG_SP)))
            self._stack_moved = False
        kind = self._kinds.get(address) or self._decoded(address, size)
        if self._masked:
            self._stretch += 1
        if kind is Kind.OTHER:
            return
        if kind is Kind.MASKS:
            self._masked = True
            self._stretch = 0
        elif kind is Kind.UNMASKS:
            self._masked = False
            self._longest = max(self._longest, self._stretch)
        else:
            self._stack_moved = True

    def _decoded(self, address: int, size: int) -> Kind:
        instruction = next(self._decoder.disasm(self.read(address, size), address))
        text = f"{instruction.mnemonic} {instruction.op_str}"
        if text == "cpsid i":
            kind = Kind.MASKS
        elif text == "cpsie i" or text.startswith("msr primask"):
            kind = Kind.UNMASKS
        elif any(map(self._is_stack_pointer, instruction.regs_access()[1])):
            kind = Kind.MOVES_STACK
        else:
            kind = Kind.OTHER
        self._kinds[address] = kind
        return kind

    def _is_stack_pointer(self, register: int) -> bool:
        return bool(self._decoder.reg_name(register) == "sp")
