# SPDX-License-Identifier: Apache-2.0
"""Reading the keys of one mapping as what they mean.

A reader returns None for a value that is missing or at fault; the fault has been reported by then,
so a rule that needs the value just passes the object over.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict

from ramwright.errors import Mark, Problem, Related
from ramwright.source import Broken, Entry, Mapping, Scalar, Sequence
from ramwright.units import Fault, value_of

Constants = Dict[str, int | None]


class Fields:
    """The keys of the mapping at `entry`, and where to report what is wrong with them."""

    def __init__(self, entry: Entry, constants: Constants, problems: list[Problem]) -> None:
        self.name = entry.key
        self.where = entry.where
        self._entries = entry.value.entries if isinstance(entry.value, Mapping) else {}
        self._constants = constants
        self._problems = problems

    @classmethod
    def of(cls, entry: Entry, parent: Fields) -> Fields:
        """The keys of the mapping at `entry`, somewhere inside `parent`."""
        return cls(entry, parent._constants, parent._problems)

    @property
    def problems(self) -> list[Problem]:
        """Where problems go."""
        return self._problems

    def reporting_to(self, problems: list[Problem]) -> Fields:
        """The same, with problems going to `problems`."""
        copy = Fields(Entry(self.name, self.where, Broken(self.where)), self._constants, problems)
        copy._entries = self._entries
        return copy

    def with_text(self, key: str, text: str, origin: str) -> Fields:
        """The same, with `key` saying `text` where `origin` stands."""
        where = self.place(origin)
        copy = self.reporting_to(self._problems)
        copy._entries = {**self._entries, key: Entry(key, where, Scalar(text, where, 0))}
        return copy

    def problem(self, key: str, code: str, what: str, hint: str = "", *related: Related) -> None:
        """Reports what is wrong with the value of `key`, or with the whole where it is absent."""
        self.problem_at(self.place(key), code, what, hint, *related)

    def problem_at(
        self, where: Mark, code: str, what: str, hint: str = "", *related: Related
    ) -> None:
        """Reports what is wrong at `where`."""
        self._problems.append(Problem(where, code, what, hint, related))

    def warning(self, where: Mark, code: str, what: str, hint: str) -> None:
        """Reports at `where` what is allowed, but likely not meant."""
        self._problems.append(Problem(where, code, what, hint, severity="warning"))

    def has(self, key: str) -> bool:
        """Whether `key` is written, at fault or not."""
        return key in self._entries

    def at_fault(self, key: str) -> bool:
        """Whether `key` is written, but its value has been reported as unusable."""
        return self.has(key) and isinstance(self._entries[key].value, Broken)

    def in_doubt(self, key: str) -> bool:
        """Whether something about `key`, or inside of it, has been reported as unusable."""
        if not self.has(key):
            return False
        value = self._entries[key].value
        if isinstance(value, Sequence):
            return any(isinstance(item, Broken) for item in value.items)
        return isinstance(value, Broken) or (isinstance(value, Mapping) and value.lost)

    def place(self, key: str) -> Mark:
        """Where the value of `key` stands; the owner's name where it is absent."""
        return self._entries[key].value.where if key in self._entries else self.where

    def text(self, key: str) -> str | None:
        value = self._scalar(key)
        return value if isinstance(value, str) else None

    def flag(self, key: str, default: bool) -> bool:
        value = self._scalar(key)
        return value if isinstance(value, bool) else default

    def size(self, key: str, default: int | None = None) -> int | None:
        """Bytes: an integer, or an expression in which K and M are known."""
        return self._integer(key, default, size=True)

    def number(self, key: str, default: int | None = None) -> int | None:
        """An address or a count: an integer or an expression without K and M."""
        return self._integer(key, default, size=False)

    def items(self, key: str) -> tuple[Scalar | Mapping, ...] | None:
        """The sound items of a list; None where there is no list."""
        entry = self._entries.get(key)
        if entry is None or not isinstance(entry.value, Sequence):
            return None
        return tuple(i for i in entry.value.items if isinstance(i, (Scalar, Mapping)))

    def words(self, key: str) -> tuple[str, ...]:
        """The sound words of a list; none where there is no list."""
        if key not in self._entries:
            return ()
        items = self.items(key) or ()
        return tuple([str(item.value) for item in items if isinstance(item, Scalar)])

    def sizes(self, key: str) -> tuple[int, ...] | None:
        """The bytes that each item of a list stands for; None where one is at fault."""
        entry = self._entries.get(key)
        if entry is None or not isinstance(entry.value, Sequence):
            return None
        items = (Entry(key, item.where, item) for item in entry.value.items)
        values = [evaluated(i, self._constants, self._problems, size=True) for i in items]
        known = [value for value in values if value is not None]
        return tuple(known) if len(known) == len(values) else None

    def inner(self, key: str) -> Fields | None:
        """The mapping under `key`."""
        entry = self._entries.get(key)
        if entry is None or not isinstance(entry.value, Mapping):
            return None
        return Fields.of(entry, self)

    def item_fields(self, item: Mapping) -> Fields:
        """The keys of `item`, a mapping in a list of this mapping."""
        return Fields.of(Entry(self.name, item.where, item), self)

    def entries(self, key: str) -> tuple[Entry, ...]:
        """The named things under `key`; those at fault as a whole too, so that they are known."""
        entry = self._entries.get(key)
        if entry is None or not isinstance(entry.value, Mapping):
            return ()
        return tuple(entry.value.entries.values())

    def _scalar(self, key: str) -> str | int | bool | None:
        entry = self._entries.get(key)
        return entry.value.value if entry and isinstance(entry.value, Scalar) else None

    def _integer(self, key: str, default: int | None, *, size: bool) -> int | None:
        entry = self._entries.get(key)
        if entry is None:
            return default
        return evaluated(entry, self._constants, self._problems, size=size)


