# SPDX-License-Identifier: Apache-2.0
"""The config as it holds: all files and overlays merged, every expression a number, and behind each
value the file and line it was written at, or the rule that made it of what is written there. The
text is itself a config, and generates the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from types import MappingProxyType
from typing import NamedTuple

from ramwright.errors import Mark
from ramwright.model import Config, Heap, Pool
from ramwright.placement import Owner, owners_by_region
from ramwright.rules.constants import constants_of
from ramwright.rules.fields import Constants, evaluated
from ramwright.rules.objects import REST, cache_line
from ramwright.schema import language
from ramwright.schema_parts import Schema, resolved
from ramwright.source import Entry, Mapping, Node, Scalar, Sequence, is_plain
from ramwright.wording import shown

COMMENT_COLUMN = 40
_NOTHING: Dict[str, _Ruled] = MappingProxyType({})
_HEXADECIMAL = ("origin", "address")
_FIRST = (
    "ramwright",
    "name",
    "constants",
    "target",
    "home",
    "link",
    "checks",
    "quarantine",
    "debug_name",
)


def effective(root: Mapping, config: Config) -> str:
    """`root`, of which `config` was made, as YAML."""
    variant = f", variant {config.variant}" if config.variant else ""
    lines = [f"# {shown(config.file)}{variant}: what holds, and the line that says so"]
    writer = _Writer(root, config)
    return "\n".join([*lines, *writer.mapping(_without_device(root), language(), 0)]) + "\n"


def _without_device(root: Mapping) -> Mapping:
    """`root`, all of whose device is in it by now: named too, it would say everything twice."""
    target = root.entries["target"]
    keys = {key: entry for key, entry in _entries(root, "target").items() if key != "device"}
    cpu = Entry(target.key, target.where, Mapping(keys, target.value.where))
    return Mapping({**root.entries, "target": cpu}, root.where)


class _Ruled(NamedTuple):
    """A value that a rule gives, at the place of what made it do so."""

    entry: Entry
    rule: str


class _Writer:
    """One walk along tree and schema: the schema says what is an expression."""

    def __init__(self, root: Mapping, config: Config) -> None:
        entries = _entries(root, "constants")
        line = cache_line(config.target.cpu)
        self._constants: Constants = constants_of(tuple(entries.values()), line, [])
        owners = (owner for some in owners_by_region(config).values() for owner in some)
        by_name = {owner.name: owner for owner in owners}
        self._decided: dict[int, Owner] = {
            id(entry): by_name[name]
            for group in ("buffers", "pools", "heaps", "slabs")
            for name, entry in _entries(root, group).items()
        }

    def mapping(
        self, node: Mapping, part: Schema, depth: int, ruled: Dict[str, _Ruled] = _NOTHING
    ) -> Iterator[str]:
        """The lines of `node`, completed by what is `ruled` for its keys."""
        rule = resolved(language(), part)
        node = node._replace(entries={**node.entries, **{k: r.entry for k, r in ruled.items()}})
        keys = [*(k for k in _FIRST if depth == 0 and k in node.entries), *node.entries]
        for key in dict.fromkeys(keys):
            entry = node.entries[key]
            inner = rule.get("properties", {}).get(key, rule.get("additionalProperties"))
            yield from self._entry(entry, inner, depth, ruled[key].rule if key in ruled else "")

    def _ruled(self, entry: Entry) -> dict[str, _Ruled]:
        """What rules decided for the object `entry`: region, rest, size of the type."""
        owner = self._decided.get(id(entry))
        if owner is None or not isinstance(entry.value, Mapping):
            return {}
        keys, region, ruled = entry.value.entries, owner.placement.region, {}
        if "region" not in keys:
            what = ", ".join(_words(keys["requires"]))
            rule = f"by `requires`: the first with {what} that has room"
            ruled["region"] = _given("region", region, keys["requires"], rule)
        if isinstance(owner, Heap) and _is(keys["size"], REST):
            rule = f"by `rest`: what remains of {region}"
            ruled["size"] = _given("size", owner.size, keys["size"], rule)
        if isinstance(owner, Pool) and "block_size" not in keys:
            rule = "by `type`: as the compiler measured it"
            ruled["block_size"] = _given("block_size", owner.block_size, keys["type"], rule)
        return ruled

    def _entry(self, entry: Entry, part: Schema, depth: int, because: str = "") -> Iterator[str]:
        rule = resolved(language(), part)
        head = f"{'  ' * depth}{_text(entry.key)}:"
        node = entry.value
        if isinstance(node, Mapping) and node.entries:
            yield _commented(head, entry.where)
            yield from self.mapping(node, rule, depth + 1, self._ruled(entry))
        elif isinstance(node, Sequence) and any(_is_mapping(item) for item in node.items):
            yield _commented(head, entry.where)
            for item in node.items:
                yield _commented(
                    f"{'  ' * depth}  - {self._flow(item, rule['items'], entry.key)}", item.where
                )
        else:
            yield _commented(f"{head} {self._flow(node, rule, entry.key)}", node.where, because)

    def _flow(self, node: Node, part: Schema, key: str) -> str:
        rule = resolved(language(), part)
        if isinstance(node, Sequence):
            return f"[{', '.join(self._flow(item, rule['items'], key) for item in node.items)}]"
        if isinstance(node, Mapping):
            parts = (
                f"{_text(k)}: {self._flow(e.value, rule['properties'][k], k)}"
                for k, e in node.entries.items()
            )
            return f"{{{', '.join(parts)}}}"
        assert isinstance(node, Scalar), "the config is sound"
        if "x-ramwright-expression" in rule:
            value = evaluated(Entry(key, node.where, node), self._constants, [], size=True)
            return f"{value:#010x}" if key in _HEXADECIMAL else str(value)
        if isinstance(node.value, bool):
            return "true" if node.value else "false"
        return str(node.value) if isinstance(node.value, int) else _text(node.value)


def _is_mapping(node: Node) -> bool:
    return isinstance(node, Mapping)


def _is(entry: Entry, text: str) -> bool:
    return isinstance(entry.value, Scalar) and entry.value.value == text


def _given(key: str, value: str | int, reason: Entry, rule: str) -> _Ruled:
    """What a rule says, at the place of what made it say so."""
    where = reason.value.where
    return _Ruled(Entry(key, where, Scalar(value, where, 0)), rule)


def _words(entry: Entry) -> Iterator[str]:
    items = entry.value.items if isinstance(entry.value, Sequence) else ()
    return (str(item.value) for item in items if isinstance(item, Scalar))


def _entries(root: Mapping, key: str) -> dict[str, Entry]:
    node = root.entries[key].value if key in root.entries else None
    return node.entries if isinstance(node, Mapping) else {}


def _text(text: str) -> str:
    """`text`, which the schema has checked, as a YAML scalar that is read back as text."""
    plain = re.fullmatch(r"[A-Za-z_.][A-Za-z0-9_.]*", text, re.ASCII) and is_plain(text)
    return text if plain else "'" + text.replace("'", "''") + "'"


def _commented(text: str, where: Mark, because: str = "") -> str:
    place = f"{where.file}:{where.line}" + (f", {because}" if because else "")
    safe = "".join(c if c.isprintable() else "?" for c in place)
    return f"{text:<{COMMENT_COLUMN}}  # {safe}"
