# SPDX-License-Identifier: Apache-2.0
"""Bad sizes and bad pointers given to every kind of object on emulated cores, by a task and by a
handler that interrupts an alloc or a free of the same object: a status, one call of the fault hook,
and not one byte of any object changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulate import build, interrupts
from emulate.interrupts import TracingMachine
from emulate.machine import STACK_TOP, Image
from runtime_host import mutant

EMULATE = Path(__file__).resolve().parent / "emulate"
CPUS = ("cortex-m0plus", "cortex-m3")
OBJECTS = {"beads": "pool", "crumbs": "heap", "grains": "slab", "joint": "memheap"}
SIZE = 24
RW_E_FOREIGN, RW_E_MISALIGNED, RW_E_DOUBLE_FREE, _, RW_E_SIZE, RW_E_ALIGNMENT = range(1, 7)
SIZE_MAX = 0xFFFFFFFF
SIZES = (SIZE_MAX, SIZE_MAX - 7, SIZE_MAX - 64, 1 << 31, (1 << 31) - 64, (1 << 31) + 64)
WRAPPING = ((0x40000001, 4), (0x80000001, 2), (SIZE_MAX, SIZE_MAX))
ALIGNMENTS = (0, 3, 24, 1 << 12, 1 << 31)


def firmware(cpu: str, checks: str, directory: Path) -> Image:
    """Runtime and generated layout."""
    text = (EMULATE / "misused.ramwright.yaml").read_text(encoding="utf-8")
    config = directory / "misused.ramwright.yaml"
    config.write_text(text.replace("@checks@", checks), encoding="utf-8")
    maker = build.Build(cpu, directory)
    layout = build.generated(config, directory / "generated", "misused")
    sources = (EMULATE / "misused.c", layout.source)
    objects = [maker.compiled(source, includes=(layout.directory,)) for source in sources]
    elf = maker.linked(
        "misused",
        [*objects, maker.runtime()],
        layout.scripts(EMULATE / "board.ld"),
        "-Wl,--entry=0",
        "-Wl,--no-gc-sections",
    )
    return Image.of(elf)


@dataclass
class Subject:
    """An object in a machine, and what is done wrong to it."""

    machine: TracingMachine
    name: str

    def __post_init__(self) -> None:
        self.kind = OBJECTS[self.name]
        self.memory = [
            (section.address, section.size)
            for section in self.machine.image.sections
            if section.nobits
        ]
        self.wrong = self._elsewhere()
        self.kept = self.take()

    def call(self, function: str, *arguments: int) -> int:
        """The accessor, or the generic call of the object's kind."""
        if function in ("alloc", "free"):
            return self.machine.call(f"{self.name}_{function}", *arguments)
        handle = self.machine.image.symbols[f"{self.name}_{self.kind}"].address
        return self.machine.call(f"rw_{self.kind}_{function}", handle, *arguments)

    def take(self) -> int:
        """A block, filled."""
        block = self.call("alloc", *(() if self.kind == "pool" else (SIZE,)))
        assert block != 0
        self.machine.write(block, b"\x5a" * SIZE)
        return block

    def _elsewhere(self) -> tuple[int, ...]:
        """On the stack, in flash, of other objects in this bank and in another."""
        machine = self.machine
        symbols = machine.image.symbols
        return (
            STACK_TOP - 64,
            symbols["faults"].address,
            symbols["remote_heap"].address,
            machine.call("remote_alloc", SIZE),
            machine.call("pearls_alloc"),
        )

    def contents(self) -> list[bytes]:
        """All arenas and all state, but the record of faults."""
        for variable in ("faults", "last_fault"):
            self.machine.write(self.machine.image.symbols[variable].address, bytes(4))
        return [self.machine.read(address, size) for address, size in self.memory]

    def refused(self, fault: int, function: str, *arguments: int) -> None:
        """One bad call: its result, the hook, and that nothing else happened."""
        before = self.contents()
        result = self.call(function, *arguments)
        found = self.machine.word("last_fault")
        what = f"{self.name}: {function}{arguments}"
        assert self.machine.word("faults") == 1, f"{what} told {self.machine.word('faults')} faults"
        assert fault in (0, found), f"{what} told fault {found}"
        assert result == (found if function == "free" else 0), f"{what} returned {result}"
        assert self.contents() == before, f"{what} changed an object"

    def bad_pointer(self, block: int, fault: int) -> None:
        """Given to everything that takes a pointer."""
        self.refused(fault, "free", block)
        if self.kind != "pool":
            for size in (0, 8, 400, SIZE_MAX):
                self.refused(fault, "realloc", block, size)

    def bad_pointers(self) -> None:
        """Foreign, misaligned, freed, and within a block."""
        for address in self.wrong:
            self.bad_pointer(address, RW_E_FOREIGN)
        self.bad_pointer(self.kept + 1, RW_E_MISALIGNED)
        self.bad_pointer(self.kept + 8, 0)  # a heap finds no header there, whatever it finds
        freed = self.take()
        assert self.call("free", freed) == 0
        self.bad_pointer(freed, RW_E_DOUBLE_FREE)

    def bad_requests(self) -> None:
        """Sizes and alignments that cannot be."""
        if self.kind == "pool":
            return
        for size in SIZES:
            self.refused(RW_E_SIZE, "alloc", size)
            self.refused(RW_E_SIZE, "alloc_aligned", 16, size)
            self.refused(RW_E_SIZE, "realloc", self.kept, size)
        for count, size in WRAPPING:
            self.refused(RW_E_SIZE, "calloc", count, size)
        for alignment in ALIGNMENTS:
            self.refused(RW_E_ALIGNMENT, "alloc_aligned", alignment, SIZE)
        before = self.contents()
        assert self.call("alloc", 0) == 0
        assert self.contents() == before and self.machine.word("faults") == 0

    def assert_sound(self, *blocks: int) -> None:
        """It holds what it should, and everything can be given back."""
        self.contents()
        assert self.call("check") == 0
        for block in (self.kept, *blocks):
            assert self.call("free", block) == 0
        assert self.call("check") == 0
        assert self.machine.word("faults") == 0


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """check, and checks full, look at every byte."""
    monkeypatch.setattr(interrupts, "BUDGET", 20_000)


