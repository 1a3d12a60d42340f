# SPDX-License-Identifier: Apache-2.0
"""Problems for other programs: JSON, SARIF 2.1.0, and the workflow commands of GitHub Actions.

All three say what the text says (diagnostics.py). Columns count code points from 1, ends lie behind
the last column, and the order is that of the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from ramwright import __version__
from ramwright.errors import Mark, Problem
from ramwright.explain import explanation
from ramwright.wording import one_line

VERSION = 1

Json = dict[str, object]


def format_json(problems: Iterable[Problem]) -> str:
    """One document; its format is described in docs/diagnostics.md."""
    document: Json = {
        "ramwright_problems": VERSION,
        "problems": [
            {
                "severity": problem.severity,
                "code": problem.code,
                **_place(problem.where),
                "what": problem.what,
                "hint": problem.hint or None,
                "related": [
                    {**_place(related.where), "what": related.what} for related in problem.related
                ],
            }
            for problem in problems
        ],
    }
    return _dumped(document)


def format_sarif(problems: Iterable[Problem]) -> str:
    """One run of one tool, with the rules that it found broken (OASIS SARIF 2.1.0)."""
    problems = tuple(problems)
    codes = sorted({problem.code for problem in problems})
    document: Json = {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ramwright",
                        "semanticVersion": __version__,
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, codes.index(problem.code)) for problem in problems],
            }
        ],
    }
    return _dumped(document)


def format_github(problems: Iterable[Problem]) -> str:
    """A workflow command a line, which GitHub Actions shows beside the line it is about."""
    return "".join(f"{_command(problem)}\n" for problem in problems)


FORMATS = {"json": format_json, "sarif": format_sarif, "github": format_github}


def _dumped(document: Json) -> str:
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def _place(where: Mark) -> Json:
    """A position; null where there is none: line 0 means the whole file."""
    return {
        "file": where.file,
        "line": where.line or None,
        "column": where.column or None,
        "end_column": where.end_column or None,
    }


def _rule(code: str) -> Json:
    page = explanation(code)
    assert page is not None, f"{code} has no page"
    title, _, body = page.partition("\n")
    return {
        "id": code,
        "shortDescription": {"text": title.removeprefix(f"# {code}: ")},
        "help": {"text": body.strip(), "markdown": body.strip()},
    }


def _result(problem: Problem, rule: int) -> Json:
    result: Json = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": _message(problem)},
        "locations": [_location(problem.where)],
    }
    if problem.related:
        result["relatedLocations"] = [
            {**_location(related.where), "id": number, "message": {"text": related.what}}
            for number, related in enumerate(problem.related, 1)
        ]
    return result


def _location(where: Mark) -> Json:
    name = where.file.replace("\\", "/").encode("utf-8", "surrogateescape")
    physical: Json = {"artifactLocation": {"uri": quote(name)}}
    if where.line:
        region: Json = {"startLine": where.line}
        if where.column:
            region["startColumn"] = where.column
        if where.end_column > where.column:
            region["endColumn"] = where.end_column
        physical["region"] = region
    return {"physicalLocation": physical}


def _message(problem: Problem) -> str:
    return f"{problem.what}\nhint: {problem.hint}" if problem.hint else problem.what


def _command(problem: Problem) -> str:
    """The runner decodes %25, %0D, %0A, and in properties %3A, %2C as well."""
    where = problem.where
    place = {"file": where.file, "line": where.line, "col": where.column}
    if where.end_column > where.column:  # GitHub's last column belongs to the range
        place["endColumn"] = where.end_column - 1
    place["title"] = problem.code
    properties = ",".join(f"{key}={_escaped(str(v), ':,')}" for key, v in place.items() if v)
    notes = "".join(
        f"\n{one_line(str(related.where))}: {related.what}" for related in problem.related
    )
    command = "notice" if problem.severity == "note" else problem.severity
    return f"::{command} {properties}::{_escaped(_message(problem) + notes)}"


def _escaped(text: str, special: str = "") -> str:
    return re.sub(f"[%\r\n{special}]", lambda found: f"%{ord(found[0]):02X}", text)
