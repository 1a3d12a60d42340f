# SPDX-License-Identifier: Apache-2.0
"""docs/config.md is what the JSON Schema says, its example is a sound config, and docs/codes.md is
what `explain` says."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

from ramwright import assets
from ramwright.explain import handbook
from ramwright.load import understood
from ramwright.reference import reference
from ramwright.schema import Part, language

DOCS = Path(__file__).parent.parent / "docs"
DOCUMENT = DOCS / "config.md"


def test_reference_is_in_step_with_the_schema(update: bool) -> None:
    text = reference(language())
    if update:
        DOCUMENT.write_text(text, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == text, (
        "run: pytest tests/test_reference.py --update"
    )


@pytest.mark.parametrize("part", ["include", "variant"])
def test_schemas_of_the_parts_are_in_step_with_the_whole(part: Part, update: bool) -> None:
    path = assets.path("schemas") / f"{part}.schema.json"
    text = json.dumps(language(part), indent=2, ensure_ascii=False) + "\n"
    if update:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run: pytest tests/test_reference.py --update"
    jsonschema.Draft7Validator.check_schema(language(part))


def test_the_parts_accept_what_they_are_for() -> None:
    def accepts(part: Part, document: object) -> bool:
        return bool(jsonschema.Draft7Validator(language(part)).is_valid(document))

    assert accepts("include", {"ramwright": 1, "pools": {}})
    assert not accepts("include", {"ramwright": 1, "name": "x"})
    assert not accepts("include", {"pools": {}})
    assert accepts("variant", {"pools": {"log": None, "rx": {"count": 4}}, "default": None})
    assert not accepts("variant", {"pools": {"rx": {"cuont": 4}}})
    assert not accepts("variant", {"include": ["x.yaml"]})


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


def test_fault_hook_to_copy_compiles(tmp_path: Path) -> None:
    hook = re.search(r"```c\n(.*?)```", (DOCS / "checks.md").read_text(encoding="utf-8"), re.DOTALL)
    assert hook is not None
    (tmp_path / "fault.c").write_text(hook[1], encoding="utf-8")
    (tmp_path / "app_memory.h").write_text("#include <ramwright/base.h>\n", encoding="utf-8")
    include = DOCS.parent / "runtime" / "include"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", f"-I{include}"]
    subprocess.run(["gcc", *flags, "-fsyntax-only", "fault.c"], cwd=tmp_path, check=True)
    statuses = re.findall(r"\bRW_E_\w+ = ", (include / "ramwright" / "base.h").read_text("utf-8"))
    assert all(f"[{status[:-3]}]" in hook[1] for status in statuses)
