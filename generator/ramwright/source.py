# SPDX-License-Identifier: Apache-2.0
"""YAML with positions, and our own rules for scalars.

PyYAML delivers the events, nothing more: which scalar is a number, what a duplicate key means and
that aliases, merges and tags are not wanted is decided here. Every part of the file that can be
read is read, so that the problems of all later stages are found in the same run.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from ramwright.characters import decoded
from ramwright.errors import Mark, Problem, Problems, Related, TooManyProblemsError
from ramwright.units import MAX_DIGITS, MAX_VALUE
from ramwright.wording import shown

MAX_VALUES = 120_000  # keys and values; 10 000 objects have 90 000 and more
CHARACTERS = 8  # of a value that count like one more: to evaluate them takes time
MAX_NESTING = 16  # mappings and lists inside each other; the language needs five
LONGEST_TRAP = 64  # characters of what somebody might read as a number or a date
_TOO_DEEP = f"more than {MAX_NESTING} levels of nesting"
_TOO_DEEP_HINT = "a config needs five: is a bracket or brace not closed?"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar(NamedTuple):
    """A value. `column` is where its text starts, 0 where text and file do not run in step.

    `scope` has the prefixes under which its expression looks for constants, the nearest first."""

    value: str | int | bool
    where: Mark
    column: int
    scope: tuple[str, ...] = ("",)


class Entry(NamedTuple):
    """A key, where it stands, and its value."""

    key: str
    where: Mark
    value: Node


class Mapping(NamedTuple):
    """Keys in the order of the file. `lost` tells that some were dropped, being reported."""

    entries: dict[str, Entry]
    where: Mark
    lost: bool = False


class Sequence(NamedTuple):
    """A list."""

    items: tuple[Node, ...]
    where: Mark


class Null(NamedTuple):
    """The word `null`, which in a variant deletes."""

    where: Mark


class Broken(NamedTuple):
    """A value that was reported already; later stages pass it over."""

    where: Mark


Node = Scalar | Mapping | Sequence | Null | Broken


class Source(NamedTuple):
    """A parsed file. `root` is None where too little of it could be read to go on."""

    root: Mapping | None
    problems: tuple[Problem, ...]
    lines: tuple[str, ...]
    values: int = 0  # how many keys and values were read


def parsed(data: bytes, file: str, most: int = MAX_VALUES) -> Source:
    """The tree of one file, which may have `most` keys and values."""
    text = decoded(data, file)
    if not text.lines:
        return Source(None, text.problems, text.lines)
    reader = _Reader(text.text, file, most)
    root = reader.document()
    problems = list(text.problems)
    # What tabs and bad characters did to the structure has been said by their own problems.
    problems += [p for p in reader.problems if p.code != "RW0006" or not text.problems]
    return Source(root, tuple(problems), text.lines, reader.values)


class _StopReadingError(Exception):
    """Reading on makes no sense; the reason is among the problems."""


class _Reader:
    """One walk over the events of a file. The recursion is bounded by MAX_NESTING."""

    def __init__(self, text: str, file: str, most: int) -> None:
        self.problems = Problems()
        self.values = 0
        self._most = most
        self._file = file
        self._text = text
        self._words: set[str] = set()  # plain words that were looked at: files repeat theirs
        self._nothing = Broken(Mark(file))

    def document(self) -> Mapping | None:
        try:
            self._next = _LOADER(self._text).get_event
            return self._document()
        except (_StopReadingError, TooManyProblemsError):
            return None
        except yaml.YAMLError as error:
            self._report_syntax(error)
            return None

    def _document(self) -> Mapping | None:
        self._next()  # start of the stream
        start = self._next()
        if isinstance(start, yaml.StreamEndEvent):
            self._report_empty()
            return None
        if start.version is not None or start.tags:
            self._problem(
                self._mark(start),
                "RW0011",
                "a YAML directive",
                "delete the line that starts with `%`",
            )
        first = self._next()
        root = self._node(first, 1)
        if _is_empty(first):
            self._report_empty()
            return None
        self._next()  # end of the document
        rest = self._next()
        if isinstance(rest, yaml.DocumentStartEvent):
            self._problem(
                self._mark(rest),
                "RW0008",
                "a second YAML document",
                "one file holds one layout; delete the `---`",
            )
        if isinstance(root, Mapping):
            return root
        if isinstance(root, Broken):
            return None
        found = "a list" if isinstance(root, Sequence) else "a single value"
        self._problem(
            root.where,
            "RW0013",
            f"the file holds {found}, not keys with values",
            "start with `ramwright: 1`",
        )
        return None

    def _report_empty(self) -> None:
        self._problem(
            Mark(self._file),
            "RW0005",
            "the file is empty",
            "`ramwright init` writes a first config",
        )

    def _count(self, number: int, where: Mark) -> None:
        """Adds keys or values to those that were read."""
        self.values += number
        if self.values > self._most:
            what = f"more than {MAX_VALUES} keys and values"
            self._problem(where, "RW0004", what, "a memory layout has some hundreds")
            raise _StopReadingError

    def _node(self, event: Any, depth: int) -> Node:
        where = self._mark(event)
        if type(event) is yaml.ScalarEvent and event.anchor is None and event.tag is None:
            self._count(1 + len(event.value) // CHARACTERS, where)
            return self._scalar(event, where)
        return self._other(event, where, depth)

    def _other(self, event: Any, where: Mark, depth: int) -> Node:
        """Whatever is not a scalar alone."""
        self._count(1, where)
        if isinstance(event, yaml.AliasEvent):
            self._problem(
                where,
                "RW0009",
                f"an alias, `*{shown(str(event.anchor))}`",
                "write the value out, or name it under `constants`",
            )
            return Broken(where)
        if event.anchor is not None:
            self._problem(
                where,
                "RW0009",
                f"an anchor, `&{shown(event.anchor)}`",
                "delete it; values can be named under `constants`",
            )
        if event.tag is not None:
            self._problem(
                where,
                "RW0011",
                f"a tag, `{shown(event.tag.replace(_YAML_TAG, '!!'))}`",
                "delete it; the language knows what type each key has",
            )
        if isinstance(event, yaml.ScalarEvent):
            self._count(len(event.value) // CHARACTERS, where)
            return self._scalar(event, where)
        if depth > MAX_NESTING:
            self._problem(where, "RW0014", _TOO_DEEP, _TOO_DEEP_HINT)
            raise _StopReadingError
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(where, depth)
        return self._mapping(where, depth, flow=event.flow_style)

    def _sequence(self, where: Mark, depth: int) -> Sequence:
        items = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
            if isinstance(items[-1], Broken) and _is_empty(event):
                self._problem(
                    self._mark(event),
                    "RW0016",
                    "a list item has no value",
                    "give it one, or delete its `-` or comma",
                )
        return Sequence(tuple(items), where)

    def _mapping(self, where: Mark, depth: int, *, flow: bool) -> Mapping:
        entries: dict[str, Entry] = {}
        lost = False
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, depth)
            event = self._next()
            value = self._node(event, depth + 1)
            if key is None:
                lost = True
                continue
            if isinstance(value, Broken) and _is_empty(event):
                if self._cut(entries, key):
                    continue
                self._problem(
                    key.where,
                    "RW0016",
                    f"`{shown(key.key)}` has no value",
                    "inside of {…} a comma ends a value: a list is written `[…]`, and a text with "
                    "commas in quotes"
                    if flow and entries and self._mark(event).column == key.where.end_column
                    else "write it behind the colon, or below and further to the right; or delete "
                    "the key to get its default",
                )
            first = entries.get(key.key)
            if first is None:
                entries[key.key] = Entry(key.key, key.where, value)
                continue
            self._problem(
                key.where,
                "RW0012",
                f"`{shown(key.key)}` is given twice",
                "put what both have under one of them"
                if isinstance(first.value, Mapping) and depth == 1
                else "delete or rename one of them",
                Related(first.where, "first given here"),
            )
            lost = True
        return Mapping(entries, where, lost)

    def _cut(self, entries: dict[str, Entry], rest: Entry) -> bool:
        """Whether the key `rest` is what a comma cut off from the expression before it; reports
        it and enters the whole as unusable."""
        entry = next(reversed(entries.values()), None)
        if entry is None or not isinstance(entry.value, Scalar) or ")" not in rest.key:
            return False
        text = str(entry.value.value)
        if text.count("(") <= text.count(")"):
            return False
        self._problem(
            entry.value.where,
            "RW0201",
            f"`{shown(text)}` ends at the comma",
            f'inside of {{…}} put it in quotes: "{shown(f"{text}, {rest.key}")}"',
        )
        entries[entry.key] = entry._replace(value=Broken(entry.value.where))
        return True

    def _key(self, event: Any, depth: int) -> Entry | None:
        """The key as an entry without value yet; None where it is unusable, which is reported."""
        where = self._mark(event)
        if type(event) is yaml.ScalarEvent and event.value in self._words and _is_plain(event):
            self._count(1, where)
            return Entry(event.value, where, self._nothing)
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, depth + 1)
            self._problem(where, "RW0017", "a key that is not a word", "a key is a plain name")
            return None
        if not event.value and _is_empty(event):
            self._problem(where, "RW0017", "a key is missing", "write a name before the colon")
            return None
        if not event.style and event.value == "<<":
            self._problem(where, "RW0010", "a merge key, `<<`", "write the values out")
            return None
        if event.anchor is None and event.tag is None:
            self._count(1, where)
            node = self._scalar(event, where)
        else:
            node = self._other(event, where, depth)
        if isinstance(node, Broken):
            return None
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self._problem(
                where,
                "RW0017",
                f"`{shown(event.value)}` is not a word, but a key is one",
                "names begin with a letter",
            )
            return None
        return Entry(node.value, where, self._nothing)

    def _scalar(self, event: Any, where: Mark) -> Node:
        text: str = event.value
        width = where.end_column - where.column
        if event.style:
            in_step = event.style in "'\"" and width == len(text) + 2
            return Scalar(text, where, where.column + 1 if in_step else 0)
        if not text:
            return Broken(where)  # reported by the mapping or list it is missing from
        column = where.column if width == len(text) else 0
        if text in self._words:
            return Scalar(text, where, column)
        if text in ("true", "false"):
            return Scalar(text == "true", where, column)
        if _INTEGER.fullmatch(text):
            return self._integer(text, where, column)
        return self._word(text, where, column)

    def _integer(self, text: str, where: Mark, column: int) -> Node:
        base = 16 if "x" in text else 10
        if len(text.lstrip("-0x")) <= MAX_DIGITS:
            value = int(text, base)
            if abs(value) <= MAX_VALUE:
                return Scalar(value, where, column)
        self._problem(where, "RW0203", "a number of more than 64 bits")
        return Broken(where)

    def _word(self, text: str, where: Mark, column: int) -> Node:
        if text == "null":
            return Null(where)
        if text in _NOTHING:
            self._problem(
                where,
                "RW0016",
                f"`{text}` is no value",
                "give one, or delete the key to get its default",
            )
            return Broken(where)
        hint = _trap_hint(text)
        if hint:
            what = "is not a whole number" if hint == _WHOLE and "." in text else _AMBIGUOUS
            self._problem(where, "RW0015", f"`{shown(text)}` {what}", hint)
            return Broken(where)
        self._words.add(text)
        return Scalar(text, where, column)

    def _mark(self, event: Any) -> Mark:
        start, end = event.start_mark, event.end_mark
        line: int = start.line
        last = end.column + 1 if end.line == line else 0
        return Mark(self._file, line + 1, start.column + 1, last)

    def _problem(
        self, where: Mark, code: str, what: str, hint: str = "", *related: Related
    ) -> None:
        self.problems.append(Problem(where, code, what, hint, related))

    def _report_syntax(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None)
        place = Mark(self._file, mark.line + 1, mark.column + 1) if mark else Mark(self._file)
        what = getattr(error, "problem", None) or "the file cannot be read"
        if "nesting depth" in what:  # libyaml from 0.2.6 on has a limit of its own and looks ahead
            self._problem(place, "RW0014", _TOO_DEEP, _TOO_DEEP_HINT)
            return
        context_mark = getattr(error, "context_mark", None)
        context = getattr(error, "context", None)
        if context == _KEY_WITHOUT_COLON and context_mark:
            self._report_key(context_mark.line, context_mark.column)
            return
        related: tuple[Related, ...] = ()
        if context and context_mark and context_mark.line != getattr(mark, "line", -1):
            where = Mark(self._file, context_mark.line + 1, context_mark.column + 1)
            related = (Related(where, context),)
        hint = _SYNTAX_HINTS.get(
            what, "check indentation, colons, brackets and quotes here and in the line above"
        )
        self._problem(place, "RW0006", f"not YAML: {what}", hint, *related)

    def _report_key(self, line: int, column: int) -> None:
        """Reports a line that begins like a key and has no colon, or no space behind it."""
        text = self._text.split("\n")[line][column:].rstrip()
        meant = re.match(r"(\w+)(?:\s*=\s*|:)(\S.*)", text)
        hint = (
            f"write `{shown(f'{meant[1]}: {meant[2]}')}`: a colon and a space behind it"
            if meant
            else "write `key: value`, or check indentation and quotes here and in the line above"
        )
        where = Mark(self._file, line + 1, column + 1, column + 1 + len(text))
        self._problem(where, "RW0006", f"not YAML: `{shown(text)}` is no key with a value", hint)


_SYNTAX_HINTS = {
    "mapping values are not allowed in this context": "several keys in one line stand in {…}; else "
    "each has a line of its own, further to the right; a text with `: ` in it is put in quotes",
}
_KEY_WITHOUT_COLON = "while scanning a simple key"


def _is_plain(event: Any) -> bool:
    """Whether a scalar is written without quotes, anchor and tag."""
    return not event.style and event.anchor is None and event.tag is None


def _is_empty(event: Any) -> bool:
    """Whether nothing at all is written where a value is due."""
    if not isinstance(event, yaml.ScalarEvent):
        return False
    return not (event.value or event.style or event.anchor or event.tag)


_YAML_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*|0x[0-9a-fA-F]+)", re.ASCII)
_NOTHING = frozenset(("~", "Null", "NULL"))
_BOOLEANS = frozenset(
    word for base in ("yes", "no", "on", "off") for word in (base, base.title(), base.upper())
) | {"True", "TRUE", "False", "FALSE"}
_QUOTE = "put it in quotes where text is meant"
_USUAL = re.compile(r"[1-9][0-9]*(?:[KM]| [-+*/].*)", re.ASCII)  # a size: no trap
_AMBIGUOUS = "means different things to different YAML readers"
_WHOLE = "write a whole number, as 1536 for 1.5K"
_TRAPS = (
    (r"[-+]?0[0-9_]+", "write decimal without leading zeros, or hexadecimal as 0x…"),
    (r"[-+]?0[oO][0-7_]+", "write decimal, or hexadecimal as 0x…; octal is not known here"),
    (r"[-+]?0[bB][01_]+", "write decimal, or hexadecimal as 0x…; binary is not known here"),
    (r"[-+]?(?:0x)?[0-9a-fA-F]+_[0-9a-fA-F_]*", "write the number without `_`"),
    (
        r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?",
        f"some readers see a number to base 60; {_QUOTE}",
    ),
    (
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?",
        _WHOLE,
    ),
    (r"[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)", _WHOLE),
    (
        r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?",
        "some readers see a date; put spaces round the operators",
    ),
    (r"=", _QUOTE),
)


def is_plain(text: str) -> bool:
    """Whether `text`, a word, is read as that text where it stands without quotes."""
    if len(text) > LONGEST_TRAP:
        return False
    return text not in ("true", "false", "null", *_NOTHING) and not _trap_hint(text)


def _trap_hint(text: str) -> str:
    """What to write instead of a plain scalar that YAML 1.1 and 1.2 read differently, or ""."""
    if len(text) > LONGEST_TRAP:
        return ""
    if text in _BOOLEANS:
        return f"write `true` or `false`, or {_QUOTE}"
    if text[0].isalpha():
        # 1.1 has no trap that starts with a letter beyond the booleans, save numbers with `_`.
        return ""
    if _USUAL.fullmatch(text):
        return ""
    for pattern, hint in _TRAPS:
        if re.fullmatch(pattern, text, re.ASCII):
            return hint
    return ""
