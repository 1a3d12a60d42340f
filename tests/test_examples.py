# SPDX-License-Identifier: Apache-2.0
"""The real set-ups under examples/: each is generated, compiled, linked and verified by its own
CMakeLists.txt, and its map tiles every region.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ramwright import assets

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/CMakeLists.txt"))


def _run(*command: str | Path) -> str:
    result = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def _toolchain(source: Path) -> Path:
    own = source / "toolchain.cmake"
    return own if own.exists() else EXAMPLES / "common" / "arm-none-eabi.cmake"


@pytest.fixture(scope="module", params=NAMES)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name of an example, and its ELF."""
    directory = tmp_path_factory.mktemp(request.param)
    source = EXAMPLES / request.param
    command = directory / "ramwright"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m ramwright "$@"\n')
    command.chmod(0o755)
    _run(
        "cmake", "-G", "Ninja", "-S", source, "-B", directory / "build",
        f"-DCMAKE_TOOLCHAIN_FILE={_toolchain(source)}",
        f"-DCMAKE_PREFIX_PATH={assets.path('cmake')}",
        f"-DRamwright_EXECUTABLE={command}",
    )  # fmt: skip
    _run("cmake", "--build", directory / "build", "--parallel", "2")
    elves = list((directory / "build").glob("*.elf"))
    assert len(elves) == 1
    return elves[0].rename(directory / f"{request.param}.elf")


def _map(elf: Path, *options: str | Path) -> dict[str, Any]:
    config = EXAMPLES / elf.stem / "memory.ramwright.yaml"
    text = _run(sys.executable, "-m", "ramwright", "map", config, "--format", "json", *options)
    memory: dict[str, Any] = json.loads(text)
    return memory


def _faults(memory: dict[str, Any], aliases: set[str]) -> list[str]:
    """Regions whose spans do not tile them."""
    faults = []
    for region in memory["regions"]:
        position = 0
        for span in region["spans"]:
            if span["offset"] != position or span["size"] <= 0 or span["kind"] == "overflow":
                faults.append(f"{region['name']}: {span}")
            position += span["size"]
        if position != (0 if region["name"] in aliases else region["size"]):
            faults.append(f"{region['name']} ends at {position}")
    return faults


def test_links_as_the_board_does(example: Path) -> None:
    lists = (EXAMPLES / example.stem / "CMakeLists.txt").read_text()
    toolchain = _toolchain(EXAMPLES / example.stem).read_text()
    assert "-Wl,--fatal-warnings" in lists + toolchain
    script = (EXAMPLES / example.stem / "board.ld").read_text()
    code = script.partition("*/")[2]
    assert "ramwright" not in code.lower(), "the board's script is not edited"
    assert "rw_" not in code


@pytest.mark.parametrize("linked", [False, True], ids=["plan", "elf"])
def test_map_tiles_every_region(example: Path, linked: bool) -> None:
    memory = _map(example, *(["--elf", example] if linked else []))
    assert memory["basis"] == ("elf" if linked else "plan")
    assert not _faults(memory, {"code_ram"})
    assert not memory["problems"]


def test_a_hole_in_a_map_is_seen() -> None:
    span = {"kind": "free", "object": None}
    whole = {"name": "a", "size": 8, "spans": [{**span, "offset": 0, "size": 8}]}
    hole = {"name": "a", "size": 8, "spans": [{**span, "offset": 2, "size": 6}]}
    short = {"name": "a", "size": 8, "spans": [{**span, "offset": 0, "size": 6}]}
    assert not _faults({"regions": [whole]}, set())
    assert _faults({"regions": [hole]}, set())
    assert _faults({"regions": [short]}, set())


def test_every_example_is_introduced() -> None:
    text = (EXAMPLES / "README.md").read_text()
    for name in NAMES:
        assert f"[{name}]({name}/)" in text
