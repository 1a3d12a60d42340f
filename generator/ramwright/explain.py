# SPDX-License-Identifier: Apache-2.0
"""The long explanation of each diagnostic: one Markdown page a code, in explain/."""

from __future__ import annotations

import re
from pathlib import Path

_PAGES = Path(__file__).resolve().parent / "explain"


def explanation(code: str) -> str | None:
    """The page of `code`, in any case and with or without its letters; None where there is none."""
    name = re.sub(r"^(?=[0-9]{4}$)", "RW", code.strip().upper().zfill(4))
    if not re.fullmatch(r"RW[0-9]{4}", name, re.ASCII):
        return None
    page = _PAGES / f"{name}.md"
    return page.read_text(encoding="utf-8") if page.is_file() else None


def codes() -> tuple[str, ...]:
    """Every code that has a page, ascending."""
    return tuple(sorted(page.stem for page in _PAGES.glob("RW*.md")))


def handbook() -> str:
    """All pages as one Markdown document: docs/codes.md."""
    pages = [(code, (_PAGES / f"{code}.md").read_text(encoding="utf-8")) for code in codes()]
    titles = [page.partition("\n")[0].removeprefix("# ") for _, page in pages]
    contents = [f"- [{title}](#{_anchor(title)})" for title in titles]
    bodies = [
        re.sub(r"^(#+ (?:RW|Cause|Example|Cure))", r"#\1", page, flags=re.MULTILINE)
        for _, page in pages
    ]
    head = (
        "# Diagnostics by code\n\nGenerated from the texts of `ramwright explain`; do not edit. "
        "A code is never reused.\n\n"
    )
    return head + "\n".join(contents) + "\n\n" + "\n".join(bodies)


def _anchor(title: str) -> str:
    """What a heading of Markdown is linked by, as GitHub and most others make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
