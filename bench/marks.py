# SPDX-License-Identifier: Apache-2.0
"""The marks to reach (marks.yaml) and what our figures make of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.calls import Figure, Figures

FILE = Path(__file__).resolve().parent / "marks.yaml"


@dataclass(frozen=True)
class Mark:
    """A figure and its bound: exactly one of `at_most` and `at_least` is given."""

    about: str
    text: str
    figure: str
    at_most: Figure | None = None
    at_least: Figure | None = None
    stretch: Figure | None = None  # a harder `at_most`
    why: str | None = None  # of a mark that is missed: what stands in the way, what was tried

    @property
    def bound(self) -> str:
        """As in a table."""
        return f"≤ {self.at_most}" if self.at_least is None else f"≥ {self.at_least}"

    def verdict(self, figures: Figures) -> str:
        """Met, missed and by how much, or not measured."""
        ours = figures.get(self.figure)
        if ours is None:
            return "not measured"
        if self.at_least is not None:
            return "met" if ours >= self.at_least else _missed(ours, self.at_least)
        assert self.at_most is not None
        if ours > self.at_most:
            return _missed(ours, self.at_most)
        if self.stretch is None:
            return "met"
        short = round(ours - self.stretch, 3)
        return f"met, stretch missed by {short:g}" if short > 0 else "met, stretch met"


def _missed(ours: Figure, bound: Figure) -> str:
    return f"**missed by {round(abs(ours - bound), 3):g}**"


def all_marks() -> list[Mark]:
    """The marks of marks.yaml, in its order."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [Mark(**keys) for keys in content["marks"]]
