# SPDX-License-Identifier: Apache-2.0
"""Alloc and free of every shared pool core: with LDREX and STREX in assembly and in C, and with
interrupts masked, interrupted before each of their instructions by a handler that allocates and
frees in the same pool."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from emulate import build
from emulate.interrupts import InterruptedMachine
from emulate.machine import Image, MachineError
from runtime_host import mutant

EMULATE = Path(__file__).resolve().parent / "emulate"
OPTIMISATIONS = ("-Os", "-O2", "-O3")
BLOCK_SIZE = 16
RW_E_DOUBLE_FREE = 3
OBJECT = 28  # where the rw_object_t of an rw_pool_t begins
NOPS = (bytes.fromhex("00bf"), bytes.fromhex("aff30080"), bytes.fromhex("c046"))


@dataclass(frozen=True)
class Core:
    """A core, and the pool of interrupted.ramwright.yaml that has it."""

    name: str
    pool: str
    count: int
    width: int  # bytes of a link
    checked: bool
    accessor: bool = False  # called by the pool's own functions

    def __str__(self) -> str:
        return f"{self.name}-accessor" if self.accessor else self.name

    @property
    def unit(self) -> int:
        """What tokens and watermark count: bytes of the arena, or blocks."""
        return 1 if self.checked else BLOCK_SIZE

    @property
    def link_bytes(self) -> int:
        """Size of the links in the state, which ends at an address that is a multiple of 4."""
        return -(-self.count * self.width // 4) * 4 if self.checked else 0


@dataclass(frozen=True)
class Mechanism:
    """One way in which shared pools are compiled."""

    cpu: str
    optimisation: str
    flags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "".join((self.cpu, self.optimisation, *self.flags))


MECHANISMS = tuple(
    Mechanism(cpu, optimisation, flags)
    for cpu, flags in (
        ("cortex-m3", ()),
        ("cortex-m3", ("-DRW_PORTABLE_C",)),
        ("cortex-m0plus", ()),
    )
    for optimisation in OPTIMISATIONS
)
TRUSTED = Core("none_shared_32", "trusted", 6, 4, False)
TRUSTED_ACCESSOR = replace(TRUSTED, accessor=True)  # alloc is code of its own on ARMv7-M
NARROW = Core("basic_shared_8", "checked_narrow", 6, 1, True)
WIDE = Core("basic_shared_16", "checked_wide", 200, 2, True)
CORES = (TRUSTED, TRUSTED_ACCESSOR, NARROW, WIDE)


@dataclass
class Pool:
    """A pool in a machine, with the blocks that its users hold."""

    machine: InterruptedMachine
    core: Core
    held: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        symbols = self.machine.image.symbols
        self.descriptor = symbols[f"{self.core.pool}_pool"].address
        self.state = symbols[f"{self.core.pool}_state"].address
        self.object = self.descriptor + OBJECT
        self.state += self.core.link_bytes
        self.arena = int.from_bytes(self.machine.read(self.object, 4), "little")

    def take(self) -> int:
        """A block, from an alloc that nothing interrupts; 0 iff there was none."""
        return self.taken(self.machine.call(self.function("alloc"), self.object))

    def taken(self, block: int) -> int:
        """`block`, which an alloc returned."""
        assert block not in self.held, "a block in use was handed out again"
        if block:
            self.held.add(block)
        return block

    def give(self, block: int) -> None:
        """Frees a block, if it is one, and nothing interrupts that."""
        if block:
            self.held.remove(block)
            assert self.machine.call(self.function("free"), block, self.object) == 0

    def function(self, operation: str) -> str:
        """Name of the core's operation, or of the pool's. An accessor makes nothing of the object
        that comes as one more argument."""
        if self.core.accessor:
            return f"{self.core.pool}_{operation}"
        return f"rw_pool_{operation}_{self.core.name}"

    def empty(self) -> None:
        """Makes the pool completely free again."""
        self.held.clear()
        self.machine.write(self.state - self.core.link_bytes, bytes(self.core.link_bytes + 4))

    def exhaust(self) -> None:
        """Hands out every block of a completely free pool."""
        self.held.update(self.block(index) for index in range(self.core.count))
        full = self.core.count * self.core.unit
        self.machine.write(self.state, full.to_bytes(4, "little"))
        if self.core.checked:
            allocated = (bytes(self.core.width - 1) + b"\x80") * self.core.count
            self.machine.write(self.state - len(allocated), allocated)

    def block(self, index: int) -> int:
        """Address of a block."""
        return self.arena + index * BLOCK_SIZE

    def assert_sound(self) -> None:
        """Every block that was ever used is either held or on the chain, once."""
        head = self._number(self.state, 4)
        chain = []
        while head < 0:
            assert head not in chain, "the chain is closed"
            chain.append(head)
            head = self._number(self._link(head), self.core.width)
        blocks = {self._token(block) for block in self.held}
        assert not blocks & set(chain), "a block in use is on the chain"
        assert (len(blocks) + len(chain)) * self.core.unit == head, "a block was lost"

    def _token(self, block: int) -> int:
        index = (block - self.arena) // BLOCK_SIZE
        return (index - self.core.count) * self.core.unit

    def _link(self, token: int) -> int:
        """Address of a free block's link."""
        if self.core.checked:
            return self.state + token * self.core.width
        return self.arena + self.core.count * BLOCK_SIZE + token

    def _number(self, address: int, size: int) -> int:
        return int.from_bytes(self.machine.read(address, size), "little", signed=True)


