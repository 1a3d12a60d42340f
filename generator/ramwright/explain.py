# SPDX-License-Identifier: Apache-2.0
"""The long explanation of each diagnostic: one Markdown page a code, in explain/."""

from __future__ import annotations

import re
from pathlib import Path

RETIRED = (283,)  # what is no mistake any more; the numbers stay unused

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


def listing(start: str = "") -> str:
    """Code and title of every page whose code begins with `start`, in any case, a line each."""
    titles = (_title(_page(code)) for code in codes() if code.startswith(start.strip().upper()))
    return "".join(f"{title}\n" for title in titles)


def handbook() -> str:
    """All pages as one Markdown document: docs/codes.md."""
    pages = [_page(code) for code in codes()]
    contents = [f"- [{title}](#{_anchor(title)})" for title in map(_title, pages)]
    bodies = [
        re.sub(r"^(#+ (?:RW|Cause|Example|Cure))", r"#\1", page, flags=re.MULTILINE)
        for page in pages
    ]
    head = (
        "# Diagnostics by code\n\nGenerated from the texts of `ramwright explain`; do not edit. "
        f"A code is never reused; retired: {', '.join(f'RW{number:04}' for number in RETIRED)}.\n\n"
    )
    return head + "\n".join(contents) + "\n\n" + "\n".join(bodies)


def _page(code: str) -> str:
    return (_PAGES / f"{code}.md").read_text(encoding="utf-8")


def _title(page: str) -> str:
    """The first line of a page: its code, and in a few words what it is about."""
    return page.partition("\n")[0].removeprefix("# ")


def _anchor(title: str) -> str:
    """What a heading of Markdown is linked by, as GitHub and most others make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
