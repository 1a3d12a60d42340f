# SPDX-License-Identifier: Apache-2.0
"""What the outputs depend on, as a Make rule that Make, Ninja and CMake read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ramwright import assets


def depfile(targets: Iterable[Path], config: Path) -> str:
    """The rule: `targets` are out of date when the config or the generator is newer.

    Each prerequisite is a target of its own too, as with the compiler's -MP: one that is gone,
    after an upgrade say, means work to do and not a missing rule.
    """
    inputs = [_escaped(path.absolute()) for path in (config, *assets.generator_inputs())]
    rule = " ".join(map(_escaped, targets)) + ":" + "".join(f" \\\n  {name}" for name in inputs)
    return rule + "\n" + "".join(f"{name}:\n" for name in inputs)


def _escaped(path: Path) -> str:
    return str(path).replace("$", "$$").replace(" ", "\\ ").replace("#", "\\#")
