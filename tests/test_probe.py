# SPDX-License-Identifier: Apache-2.0
"""Types are measured by the compiler that `--cc` names: block sizes filled in, sizes checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from ramwright import cli
from ramwright.load import Request, load
from ramwright.model import Config

CONFIG = """\
ramwright: 1
name: app
target: {cpu: cortex-m4}
home: ram
regions:
  ram: {origin: 0x20000000, size: 64K, attributes: [shared]}
pools:
  frames: {region: ram, type: struct frame, header: frame.h, count: 4}
  words: {region: ram, type: uint32_t, count: 4}
buffers:
  box: {region: ram, type: box_t, header: <box.h>, size: 16, address: 0x20008000}
"""
FRAME = "#include <stdint.h>\nstruct frame { uint64_t stamp; uint8_t data[9]; };\n"
BOX = "typedef struct { int magic; int data[3]; } box_t;\n"
COMPILERS = [
    "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb",
    "arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb -flto -O2",
    "clang --target=arm-none-eabi -mcpu=cortex-m4 -ffreestanding",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a config and its headers."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inc").mkdir()
    (tmp_path / "app.yaml").write_text(CONFIG)
    (tmp_path / "frame.h").write_text(FRAME)
    (tmp_path / "inc" / "box.h").write_text(BOX)
    return tmp_path


def read(compiler: str | None) -> tuple[Config | None, list[str]]:
    config, problems, _ = load(Path("app.yaml"), "app.yaml", Request(compiler=compiler))
    return config, [f"{p.where} {p.code} {p.what}" for p in problems]


@pytest.mark.parametrize("compiler", COMPILERS)
def test_block_size_and_alignment_are_those_of_the_type(compiler: str) -> None:
    config, problems = read(f"{compiler} -Iinc")
    assert not problems
    assert config is not None
    frames = config.pools["frames"]
    assert (frames.block_size, frames.placement.alignment) == (24, 8)
    assert config.pools["words"].block_size == 4
    assert {Path(name).name for name in config.files} == {"app.yaml", "frame.h", "box.h"}


def test_without_a_compiler_built_in_types_are_known_only() -> None:
    _, problems = read(None)
    assert problems == ["app.yaml:8:31 RW0353 the block size of `frames` is not known"]


def test_what_does_not_fit_is_said_before_it_is_compiled(folder: Path) -> None:
    (folder / "app.yaml").write_text(CONFIG.replace("count: 4", "block_size: 16, count: 4"))
    _, problems = read(f"{COMPILERS[0]} -Iinc")
    what = "a `struct frame` has 24 bytes and does not fit into 16"
    assert problems == [f"app.yaml:8:74 RW0352 {what}"]


def test_mailbox_without_magic_or_version(folder: Path) -> None:
    (folder / "inc" / "box.h").write_text(BOX.replace("magic", "mogic"))
    _, problems = read(f"{COMPILERS[0]} -Iinc")
    what = "`box_t` in mailbox `box` has no `magic` or `version`"
    assert problems == [f"app.yaml:11:3 RW0354 {what}"]


def test_a_type_that_does_not_compile_is_blamed_where_it_is_named(folder: Path) -> None:
    (folder / "frame.h").write_text("struct other { int a; };\n")
    _, problems = read(f"{COMPILERS[0]} -Iinc")
    (problem,) = problems
    assert problem.startswith("app.yaml:8:31 RW0412 the compiler cannot tell the size of `struct")
    assert "incomplete type" in problem
    _, problems = read(COMPILERS[0])
    assert [p[:20] for p in problems] == ["app.yaml:8:31 RW0412", "app.yaml:11:28 RW041"]


@pytest.mark.parametrize("compiler", ["no-such-compiler", "", "gcc '", "true"])
def test_what_is_no_compiler_is_one_line(compiler: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["check", "app.yaml", "--cc", compiler])
    error = capsys.readouterr().err
    if compiler == "true":
        assert status == cli.PROBLEMS
        assert "writes no assembly" in error
    else:
        assert status == cli.USAGE
        assert error.count("\n") == 1


def test_depfile_and_effective_config_know_what_was_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    compiler = f"{COMPILERS[0]} -Iinc"
    command = ["generate", "app.yaml", "-o", "out", "--depfile", "out/d", "--cc", compiler]
    assert cli.main(command) == cli.OK
    assert "/frame.h" in Path("out/d").read_text()
    assert cli.main(["config", "app.yaml", "--cc", compiler]) == cli.OK
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "block_size: 24 # app.yaml:8, by `type`: as the compiler measured it" in lines
