# SPDX-License-Identifier: Apache-2.0
"""Objects of sharing core, between two emulated cores that take turns at every instruction."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from emulate import build
from emulate.cores import CPU, Job, Pair
from emulate.machine import Image
from runtime_host import mutant

EMULATE = Path(__file__).resolve().parent / "emulate"
OBJECTS = ("trusted", "narrow", "wide", "heap", "slab")
CHECKED = ("full_pool", "full_heap", "full_slab")
OPERATIONS = 60  # of a core
SEEDS = range(4)


def firmware(directory: Path, optimisation: str) -> Image:
    """Runtime and generated layout."""
    maker = build.Build(CPU, directory, (optimisation,))
    layout = build.generated(EMULATE / "cores.ramwright.yaml", directory / "generated", "cores")
    elf = maker.linked(
        "cores",
        [maker.compiled(layout.source, includes=(layout.directory,)), maker.runtime()],
        layout.scripts(EMULATE / "board.ld"),
        "-Wl,--entry=0",
        "-Wl,--no-gc-sections",
    )
    return Image.of(elf)


@pytest.fixture(scope="module", params=("-Os", "-O2", "-O3"))
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The firmware at one optimisation."""
    return firmware(tmp_path_factory.mktemp("cores"), request.param)


def kind_of(name: str) -> str:
    """What an object is."""
    kind = name.removeprefix("full_")
    return kind if kind in ("heap", "slab") else "pool"


def traffic(name: str, owners: dict[int, int], self: int, chance: random.Random) -> Job:
    """Allocs and frees of one core. `owners` says which core holds what."""
    held: list[int] = []
    sized = kind_of(name) != "pool"
    for _ in range(OPERATIONS):
        if held and chance.random() < 0.5:
            block = held.pop(chance.randrange(len(held)))
            assert owners.pop(block) == self
            status = yield f"{name}_free", (block,)
            assert status == 0, f"{name}_free returned {status}"
            continue
        block = yield f"{name}_alloc", ((16,) if sized else ())
        if block:
            assert block not in owners, "a block in use was handed out again"
            owners[block] = self
            held.append(block)
    for block in held:
        del owners[block]
        assert (yield f"{name}_free", (block,)) == 0


def assert_sound(pair: Pair, name: str) -> None:
    """What must hold when both cores are done."""
    kind = kind_of(name)
    core = pair.cores[0]
    core.begin(f"rw_{kind}_check", (core.image.symbols[f"{name}_{kind}"].address,))
    while not core.step():
        pass
    assert core.result() == 0, f"rw_{kind}_check returned {core.result()}"


def crossed(image: Image, name: str) -> int:
    """Runs traffic of both cores, several times. Returns how often a core waited for the other."""
    waits = 0
    for seed in SEEDS:
        pair = Pair(image)
        owners: dict[int, int] = {}
        chance = random.Random(seed)
        pair.run([traffic(name, owners, core, chance) for core in range(2)], chance)
        assert not pair.locks.claimed and not owners
        assert_sound(pair, name)
        waits += pair.locks.waits
    return waits


@pytest.mark.parametrize("name", OBJECTS)
def test_cores_do_not_get_into_each_other(image: Image, name: str) -> None:
    assert crossed(image, name) > 0, "the cores never met"


def test_cores_do_not_get_into_each_others_checks(tmp_path: Path) -> None:
    checked = firmware(tmp_path, "-Os")
    for name in CHECKED:
        assert crossed(checked, name) > 0, "the cores never met"


@pytest.mark.parametrize("name", OBJECTS)
def test_a_lock_left_out_is_caught(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: interrupts are masked, the other core is not kept out."""
    changed = mutant(
        tmp_path,
        "include/ramwright/ports/cortex_m.h",
        "while (RW_PORT_SPINLOCK_REGISTER == 0) {",
        "while (false) {",
    )
    unlocked = changed / "include/ramwright/ports/cortex_m.h"
    text = unlocked.read_text(encoding="utf-8")
    unlocked.write_text(text.replace("RW_PORT_SPINLOCK_REGISTER = 1;", ""), encoding="utf-8")
    monkeypatch.setattr(build, "RUNTIME", changed)
    with pytest.raises(AssertionError):
        crossed(firmware(tmp_path, "-Os"), name)
