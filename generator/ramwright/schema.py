# SPDX-License-Identifier: Apache-2.0
"""Shape: which keys exist, of which types, with which choices; from the JSON Schema, one truth.

The walker knows the keywords that schemas/ramwright.schema.json uses and no others; a test compares
it with a full implementation. It returns the tree with every value that is wrong replaced by
Broken, so that the meaning of the rest can be looked at in the same run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container
from collections.abc import Mapping as Dict
from functools import cache
from typing import Literal

from ramwright import assets, presets, schema_parts
from ramwright.errors import MAX_PROBLEMS, Mark, Problem, Problems, Related, TooManyProblemsError
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
_KINDS: Dict[type, str] = {
    Mapping: "object",
    Sequence: "array",
    bool: "boolean",
    int: "integer",
    str: "string",
}
_FOUND_WORDS = {**_TYPE_WORDS, "object": "a mapping", "boolean": "a boolean"}
MAX_GUESSES = 2 * MAX_PROBLEMS  # at what is meant by a key: they take time
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
    walker = _Walker(schema, _declared(root))
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


def _declared(root: Mapping) -> frozenset[str]:
    """The names under all keys of `root`."""
    groups = (entry.value for entry in root.entries.values() if isinstance(entry.value, Mapping))
    return frozenset(name for group in groups for name in group.entries)


class _Walker:
    def __init__(self, schema: Schema, declared: frozenset[str] = frozenset()) -> None:
        self.problems = Problems()
        self._guesses = 0
        self._schema = schema
        self._declared = declared  # names of whatever it is, malformed ones included
        self._resolved: dict[int, Schema] = {}

    def node(self, node: Node, part: Schema, name: str, owner: Mark) -> Node:
        """`node` as `part` wants it. `name` is the key it stands under and `owner` its place."""
        if isinstance(node, Broken):
            return node
        rule = self._resolved.get(id(part)) or self._rule(part)
        if isinstance(node, Null):
            return self._null(node, rule)
        kind = _type_of(node)
        if not _is_one_of(kind, rule.get("type", kind)):
            self._mistyped(node, rule, _subject(name), name)
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

    def _mistyped(self, node: Node, rule: Schema, subject: str, name: str) -> None:
        """Reports that `subject`, which stands under the key `name`, is of another type."""
        types = rule["type"]
        only = types if isinstance(types, str) else types[0]
        wanted = rule.get("x-ramwright-what") or _TYPE_WORDS[only]
        self._problem(
            node.where,
            "RW0104",
            f"{subject} must be {wanted}, not {_FOUND_WORDS[_type_of(node)]}",
            _structure_hint(node, rule, only, name)
            if only in ("array", "object")
            else _value_hint(node, rule, only),
        )

    def _scalar_fits(self, node: Scalar, rule: Schema, name: str) -> bool:
        value, before = node.value, len(self.problems)
        if "x-ramwright-reference" in rule and value in self._declared:
            return True  # a malformed name is reported once, where it is declared
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
                _choice_hint(str(value), rule, name),
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
            what = f"`{shown(text)}` is not {rule['x-ramwright-what']}"
            self._problem(node.where, "RW0106", what, _spelling_hint(text, rule))

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
        items = self._items(node, rule["items"], name)
        if rule.get("uniqueItems"):
            self._unique(items, name)
        return Sequence(tuple(items), node.where)

    def _items(self, node: Sequence, part: Schema, name: str) -> list[Node]:
        """The items as `part` wants them; of those that are of another type the first is reported,
        for they have one cause."""
        items: list[Node] = []
        rule, mistyped = self._rule(part), False
        for item in node.items:
            sound = isinstance(item, Broken | Null) or _is_one_of(_type_of(item), rule["type"])
            if not sound and not mistyped:
                self._mistyped(item, rule, f"each of {_subject(name)}", "")
            mistyped |= not sound
            items.append(self.node(item, part, name, item.where) if sound else Broken(item.where))
        return items

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
        others: Schema = rule.get("additionalProperties") or {}
        if others and self._is_nameless(node, others):
            first = next(iter(node.entries.values()))
            what = f"`{first.key}` stands where {_subject(name)} wants a name"
            hint = f"write `{name}: {{name: {{{first.key}: …}}}}`"
            self._problem(first.where, "RW0104", what, hint)
            return Broken(node.where)
        entries: dict[str, Entry] = {}
        for key, entry in self._understood(node, rule, name).items():
            part = properties.get(key)
            if part is None:
                key, part = self._named(entry, rule), others
            value = self.node(entry.value, part, key, entry.where)
            entries.setdefault(key, Entry(key, entry.where, value))
        for key in _required(rule, entries):
            if key not in entries:
                self._missing_key(key, properties[key], name, owner)
        if len(node.entries) < rule.get("minProperties", 0):
            self._problem(owner, "RW0107", f"{_subject(name)} is empty", "at least one is needed")
        return Mapping(entries, node.where, node.lost)

    def _understood(self, node: Mapping, rule: Schema, name: str) -> Dict[str, Entry]:
        """The entries of `node`, those whose keys do not exist under the keys that are meant, so
        that nothing is said about what is missing only because of them."""
        properties: Schema = rule.get("properties", {})
        named = isinstance(rule.get("additionalProperties"), dict)
        if named or node.entries.keys() <= properties.keys():
            return node.entries
        entries: dict[str, Entry] = {}
        unknown: list[Entry] = []
        outdented: dict[str, Entry] = {}
        last = Entry("", node.where, node)
        for key, entry in node.entries.items():
            if key in properties:
                last, outdented = entry, {}
                entries[key] = entry
            elif self._is_outdented(entry, last, properties):
                outdented[key] = entry
                entries[last.key] = last._replace(value=Mapping(outdented, last.where))
            elif not isinstance(entry.value, Broken) or self._meant(key, properties):
                unknown.append(entry)
        for entry in unknown:
            self._unknown_key(entry, entries, rule, name)
        return entries

    def _is_nameless(self, node: Mapping, part: Schema) -> bool:
        """Whether `node`, a mapping of names to what `part` wants, is one such thing itself."""
        keys = self._keys_in(part)
        if not keys or not node.entries or not node.entries.keys() <= keys.keys():
            return False
        return all(isinstance(entry.value, Scalar) for entry in node.entries.values())

    def _is_outdented(self, entry: Entry, last: Entry, properties: Schema) -> bool:
        """Whether `entry` is likely meant to stand below `last`, which has no value."""
        return (
            isinstance(last.value, Broken)
            and isinstance(entry.value, Mapping)
            and isinstance(self._rule(properties[last.key]).get("additionalProperties"), dict)
            and not self._meant(entry.key, properties)
        )

    def _named(self, entry: Entry, rule: Schema) -> str:
        """The name that `entry` gives to something; where it is malformed, one fit to be shown."""
        before = len(self.problems)
        names = self._rule(rule["propertyNames"])
        if len(entry.key) <= names["maxLength"] and re.fullmatch(names["pattern"], entry.key):
            return entry.key
        self._text_fits(Scalar(entry.key, entry.where, 0), entry.key, names, entry.key)
        return entry.key if len(self.problems) == before else shown(entry.key)

    def _unknown_key(
        self, entry: Entry, entries: dict[str, Entry], rule: Schema, name: str
    ) -> None:
        """Reports `entry`, whose key does not exist; adds to `entries` what it seems to mean."""
        properties: Schema = rule["properties"]
        meant = self._meant(entry.key, properties, entries)
        holder = "" if meant else self._holder_of(entry.key, properties)
        if meant:
            hint = f"did you mean `{meant}`?"
            if meant not in entries:
                entries[meant] = self._tried(entry._replace(key=meant), properties[meant])
        elif holder:
            hint = f"it belongs under `{holder}`: write `{holder}: {{{entry.key}: …}}`"
            self._put_into(holder, entry, entries, properties[holder])
        else:
            wanted = self._put_where_missing(entry, entries, rule)
            missing = f"{listed(wanted)} is missing; " if len(wanted) == 1 else ""
            hint = f"{missing}known here: {listed(properties)}"
        inside = f" in `{shown(name)}`" if name else ""
        self._problem(entry.where, "RW0101", f"unknown key `{shown(entry.key)}`{inside}", hint)

    def _meant(self, key: str, properties: Schema, given: Container[str] = ()) -> str:
        """The key that somebody who writes `key` most likely means, or ""; none that is `given`
        besides."""
        self._guesses += 1
        if self._guesses > MAX_GUESSES:
            return ""
        properties = {other: part for other, part in properties.items() if other not in given}
        for other, part in properties.items():
            if key.lower() in self._rule(part).get("x-ramwright-mistaken-keys", ()):
                return other
        return nearest(key, properties)

    def _holder_of(self, key: str, properties: Schema) -> str:
        """The mapping among `properties` that has a key `key`, or ""."""
        holders = (k for k, part in properties.items() if key in self._keys_in(part))
        return next(holders, "")

    def _keys_in(self, part: Schema) -> Schema:
        found: Schema = self._rule(part).get("properties", {})
        return found

    def _tried(self, entry: Entry, part: Schema) -> Entry:
        """`entry` if its value is what `part` wants; else one that says no more than its key."""
        problems, self.problems = self.problems, Problems()
        try:
            self.node(entry.value, part, entry.key, entry.where)
            fits = not self.problems
        except TooManyProblemsError:
            fits = False
        self.problems = problems
        return entry if fits else entry._replace(value=Broken(entry.value.where))

    def _put_into(self, holder: str, entry: Entry, entries: dict[str, Entry], part: Schema) -> None:
        """Adds `entry` to the mapping `holder`, where it belongs."""
        given = entries.get(holder, Entry(holder, entry.where, Mapping({}, entry.where)))
        if isinstance(given.value, Mapping) and entry.key not in given.value.entries:
            value = Mapping({**given.value.entries, entry.key: entry}, given.value.where)
            entries[holder] = self._tried(given._replace(value=value), part)

    def _put_where_missing(
        self, entry: Entry, entries: dict[str, Entry], rule: Schema
    ) -> list[str]:
        """Marks what is missing and may be what `entry` is meant to say: nothing is to be said of
        it before that is known. Returns what of it must be there."""
        if isinstance(entry.value, Broken | Null):
            return []
        kind, wanted = _type_of(entry.value), _required(rule, entries)
        marked: list[str] = []
        for key, part in rule["properties"].items():
            fits = _is_one_of(kind, self._rule(part).get("type", ()))
            if key not in entries and fits and (key in wanted or kind == "object"):
                entries[key] = Entry(key, entry.where, Broken(entry.where))
                marked.append(key)
        return [key for key in marked if key in wanted]

    def _missing_key(self, key: str, part: Schema, name: str, owner: Mark) -> None:
        inside = f" in `{name}`" if name else ""
        rule = self._rule(part)
        about = rule.get("description", "").partition(". ")[0].rstrip(".")
        self._problem(
            owner,
            "RW0103",
            f"the key `{key}` is missing{inside}",
            f"add `{key}: {_outline(rule)}` ({about[:1].lower()}{about[1:]})",
        )


def _required(rule: Schema, entries: Dict[str, Entry]) -> list[str]:
    """The keys that must be there: `anyOf` lists alternatives, of which the last is the usual."""
    required: list[str] = rule.get("required", [])
    alternatives = rule.get("anyOf")
    if not alternatives:
        return required
    satisfied = any(_has_all(other, entries) for other in alternatives)
    return required if satisfied else [*required, *alternatives[-1]["required"]]


def _has_all(alternative: Schema, entries: Dict[str, Entry]) -> bool:
    """Whether the keys that `alternative` requires are there, and those inside of them."""
    inner = alternative.get("properties")
    if not inner:
        return all(key in entries for key in alternative["required"])
    inside = ((rule, entries[key].value) for key, rule in inner.items() if key in entries)
    return all(key in entries for key in alternative["required"]) and all(
        _has_all(rule, node.entries) if isinstance(node, Mapping) else True for rule, node in inside
    )


def _choice_hint(value: str, rule: Schema, name: str) -> str:
    words = [str(choice) for choice in rule["enum"] if choice is not None]
    meant = rule.get("x-ramwright-mistaken-values", {}).get(value.lower())
    if meant:
        return f"did you mean `{meant}`?"
    if name == "cpu" and presets.resolved(value):
        return f"that is a device: write `device: {shown(value)}` instead of `cpu`"
    return did_you_mean(value, words) or f"one of {listed(words)}"


def _spelling_hint(text: str, rule: Schema) -> str:
    """The C identifier that is most like `text`, where `rule` asks for one."""
    if "identifier" not in rule["x-ramwright-what"]:
        return ""
    repaired = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")
    fits = re.fullmatch(rule["pattern"], repaired)
    return f"write `{shown(repaired)}`" if fits else "a name begins with a letter"


def _value_hint(node: Node, rule: Schema, only: str) -> str:
    """How to write what `node` says as the single value of type `only` that is wanted."""
    if isinstance(node, Sequence):
        item = node.items[0] if len(node.items) == 1 else None
        return f"write {_quoted(item)} without brackets" if isinstance(item, Scalar) else ""
    if isinstance(node, Mapping):
        inner = [entry.value for entry in node.entries.values()]
        alone = len(inner) == 1 and isinstance(inner[0], Scalar)
        return f"write {_quoted(inner[0])} alone" if alone else ""
    assert isinstance(node, Scalar)
    text = str(node.value)
    if "enum" in rule:
        return f"one of {listed(map(str, rule['enum']))}"
    if only == "string":
        fits = re.fullmatch(rule.get("pattern", ".*"), text)
        return "put it in quotes if it is meant as a text" if fits else ""
    bare = text.isdecimal() if only == "integer" else text in ("true", "false")
    return f"write {_quoted(node)} without quotes" if bare else ""


def _structure_hint(node: Node, rule: Schema, only: str, name: str) -> str:
    """How to write what `node` says as the list or mapping that is wanted."""
    if only == "array" and isinstance(node, Mapping):
        return "begin each item with `- `, or put them into `[…]`"
    if only == "array":
        return f"write `[{_quoted(node)[1:-1]}]`"
    others = rule.get("additionalProperties")
    if isinstance(node, Sequence) and isinstance(others, dict):
        return "write `name: …` for each, in place of `- `"
    if name == "target" and isinstance(node, Scalar):
        return _target_hint(str(node.value), rule)
    outline = _outline(rule)
    return "" if outline == "…" else f"write `{name}: {outline}`" if name else f"write `{outline}`"


def _outline(rule: Schema) -> str:
    """What is written where `rule` holds, as far as that is always the same."""
    needed = _required(rule, {}) or rule.get("x-ramwright-usual", ())
    inside = ", ".join(f"{key}: …" for key in rule.get("properties", ()) if key in needed)
    return f"{{{inside}}}" if inside else str(rule.get("const", "…"))


def _target_hint(text: str, rule: Schema) -> str:
    """How to write what somebody means who writes `text` behind `target`."""
    cpus = rule["properties"]["cpu"]["enum"]
    if text in cpus or presets.resolved(text):
        key = "cpu" if text in cpus else "device"
        return f"write `target: {{{key}: {shown(text)}}}`"
    near = nearest(text, (*cpus, *presets.names()))
    if near:
        return f"did you mean `target: {{{'cpu' if near in cpus else 'device'}: {near}}}`?"
    return "write `target: {cpu: …}` or `target: {device: …}`"


def _quoted(node: Node | None) -> str:
    assert isinstance(node, Scalar)
    return f"`{shown(str(node.value))}`"


def _subject(name: str) -> str:
    return f"`{shown(name)}`" if name else "the file"


def _is_one_of(kind: str, types: str | list[str]) -> bool:
    return kind == types if isinstance(types, str) else kind in types


def _type_of(node: Node) -> str:
    return _KINDS[type(node.value if isinstance(node, Scalar) else node)]