def visible(constants: Constants, scope: tuple[str, ...]) -> Constants:
    """`constants` as they are called where `scope` has the prefixes of the included file."""
    return constants if len(scope) == 1 else _Visible(constants, scope)


class _Visible(Dict[str, int | None]):
    """A name is looked for under each prefix, the nearest first."""

    def __init__(self, constants: Constants, scope: tuple[str, ...]) -> None:
        self._constants = constants
        self._scope = scope

    def __getitem__(self, name: str) -> int | None:
        for prefix in self._scope:
            if prefix + name in self._constants:
                return self._constants[prefix + name]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (
            key.removeprefix(prefix)
            for prefix in self._scope
            for key in self._constants
            if key.startswith(prefix)
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)


def evaluated(
    entry: Entry, constants: Constants, problems: list[Problem], *, size: bool
) -> int | None:
    """The number that `entry` holds."""
    node = entry.value
    if isinstance(node, Broken) or not isinstance(node, Scalar):
        return None
    if not isinstance(node.value, str):
        return int(node.value)
    value = value_of(node.value, visible(constants, node.scope), size=size)
    if isinstance(value, Fault):
        problems.append(Problem(_inside(node, value), value.code, value.what, value.hint))
        return None
    return value


def _inside(node: Scalar, fault: Fault) -> Mark:
    """Where in the file `fault` is, as exactly as the way the text is written allows."""
    if not node.column:
        return node.where
    column = node.column + fault.offset
    return Mark(node.where.file, node.where.line, column, column + fault.length)


def positive(fields: Fields, key: str, *, size: bool = True) -> int | None:
    """The value of `key`, which may not be zero."""
    value = fields.size(key) if size else fields.number(key)
    if value == 0:
        fields.problem(
            key,
            "RW0240",
            f"`{key}` of `{fields.name}` is 0",
            f"give it a value, or delete `{fields.name}`",
        )
        return None
    return value
