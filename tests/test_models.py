# SPDX-License-Identifier: Apache-2.0
"""SPIN searches every interleaving of the waiters' protocol; each way to break it is found."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).parent / "models" / "waiting.pml"
BROKEN = tuple(re.findall(r"^ \*   ([A-Z_]+) ", MODEL.read_text(encoding="utf-8"), re.MULTILINE))


def searched(folder: Path, *flags: str) -> str:
    """What the verifier says about the model; the search is complete, or it says so."""
    subprocess.run(["spin", "-a", *flags, str(MODEL)], cwd=folder, check=True, capture_output=True)
    subprocess.run(["gcc", "-O2", "-DSAFETY", "-w", "-o", "pan", "pan.c"], cwd=folder, check=True)
    done = subprocess.run(
        ["./pan", "-m1000000"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "max search depth too small" not in done.stdout
    return done.stdout


@pytest.mark.parametrize("flags", [(), ("-DFULL",)], ids=["basic", "full"])
def test_the_protocol_holds(flags: tuple[str, ...], tmp_path: Path) -> None:
    said = searched(tmp_path, *flags)
    assert "errors: 0" in said, said
    states = re.search(r"(\d+) states, stored", said)
    assert states is not None and int(states[1]) > 1000
    # What is never reached shows nothing: only the ends of the broken variants are missing.
    assert "unreached in proctype task\n\t(0 of" in said, said


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_protocol_is_rejected(fault: str, tmp_path: Path) -> None:
    assert "errors: 1" in searched(tmp_path, f"-D{fault}")


def test_there_are_broken_variants() -> None:
    assert len(BROKEN) == 9
