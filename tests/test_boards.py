# SPDX-License-Identifier: Apache-2.0
"""The self test boots and passes on every core of the matrix, from RAM full of garbage."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from emulate import build, qemu
from ramwright import cli

HERE = Path(__file__).resolve().parent
EMULATE = HERE / "emulate"
BOARD_SUPPORT = HERE.parent / "examples" / "mps2"


@pytest.fixture(scope="module")
def runtimes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runtime is kept, built once for each core."""
    return tmp_path_factory.mktemp("runtimes")


def image_for(board: qemu.Board, directory: Path, runtimes: Path, *flags: str) -> Path:
    """The raw image of the self test for `board`."""
    runtime = build.Build(board.cpu, runtimes / board.cpu).runtime()
    origin, size = board.banks[0]
    text = (EMULATE / "self_test.ramwright.yaml").read_text()
    for key, value in {"cpu": board.cpu, "origin": f"{origin:#x}", "size": str(size)}.items():
        text = text.replace(f"@{key}@", value)
    config = directory / "self_test.ramwright.yaml"
    config.write_text(text)
    maker = build.Build(board.cpu, directory, ("-DLIVE_MAX=64U",))
    layout = build.generated(config, directory / "generated", "self_test")
    includes = (layout.directory, EMULATE, HERE / "runtime", BOARD_SUPPORT)
    objects = [
        maker.compiled(source, *flags, includes=includes)
        for source in (
            EMULATE / "self_test.c",
            EMULATE / "random_ops.c",
            EMULATE / "targets.c",
            HERE / "runtime" / "shadow.c",
            startup_of(board),
            BOARD_SUPPORT / "semihosting.c",
            layout.source,
        )
    ]
    elf = maker.linked(
        "self_test", [*objects, runtime], layout.scripts(script_of(board)), *memory_of(board)
    )
    assert cli.main(["verify", str(config), str(elf)]) == cli.OK
    return build.raw_image(elf, maker.tools.prefix)


def startup_of(board: qemu.Board) -> Path:
    """The startup code of `board`, which knows nothing of Ramwright."""
    return BOARD_SUPPORT / "startup.c" if board.arm else EMULATE / "bare_startup.c"


def script_of(board: qemu.Board) -> Path:
    """The linker script of `board`, likewise."""
    return EMULATE / ("self_test.ld" if board.arm else "bare.ld")


def memory_of(board: qemu.Board) -> list[str]:
    """What the script is told of the memory of `board`."""
    origin, size = board.banks[0]
    values = {"FLASH_ORIGIN": board.reset, "RAM_ORIGIN": origin, "RAM_SIZE": size}
    return [f"-Wl,--defsym,{name}={value:#x}" for name, value in values.items()]


@pytest.mark.parametrize("machine", qemu.BOARDS)
def test_self_test_passes_from_poisoned_ram(machine: str, tmp_path: Path, runtimes: Path) -> None:
    board = qemu.BOARDS[machine]
    run = qemu.run(board, image_for(board, tmp_path, runtimes))
    assert run.status == 0, run.output
    arena, *verdicts = run.output.splitlines()
    assert arena == "arena 0xa5a5a5a5", "somebody wrote to the arena, or the poison missed it"
    assert [line.split()[0] for line in verdicts] == ["pool", "heap", "slab", "memheap"]


def test_a_seeded_fault_ends_with_the_number_of_its_object(tmp_path: Path, runtimes: Path) -> None:
    board = qemu.BOARDS["mps2-an385"]
    run = qemu.run(board, image_for(board, tmp_path, runtimes, "-DSEED_FAULT=100"))
    assert run.status == 1
    assert "pool    failed at step " in run.output


def test_a_firmware_that_hangs_is_stopped(tmp_path: Path) -> None:
    image = tmp_path / "hang.bin"
    branch_to_itself = 0xE7FE
    image.write_bytes(struct.pack("<IIH", 0x20001000, 8 | 1, branch_to_itself))
    run = qemu.run(qemu.BOARDS["mps2-an385"], image, timeout=2)
    assert run.status == qemu.TIMED_OUT
