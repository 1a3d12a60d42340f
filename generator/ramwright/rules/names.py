# SPDX-License-Identifier: Apache-2.0
"""Names: one namespace, no keyword, nothing that clashes once C is generated."""

from __future__ import annotations

import re

from ramwright.cnames import (
    KEYWORDS,
    LIBRARY,
    LINKER_WORDS,
    PARAMETERS,
    Kind,
    layout_symbols,
    symbols,
)
from ramwright.errors import Mark, Problem, Related
from ramwright.source import Entry

_LINKER_WORD = re.compile("|".join(map(re.escape, LINKER_WORDS)))

Declared = dict[str, tuple[Kind, Entry]]


def declared(objects: list[tuple[Kind, Entry]], problems: list[Problem]) -> Declared:
    """The first object of each name; the others are reported."""
    known: Declared = {}
    for kind, entry in objects:
        if known.setdefault(entry.key, (kind, entry))[1] is not entry:
            first_kind, first = known[entry.key]
            problems.append(
                Problem(
                    entry.where,
                    "RW0210",
                    f"the name `{entry.key}` is taken by a {first_kind}",
                    "buffers, pools, heaps, slabs and memheaps share one namespace",
                    (Related(first.where, "first declared here"),),
                )
            )
    return known


def check_names(
    layout: tuple[str, Mark] | None, objects: Declared, types: dict[str, Mark]
) -> list[Problem]:
    """What is wrong with the names of the layout and of its objects.

    `types` are the typedef names that generated code refers to, and where."""
    problems: list[Problem] = []
    owners: dict[str, tuple[str, Mark]] = {
        name: (f"the type `{name}`", where) for name, where in types.items()
    }
    if layout is not None:
        name, where = layout
        problems += _identifier(name, where)
        problems += _claimed(owners, f"the layout `{name}`", where, layout_symbols(name))
    for name, (kind, entry) in objects.items():
        problems += _identifier(name, entry.where)
        problems += _claimed(owners, f"{kind} `{name}`", entry.where, symbols(kind, name))
    return problems


def _identifier(name: str, where: Mark) -> list[Problem]:
    if name in KEYWORDS:
        return [
            Problem(where, "RW0211", f"`{name}` is a keyword of C or C++", "choose another name")
        ]
    if name.startswith("_") or "__" in name:
        return [
            Problem(
                where,
                "RW0212",
                f"`{name}` is reserved for compiler and C library",
                "no leading `_`, no `__`",
            )
        ]
    if name.lower().startswith(("rw_", "ramwright_")):
        return [
            Problem(
                where,
                "RW0212",
                f"`{name}` is reserved for the runtime",
                "names that start with `rw_` or `ramwright_` are its own and its linker scripts'",
            )
        ]
    if _LINKER_WORD.search(name):
        what = f"`{name}` is reserved for symbols of the linker scripts"
        return [Problem(where, "RW0212", what, "choose another name")]
    return []


def _claimed(
    owners: dict[str, tuple[str, Mark]], claimant: str, where: Mark, names: tuple[str, ...]
) -> list[Problem]:
    """Enters `names` as defined by `claimant`; the first that somebody else has is a problem."""
    if all(taken.isdisjoint(names) for taken in (LIBRARY, PARAMETERS, owners.keys())):
        owners.update(dict.fromkeys(names, (claimant, where)))  # as nearly always
        return []
    problem: list[Problem] = []
    for name in names:
        if name in LIBRARY and not problem:
            problem = [
                Problem(
                    where,
                    "RW0214",
                    f"{claimant} would define `{name}`, which the C "
                    "library or the startup code has",
                    "choose another name",
                )
            ]
        if name in PARAMETERS and not problem:
            problem = [
                Problem(
                    where,
                    "RW0212",
                    f"{claimant} would be hidden by the parameter `{name}` of generated functions",
                    "choose another name",
                )
            ]
        owner, first = owners.setdefault(name, (claimant, where))
        if owner != claimant and not problem:
            problem = [
                Problem(
                    where,
                    "RW0213",
                    f"{claimant} would define `{name}`, which belongs to {owner}",
                    "rename one of them",
                    (Related(first, "here"),),
                )
            ]
    return problem
