# SPDX-License-Identifier: Apache-2.0
"""Words that diagnostics share."""

from __future__ import annotations

from collections.abc import Iterable

MAX_SHOWN = 48  # characters of the user's text quoted in a message


def shown(text: str) -> str:
    """`text` fit to quote in a message: one line, printable, not too long."""
    safe = "".join(c if c.isprintable() else "?" for c in text[: MAX_SHOWN + 1])
    return safe if len(safe) <= MAX_SHOWN else safe[:MAX_SHOWN] + "…"


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of `known` that is spelled most like `word`, or "" where none is near."""
    from difflib import get_close_matches  # costs a few milliseconds: paid by mistakes only

    if len(word) > MAX_SHOWN:
        return ""
    by_folded = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest of `known`, or "" where none is near."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


def listed(words: Iterable[str]) -> str:
    """`words` in backquotes as an enumeration."""
    return ", ".join(f"`{word}`" for word in words)
