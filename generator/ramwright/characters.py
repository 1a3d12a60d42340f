# SPDX-License-Identifier: Apache-2.0
"""From bytes to text: encoding, byte-order mark, characters that mislead a reader, tabs.

Whatever is wrong is reported and replaced one for one by a space, so that the rest of the file can
still be read and every column stays what the user's editor shows.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from ramwright.errors import Mark, Problem

MAX_BYTES = 4 << 20
MAX_REPORTED = 20  # places of one kind; a binary file has thousands

SAMPLE = 8192  # bytes at the start of a file that tell text from binary data
FEW, BINARY_PART = 4, 20  # control characters that text has, and one in so many more

_CONTROL_BYTES = bytes({*range(32), 0x7F} - set(b"\t\n\r"))
_TEXT_BYTES = bytes(set(range(128)) - set(_CONTROL_BYTES))
_UTF16_OR_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF8_BOM = "\ufeff"
# Surrogates stand for undecodable bytes ("surrogateescape").
_BAD_BYTE = re.compile("[\udc80-\udcff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\r(?!\n)")
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_COMMENT = re.compile(r"(?:^|\s)#", re.MULTILINE)


class Text(NamedTuple):
    """A file's text, made safe to parse; `lines` is what reports show."""

    text: str
    lines: tuple[str, ...]
    problems: tuple[Problem, ...]


def decoded(data: bytes, file: str) -> Text:
    """`data` as text. The text is empty where nothing of the file can be read."""
    if len(data) > MAX_BYTES:
        what = f"the file is larger than {MAX_BYTES >> 20} MiB"
        return _unreadable(file, "RW0004", what, "a memory layout is some kilobytes of text")
    first = data[:4].replace(b"\0", b"")
    wide = 0 < len(first) < len(data[:4]) and not first.translate(None, _TEXT_BYTES)
    if data.startswith(_UTF16_OR_32) or wide:
        what = "the file is not UTF-8 text; it looks like UTF-16 or UTF-32"
        return _unreadable(file, "RW0001", what, "save it as UTF-8")
    start = data[:SAMPLE]
    if len(start) - len(start.translate(None, _CONTROL_BYTES)) > FEW + len(start) // BINARY_PART:
        what = "the file holds binary data, not text"
        return _unreadable(file, "RW0001", what, "name the config, which is YAML")
    text = data.decode("utf-8", errors="surrogateescape")
    problems: list[Problem] = []
    if text.startswith(_UTF8_BOM):
        text = text[1:]
        problems.append(
            Problem(
                Mark(file, 1, 1),
                "RW0002",
                "the file starts with a byte-order mark",
                "save it as UTF-8 without BOM",
            )
        )
    original = text
    for code, pattern in (("RW0001", _BAD_BYTE), ("RW0003", _CONTROL), ("RW0003", _INVISIBLE)):
        if pattern.search(text):
            problems += _reported(file, original, pattern, code)
            text = pattern.sub(" ", text)
    if "\t" in text:
        problems += _tabs(file, text)
        text = text.replace("\t", " ")
    return Text(text, tuple(original.replace("\r\n", "\n").split("\n")), tuple(problems))


def _unreadable(file: str, code: str, what: str, hint: str) -> Text:
    return Text("", (), (Problem(Mark(file), code, what, hint),))


def _reported(file: str, text: str, pattern: re.Pattern[str], code: str) -> list[Problem]:
    problems = []
    for mark, character in _places(file, text, pattern):
        if code == "RW0001":
            what = f"byte 0x{ord(character) - 0xDC00:02X} is not UTF-8"
            hint = "save the file as UTF-8"
        else:
            kind = "a control" if pattern is _CONTROL else "an invisible"
            what = f"{kind} character, U+{ord(character):04X}"
            hint = "delete it; it does not show in an editor"
        problems.append(Problem(mark, code, what, hint))
    return problems


def _tabs(file: str, text: str) -> list[Problem]:
    """The first tab of each line, unless it is behind the # of a comment."""
    problems: list[Problem] = []
    line, line_start, at = 1, 0, text.find("\t")
    while at >= 0 and len(problems) < MAX_REPORTED:
        line += text.count("\n", line_start, at)
        line_start = text.rfind("\n", 0, at) + 1
        if not _COMMENT.search(text, line_start, at):
            where = Mark(file, line, at - line_start + 1)
            problems.append(Problem(where, "RW0007", "a tab", "indent with spaces"))
        line_end = text.find("\n", at)
        at = text.find("\t", line_end) if line_end >= 0 else -1
    return problems


def _places(file: str, text: str, pattern: re.Pattern[str]) -> list[tuple[Mark, str]]:
    """Where the last character of each match is, the first MAX_REPORTED of them, in one pass."""
    places: list[tuple[Mark, str]] = []
    line, line_start = 1, 0
    for match in pattern.finditer(text):
        at = match.end() - 1
        line += text.count("\n", line_start, at)
        line_start = text.rfind("\n", 0, at) + 1
        places.append((Mark(file, line, at - line_start + 1), text[at]))
        if len(places) == MAX_REPORTED:
            break
    return places
