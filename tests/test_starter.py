# SPDX-License-Identifier: Apache-2.0
"""`init --from-ld`: what it writes is a config that passes `check`, and it never overwrites."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ramwright import cli
from ramwright.import_ld import ImportedRegion, regions_of
from ramwright.init_options import core_of
from ramwright.load import load
from ramwright.rules.advice import notes
from ramwright.starter import Core, home_of, starter

BOARDS = sorted((Path(__file__).parent / "boards").glob("*.ld"))


@pytest.mark.parametrize("script", BOARDS, ids=lambda path: path.stem)
def test_starter_of_a_board_passes_check(script: Path, tmp_path: Path) -> None:
    file = tmp_path / "memory.ramwright.yaml"
    assert cli.main(["init", "--from-ld", str(script), "-o", str(file)]) == cli.OK
    config, problems, _ = load(file, file.name)
    assert config is not None
    assert not problems
    assert not notes(config), "not even a note"
    assert config.home in config.regions
    assert cli.main(["generate", str(file), "-o", str(tmp_path / "out")]) == cli.OK


def test_existing_file_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "memory.ramwright.yaml"
    file.write_text("mine\n", encoding="utf-8")
    assert cli.main(["init", "--from-ld", str(BOARDS[0]), "-o", str(file)]) == cli.USAGE
    assert file.read_text(encoding="utf-8") == "mine\n"
    assert "exists already" in capsys.readouterr().err


def test_missing_script_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["init", "--from-ld", "none.ld"]) == cli.USAGE
    assert capsys.readouterr().err.count("\n") == 1


def test_home_is_the_region_called_so_else_the_largest() -> None:
    small = ImportedRegion("ram", "RAM", 0x20000000, 0x1000)
    large = ImportedRegion("sdram", "SDRAM", 0xC0000000, 0x800000)
    assert home_of([large, small]) is small
    other = ImportedRegion("ocram", "OCRAM", 0x20200000, 0x80000)
    assert home_of([other, large]) is large


def test_home_is_where_the_script_puts_data(tmp_path: Path) -> None:
    """CubeMX for the H7: DTCMRAM comes first and is called like a main memory."""
    script = tmp_path / "h7.ld"
    script.write_text(
        "MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 64K\n"
        "DTCMRAM (xrw) : ORIGIN = 0x20000000, LENGTH = 128K\n"
        "RAM_D1 (xrw) : ORIGIN = 0x24000000, LENGTH = 512K }\n"
        "SECTIONS { .text : { *(.text*) } >FLASH .data : { *(.data*) } >RAM_D1 AT>FLASH\n"
        ".bss : { *(.bss*) } >RAM_D1 }\n"
    )
    for linker in ("arm-none-eabi-gcc", "arm-none-eabi-ld"):
        regions, _ = regions_of(script, linker)
        assert home_of(regions).linker == "RAM_D1"


@pytest.mark.parametrize(
    "memory",
    [
        "RAM-D2",
        "RAM$1",
        "A+B",
        "ON",
        "no",
        "_ram",
        "__ram__",
        "rw_ram",
        "register",
        "...",
        "R" * 64,
    ],
)
def test_any_name_of_a_memory_entry_passes_check(memory: str, tmp_path: Path) -> None:
    script = tmp_path / "board.ld"
    script.write_text(
        "MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 64K\n"
        f"{memory} (rw) : ORIGIN = 0x20000000, LENGTH = 8K\n}}\n"
        f"SECTIONS {{ .text : {{ *(.text) }} >FLASH .data : {{ *(.data) }} >{memory} AT>FLASH }}\n"
    )
    file = tmp_path / "memory.ramwright.yaml"
    assert cli.main(["init", "--from-ld", str(script), "-o", str(file)]) == cli.OK
    config, problems, _ = load(file, file.name)
    assert config is not None, problems
    assert not problems
    assert config.regions[config.home].linker == memory


def test_name_that_a_config_cannot_spell_is_left_out(tmp_path: Path) -> None:
    script = tmp_path / "board.ld"
    script.write_text(
        "MEMORY { a/b (rw) : ORIGIN = 0x10000000, LENGTH = 8K\n"
        "RAM (rw) : ORIGIN = 0x20000000, LENGTH = 8K }\n"
    )
    regions, problems = regions_of(script, "arm-none-eabi-gcc")
    assert [region.linker for region in regions] == ["RAM"]
    assert "MEMORY a/b is left out: a config cannot spell its name" in problems[0].what
    assert problems[0].severity == "warning", "it may be RAM"


def test_tiny_region_gets_a_heap_that_fits(tmp_path: Path) -> None:
    file = tmp_path / "memory.ramwright.yaml"
    regions = [ImportedRegion("ram", "RAM", 0x20000000, 1024)]
    text = starter(regions, "board.ld", file.name, Core("cortex-m4", guessed=True))
    file.write_text(text, encoding="utf-8")
    config, problems, _ = load(file, file.name)
    assert config is not None
    assert not problems


@pytest.mark.parametrize("values", ["ORIGIN = BASE, LENGTH = 8K", "ORIGIN = 0, LENGTH = SIZE"])
def test_region_of_unknown_place_or_size_is_not_invented(
    values: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "board.ld"
    text = f"MEMORY {{ RAM (rwx) : {values} }} SECTIONS {{ .data : {{ *(.data) }} >RAM }}"
    script.write_text(text, encoding="utf-8")
    assert cli.main(["init", "--from-ld", str(script)]) == cli.PROBLEMS
    captured = capsys.readouterr()
    assert "RW0602" in captured.err
    assert captured.out == ""


# The shape of RT-Thread's script for the ART-Pi: three banks of 32K, 0x60 and 0x1A0 bytes apart.
OVERLAPPING = """\
MEMORY
{
  ROM (rx)     : ORIGIN = 0x08000000, LENGTH = 128K
  RAM (rw)     : ORIGIN = 0x24000000, LENGTH = 512K
  RxDescs (rw) : ORIGIN = 0x30040000, LENGTH = 32K
  TxDescs (rw) : ORIGIN = 0x30040060, LENGTH = 32K
  RxArray (rw) : ORIGIN = 0x30040200, LENGTH = 32K
}
SECTIONS { .text : { *(.text) } >ROM .data : { *(.data) } >RAM AT>ROM .bss : { *(.bss) } >RAM }
"""


def test_overlapping_regions_are_flagged_and_left_to_the_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script, file = tmp_path / "board.ld", tmp_path / "memory.ramwright.yaml"
    script.write_text(OVERLAPPING, encoding="utf-8")
    assert cli.main(["init", "--from-ld", str(script), "-o", str(file)]) == cli.OK
    said = capsys.readouterr().err
    for pair in ("RxDescs and TxDescs", "RxDescs and RxArray", "TxDescs and RxArray"):
        assert f"warning[RW0605]: MEMORY {pair} overlap" in said
    config, problems, _ = load(file, file.name)
    assert not problems
    assert config is not None
    assert list(config.regions) == ["ram"]
    text = file.read_text(encoding="utf-8")
    assert text.count("# overlaps rxdescs: choose") == 2
    assert "  #rxdescs: {origin: 0x30040000, size: 32K" in text


def test_home_may_be_named(tmp_path: Path) -> None:
    script, file = tmp_path / "board.ld", tmp_path / "memory.ramwright.yaml"
    script.write_text(OVERLAPPING, encoding="utf-8")
    command = ["init", "--from-ld", str(script), "-o", str(file), "--home"]
    assert cli.main([*command, "flash"]) == cli.USAGE
    assert cli.main([*command, "txdescs"]) == cli.OK
    config, problems, _ = load(file, file.name)
    assert not problems
    assert config is not None
    assert config.home == "txdescs"
    part = ["init", "--device", "stm32h743zi", "--home"]
    assert cli.main([*part, "bkp"]) == cli.USAGE, "retained: zeroed at boot"
    file.unlink()
    assert cli.main([*part, "dtcm", "-o", str(file)]) == cli.OK
    config, problems, _ = load(file, file.name)
    assert not problems
    assert config is not None
    assert config.home == "dtcm"


def test_no_question_is_asked_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["init"]) == cli.USAGE
    assert "--device" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answers", "home"),
    [
        (("stm32h743zit6", "", ""), "axi"),
        (("stm32h743zi", "dtcm", "memory.ramwright.yaml"), "dtcm"),
        (("board.ld", "cortex-m7", "", ""), "ram"),
    ],
)
def test_questions_on_a_terminal(answers: tuple[str, ...], home: str, tmp_path: Path) -> None:
    """Asked on a terminal of its own: part or script, home, where to write."""
    (tmp_path / "board.ld").write_text(OVERLAPPING, encoding="utf-8")
    terminal, end = os.openpty()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-m", "ramwright", "init"],
        cwd=tmp_path, env=environment, stdin=end, stdout=end, stderr=end,
    ) as process:  # fmt: skip
        os.close(end)
        os.write(terminal, "".join(f"{answer}\n" for answer in answers).encode())
        assert process.wait(timeout=60) == cli.OK
        os.close(terminal)
    file = tmp_path / "memory.ramwright.yaml"
    config, problems, _ = load(file, file.name)
    assert not problems
    assert config is not None
    assert config.home == home


@pytest.mark.parametrize(
    ("linker", "cpu"),
    [
        ("xtensa-lx106-elf-gcc", "xtensa-lx106"),
        ("xtensa-esp32-elf-gcc", "xtensa-lx6"),
        ("xtensa-esp32s3-elf-gcc", "xtensa-lx7"),
        ("arm-none-eabi-gcc", "cortex-m4"),
    ],
)
def test_cpu_is_guessed_from_the_linker(linker: str, cpu: str) -> None:
    assert core_of(None, [linker]) == Core(cpu, guessed=True)


def test_script_of_a_riscv_board(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "memory.ramwright.yaml"
    linker = "riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32"
    script = next(str(board) for board in BOARDS if board.stem == "ch32v307")
    command = ["init", "--from-ld", script, "--linker", linker, "-o", str(file)]
    assert cli.main(command) == cli.OK
    assert cli.main(["check", str(file)]) == cli.OK
    text = file.read_text(encoding="utf-8")
    assert "target: {cpu: rv32imac}" in text
    assert '  ram: {origin: 0x20000000, size: 64K, linker: "RAM"}' in text
    assert "home: ram" in text
    assert "RW0604" in capsys.readouterr().err, "FLASH is left out"


CUBE = """\
MEMORY
{
  FLASH (rx)    : ORIGIN = 0x08000000, LENGTH = 2048K
  DTCMRAM (xrw) : ORIGIN = 0x20000000, LENGTH = 128K
  RAM_D1 (xrw)  : ORIGIN = 0x24000000, LENGTH = 512K
  ITCMRAM (xrw) : ORIGIN = 0x00000000, LENGTH = 64K
}
SECTIONS { .text : { *(.text) } >FLASH .data : { *(.data) } >RAM_D1 AT>FLASH }
"""


def test_other_banks_are_in_comments_that_can_be_taken_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script, file = tmp_path / "board.ld", tmp_path / "memory.ramwright.yaml"
    script.write_text(CUBE, encoding="utf-8")
    assert cli.main(["init", "--from-ld", str(script), "-o", str(file)]) == cli.OK
    capsys.readouterr()
    assert cli.main(["check", str(file)]) == cli.OK
    assert capsys.readouterr() == ("", ""), "nothing that the user did not cause"
    text = file.read_text(encoding="utf-8")
    assert "# MEMORY FLASH is left out: its attributes (xr)" in text
    assert 'size: 64K, linker: "ITCMRAM"}  # address 0 is NULL to C' in text
    file.write_text(text.replace("  #dtcmram:", "  dtcmram:"), encoding="utf-8")
    config, problems, _ = load(file, file.name)
    assert not problems
    assert config is not None
    assert list(config.regions) == ["dtcmram", "ram_d1"]


@pytest.mark.parametrize(
    ("options", "cpu"),
    [
        ((), "cortex-m4"),
        (("--cpu", "cortex-m33"), "cortex-m33"),
        (("--linker", "arm-none-eabi-gcc -mthumb -mcpu=cortex-m7+nofp.dp"), "cortex-m7"),
        (("--linker", "arm-none-eabi-gcc -mcpu=cortex-m7", "--cpu", "cortex-m3"), "cortex-m3"),
    ],
)
def test_core_is_told_or_a_guess_that_says_so(
    options: tuple[str, ...], cpu: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "board.ld"
    script.write_text(CUBE, encoding="utf-8")
    assert cli.main(["init", "--from-ld", str(script), *options]) == cli.OK
    written, said = capsys.readouterr()
    line = next(line for line in written.splitlines() if line.startswith("target: "))
    assert line.startswith(f"target: {{cpu: {cpu}}}  # ")
    assert ("A GUESS" in line) == (
        f"RW0607]: a script does not name the core: `cpu: {cpu}`" in said
    )
    assert ("A GUESS" in line) == (not options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from-ld", "board.ld", "--cpu", "cortex-m77"), "did you mean `cortex-m7`?"),
        (("--device", "stm32f407vg", "--cpu", "cortex-m4"), "--cpu goes with --from-ld"),
    ],
)
def test_core_that_cannot_be(
    options: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "board.ld").write_text(CUBE, encoding="utf-8")
    assert cli.main(["init", *options]) == cli.USAGE
    assert said in capsys.readouterr().err
