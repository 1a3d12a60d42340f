# SPDX-License-Identifier: Apache-2.0
"""No word of a config gets out of its place: neither as a name that clashes nor as text that C, the
linker, Make, Markdown or HTML would read as its own.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ramwright.depfile import depfile
from ramwright.diagnostics import format_text
from ramwright.errors import has_errors
from ramwright.load import understood
from ramwright.planner import plan
from ramwright.render import render

GOOD: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "good" / "everything.yaml").read_text("utf-8")
)
HOSTILE = (
    "*/ int injected; /*",
    'x"); } INJECTED = 1; ASSERT(1, "',
    'x\n#include "injected"\n',
    "<script>injected</script>",
    "$(shell injected)|`injected`",
    "x[injected](y)\u202e",
)


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(document, dict | list):
        for key in document if isinstance(document, dict) else range(len(document)):
            yield from places(document[key], (*path, key))


def inside(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def with_value(path: tuple[Any, ...], text: str) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    inside(document, path[:-1])[path[-1]] = text
    return document


def with_key(path: tuple[Any, ...], text: str) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    parent = inside(document, path[:-1])
    value = parent.pop(path[-1])
    parent[text] = value
    return document


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_is_injected(hostile: str) -> None:
    paths = list(places(GOOD))
    documents = [with_value(path, hostile) for path in paths]
    documents += [with_key(path, hostile) for path in paths if isinstance(path[-1], str)]
    for document in documents:
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        config, problems, sources = understood(text.encode(), "f.yaml")
        assert has_errors(problems), text
        assert config is None or not any(
            "injected" in output.lower() for output in render(plan(config)).values()
        )
        said = format_text(problems, sources)
        assert all(line.isprintable() for line in said.splitlines())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("int", "RW0211"), ("class", "RW0211"), ("_x", "RW0212"), ("a__b", "RW0212"),
        ("rw_x", "RW0212"), ("ramwright_layouts", "RW0212"), ("RAMWRIGHT_x", "RW0212"),
        ("ramwright_board_end_ram", "RW0212"), ("main_placed_by_motor_memory_ld", "RW0212"),
        ("motor_memory_ld_must_be_linked_too", "RW0212"), ("x_adopted_by_motor", "RW0212"),
        ("end", "RW0214"), ("malloc", "RW0214"), ("errno", "RW0214"), ("edata", "RW0214"),
        ("main_arena", "RW0213"), ("main_heap", "RW0213"), ("kernel_zones", "RW0213"),
        ("motor_layout", "RW0213"), ("x" * 49, "RW0112"), ("größe", "RW0106"),
    ],
)  # fmt: skip
def test_names_that_clash(name: str, code: str) -> None:
    document = copy.deepcopy(GOOD)
    document["buffers"][name] = document["buffers"].pop("stack")
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    _, problems, _ = understood(text.encode(), "f.yaml")
    assert {problem.code for problem in problems} == {code}


def test_a_file_name_stays_in_its_comment(tmp_path: Path) -> None:
    name = "a\n#error *.yaml"
    text = yaml.safe_dump(GOOD, sort_keys=False)
    config, _, _ = understood(text.encode(), name)
    assert config is not None
    for output in render(plan(config)).values():
        assert "\n#error *" not in output
    with pytest.raises(ValueError, match="no way to write"):
        depfile([tmp_path / "out"], [Path(name)])
