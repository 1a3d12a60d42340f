# SPDX-License-Identifier: Apache-2.0
"""RISC-V and Xtensa on QEMU: main, a timer interrupt, a second hart share every kind of object."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emulate import build, qemu
from ramwright import cli
from ramwright.elf import read_elf
from ramwright.load import load
from ramwright.planner import plan
from runtime_host import mutant
from test_boards import BOARD_SUPPORT, EMULATE, memory_of, script_of, startup_of

BARE = [name for name, board in qemu.BOARDS.items() if not board.arm]
TWO_HARTS = [name for name in BARE if "a" in name.removeprefix("virt-rv") and name != "sim"]


@pytest.fixture(scope="module")
def runtimes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runtime is kept, built once for each core."""
    return tmp_path_factory.mktemp("runtimes")


def firmware_for(board: qemu.Board, directory: Path, runtimes: Path) -> tuple[Path, Path]:
    """The config and the ELF of the traffic for `board`."""
    origin, size = board.banks[0]
    two = board.harts == 2
    values = {
        "cpu": board.cpu,
        "harts": "cores: 2, core_lock: amo" if two else "cores: 1",
        "sharing": "core" if two else "interrupt",
        "origin": f"{origin:#x}",
        "size": str(size),
    }
    text = (EMULATE / "traffic.ramwright.yaml").read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    config = directory / "traffic.ramwright.yaml"
    config.write_text(text)
    maker = build.Build(board.cpu, directory, ("-DTWO_HARTS",) if two else ())
    layout = build.generated(config, directory / "generated", "traffic")
    objects = [
        maker.compiled(source, includes=(layout.directory, BOARD_SUPPORT))
        for source in (
            EMULATE / "traffic.c",
            BOARD_SUPPORT / "semihosting.c",
            startup_of(board),
            layout.source,
        )
    ]
    scripts = layout.scripts(script_of(board))
    runtime = build.Build(board.cpu, runtimes / board.cpu).runtime()
    return config, maker.linked("traffic", [*objects, runtime], scripts, *memory_of(board))


def ran(name: str, harts: int, directory: Path, runtimes: Path) -> qemu.Run:
    """A run of the traffic on the board `name` with so many harts."""
    board = replace(qemu.BOARDS[name], harts=harts)
    config, elf = firmware_for(board, directory, runtimes)
    assert cli.main(["verify", str(config), str(elf)]) == cli.OK
    return qemu.run(board, build.raw_image(elf, build.tools_for(board.cpu).prefix))


@pytest.mark.parametrize("name", BARE)
def test_state_is_as_large_as_planned(name: str, tmp_path: Path, runtimes: Path) -> None:
    file, elf = firmware_for(qemu.BOARDS[name], tmp_path, runtimes)
    config, _, _ = load(file, str(file))
    assert config is not None
    layout = plan(config)
    variables = read_elf(elf).variables
    for obj in layout.objects:
        pieces = (f"{obj.name}_{piece}" for piece in ("state", "pages", "zone_states"))
        linked = sum(variables[piece].size for piece in pieces if piece in variables)
        assert linked == obj.state_size, obj.name


@pytest.mark.parametrize("name", BARE)
def test_an_interrupt_and_main_share_every_object(
    name: str, tmp_path: Path, runtimes: Path
) -> None:
    run = ran(name, 1, tmp_path, runtimes)
    assert run.status == 0, run.output
    assert int(run.output.split()[0]) > 1000, "the interrupt seldom struck within a call"


def test_verify_tells_xtensa_from_arm(
    tmp_path: Path, runtimes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, elf = firmware_for(qemu.BOARDS["sim"], tmp_path, runtimes)
    config.write_text(config.read_text().replace("cpu: xtensa-lx106", "cpu: cortex-m3"))
    assert cli.main(["verify", str(config), str(elf)]) == cli.PROBLEMS
    assert "RW0518" in (told := capsys.readouterr().err)
    assert "is for XTENSA with 32 bits, and `cpu: cortex-m3` is ARM" in told


@pytest.mark.parametrize("name", TWO_HARTS)
def test_two_harts_and_an_interrupt_share_every_object(
    name: str, tmp_path: Path, runtimes: Path
) -> None:
    run = ran(name, 2, tmp_path, runtimes)
    assert run.status == 0, run.output


@pytest.mark.parametrize(
    ("name", "harts", "old", "new"),
    [
        (TWO_HARTS[0], 1, ".insn i 0x73, 7, %0, x8, 0x300", ".insn i 0x73, 7, %0, x0, 0x300"),
        (TWO_HARTS[0], 2, "while (rw_riscv_claim() != 0)", "if (rw_riscv_claim() != 0)"),
        ("sim", 1, "rsil %0, %1", "rsil %0, %1 - 3"),
    ],
)
def test_a_lock_left_out_is_caught(
    name: str, harts: int, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: interrupts stay open, or the other hart is not kept out."""
    port = "xtensa" if name == "sim" else "riscv"
    faulty = mutant(tmp_path, f"include/ramwright/ports/{port}.h", old, new)
    monkeypatch.setattr(build, "RUNTIME", faulty)
    assert ran(name, harts, tmp_path, tmp_path).status not in (0, qemu.TIMED_OUT)
