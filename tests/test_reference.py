# SPDX-License-Identifier: Apache-2.0
"""docs/config.md is what the JSON Schema says, its example is a sound config, and docs/codes.md is
what `explain` says."""

from __future__ import annotations

import re
from pathlib import Path

from ramwright.explain import handbook
from ramwright.load import understood
from ramwright.reference import reference
from ramwright.schema import language

DOCS = Path(__file__).parent.parent / "docs"
DOCUMENT = DOCS / "config.md"


def test_reference_is_in_step_with_the_schema(update: bool) -> None:
    text = reference(language())
    if update:
        DOCUMENT.write_text(text, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == text, (
        "run: pytest tests/test_reference.py --update"
    )


def test_example_of_the_reference_is_sound() -> None:
    example = re.search(r"```yaml\n(.*?)```", reference(language()), re.DOTALL)
    assert example is not None
    config, problems, _ = understood(example[1].encode(), "example.yaml")
    assert problems == ()
    assert config is not None
    assert config.default == "main"


def test_no_table_cell_breaks_its_row() -> None:
    rows = [line for line in reference(language()).splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5}


def test_codes_are_in_step_with_their_explanations(update: bool) -> None:
    document = DOCS / "codes.md"
    if update:
        document.write_text(handbook(), encoding="utf-8")
    assert document.read_text(encoding="utf-8") == handbook(), (
        "run: pytest tests/test_reference.py --update"
    )


def test_links_of_the_codes_lead_somewhere() -> None:
    headings = re.findall(r"^## (RW.*)$", handbook(), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9_\- ]", "", h.lower()).replace(" ", "-") for h in headings}
    links = re.findall(r"\]\(#(.*?)\)", handbook())
    assert len(links) == len(headings)
    assert set(links) == anchors