@pytest.fixture(scope="module", params=CPUS)
def basic(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Image]:
    """A core and the firmware for it, with checks basic."""
    return request.param, firmware(request.param, "basic", tmp_path_factory.mktemp("basic"))


def misused_by_a_task(cpu: str, image: Image) -> None:
    """Everything wrong that can be done."""
    machine = TracingMachine(image, cpu)
    for name in OBJECTS:
        subject = Subject(machine, name)
        subject.bad_pointers()
        subject.bad_requests()
        subject.assert_sound()


def test_a_task_with_checks_basic(basic: tuple[str, Image]) -> None:
    misused_by_a_task(*basic)


@pytest.mark.parametrize("cpu", CPUS)
def test_a_task_with_checks_full(cpu: str, tmp_path: Path) -> None:
    misused_by_a_task(cpu, firmware(cpu, "full", tmp_path))


def interrupted(subject: Subject, operation: str) -> Iterator[int]:
    """Interrupts the operation before each of its instructions by a handler that does everything
    wrong; yields how often the handler came."""
    machine = subject.machine
    function = f"{subject.name}_{operation}"

    def arguments() -> tuple[int, ...]:
        if operation == "free":
            return (subject.take(),)
        return () if subject.kind == "pool" else (SIZE,)

    def handler() -> None:
        subject.bad_pointers()
        subject.bad_requests()

    asked = arguments()
    machine.executed.clear()
    result = machine.call(function, *asked)
    places = sorted(machine.executed)
    for place in places:
        if operation == "alloc":
            assert subject.call("free", result) == 0
        result, came = machine.call_interrupted(function, arguments(), (place,), handler)
        assert (result != 0) == (operation == "alloc")
        yield came
    if operation == "alloc":
        assert subject.call("free", result) == 0
    subject.assert_sound()


@pytest.mark.parametrize("operation", ["alloc", "free"])
@pytest.mark.parametrize("name", OBJECTS)
def test_a_handler(basic: tuple[str, Image], name: str, operation: str) -> None:
    cpu, image = basic
    assert sum(interrupted(Subject(TracingMachine(image, cpu), name), operation)) > 10


def test_an_object_that_is_changed_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a bad size is refused, but an account changes."""
    told = "        rw_on_fault(RW_E_SIZE, &slab->object, NULL);\n"
    counted = told + "        ((rw_slab_t *)(uintptr_t)slab)->state->shared++;\n"
    faulty = mutant(tmp_path, "src/slab_zone.h", told, counted)
    monkeypatch.setattr(build, "RUNTIME", faulty)
    machine = TracingMachine(firmware("cortex-m3", "basic", tmp_path), "cortex-m3")
    with pytest.raises(AssertionError, match=r"grains: alloc.* changed an object"):
        Subject(machine, "grains").bad_requests()
