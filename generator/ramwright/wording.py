# SPDX-License-Identifier: Apache-2.0
"""Words that diagnostics share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

DID_YOU_MEAN = "did you mean"  # how a hint begins that names what is meant
MAX_SHOWN = 48  # characters of the user's text quoted in a message
MOST_LISTED = 8  # names of the user's that are shown to somebody who names none of them
SHORT = 6  # characters of a word in which few letters in common mean little
MAX_LONGER = 8  # characters that a name may have more or less than what is meant by it
MAX_KNOWN, MAX_PAIRED, MAX_COMPARED = 3_000, 200, 12  # names that a mistake is compared with
MAX_FEW = 24  # names of which each is: the keys of a mapping


def shown(text: str) -> str:
    """`text` fit to quote in a message: one line, printable, not too long."""
    safe = "".join(c if c.isprintable() else "?" for c in text[: MAX_SHOWN + 1])
    return safe if len(safe) <= MAX_SHOWN else safe[:MAX_SHOWN] + "…"


def one_line(text: str) -> str:
    """`text`, which may have a file's name in it, as one line of what can be printed."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of `known` that is spelled most like `word`, or "" where none is near.

    Of many names those that share no pair of letters, or are far longer or shorter, are passed
    over unseen, and beyond some thousands so are all: a mistake may cost a millisecond or two."""
    from difflib import get_close_matches  # costs a few milliseconds: paid by mistakes only

    if len(word) > MAX_SHOWN:
        return ""
    folded = word.lower()
    low, high = len(word) - MAX_LONGER, len(word) + MAX_LONGER
    names = [name for name in islice(known, MAX_KNOWN) if low <= len(name) <= high]
    if len(names) > MAX_FEW:
        names = _alike(folded, names)
    by_folded = {name.lower(): name for name in names}
    near = get_close_matches(folded, by_folded, n=3, cutoff=0.6)
    if len(folded) <= SHORT:
        # `malloc` is no slip for `small`: where the first letters differ, little else may.
        alike = set(get_close_matches(folded, near, n=3, cutoff=0.8))
        near = [name for name in near if name in alike or name[:1] == folded[:1]]
    return by_folded[near[0]] if near else ""


def _alike(word: str, names: list[str]) -> list[str]:
    """The MAX_COMPARED of `names` that have most pairs of letters in common with `word`.

    Only names are looked at that begin or end like it, as most slips leave one of the two."""
    first, last = word[:2], word[-2:]
    names = [name for name in names if name[:2].lower() == first or name[-2:].lower() == last]
    pairs = set(pairwise(word))

    def different(name: str) -> int:
        return -len(pairs.intersection(pairwise(name.lower())))

    return sorted(names[:MAX_PAIRED], key=different)[:MAX_COMPARED]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest of `known`, or "" where none is near."""
    near = nearest(word, known)
    return f"{DID_YOU_MEAN} `{near}`?" if near else ""


def listed(words: Iterable[str]) -> str:
    """`words` in backquotes as an enumeration."""
    return ", ".join(f"`{word}`" for word in words)


def either(words: Sequence[str]) -> str:
    """`words`, of which one is meant, in backquotes."""
    return " or ".join(filter(None, (listed(words[:-1]), listed(words[-1:]))))
