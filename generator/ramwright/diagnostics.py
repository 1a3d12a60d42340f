# SPDX-License-Identifier: Apache-2.0
"""Problems as text: position, code, message, the source line with a caret, notes, hint."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from ramwright.errors import Mark, Problem
from ramwright.wording import one_line

WIDEST = 100  # columns of a source line that are shown

_RESET = "\033[0m"
_COLORS = {
    "error": "\033[1;31m",
    "warning": "\033[1;35m",
    "note": "\033[1;36m",
    "hint": "\033[1;32m",
    "caret": "\033[1;32m",
    "where": "\033[1m",
}


def format_text(
    problems: Iterable[Problem], sources: Mapping[str, tuple[str, ...]], *, color: bool = False
) -> str:
    """`problems` for a person, in the order given; `sources` are the lines of each file."""
    return "".join(_problem(problem, sources, color) for problem in problems)


def _problem(problem: Problem, sources: Mapping[str, tuple[str, ...]], color: bool) -> str:
    kind = problem.severity
    lines = [
        f"{_paint(one_line(str(problem.where)), 'where', color)}: "
        f"{_paint(f'{kind}[{problem.code}]', kind, color)}: {one_line(problem.what)}"
    ]
    lines += _excerpt(problem.where, sources, color)
    for related in problem.related:
        lines.append(
            f"{_paint(one_line(str(related.where)), 'where', color)}: "
            f"{_paint('note', 'note', color)}: {one_line(related.what)}"
        )
        lines += _excerpt(related.where, sources, color)
    if problem.hint:
        lines.append(f"  {_paint('hint', 'hint', color)}: {one_line(problem.hint)}")
    return "\n".join(lines) + "\n"


def _paint(text: str, kind: str, color: bool) -> str:
    return f"{_COLORS[kind]}{text}{_RESET}" if color else text


def _excerpt(where: Mark, sources: Mapping[str, tuple[str, ...]], color: bool) -> list[str]:
    """The source line at `where` with a caret below, or nothing where there is no such line."""
    lines = sources.get(where.file, ())
    if not 1 <= where.line <= len(lines):
        return []
    line, column = lines[where.line - 1], max(1, where.column)
    line, column, cut = _window(line, column)
    safe = "".join(character if character.isprintable() else " " for character in line)
    last = max(column + 1, where.end_column - cut) if where.end_column else column + 1
    indent = _width(safe[: column - 1])
    carets = "^" * max(1, _width(safe[column - 1 : last - 1]))
    number = str(where.line)
    margin = " " * len(number)
    return [
        f"  {number} | {safe}".rstrip(),
        f"  {margin} | {' ' * indent}{_paint(carets, 'caret', color)}",
    ]


def _window(line: str, column: int) -> tuple[str, int, int]:
    """The part of a long line round `column`, the column in it, and how far it was moved."""
    if len(line) <= WIDEST:
        return line, column, 0
    cut = max(0, min(column - 1 - WIDEST // 2, len(line) - WIDEST))
    part = line[cut : cut + WIDEST]
    if cut:
        part = "…" + part[1:]
    if cut + WIDEST < len(line):
        part = part[:-1] + "…"
    return part, column - cut, cut


def _width(text: str) -> int:
    """Terminal columns of `text`."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