# What the handler does. After the first, head is what it was, but its link is another (ABA);
# after the second it has moved on.


def keeps_the_second(pool: Pool) -> None:
    first = pool.take()
    pool.take()
    pool.give(first)


def keeps_the_first(pool: Pool) -> None:
    pool.take()
    pool.give(pool.take())


HANDLERS = (keeps_the_second, keeps_the_first)
Case = tuple[Callable[[Pool], tuple[str, int]], Callable[[Pool], None]]


# What is interrupted, after preparations of its own: the operation and its second argument. A block
# that is freed wrongly is none that the handler could get.


def alloc_from_a_virgin_pool(_pool: Pool) -> tuple[str, int]:
    return "alloc", 0


def alloc_of_a_recycled_block(pool: Pool) -> tuple[str, int]:
    for block in [pool.take() for _ in range(4)][1:]:
        pool.give(block)
    return "alloc", 0


def alloc_from_an_exhausted_pool(pool: Pool) -> tuple[str, int]:
    pool.exhaust()
    return "alloc", 0


def free_below_virgin_blocks(pool: Pool) -> tuple[str, int]:
    return "free", pool.take()


def free_before_recycled_blocks(pool: Pool) -> tuple[str, int]:
    alloc_of_a_recycled_block(pool)
    return "free", next(iter(pool.held))


def free_of_nothing(_pool: Pool) -> tuple[str, int]:
    return "free", 0


def free_of_a_foreign_address(pool: Pool) -> tuple[str, int]:
    return "free", pool.arena - BLOCK_SIZE if pool.core.checked else 0


def free_of_an_unused_block(pool: Pool) -> tuple[str, int]:
    return "free", pool.block(pool.core.count - 1) if pool.core.checked else 0


ALLOCS = (alloc_from_a_virgin_pool, alloc_of_a_recycled_block, alloc_from_an_exhausted_pool)
FREES = (
    free_below_virgin_blocks,
    free_before_recycled_blocks,
    free_of_nothing,
    free_of_a_foreign_address,
    free_of_an_unused_block,
)
CASES = {
    operation: tuple(itertools.product(prepared, HANDLERS))
    for operation, prepared in {"alloc": ALLOCS, "free": FREES}.items()
}


def survives(pool: Pool, case: Case, places: tuple[int, ...]) -> bool:
    """Whether the interrupts all came; asserts that the pool is sound after the call."""
    prepare, handler = case
    pool.empty()
    operation, argument = prepare(pool)
    pool.held.discard(argument)
    arguments = (pool.object,) if operation == "alloc" else (argument, pool.object)
    result, came = pool.machine.call_interrupted(
        pool.function(operation), arguments, places, lambda: handler(pool)
    )
    if operation == "alloc":
        pool.taken(result)
    pool.assert_sound()
    return came == len(places)


def never_reached(pool: Pool, operation: str) -> list[int]:
    """Interrupts every case of the operation before every instruction. Those that only a second
    attempt executes are reached by a second interrupt. Returns those that no case came to."""
    places = pool.machine.instructions_of(pool.function(operation))
    cases = CASES[operation]
    hit = {place for case in cases for place in places if survives(pool, case, (place,))}
    return [
        place
        for place in places
        if place not in hit
        and not any(survives(pool, case, (first, place)) for case in cases for first in places)
    ]


def firmware(directory: Path, mechanism: Mechanism) -> Image:
    """Runtime and generated layout."""
    maker = build.Build(mechanism.cpu, directory, (mechanism.optimisation, *mechanism.flags))
    layout = build.generated(
        EMULATE / "interrupted.ramwright.yaml", directory / "generated", "interrupted"
    )
    elf = maker.linked(
        "interrupted",
        [maker.compiled(layout.source, includes=(layout.directory,)), maker.runtime()],
        layout.scripts(EMULATE / "board.ld"),
        "-Wl,--entry=0",
        "-Wl,--no-gc-sections",
    )
    return Image.of(elf)


@pytest.fixture(scope="module", params=MECHANISMS, ids=str)
def machine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> InterruptedMachine:
    """The firmware compiled in one way."""
    mechanism: Mechanism = request.param
    image = firmware(tmp_path_factory.mktemp("interrupted"), mechanism)
    return InterruptedMachine(image, mechanism.cpu)


@pytest.mark.parametrize("operation", CASES)
@pytest.mark.parametrize("core", CORES, ids=str)
def test_every_instruction_can_be_interrupted(
    machine: InterruptedMachine, core: Core, operation: str
) -> None:
    missed = never_reached(Pool(machine, core), operation)
    padding = [place for place in missed if machine.read(place, 4).startswith(NOPS)]
    assert missed == padding


