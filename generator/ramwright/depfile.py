# SPDX-License-Identifier: Apache-2.0
"""What the outputs depend on, as a Make rule that Make, Ninja and CMake read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ramwright import assets

_UNWRITABLE = re.compile(r"[;|=\\\x00-\x1f\x7f]")  # what no backslash protects from Make
_ESCAPES = {"$": "$$", " ": "\\ ", "#": "\\#", ":": "\\:"}


class CannotName(ValueError):
    """A path that a Make rule cannot hold; its text is one line that says which and why."""


def depfile(targets: Iterable[Path], configs: Iterable[Path]) -> str:
    """The rule: `targets` are out of date when one of `configs` or the generator is newer.

    Each prerequisite is a target of its own too, as with the compiler's -MP: one that is gone,
    after an upgrade say, means work to do and not a missing rule. Raises CannotName."""
    inputs = [_escaped(path.absolute()) for path in (*configs, *assets.generator_inputs())]
    rule = " ".join(map(_escaped, targets)) + ":" + "".join(f" \\\n  {name}" for name in inputs)
    return rule + "\n" + "".join(f"{name}:\n" for name in inputs)


def _escaped(path: Path) -> str:
    """`path` as Make writes it; with `/` on every system, and the colon of a drive as it is."""
    name = path.as_posix().removeprefix(path.drive)
    unwritable = _UNWRITABLE.search(name)
    if unwritable:
        raise CannotName(
            f"cannot write a depfile: Make has no way to write {unwritable[0]!r} in {str(path)!r}"
        )
    return path.drive + "".join(_ESCAPES.get(character, character) for character in name)
