# SPDX-License-Identifier: Apache-2.0
"""Golden cases: the exact text of every output, and that it compiles without a warning."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ramwright import assets
from ramwright.load import load
from ramwright.outputs import output_names
from ramwright.planner import plan
from ramwright.render import render

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wcast-align", "-Werror"]
# What a case is compiled with besides.
PORTS = {"waiting": ['-DRW_PORT_HEADER="ramwright/ports/freertos.h"']}
COMPILERS = {
    "m0": ["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb"],
    "m7": ["arm-none-eabi-gcc", "-mcpu=cortex-m7", "-mthumb", "-flto"],
    "gcc": ["gcc"],
    "gcc32": ["gcc", "-m32"],
    "clang": ["clang"],
}


def rendered(case: str) -> dict[str, str]:
    """The outputs of a case, as generated now."""
    source = GOLDEN / case / "in.ramwright.yaml"
    config, problems, _ = load(source, source.name)
    assert config is not None
    assert not problems
    return render(plan(config))


@pytest.mark.parametrize("case", CASES)
def test_outputs_are_as_recorded(case: str, update: bool) -> None:
    out = GOLDEN / case / "out"
    outputs = rendered(case)
    if update:
        out.mkdir(exist_ok=True)
        for name, text in outputs.items():
            (out / name).write_text(text, encoding="utf-8")
    recorded = {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()}
    assert recorded == outputs, "if the change is meant: pytest tests/test_golden.py --update"


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("case", CASES)
def test_generated_c_compiles_without_a_warning(case: str, compiler: str, tmp_path: Path) -> None:
    folder = GOLDEN / case
    source = next(name for name in output_names_of(case) if name.endswith(".c"))
    command = [
        *COMPILERS[compiler],
        *WARNINGS,
        "-O2",
        *PORTS.get(case, ()),
        f"-I{assets.path('include')}",
    ]
    command += [f"-I{folder / 'include'}", "-c", folder / "out" / source, "-o", tmp_path / "o.o"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("case", CASES)
def test_generated_header_compiles_as_cpp(case: str, tmp_path: Path) -> None:
    folder = GOLDEN / case
    header = next(name for name in output_names_of(case) if name.endswith(".h"))
    unit = tmp_path / "unit.cpp"
    unit.write_text(f'#include "{header}"\n', encoding="utf-8")
    command = ["arm-none-eabi-g++", "-mcpu=cortex-m4", "-mthumb", "-Wall", "-Wextra", "-Werror"]
    command += [
        *PORTS.get(case, ()),
        f"-I{assets.path('include')}",
        f"-I{folder / 'include'}",
        f"-I{folder / 'out'}",
    ]
    command += ["-fsyntax-only", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def output_names_of(case: str) -> tuple[str, ...]:
    """The recorded file names of a case."""
    config, _, _ = load(GOLDEN / case / "in.ramwright.yaml", "in.ramwright.yaml")
    assert config is not None
    return output_names(config.name)
