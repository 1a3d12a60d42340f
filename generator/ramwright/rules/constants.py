# SPDX-License-Identifier: Apache-2.0
"""Constants: each is evaluated when another asks for it, so the order of files does not matter."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict

from ramwright.errors import Problem, Related
from ramwright.rules.fields import Constants, evaluated
from ramwright.source import Entry, Scalar

LINE = "cache_line"  # the one constant that is known everywhere

_TAKEN = {  # names that mean something else in an expression
    "align_up": "`align_up` is a function of expressions",
    LINE: f"`{LINE}` is the cache line of the `cpu`",
    "rest": "`rest` is what remains of a region",
    "K": "`K` behind a number is a factor of 1024",
    "M": "`M` behind a number is a factor of 1024 * 1024",
}
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def constants_of(entries: tuple[Entry, ...], cache_line: int, problems: list[Problem]) -> Constants:
    """The value of each constant, None where it is at fault."""
    for entry in entries:
        if entry.key in _TAKEN:
            what = _TAKEN[entry.key]
            problems.append(Problem(entry.where, "RW0212", what, "choose another name"))
    declared = {entry.key: entry for entry in entries}
    values: dict[str, int | None] = {LINE: cache_line}
    for name in declared:
        _evaluate(name, declared, values, problems)
    return values


def _evaluate(
    name: str, declared: Dict[str, Entry], values: dict[str, int | None], problems: list[Problem]
) -> None:
    """Enters the value of `name` and, before, of all that it needs. Without recursion: a chain of
    constants may be as long as the file."""
    if name in values:
        return
    trail = [(name, iter(_needed(declared[name], declared)))]
    on_trail = {name}
    while trail:
        last, needed = trail[-1]
        missing = next((n for n in needed if n not in values), None)
        if missing is None:
            values[last] = evaluated(declared[last], values, problems, size=True)
        elif missing in on_trail:
            problems.append(_circle(declared[last], declared[missing]))
            values[last] = None
        else:
            trail.append((missing, iter(_needed(declared[missing], declared))))
            on_trail.add(missing)
            continue
        on_trail.discard(trail.pop()[0])


def _needed(entry: Entry, declared: Dict[str, Entry]) -> list[str]:
    """The constants that the value of `entry` uses."""
    node = entry.value
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return []
    names = dict.fromkeys(_NAME.findall(node.value))
    found = (next((p + n for p in node.scope if p + n in declared), None) for n in names)
    return [name for name in found if name is not None]


def _circle(entry: Entry, other: Entry) -> Problem:
    what = f"the value of `{entry.key}` depends on itself"
    related = () if other is entry else (Related(other.where, "through this one"),)
    return Problem(entry.where, "RW0357", what, "give one of them a number", related)
