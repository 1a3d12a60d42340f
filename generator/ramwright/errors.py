# SPDX-License-Identifier: Apache-2.0
"""Positions and problems: how every stage says what is wrong.

A stage returns its value together with the problems it found, never raises for a user's mistake,
and reports all of its problems, not only the first. `assert` is for mistakes of our own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, Self


class Mark(NamedTuple):
    """A place in a file the user wrote. Lines and columns count from 1; 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


MAX_PROBLEMS = 200  # that are reported; beyond, nobody reads on

Severity = Literal["error", "warning", "note"]
_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


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


class Problems(list[Problem]):
    """What a stage finds; TooManyProblemsError is raised where that is more than is reported."""

    def append(self, problem: Problem) -> None:
        super().append(problem)
        self._check()

    def __iadd__(self, problems: Iterable[Problem]) -> Self:  # type: ignore[override,misc]  # tuple
        super().__iadd__(problems)
        self._check()
        return self

    def _check(self) -> None:
        if len(self) > MAX_PROBLEMS:
            raise TooManyProblemsError


def shortened(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """MAX_PROBLEMS of `problems`, errors rather than others, and one more that says that there
    are others, as severe as they are."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    # Sorting is stable: what is kept of a severity is what comes first in the files.
    ranked = sorted(problems, key=lambda p: _SEVERITIES.index(p.severity))
    kept = set(ranked[:MAX_PROBLEMS])
    what = f"more than {MAX_PROBLEMS} problems; the rest is not shown"
    where, severity = Mark(problems[0].where.file), ranked[MAX_PROBLEMS].severity
    last = Problem(where, "RW0018", what, "mend these first", severity=severity)
    return (*(p for p in problems if p in kept), last)


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of `problems` is an error rather than a warning."""
    return any(problem.severity == "error" for problem in problems)
