# SPDX-License-Identifier: Apache-2.0
"""Slips of beginners: one mistake is one problem, and where that names what is meant, writing it
is the cure. Beside each file is what is said, to the letter; `--update` as in test_bad.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ramwright.diagnostics import format_text
from ramwright.errors import Problem
from ramwright.load import load_all_variants

SLIPS = sorted((Path(__file__).parent / "slips").glob("*.yaml"))


def problems_of(path: Path) -> tuple[tuple[Problem, ...], str]:
    _, problems, sources = load_all_variants(path, path.name)
    return problems, format_text(problems, sources)


@pytest.mark.parametrize("path", SLIPS, ids=lambda path: path.stem)
def test_one_slip_is_one_problem(path: Path, update: bool) -> None:
    problems, said = problems_of(path)
    expected = path.with_suffix(".expect")
    if update:
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    assert len(problems) == 1


def cure(problem: Problem) -> str:
    """What is to be written in the place of what is underlined, or ""."""
    cured = re.match(r"(?:did you mean|write) `([^`…]+)`", problem.hint)
    if not cured or problem.where.end_column <= problem.where.column + 1:
        return ""
    return cured[1].removeprefix("target: ")


CURED = [path for path in SLIPS if cure(problems_of(path)[0][0])]
HALF = ("alias_of_nothing", "block_size_of_a_slab", "dma_true")  # whose values are to change too


@pytest.mark.parametrize("path", CURED, ids=lambda path: path.stem)
def test_what_is_meant_is_the_cure(path: Path, tmp_path: Path) -> None:
    (problem,), _ = problems_of(path)
    meant, where = cure(problem), problem.where
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    line = lines[where.line - 1]
    wrong = line[where.column - 1 : where.end_column - 1]
    lines[where.line - 1] = line[: where.column - 1] + meant + line[where.end_column - 1 :]
    cured = tmp_path / path.name
    # A name is written where it is declared and wherever it is used.
    cured.write_text("".join(lines).replace(f" {wrong},", f" {meant},"), encoding="utf-8")
    left = problems_of(cured)[0]
    assert [p.code for p in left if p.code == problem.code or path.stem not in HALF] == []


def test_there_are_no_expectations_without_a_slip() -> None:
    folder = Path(__file__).parent / "slips"
    assert {path.stem for path in folder.glob("*.expect")} == {path.stem for path in SLIPS}
