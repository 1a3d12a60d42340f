# SPDX-License-Identifier: Apache-2.0
"""Each mistake a user can make: a file named after it, and beside it what is said, to the letter.

`pytest tests/test_bad.py --update` rewrites the expectations; read the difference then.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from ramwright import explain
from ramwright.diagnostics import format_text
from ramwright.errors import has_errors
from ramwright.load import load_all_variants

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.yaml"))
SOURCES = HERE.parent / "generator" / "ramwright"
VARIANTS = re.compile(r"^variants:", re.MULTILINE)
# Files too large to keep (test_source.py), what the command line says and what only `check` prints
# (test_merging.py), and codes of later stages, which read other files too.
TESTED_ELSEWHERE = re.compile(
    r"RW0004|RW0018|RW0301|RW0355|RW0356|RW0410|RW0411|RW0412|RW0[5-9][0-9]{2}"
)


def said_about(path: Path) -> str:
    configs, problems, sources = load_all_variants(path, path.name)
    assert problems
    if has_errors(problems) and {problem.code for problem in problems} != {"RW0230"}:
        assert len(configs) < 1 + len(VARIANTS.findall(path.read_text("utf-8", "replace")))
    return format_text(problems, sources)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_input_is_explained(path: Path, update: bool) -> None:
    said = said_about(path)
    expected = path.with_suffix(".expect")
    if update:
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")


def test_no_expectation_without_input() -> None:
    inputs = {path.stem for path in BAD}
    assert {path.stem for path in (HERE / "bad").glob("*.expect")} == inputs


def codes_in_sources() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py")]
    return {code for text in texts for code in re.findall(r'"(RW[0-9]{4})"', text)}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(explain.codes()) == codes_in_sources()


def test_retired_codes_are_used_no_more() -> None:
    assert codes_in_sources().isdisjoint(f"RW{number:04}" for number in explain.RETIRED)


def test_every_code_has_one_bad_input_of_its_own() -> None:
    shown = Counter[str]()
    for path in BAD:
        said = path.with_suffix(".expect").read_text(encoding="utf-8")
        codes = set(re.findall(r"(?:error|warning)\[(RW[0-9]{4})\]", said))
        assert len(codes) == 1, f"{path.name} shows {codes}"
        shown.update(codes)
    wanted = {code for code in codes_in_sources() if not TESTED_ELSEWHERE.fullmatch(code)}
    assert shown == Counter(wanted)


@pytest.mark.parametrize("code", explain.codes())
def test_page_has_title_cause_example_and_cure(code: str) -> None:
    page = explain.explanation(code.lower())
    assert page is not None
    assert page.startswith(f"# {code}: ")
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["## Cause", "## Example", "## Cure"]


@pytest.mark.parametrize("code", ["", "RW9999", "../RW0101", "RW0101.md", "RW٠١٠١"])
def test_other_names_have_no_page(code: str) -> None:
    assert explain.explanation(code) is None
