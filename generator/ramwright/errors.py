# SPDX-License-Identifier: Apache-2.0
"""Positions and problems: how every stage says what is wrong.

A stage returns its value together with the problems it found, never raises for a user's mistake,
and reports all of its problems, not only the first. `assert` is for mistakes of our own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple


class Mark(NamedTuple):
    """A place in a file the user wrote. Lines and columns count from 1; 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


MAX_PROBLEMS = 500  # that are reported; beyond, nobody reads on

Severity = Literal["error", "warning", "note"]


class Related(NamedTuple):
    """A second position that explains a problem ("first declared here")."""

    where: Mark
    what: str


class Problem(NamedTuple):
    """One diagnostic. `code` is stable (RW0123) and never reused; `hint` says how to fix it."""

    where: Mark
    code: str
    what: str
    hint: str = ""
    related: tuple[Related, ...] = ()
    severity: Severity = "error"


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """`problems` by position, duplicates dropped."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.where, p.code, p.what)))


class TooManyProblemsError(Exception):
    """Raised inside a stage to stop it: more problems than are reported have been found."""


def shortened(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The first MAX_PROBLEMS of `problems`, and one more that says where there are others."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    what = f"more than {MAX_PROBLEMS} problems; the rest is not shown"
    last = Problem(Mark(problems[0].where.file), "RW0018", what, "mend these first")
    return (*problems[:MAX_PROBLEMS], last)


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of `problems` is an error rather than a warning."""
    return any(problem.severity == "error" for problem in problems)
