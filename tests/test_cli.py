# SPDX-License-Identifier: Apache-2.0
"""The command: exit status, what goes to which stream, what is written and what is left alone."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from ramwright import cli, elf, planner, verify
from ramwright.explain import codes

CONFIG = """\
ramwright: 1
name: app
target: {cpu: cortex-m4}
home: ram
regions:
  ram: {origin: 0x20000000, size: 64K, linker: RAM}
heaps:
  main: {region: ram, size: 8K}
"""
NAMES = ["app_memory.h", "app_memory.c", "app_memory.ld", "app_memory_check.ld"]
NAMES += ["app_memory.map.txt", "app_memory.map.json"]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good config in the current folder."""
    monkeypatch.chdir(tmp_path)
    file = Path("app.ramwright.yaml")
    file.write_text(CONFIG, encoding="utf-8")
    return file


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of every file."""
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(folder.iterdir())}


def test_check_is_silent_when_clean(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(config)]) == cli.OK
    assert capsys.readouterr() == ("", "")


def test_generate_writes_all_outputs_once(config: Path) -> None:
    assert cli.main(["generate", str(config), "-o", "out"]) == cli.OK
    before = state(Path("out"))
    assert sorted(before) == sorted(NAMES)
    assert cli.main(["generate", str(config), "-o", "out"]) == cli.OK
    assert state(Path("out")) == before, "unchanged outputs keep their time"


def test_list_outputs_writes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["generate", str(config), "-o", "out", "--list-outputs"]) == cli.OK
    assert capsys.readouterr().out.splitlines() == [str(Path("out") / name) for name in NAMES]
    assert not Path("out").exists()


def test_check_of_outputs(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["generate", str(config), "-o", "out", "--check"]) == cli.PROBLEMS
    assert capsys.readouterr().err.count("RW0301") == len(NAMES)
    assert not Path("out").exists()
    cli.main(["generate", str(config), "-o", "out"])
    assert cli.main(["generate", str(config), "-o", "out", "--check"]) == cli.OK
    header = Path("out/app_memory.h")
    header.write_text(header.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["generate", str(config), "-o", "out", "--check"]) == cli.PROBLEMS
    error = capsys.readouterr().err
    assert "app_memory.h" in error
    assert error.count("RW0301") == 1


def test_bad_config_writes_nothing_and_reports_all(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["generate", str(config), "-o", "out"])
    before = state(Path("out"))
    bad = CONFIG.replace("region: ram, size: 8K", "region: rom, size: 0")
    config.write_text(bad, encoding="utf-8")
    assert cli.main(["generate", str(config), "-o", "out"]) == cli.PROBLEMS
    assert state(Path("out")) == before
    assert capsys.readouterr().err.count("error[RW") == 2


@pytest.mark.parametrize("arguments", [["check"], ["generate", "-o", "out"], ["map"], ["verify"]])
def test_missing_file_is_one_line(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [arguments[0], str(tmp_path / "none.yaml"), *arguments[1:]]
    if arguments[0] == "verify":
        command.append("none.elf")
    assert cli.main(command) == cli.USAGE
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "none.yaml" in error


def test_missing_elf_is_one_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", str(config), "none.elf"]) == cli.USAGE
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    Path("text.elf").write_text("not an ELF", encoding="utf-8")
    assert cli.main(["verify", str(config), "text.elf"]) == cli.USAGE


def test_unwritable_output_is_one_line_and_keeps_earlier_outputs(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["generate", str(config), "-o", "out"])
    config.write_text(CONFIG.replace("8K", "4K"), encoding="utf-8")
    # A folder where a file should go stops even root.
    last = Path("out") / NAMES[-1]
    last.unlink()
    last.mkdir()
    before = {p.name: p.read_bytes() for p in Path("out").iterdir() if p.is_file()}
    assert cli.main(["generate", str(config), "-o", "out"]) == cli.USAGE
    assert capsys.readouterr().err.count("\n") == 1
    after = {p.name: p.read_bytes() for p in Path("out").iterdir() if p.is_file()}
    assert after == before
    Path("file").write_text("", encoding="utf-8")
    assert cli.main(["generate", str(config), "-o", "file/out"]) == cli.USAGE


def test_depfile_names_outputs_and_inputs(config: Path) -> None:
    command = ["generate", str(config), "-o", "out dir", "--depfile", "out dir/app.d"]
    assert cli.main(command) == cli.OK
    text = Path("out dir/app.d").read_text(encoding="utf-8")
    target, inputs = text.split(":", 1)
    assert target.startswith("out\\ dir/app_memory.h ")
    assert "app.d" not in target
    assert "app.ramwright.yaml" in inputs
    for name in ("memory.c.j2", "ramwright.schema.json", "planner.py"):
        assert f"/{name}" in inputs


def test_depfile_in_a_folder_that_make_cannot_write(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["generate", str(config), "-o", "out", "--depfile", "d", "--depfile-target", "a=b"]
    assert cli.main(command) == cli.USAGE
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "'='" in error
    assert not Path("out").exists()


def test_map_formats(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["map", str(config)]) == cli.OK
    assert "main" in capsys.readouterr().out
    assert cli.main(["map", str(config), "--format", "json"]) == cli.OK
    document = json.loads(capsys.readouterr().out)
    assert document["ramwright_map"] == 1
    assert document["basis"] == "plan"


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "RW0301"]) == cli.OK
    text = capsys.readouterr().out
    assert text.startswith("# RW0301: ")
    for part in ("## Cause", "## Example", "## Cure"):
        assert part in text
    for short in ("301", "rw0301"):
        assert cli.main(["explain", short]) == cli.OK
        assert capsys.readouterr().out == text
    assert cli.main(["explain", "RW9999"]) == cli.USAGE


def test_explain_lists_codes_with_their_titles(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain"]) == cli.OK
    everything = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in everything] == list(codes())
    assert "RW0230: A region overflows" in everything
    for start in ("RW02", "rw02"):
        assert cli.main(["explain", start]) == cli.OK
        listed = capsys.readouterr().out.splitlines()
        assert listed == [line for line in everything if line.startswith("RW02")]
    assert cli.main(["explain", "overflow"]) == cli.USAGE
    assert "`ramwright explain` lists all" in capsys.readouterr().err


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema"]) == cli.OK
    assert json.loads(capsys.readouterr().out)["$schema"].startswith("http://json-schema.org/")


@pytest.mark.parametrize("what", ["cmake", "make", "include", "src"])
def test_paths_exist(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["paths", f"--{what}"]) == cli.OK
    assert Path(capsys.readouterr().out.strip()).exists()


def test_usage_error_is_status_2() -> None:
    for arguments in ([], ["generate"], ["map", "x", "--format", "png"]):
        with pytest.raises(SystemExit) as stop:
            cli.main(arguments)
        assert stop.value.code == cli.USAGE


def test_own_error_is_status_70_without_a_traceback(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise AssertionError("seeded")

    monkeypatch.setattr(planner, "plan", broken)
    assert cli.main(["map", str(config)]) == cli.INTERNAL
    error = capsys.readouterr().err
    assert "internal error: AssertionError: seeded" in error
    assert "Traceback" not in error


def test_list_outputs_loads_no_templates(config: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "ramwright"]
    command += ["generate", str(config), "-o", "out", "--list-outputs"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "ramwright.planner" in result.stderr
    assert "jinja2" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "x" * 300], "File name too long"),
        (["check", "."], "cannot read .: Is a directory"),
        (["generate", "app.ramwright.yaml", "-o", "loop"], "cannot write"),
        (["init", "--from-ld", "board.ld", "--linker", "gcc '"], "No closing quotation"),
        (["verify", "app.ramwright.yaml", "cut.elf"], "cut.elf"),
        (["schema"], r"cannot write '\u2026' as ascii"),
    ],
)
@pytest.mark.usefixtures("config")
def test_mistake_of_a_user_is_one_line_and_status_2(arguments: list[str], said: str) -> None:
    Path("loop").symlink_to("loop")
    Path("board.ld").write_text("MEMORY { RAM : ORIGIN = 0, LENGTH = 1K }", encoding="utf-8")
    # Section headers that lie far behind the end of the file.
    identity = b"\x7fELF\1\1\1".ljust(16, b"\0")
    header = struct.pack("<2H5I6H", 2, 40, 1, 0, 0, 1 << 30, 0, 52, 32, 0, 40, 1, 0)
    Path("cut.elf").write_bytes(identity + header)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "ramwright", *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == cli.USAGE, result.stderr
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("error", [IndexError("x"), ValueError("x"), AttributeError("x")])
def test_damaged_elf_is_one_line(
    error: Exception,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(_: object) -> None:
        raise error

    monkeypatch.setattr(elf, "read_elf", broken)
    assert cli.main(["verify", str(config), "fw.elf"]) == cli.USAGE
    said = capsys.readouterr().err
    assert said == f"ramwright: fw.elf: a damaged ELF file ({type(error).__name__}: x)\n"


@pytest.mark.parametrize("arguments", [["schema"], ["map", "app.ramwright.yaml"]])
@pytest.mark.usefixtures("config")
def test_full_standard_output_is_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "ramwright", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (result.returncode, result.stderr) == (
        cli.USAGE,
        "ramwright: No space left on device\n",
    )


def test_config_may_come_from_a_pipe() -> None:
    reading, writing = os.pipe()
    os.write(writing, CONFIG.encode())
    os.close(writing)
    try:
        assert cli.main(["check", f"/dev/fd/{reading}"]) == cli.OK
    finally:
        os.close(reading)


def test_interrupt_is_status_130_without_a_traceback(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(planner, "plan", interrupted)
    assert cli.main(["generate", str(config), "-o", "out"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == "ramwright: interrupted\n"


@pytest.mark.parametrize(("objects", "said"), [(1, "1 object is"), (2, "2 objects are")])
def test_verify_counts(
    objects: int,
    said: str,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if objects == 2:
        config.write_text(CONFIG + "  more: {region: ram, size: 1K}\n", encoding="utf-8")
    monkeypatch.setattr(elf, "read_elf", lambda _: None)
    monkeypatch.setattr(verify, "verify", lambda *_: ())
    assert cli.main(["verify", str(config), "fw.elf"]) == cli.OK
    assert capsys.readouterr().out == f"fw.elf: {said} where {config} says\n"


def test_outputs_do_not_depend_on_folder_or_environment(config: Path, tmp_path: Path) -> None:
    texts = []
    for number, zone in enumerate(("UTC", "Asia/Tokyo")):
        folder = tmp_path / f"copy {number}"
        folder.mkdir()
        (folder / config.name).write_text(CONFIG, encoding="utf-8")
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": str(number), "LC_ALL": "C"}
        command = [sys.executable, "-m", "ramwright", "generate", config.name, "-o", "out"]
        subprocess.run(command, cwd=folder, env=environment, check=True)
        texts.append({p.name: p.read_bytes() for p in (folder / "out").iterdir()})
    assert texts[0] == texts[1]
