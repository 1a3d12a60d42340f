# SPDX-License-Identifier: Apache-2.0
"""Checks full on emulated cores: random operations against the shadow model, and the layer
interrupted before each of its instructions by a handler that uses, and misuses, the same object."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulate import build, interrupts
from emulate.interrupts import InterruptedMachine, TracingMachine
from emulate.machine import Image, Machine
from runtime_host import mutant

HERE = Path(__file__).resolve().parent
EMULATE = HERE / "emulate"
CPUS = ("cortex-m0plus", "cortex-m3")
STEPS = 20_000
SEED = 2026
RAM = range(0x20000000, 0x20100000)
SIZE = 20
RW_E_DOUBLE_FREE = 3
RW_E_CORRUPT = 4


def firmware(cpu: str, directory: Path) -> Image:
    """Runtime, generated layout and test functions, compiled for one core."""
    port = ('-DRW_PORT_HEADER="waiting_port.h"', f"-I{EMULATE}")
    maker = build.Build(cpu, directory, port)
    layout = build.generated(EMULATE / "full.ramwright.yaml", directory / "generated", "full")
    includes = (layout.directory, EMULATE, HERE / "runtime")
    sources = (
        EMULATE / "full.c",
        EMULATE / "random_ops.c",
        EMULATE / "targets.c",
        HERE / "runtime" / "shadow.c",
        layout.source,
    )
    objects = [maker.compiled(source, includes=includes) for source in sources]
    elf = maker.linked(
        "full",
        [*objects, maker.runtime()],
        layout.scripts(EMULATE / "board.ld"),
        "-Wl,--entry=0",
        "-Wl,--no-gc-sections",
    )
    return Image.of(elf)


@pytest.fixture(scope="module", params=CPUS)
def image(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Image]:
    """A core and the firmware for it."""
    return request.param, firmware(request.param, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("name", ["frames", "shells", "work", "mixed", "joint"])
def test_random_operations_agree_with_the_shadow_model(image: tuple[str, Image], name: str) -> None:
    cpu, firmware = image
    machine = Machine(firmware, cpu)
    machine.call(f"random_{name}", STEPS, SEED)
    outcome = machine.read(firmware.symbols["outcome"].address, 16)
    step, reason, granted, refused = struct.unpack("<4I", outcome)
    assert step == 0, f"step {step}: {machine.text(reason)}"
    assert granted > STEPS // 4
    assert refused > 0, "never filled to the brim: the test is too easy"
    assert machine.word("faults") == 0
    after = machine.read(firmware.symbols["stats_after"].address, 24)
    assert struct.unpack("<6I", after)[1] == 0


@dataclass
class Object:
    """An object in a machine, and the blocks that its users hold."""

    machine: InterruptedMachine
    kind: str
    name: str
    rival: bool = False  # the handler freed the block whose free it interrupts

    def __post_init__(self) -> None:
        self.held: list[int] = []
        self.handle = self.machine.image.symbols[f"{self.name}_{self.kind}"].address

    def arguments(self) -> tuple[int, ...]:
        """Those of an alloc."""
        return () if self.kind == "pool" else (SIZE,)

    def take(self) -> int:
        """A block, from an alloc that nothing interrupts; 0 iff there was none."""
        return self.taken(self.machine.call(f"{self.name}_alloc", *self.arguments()))

    def taken(self, block: int) -> int:
        """`block`, which an alloc returned."""
        assert block not in self.held, "a block in use was handed out again"
        if block:
            self.held.append(block)
            assert self.machine.read(block, SIZE) == b"\xcd" * SIZE, "not fresh"
            self.machine.write(block, b"\x42" * SIZE)
        return block

    def free(self, block: int) -> int:
        """The status of a free."""
        return self.machine.call(f"{self.name}_free", block)

    def give(self, block: int) -> None:
        """Frees a block that is held."""
        self.held.remove(block)
        assert self.machine.read(block, SIZE) == b"\x42" * SIZE, "somebody wrote to it"
        assert self.free(block) == 0

    def faults(self) -> int:
        """How many were reported since the last question."""
        found = self.machine.word("faults")
        self.machine.write(self.machine.image.symbols["faults"].address, bytes(4))
        return found

    def assert_sound(self) -> None:
        """Nothing was reported, and everything can be given back."""
        assert self.faults() == 0, f"fault {self.machine.word('last_fault')}"
        assert self.machine.call(f"rw_{self.kind}_check", self.handle) == 0
        for block in list(self.held):
            self.give(block)
        assert self.machine.call(f"rw_{self.kind}_check", self.handle) == 0
        out = self.machine.image.symbols["stats_before"].address
        self.machine.call(f"rw_{self.kind}_stats", self.handle, out)
        assert struct.unpack("<6I", self.machine.read(out, 24))[1] == 0, "a block was lost"
        assert self.faults() == 0


# What is interrupted, after preparations of its own: the call and its argument.


def alloc_of_a_virgin_block(_one: Object) -> int:
    return 0


def alloc_that_empties_the_quarantine(one: Object) -> int:
    while one.take():
        pass
    for block in one.held[:2]:
        one.give(block)
    return 0


def free_into_a_full_quarantine(one: Object) -> int:
    blocks = [one.take() for _ in range(5)]
    for block in blocks[:3]:
        one.give(block)
    return blocks[4]


Case = Callable[[Object], int]
CASES = (
    alloc_of_a_virgin_block,
    alloc_that_empties_the_quarantine,
    free_into_a_full_quarantine,
)


def uses_and_misuses(one: Object, subject: int) -> None:
    """What the handler does: takes blocks, gives one back, twice, and the one whose free it
    interrupts, if it does; looks at everything."""
    first, second = one.take(), one.take()
    if first:
        one.give(first)
        assert one.free(first) == RW_E_DOUBLE_FREE
        assert one.faults() == 1
    if second:
        one.give(second)
        one.take()
    if subject and subject not in one.held:  # else it was given back and handed out meanwhile
        status = one.free(subject)
        assert status in (0, RW_E_DOUBLE_FREE)
        assert one.faults() == (1 if status else 0)
        one.rival = status == 0
    if one.kind != "pool":  # which is checked when nobody uses it
        assert one.machine.call(f"rw_{one.kind}_check", one.handle) == 0, "false alarm"


def reached(machine: TracingMachine, call: str, arguments: tuple[int, ...]) -> list[int]:
    """The instructions of the layer that the call executes when nothing interrupts it."""
    machine.executed.clear()
    machine.call(call, *arguments)
    layer = [
        symbol
        for name, symbol in machine.image.symbols.items()
        if symbol.function and name.startswith(("rw_full_", "full_"))
    ]
    return sorted(
        at
        for at in machine.executed
        if any(at - symbol.address in range(symbol.size) for symbol in layer)
    )


def waited_for(machine: TracingMachine) -> int:
    """Interrupts a wait before every instruction of the layer by a free; returns how many there
    are. Until its time is over no free may escape it."""
    symbols = machine.image.symbols
    sleeps = symbols["port_sleeps"].address
    end = max(s.address + s.size for s in symbols.values() if s.address in RAM)
    prepared = Object(machine, "pool", "pearls")
    while prepared.take():
        pass
    prepared.give(prepared.held[0])
    prepared.take()
    machine.write(sleeps, bytes(4))
    ready = machine.read(RAM.start, end - RAM.start)
    places = reached(machine, "pearls_alloc_wait", (PATIENCE,))
    late = 0
    for place in places:
        machine.write(RAM.start, ready)
        one = Object(machine, "pool", "pearls")
        one.held = list(prepared.held)
        slept = []

        def free(one: Object = one, slept: list[int] = slept) -> None:
            slept.append(one.machine.word("port_sleeps"))
            one.give(one.held[-1])

        block, came = machine.call_interrupted("pearls_alloc_wait", (PATIENCE,), (place,), free)
        assert came == 1
        late += not block
        assert block or slept == [1], "a block was held back from the task that waits"
        one.taken(block)
        one.assert_sound()
    assert 0 < late < 20
    return len(places)


def interrupted(machine: TracingMachine, kind: str, name: str, case: Case) -> int:
    """Interrupts a case before every instruction of the layer; returns how many there are."""
    symbols = machine.image.symbols
    end = max(s.address + s.size for s in symbols.values() if s.address in RAM)
    prepared = Object(machine, kind, name)
    subject = case(prepared)
    call = f"{name}_free" if subject else f"{name}_alloc"
    arguments = (subject,) if subject else prepared.arguments()
    ready = machine.read(RAM.start, end - RAM.start)
    places = reached(machine, call, arguments)
    for place in places:
        machine.write(RAM.start, ready)
        one = Object(machine, kind, name)
        one.held = [block for block in prepared.held if block != subject]
        result, came = machine.call_interrupted(
            call, arguments, (place,), lambda one=one: uses_and_misuses(one, subject)
        )
        assert came == 1
        if subject:
            assert result == (RW_E_DOUBLE_FREE if one.rival else 0)
            assert one.faults() == (1 if one.rival else 0)
        else:
            one.taken(result)
        one.assert_sound()
    return len(places)


OBJECTS = {"crumbs": "heap", "grains": "slab", "beads": "pool", "pearls": "pool"}
PATIENCE = 3


@pytest.mark.parametrize(
    "image",
    ["cortex-m3", pytest.param("cortex-m0plus", marks=pytest.mark.long)],
    indirect=True,
    scope="module",
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
@pytest.mark.parametrize("name", OBJECTS)
def test_every_instruction_can_be_interrupted(
    image: tuple[str, Image], name: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupts, "BUDGET", 20_000)  # check looks at every byte
    cpu, firmware = image
    machine = TracingMachine(firmware, cpu)
    assert interrupted(machine, OBJECTS[name], name, case) > 100


def test_no_free_escapes_a_task_that_waits(
    image: tuple[str, Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupts, "BUDGET", 20_000)
    cpu, firmware = image
    assert waited_for(TracingMachine(firmware, cpu)) > 100


FAULTS = {
    "check looks at what is being set": (
        "src/full_inspect.c",
        "return busy || full_sound",
        "return full_sound",
        alloc_of_a_virgin_block,
        "false alarm",
    ),
    "a free looks first and lists then": (
        "src/full.c",
        "const bool found = full_find(full, block) != NULL;",
        "const bool found = false;",
        free_into_a_full_quarantine,
        "assert",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_seeded_faults_are_caught(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, old, new, case, noticed = FAULTS[fault]
    monkeypatch.setattr(build, "RUNTIME", mutant(tmp_path, file, old, new))
    monkeypatch.setattr(interrupts, "BUDGET", 20_000)
    machine = TracingMachine(firmware("cortex-m3", tmp_path), "cortex-m3")
    with pytest.raises(AssertionError, match=noticed):
        interrupted(machine, "heap", "crumbs", case)


def test_a_task_that_does_not_empty_the_quarantine_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = "        (void)rw_full_empty(object, core); /* perhaps to this very task */\n"
    monkeypatch.setattr(build, "RUNTIME", mutant(tmp_path, "src/full_wait.c", empty, ""))
    monkeypatch.setattr(interrupts, "BUDGET", 20_000)
    machine = TracingMachine(firmware("cortex-m3", tmp_path), "cortex-m3")
    with pytest.raises(AssertionError, match="held back"):
        waited_for(machine)
