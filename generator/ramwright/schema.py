# SPDX-License-Identifier: Apache-2.0
"""Shape: which keys exist, of which types, with which choices; from the JSON Schema, one truth.

The walker knows the keywords that schemas/ramwright.schema.json uses and no others; a test compares
it with a full implementation. It returns the tree with every value that is wrong replaced by
Broken, so that the meaning of the rest can be looked at in the same run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Dict
from functools import cache
from typing import Literal

from ramwright import assets, schema_parts
from ramwright.errors import Mark, Problem, Problems, Related, TooManyProblemsError
from ramwright.schema_parts import Schema, resolved
from ramwright.source import Broken, Entry, Mapping, Node, Null, Scalar, Sequence
from ramwright.wording import did_you_mean, listed, nearest, shown

_TYPE_WORDS = {
    "object": "keys with values",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
}
_FOUND_WORDS = {**_TYPE_WORDS, "object": "a mapping", "boolean": "a boolean"}
Part = Literal["layout", "include", "variant"]


@cache
def language(part: Part = "layout") -> Schema:
    """The JSON Schema of the config language, or of a part of it: an included file, a variant."""
    text = (assets.path("schemas") / "ramwright.schema.json").read_text(encoding="utf-8")
    return schema_parts.part_of(json.loads(text), part)


def shaped(root: Mapping, schema: Schema) -> tuple[Mapping | None, tuple[Problem, ...]]:
    """`root` as far as it has the shape `schema` asks for, and what is wrong with the rest.

    None where the file is written for another version of the language, or where too much is wrong
    to go on."""
    walker = _Walker(schema)
    version = root.entries.get("ramwright")
    if version is not None and isinstance(version.value, Scalar):
        walker.node(version.value, schema["properties"]["ramwright"], "ramwright", version.where)
        if walker.problems:
            return None, tuple(walker.problems)
    try:
        tree = walker.node(root, schema, "", Mark(root.where.file, 1, 1))
    except TooManyProblemsError:
        return None, tuple(walker.problems)
    return (tree if isinstance(tree, Mapping) else None), tuple(walker.problems)


class _Walker:
    def __init__(self, schema: Schema) -> None:
        self.problems = Problems()
        self._schema = schema
        self._resolved: dict[int, Schema] = {}

    def node(self, node: Node, part: Schema, name: str, owner: Mark) -> Node:
        """`node` as `part` wants it. `name` is the key it stands under and `owner` its place."""
        if isinstance(node, Broken):
            return node
        rule = self._rule(part)
        if isinstance(node, Null):
            return self._null(node, rule)
        kind = _type_of(node)
        if not self._type_fits(kind, node, rule, name):
            return Broken(node.where)
        if isinstance(node, Mapping):
            return self._mapping(node, rule, name, owner)
        if isinstance(node, Sequence):
            return self._sequence(node, rule, name)
        return node if self._scalar_fits(node, rule, name) else Broken(node.where)

    def _rule(self, part: Schema) -> Schema:
        rule = self._resolved.get(id(part))
        if rule is None:
            rule = self._resolved[id(part)] = resolved(self._schema, part)
        return rule

    def _problem(
        self, where: Mark, code: str, what: str, hint: str = "", *related: Related
    ) -> None:
        self.problems.append(Problem(where, code, what, hint, related))

    def _null(self, node: Null, rule: Schema) -> Node:
        if "null" in rule.get("type", ()):
            return node
        hint = "give one, or delete the key to get its default"
        self._problem(node.where, "RW0016", "`null` is no value", hint)
        return Broken(node.where)

    def _type_fits(self, kind: str, node: Node, rule: Schema, name: str) -> bool:
        types = rule.get("type", kind)
        if kind == types or (isinstance(types, list) and kind in types):
            return True
        only = types if isinstance(types, str) else types[0]
        wanted = rule.get("x-ramwright-what") or _TYPE_WORDS[only]
        hint = ""
        if kind == "integer" and only == "string":
            hint = "put it in quotes if that number is meant as a text"
        elif kind in ("string", "integer") and only == "array":
            assert isinstance(node, Scalar)
            hint = f"write `[{shown(str(node.value))}]`"
        self._problem(
            node.where,
            "RW0104",
            f"{_subject(name)} must be {wanted}, not {_FOUND_WORDS[kind]}",
            hint,
        )
        return False

    def _scalar_fits(self, node: Scalar, rule: Schema, name: str) -> bool:
        value, before = node.value, len(self.problems)
        if "const" in rule and value != rule["const"]:
            self._problem(
                node.where,
                "RW0111",
                f"the file is written in version {shown(str(value))} of the language; "
                f"this generator reads version {rule['const']}",
                f"write `{name}: {rule['const']}`, or use a newer generator",
            )
        elif "enum" in rule and value not in rule["enum"]:
            self._problem(
                node.where,
                "RW0105",
                f"`{shown(str(value))}` is no value of {_subject(name)}",
                _choice_hint(str(value), rule["enum"]),
            )
        elif isinstance(value, str):
            self._text_fits(node, value, rule, name)
        elif isinstance(value, int) and value < rule.get("minimum", value):
            self._problem(
                node.where,
                "RW0106",
                f"{_subject(name)} is {value}; at least {rule['minimum']} is needed",
            )
        return len(self.problems) == before

    def _text_fits(self, node: Scalar, text: str, rule: Schema, name: str) -> None:
        if len(text) < rule.get("minLength", 0):
            self._problem(
                node.where,
                "RW0106",
                f"{_subject(name)} is an empty text",
                f"write {rule['x-ramwright-what']}",
            )
        elif len(text) > rule.get("maxLength", len(text)):
            self._problem(
                node.where,
                "RW0112",
                f"`{shown(text)}` has {len(text)} characters; {rule['maxLength']} are the most",
                "choose a shorter name",
            )
        elif "pattern" in rule and not re.fullmatch(rule["pattern"], text):
            self._problem(
                node.where, "RW0106", f"`{shown(text)}` is not {rule['x-ramwright-what']}"
            )

    def _sequence(self, node: Sequence, rule: Schema, name: str) -> Node:
        count, least, most = len(node.items), rule.get("minItems", 0), rule.get("maxItems")
        if count < least or (most is not None and count > most):
            wanted = f"at least {least}" if count < least else f"at most {most}"
            self._problem(
                node.where,
                "RW0107",
                f"{_subject(name)} has {count} items; {wanted} allowed"
                if count > least
                else f"{_subject(name)} is empty; {wanted} needed",
            )
            return Broken(node.where)
        items = [self.node(item, rule["items"], name, item.where) for item in node.items]
        if rule.get("uniqueItems"):
            self._unique(items, name)
        return Sequence(tuple(items), node.where)

    def _unique(self, items: list[Node], name: str) -> None:
        seen: dict[str | int, Mark] = {}
        for item in items:
            if not isinstance(item, Scalar):
                continue
            if item.value in seen:
                self._problem(
                    item.where,
                    "RW0108",
                    f"`{item.value}` is listed twice in `{name}`",
                    "delete one of them",
                    Related(seen[item.value], "first listed here"),
                )
            seen.setdefault(item.value, item.where)

    def _mapping(self, node: Mapping, rule: Schema, name: str, owner: Mark) -> Node:
        most = rule.get("maxProperties")
        if most is not None and len(node.entries) > most:
            what = f"{_subject(name)} has {len(node.entries)} keys; at most {most} allowed"
            self._problem(owner, "RW0107", what)
            return Broken(owner)
        properties: Schema = rule.get("properties", {})
        others = rule.get("additionalProperties")
        entries: dict[str, Entry] = {}
        for key, entry in node.entries.items():
            part = properties.get(key)
            if part is None and isinstance(others, dict):
                key = self._named(entry, rule)
                part = others
            if part is None:
                intended = self._unknown_key(entry, rule, name)
                if intended and intended not in node.entries:
                    entries.setdefault(intended, Entry(intended, entry.where, Broken(entry.where)))
                continue
            value = self.node(entry.value, part, key, entry.where)
            entries.setdefault(key, Entry(key, entry.where, value))
        for key in _required(rule, entries):
            if key not in entries:
                self._missing_key(key, properties[key], name, owner)
        if len(node.entries) < rule.get("minProperties", 0):
            self._problem(owner, "RW0107", f"{_subject(name)} is empty", "at least one is needed")
        return Mapping(entries, node.where)

    def _named(self, entry: Entry, rule: Schema) -> str:
        """The name that `entry` gives to something; where it is malformed, one fit to be shown."""
        before = len(self.problems)
        names = self._rule(rule["propertyNames"])
        self._text_fits(Scalar(entry.key, entry.where, 0), entry.key, names, entry.key)
        return entry.key if len(self.problems) == before else shown(entry.key)

    def _unknown_key(self, entry: Entry, rule: Schema, name: str) -> str:
        """Reports a key that does not exist; returns the one that is most likely meant, or ""."""
        known = list(rule["properties"])
        meant = nearest(entry.key, known)
        inside = f" in `{shown(name)}`" if name else ""
        self._problem(
            entry.where,
            "RW0101",
            f"unknown key `{shown(entry.key)}`{inside}",
            f"did you mean `{meant}`?" if meant else f"known here: {listed(known)}",
        )
        return meant

    def _missing_key(self, key: str, part: Schema, name: str, owner: Mark) -> None:
        inside = f" in `{name}`" if name else ""
        about = self._rule(part).get("description", "").partition(". ")[0].rstrip(".")
        self._problem(
            owner,
            "RW0103",
            f"the key `{key}` is missing{inside}",
            f"add `{key}: …` ({about[:1].lower()}{about[1:]})",
        )


def _required(rule: Schema, entries: Dict[str, Entry]) -> list[str]:
    """The keys that must be there: `anyOf` lists alternatives, of which the last is the usual."""
    alternatives = rule.get("anyOf", ())
    satisfied = any(_has_all(other, entries) for other in alternatives)
    usual = alternatives[-1]["required"] if alternatives and not satisfied else []
    return [*rule.get("required", ()), *usual]


def _has_all(alternative: Schema, entries: Dict[str, Entry]) -> bool:
    """Whether the keys that `alternative` requires are there, and those inside of them."""
    inner = alternative.get("properties", {})
    inside = ((rule, entries[key].value) for key, rule in inner.items() if key in entries)
    return all(key in entries for key in alternative["required"]) and all(
        _has_all(rule, node.entries) for rule, node in inside if isinstance(node, Mapping)
    )


def _choice_hint(value: str, choices: list[str | None]) -> str:
    words = [choice for choice in choices if choice is not None]
    return did_you_mean(value, words) or f"one of {listed(words)}"


def _subject(name: str) -> str:
    return f"`{shown(name)}`" if name else "the file"


def _type_of(node: Node) -> str:
    if isinstance(node, Mapping):
        return "object"
    if isinstance(node, Sequence):
        return "array"
    assert isinstance(node, Scalar)
    if isinstance(node.value, bool):
        return "boolean"
    return "integer" if isinstance(node.value, int) else "string"
