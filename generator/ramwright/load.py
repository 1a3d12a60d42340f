# SPDX-License-Identifier: Apache-2.0
"""The front of the generator: from a file to a Config, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ramwright.characters import MAX_BYTES
from ramwright.errors import Problem, has_errors, in_order, shortened
from ramwright.model import Config
from ramwright.rules import config_of
from ramwright.rules.space import OVERFLOW
from ramwright.schema import language, shaped
from ramwright.source import parsed

Sources = Mapping[str, tuple[str, ...]]  # lines of each file, by the name problems show it under


def load(path: Path, shown_as: str) -> tuple[Config | None, tuple[Problem, ...], Sources]:
    """The config in the file at `path`, which problems call `shown_as`.

    The config is None where there are errors, save where the only errors are regions that
    overflow: such a config can be drawn, by how much it overflows included, but not generated.
    Raises OSError where the file cannot be read."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)  # the rest of a larger file is nobody's business
    return understood(data, shown_as)


def understood(data: bytes, shown_as: str) -> tuple[Config | None, tuple[Problem, ...], Sources]:
    """The config in `data`; otherwise as load()."""
    source = parsed(data, shown_as)
    problems = list(source.problems)
    config = None
    if source.root is not None:
        tree, shape_problems = shaped(source.root, language())
        problems += shape_problems
        if tree is not None:
            config, rule_problems = config_of(tree, shown_as)
            problems += rule_problems
    drawable = not has_errors(p for p in problems if p.code != OVERFLOW)
    return (config if drawable else None), shortened(in_order(problems)), {shown_as: source.lines}
