# SPDX-License-Identifier: Apache-2.0
"""docs/config.md is what the JSON Schema says, and its example is a sound config."""

from __future__ import annotations

import re
from pathlib import Path

from ramwright.load import understood
from ramwright.reference import reference
from ramwright.schema import language

DOCUMENT = Path(__file__).parent.parent / "docs" / "config.md"


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
