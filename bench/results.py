# SPDX-License-Identifier: Apache-2.0
"""The committed results: reading, writing, comparing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bench.calls import Figure, Figures

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results.json"
TABLES = FOLDER / "results.md"

GROWTH = 0.03  # what a figure may grow by before somebody must look


@dataclass(frozen=True)
class Results:
    """All figures, and the compiler whose code was measured."""

    compiler: str
    figures: Figures


def text_of(results: Results) -> str:
    """The contents of results.json: one figure a line, sorted."""
    content = {"compiler": results.compiler, "figures": results.figures}
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def results_of(text: str) -> Results:
    """The results that `text_of` wrote."""
    content = json.loads(text)
    return Results(content["compiler"], content["figures"])


def grown(committed: Figures, measured: Figures) -> list[str]:
    """One line for each measured figure that is worse than the committed one by more than GROWTH,
    or that was never committed. Differences of two figures (….more) are left to those two, unless
    they were 0: what is flat has to stay flat."""
    found = []
    for key, now in sorted(measured.items()):
        before = committed.get(key)
        if key.endswith(".more") and before != 0:
            continue
        if before is None:
            found.append(f"{key}: {now}, not in {RESULTS.name}")
        elif _worse(key, before, now):
            found.append(f"{key}: {before} became {now}")
    return found


def _worse(key: str, before: Figure, now: Figure) -> bool:
    if "/blocks." in key:  # that fit: the more the better
        return now < before * (1 - GROWTH)
    return now > before * (1 + GROWTH)
