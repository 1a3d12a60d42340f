# SPDX-License-Identifier: Apache-2.0
"""The long explanation of each diagnostic: one Markdown page a code, in explain/."""

from __future__ import annotations

import re
from pathlib import Path

_PAGES = Path(__file__).resolve().parent / "explain"


def explanation(code: str) -> str | None:
    """The page of `code`, written in any case; None where no such code exists."""
    name = code.strip().upper()
    if not re.fullmatch(r"RW[0-9]{4}", name, re.ASCII):
        return None
    page = _PAGES / f"{name}.md"
    return page.read_text(encoding="utf-8") if page.is_file() else None


def codes() -> tuple[str, ...]:
    """Every code that has a page, ascending."""
    return tuple(sorted(page.stem for page in _PAGES.glob("RW*.md")))