@dataclass(frozen=True)
class Mutant:
    """A fault that the tests above must notice in one mechanism, operation and core."""

    mechanism: Mechanism
    file: str
    text: str
    becomes: str
    operation: str
    noticed: str
    core: Core = NARROW


ASSEMBLY, PORTABLE, MASKED = (MECHANISMS[at] for at in (1, 4, 7))  # at -O2
STEP = "src/pool_llsc.h"
CORES_IN_ASSEMBLY = "src/pool_armv7m.c"
ACCESSOR = "include/ramwright/pool_accessor.h"
MUTANTS = {
    "a failed store is taken for done": Mutant(
        PORTABLE,
        STEP,
        "} while (!rw_port_store_conditional_32(place, (uint32_t)step.head));",
        "} while (rw_port_store_conditional_32(place, (uint32_t)step.head) && false);",
        "alloc",
        "a block in use",
    ),
    "the link is not corrected": Mutant(
        PORTABLE,
        STEP,
        "head = *place;\n        pool_link_store(width, link, (int32_t)head);",
        "head = *place;",
        "free",
        "a block",
    ),
    "assembly: a failed store is taken for done": Mutant(
        ASSEMBLY,
        CORES_IN_ASSEMBLY,
        '"cbnz r2, 3f\\n"',
        '"cbnz r2, 7f\\n7:"',
        "alloc",
        "a block in use",
    ),
    "assembly: the link is not corrected": Mutant(
        ASSEMBLY,
        CORES_IN_ASSEMBLY,
        '"str" suffix " r4, [r3]\\n"',
        '"nop\\n"',
        "free",
        "a block",
    ),
    "assembly: a link in a block is not corrected": Mutant(
        ASSEMBLY,
        CORES_IN_ASSEMBLY,
        '"bne 1b\\n"',
        '"nop\\n"',
        "free",
        "a block",
        TRUSTED,
    ),
    "assembly: a failed store without checks is taken for done": Mutant(
        ASSEMBLY,
        CORES_IN_ASSEMBLY,
        '"cbnz r4, 2f\\n"',
        '"nop\\n"',
        "alloc",
        "a block in use",
        TRUSTED,
    ),
    "accessor: a failed store is taken for done": Mutant(
        ASSEMBLY,
        ACCESSOR,
        '"cbnz r3, 4f\\n"',
        '"nop\\n"',
        "alloc",
        "a block in use",
        TRUSTED_ACCESSOR,
    ),
    "accessor: what a failed store cost is not loaded again": Mutant(
        ASSEMBLY,
        ACCESSOR,
        '"0: ldrd r1, r2, 5f\\n" /* state, size */',
        '"ldrd r1, r2, 5f\\n0:"',
        "alloc",
        "a block",
        TRUSTED_ACCESSOR,
    ),
    "accessor: a wrong constant": Mutant(
        ASSEMBLY,
        ACCESSOR,
        "%c1 + %c2 + %c2",
        "%c1 + %c2",
        "alloc",
        "UNMAPPED",
        TRUSTED_ACCESSOR,
    ),
    "masked: alloc does not mask": Mutant(
        MASKED,
        "src/pool_locked.h",
        "const uintptr_t state = rw_port_lock(sharing);\n    const int32_t token",
        "const uintptr_t state = 0;\n    const int32_t token",
        "alloc",
        "a block",
    ),
    "masked: free does not mask": Mutant(
        MASKED,
        "src/pool_locked.h",
        "const uintptr_t state = rw_port_lock(sharing);\n    const bool given",
        "const uintptr_t state = 0;\n    const bool given",
        "free",
        "a block|closed",
    ),
}


@pytest.mark.parametrize("fault", MUTANTS)
def test_seeded_faults_are_caught(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded = MUTANTS[fault]
    changed = mutant(tmp_path, seeded.file, seeded.text, seeded.becomes)
    monkeypatch.setattr(build, "RUNTIME", changed)
    machine = InterruptedMachine(firmware(tmp_path, seeded.mechanism), seeded.mechanism.cpu)
    with pytest.raises((AssertionError, MachineError), match=seeded.noticed):
        never_reached(Pool(machine, seeded.core), seeded.operation)


def test_two_contexts_free_the_same_block(machine: InterruptedMachine) -> None:
    """A handler frees the very block whose free it interrupts, before each instruction."""
    for core in (NARROW, WIDE):
        pool = Pool(machine, core)
        for place in machine.instructions_of(pool.function("free")):
            pool.empty()
            block = pool.take()
            statuses: list[int] = []

            def rival(pool: Pool = pool, block: int = block, found: list[int] = statuses) -> None:
                found.append(machine.call(pool.function("free"), block, pool.object))

            own, came = machine.call_interrupted(
                pool.function("free"), (block, pool.object), (place,), rival
            )
            pool.held.clear()
            pool.assert_sound()
            assert sorted([own, *statuses]) == [0, RW_E_DOUBLE_FREE][: 1 + came]
