# SPDX-License-Identifier: Apache-2.0
"""The emulated machine measures right: counts known by hand, watched addresses, honest junk."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulate import build
from emulate.machine import Access, Image, Machine, MachineError

EMULATE = Path(__file__).resolve().parent / "emulate"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Functions in assembly, linked."""
    maker = build.Build("cortex-m0plus", tmp_path_factory.mktemp("known"))
    obj = maker.compiled(EMULATE / "known_counts.S")
    elf = maker.linked(
        "known", [obj], [EMULATE / "board.ld"], "-Wl,--no-gc-sections", "-Wl,--entry=0", "-nostdlib"
    )
    return Image.of(elf)


@pytest.mark.parametrize("cpu", ["cortex-m0plus", "cortex-m3", "cortex-m4"])
def test_counts_every_instruction_from_entry_to_return(image: Image, cpu: str) -> None:
    machine = Machine(image, cpu, counting=True)
    for turns in (1, 2, 1000, 2):  # 2 twice: blocks already translated count too
        assert machine.call("loop", turns) == turns
        assert machine.instructions == 1 + 3 * turns + 1


def test_watched_addresses_report_reads_and_writes(image: Image) -> None:
    scratch = image.symbols["scratch"].address
    machine = Machine(image, "cortex-m3", watch=[(scratch, 4), (scratch + 16, 4)])
    machine.call("copy_word", scratch + 16, scratch)
    machine.call("copy_word", scratch + 32, scratch + 48)  # not watched
    kinds = [(access.address - scratch, access.size, access.write) for access in machine.accesses]
    assert kinds == [(0, 4, False), (16, 4, True)]
    first = image.symbols["copy_word"].address
    assert machine.accesses[0] == Access(first, scratch, 4, False)


def test_memory_is_junk_except_bss(image: Image) -> None:
    machine = Machine(image, "cortex-m3")
    assert machine.word("cleared") == 0
    junk = machine.read(image.symbols["scratch"].address, 64)
    assert len(set(junk)) > 16
    assert Machine(image, "cortex-m3", junk=2).read(image.symbols["scratch"].address, 64) != junk


def test_a_fault_is_an_error_that_names_the_function(image: Image) -> None:
    with pytest.raises(MachineError, match="fault"):
        Machine(image, "cortex-m3").call("fault")
