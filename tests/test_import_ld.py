# SPDX-License-Identifier: Apache-2.0
"""Regions imported from linker scripts: evaluated by the linker, whatever else the script wants."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards.linking import BOARDS
from ramwright.errors import Problem
from ramwright.import_ld import ImportedRegion, regions_of

LINKER = "arm-none-eabi-gcc"
SECTIONS = "SECTIONS { .text : { *(.text*) } >FLASH .data : { *(.data*) } >RAM AT>FLASH }\n"


def imported(
    tmp_path: Path, text: str, linker: str = LINKER
) -> tuple[tuple[ImportedRegion, ...], tuple[Problem, ...]]:
    """What is imported from a script of `text`."""
    script = tmp_path / "board.ld"
    script.write_text(text)
    return regions_of(script, linker)


def summary(regions: tuple[ImportedRegion, ...]) -> list[tuple[str, int, int]]:
    """MEMORY name, origin and size of each region."""
    return [(region.linker, region.origin, region.size) for region in regions]


@pytest.mark.parametrize(
    ("board", "expected", "codes"),
    [
        (
            "stm32cube_f407",
            [("CCMRAM", 0x10000000, 0x10000), ("RAM", 0x20000000, 0x20000)],
            ["RW0604"],
        ),
        (
            "rtthread_f407",
            [("RAM1", 0x20000000, 0x20000), ("RAM2", 0x10000000, 0x10000)],
            ["RW0604"],
        ),
        (
            "teensy41",  # its FLASH says rwx
            [
                ("ITCM", 0, 0x80000),
                ("DTCM", 0x20000000, 0x80000),
                ("RAM", 0x20200000, 0x80000),
                ("ERAM", 0x70000000, 0x1000000),
            ],
            ["RW0604"],
        ),
        (
            "nrf52840",  # GROUP() of libraries; the code bus sees the RAM again
            [("RAM", 0x20000000, 0x40000), ("CODE_RAM", 0x800000, 0x40000)],
            ["RW0604", "RW0605"],
        ),
    ],
)
@pytest.mark.parametrize("linker", [LINKER, "arm-none-eabi-ld"])
def test_boards(
    board: str, expected: list[tuple[str, int, int]], codes: list[str], linker: str
) -> None:
    regions, problems = regions_of(BOARDS / f"{board}.ld", linker)
    assert summary(regions) == expected
    assert [problem.code for problem in problems] == codes
    assert {p.severity for p in problems if p.code == "RW0604"} == {"note"}
    assert {p.severity for p in problems if p.code != "RW0604"} <= {"warning"}


def test_what_the_script_wants_is_made_up(tmp_path: Path) -> None:
    """Libraries, objects, start files, symbols of the firmware, a failing ASSERT, an INCLUDE."""
    (tmp_path / "sizes.ld").write_text("RAM_SIZE = 64K;\n")
    regions, problems = imported(
        tmp_path,
        "INCLUDE sizes.ld\n"
        "STARTUP(crt_of_ours.o)\nGROUP(-lgcc libnosuch.a -lnosuch_either)\nINPUT(boot/first.o)\n"
        "ENTRY(Reset_Handler)\n"
        "MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 1M\n"
        "RAM (rwx) : ORIGIN = 0x20000000 + 256, LENGTH = RAM_SIZE - 256 }\n"
        f'{SECTIONS}first = some_symbol + 4;\nASSERT(SIZEOF(.text) > 0, "no code")\n',
    )
    assert summary(regions) == [("RAM", 0x20000100, 0xFF00)]
    assert [problem.code for problem in problems] == ["RW0604"]


@pytest.mark.parametrize("also", ["", "copy = RAM_SIZE;\n"], ids=["in MEMORY only", "elsewhere"])
def test_size_that_the_build_passes_in(also: str, tmp_path: Path) -> None:
    text = (
        "MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 1M\n"
        f"RAM (rwx) : ORIGIN = 0x20000000, LENGTH = RAM_SIZE }}\n{SECTIONS}{also}"
    )
    regions, problems = imported(tmp_path, text)
    assert regions == ()
    assert [problem.code for problem in problems] == ["RW0602", "RW0604"]
    assert "MEMORY RAM depends on symbols" in problems[0].what
    regions, problems = imported(tmp_path, text, f"{LINKER} -Wl,--defsym=RAM_SIZE=8K")
    assert summary(regions) == [("RAM", 0x20000000, 0x2000)]
    assert [problem.code for problem in problems] == ["RW0604"]


def test_names_become_identifiers(tmp_path: Path) -> None:
    regions, _ = imported(
        tmp_path,
        "MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 1M RAM : ORIGIN = 0x20000000, LENGTH = 4K\n"
        "RAM-D2 (rw) : ORIGIN = 0x30000000, LENGTH = 8K RAM_D2 : ORIGIN = 0x31000000, LENGTH = 1K\n"
        "NOTHING (rw) : ORIGIN = 0x40000000, LENGTH = 0 }\n" + SECTIONS,
    )
    assert [region.name for region in regions] == ["ram", "ram_d2", "ram_d2_2"]


def test_overlap_is_a_warning(tmp_path: Path) -> None:
    _, problems = imported(
        tmp_path,
        "MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 1M RAM : ORIGIN = 0x20000000, LENGTH = 8K\n"
        "NOINIT (rw) : ORIGIN = 0x20001F00, LENGTH = 256 }\n" + SECTIONS,
    )
    assert [problem.code for problem in problems] == ["RW0604", "RW0605"]
    assert "RAM and NOINIT overlap" in problems[1].what


def test_script_that_does_not_parse(tmp_path: Path) -> None:
    regions, problems = imported(tmp_path, "MEMORY { RAM (rw) : ORIGIN = , LENGTH = 4K }\n")
    assert regions == ()
    assert [problem.code for problem in problems] == ["RW0602"]
    assert "board.ld:1: syntax error" in problems[0].what


def test_script_without_memory(tmp_path: Path) -> None:
    regions, problems = imported(tmp_path, "SECTIONS { .data : { *(.data) } }\n")
    assert regions == ()
    assert [problem.code for problem in problems] == ["RW0603"]


@pytest.mark.parametrize("linker", ["ramwright-no-such-linker", ""])
def test_no_linker(linker: str) -> None:
    regions, problems = regions_of(BOARDS / "teensy41.ld", linker)
    assert regions == ()
    assert [(problem.code, problem.severity) for problem in problems] == [("RW0601", "error")]
