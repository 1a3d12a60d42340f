# SPDX-License-Identifier: Apache-2.0
"""Make and Ninja read in a depfile the very paths that were meant."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ramwright
from ramwright import assets
from ramwright.depfile import CannotName, depfile

NAMES = ["plain", "a b", "a$b", "a#b", "a:b", "a*b", "a'b", "a~b", "é"]


@pytest.fixture(autouse=True)
def only_the_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "generator_inputs", tuple)


@pytest.mark.parametrize("name", NAMES)
def test_make_sees_a_change_and_forgives_a_loss(name: str, tmp_path: Path) -> None:
    config = tmp_path / name
    config.write_text("", encoding="utf-8")
    (tmp_path / "app.d").write_text(depfile([Path("app.h")], [config]), encoding="utf-8")
    (tmp_path / "Makefile").write_text("app.h:\n\ttouch $@\ninclude app.d\n", encoding="utf-8")

    def make(*options: str) -> int:
        command = ["make", *options, "app.h"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode

    assert make() == 0
    assert make("-q") == 0
    os.utime(config, (4e9, 4e9))
    assert make("-q") == 1, "the change was not seen"
    config.unlink()
    assert make("-q") == 1, "a file that is gone is no work, or an error"


@pytest.mark.parametrize("name", [name for name in NAMES if not set("*'") & set(name)])
def test_ninja_reads_the_same_path(name: str, tmp_path: Path) -> None:
    # Ninja ends a path at * and ', whatever stands before them.
    config = tmp_path / name
    config.write_text("", encoding="utf-8")
    (tmp_path / "text").write_text(depfile([Path("out")], [config]), encoding="utf-8")
    (tmp_path / "build.ninja").write_text(
        "rule r\n command = cp text d && touch out\n depfile = d\n deps = gcc\nbuild out: r\n",
        encoding="utf-8",
    )
    subprocess.run(["ninja"], cwd=tmp_path, capture_output=True, check=True)
    command = ["ninja", "-t", "deps", "out"]
    known = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(config) in [line.strip() for line in known.stdout.splitlines()]


@pytest.mark.parametrize("name", ["a;b", "a|b", "a=b", "a\\b", "a\tb", "a\nb"])
def test_what_make_cannot_write_is_refused(name: str) -> None:
    with pytest.raises(CannotName) as caught:
        depfile([Path("app.h")], [Path("folder") / name])
    assert "\n" not in str(caught.value)


def test_a_config_whose_name_is_not_utf8(tmp_path: Path) -> None:
    """Outputs are UTF-8 whatever their config is called; the depfile names it by its bytes."""
    name = b"m\xff\xe9.yaml"
    config = os.fsencode(tmp_path) + b"/" + name
    good = Path(__file__).parent / "good" / "everything.yaml"
    Path(os.fsdecode(config)).write_bytes(good.read_bytes())
    command: list[bytes | str] = [sys.executable, "-m", "ramwright", "generate", config]
    command += ["-o", str(tmp_path / "out"), "--depfile", str(tmp_path / "d")]
    environment = {**os.environ, "PYTHONPATH": str(Path(ramwright.__file__).parents[1])}
    subprocess.run(command, check=True, env=environment)
    assert name in (tmp_path / "d").read_bytes()
    for output in (tmp_path / "out").iterdir():
        text = output.read_text(encoding="utf-8")
        assert output.suffix not in (".c", ".h", ".ld") or "from m??.yaml: edit that" in text
