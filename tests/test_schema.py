# SPDX-License-Identifier: Apache-2.0
"""Our walker over the JSON Schema agrees with a full implementation, and the schema is complete."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ramwright.errors import Mark
from ramwright.schema import language, shaped
from ramwright.schema_parts import Schema, resolved
from ramwright.source import Broken, Entry, Mapping, Node, Null, Scalar, Sequence, parsed

HERE = Path(__file__).parent
ORACLE = jsonschema.Draft7Validator(language())
KNOWN_KEYWORDS = {
    *("$schema", "$id", "$comment", "$ref", "title", "description", "definitions", "examples"),
    *(
        "default",
        "type",
        "enum",
        "const",
        "pattern",
        "minimum",
        "minLength",
        "minItems",
        "maxItems",
    ),
    *("uniqueItems", "items", "properties", "additionalProperties", "propertyNames", "required"),
    *("allOf", "anyOf", "minProperties", "maxProperties", "maxLength"),
}
NAMES_OF_THINGS = {"properties", "definitions"}  # their keys are names, not keywords


def node_of(value: Any) -> Node:
    where = Mark("f.yaml", 1, 1)
    if isinstance(value, dict):
        entries = {key: Entry(key, where, node_of(inner)) for key, inner in value.items()}
        return Mapping(entries, where)
    if isinstance(value, list):
        return Sequence(tuple(node_of(item) for item in value), where)
    if value is None:
        return Null(where)
    return Scalar(value, where, 0)


def plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Null):
        return None
    assert isinstance(node, Scalar)
    return node.value


def accepted(document: dict[str, Any]) -> bool:
    root = node_of(document)
    assert isinstance(root, Mapping)
    return not shaped(root, language())[1]


def agree(document: dict[str, Any]) -> None:
    errors = [error.message for error in ORACLE.iter_errors(document)]
    assert accepted(document) == (not errors), errors


GOOD: dict[str, Any] = yaml.safe_load((HERE / "good" / "everything.yaml").read_text("utf-8"))
SCALARS: list[Any] = [
    0,
    1,
    2,
    -1,
    2**70,
    True,
    False,
    None,
    "",
    "ram",
    "16K",
    "rest",
    "full",
    "core",
    "int",
]
SCALARS += ["none", "basic", "a b", "_x", "9", "é", "x" * 48, "x" * 49, ".bss", "struct a", "<a.h>"]
VALUES = st.recursive(
    st.sampled_from(SCALARS) | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["start", "end", "block_size", "ram", "x y"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in `document`."""
    if path:
        yield path
    keys = (
        document
        if isinstance(document, dict)
        else range(len(document))
        if isinstance(document, list)
        else ()
    )
    for key in keys:
        yield from places(document[key], (*path, key))


PLACES = list(places(GOOD))


def inside(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def test_schema_is_sound_and_accepts_the_good_config() -> None:
    jsonschema.Draft7Validator.check_schema(language())
    agree(GOOD)
    assert accepted(GOOD)


@settings(max_examples=150)
@given(st.sampled_from(PLACES), VALUES)
def test_agrees_after_any_value_is_replaced(path: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(GOOD)
    inside(document, path[:-1])[path[-1]] = value
    agree(document)


@pytest.mark.parametrize("path", PLACES, ids=str)
def test_agrees_after_any_value_is_taken_away(path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(GOOD)
    del inside(document, path[:-1])[path[-1]]
    agree(document)


@settings(max_examples=150)
@given(
    st.sampled_from([path for path in PLACES if isinstance(inside(GOOD, path), dict)]),
    st.sampled_from(
        ["include", "banks", "wait", "requires", "sise", "region", "x" * 60, "size", ""]
    ),
    VALUES,
)
def test_agrees_after_any_key_is_added(path: tuple[Any, ...], key: str, value: Any) -> None:
    document = copy.deepcopy(GOOD)
    inside(document, path)[key] = value
    agree(document)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from([*language()["properties"], "x"]), VALUES, max_size=6))
def test_agrees_on_arbitrary_documents(document: dict[str, Any]) -> None:
    agree(document)


@pytest.mark.parametrize("path", sorted((HERE / "bad").glob("*.yaml")), ids=lambda path: path.stem)
def test_agrees_on_bad_inputs(path: Path) -> None:
    source = parsed(path.read_bytes(), path.name)
    if source.root is not None and not any(isinstance(n, Broken) for n in nodes(source.root)):
        agree(plain(source.root))


def nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Mapping):
        for entry in node.entries.values():
            yield from nodes(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from nodes(item)


def schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside `schema`, itself included."""
    yield schema
    for keyword, value in schema.items():
        if keyword in NAMES_OF_THINGS:
            for part in value.values():
                yield from schemas(part)
        elif keyword in ("items", "additionalProperties", "propertyNames") and value:
            yield from schemas(value)
        elif keyword == "allOf":
            for part in value:
                yield from schemas(part)


def test_walker_knows_every_keyword_the_schema_uses() -> None:
    used = {keyword for schema in schemas(language()) for keyword in schema}
    assert {keyword for keyword in used if not keyword.startswith("x-ramwright-")} <= KNOWN_KEYWORDS


def test_any_of_lists_alternatives_of_required_keys() -> None:
    for schema in schemas(language()):
        for alternative in schema.get("anyOf", ()):
            check_alternative(alternative, schema["properties"])


def check_alternative(alternative: Schema, properties: Schema) -> None:
    """It lists keys that are needed, in the mapping itself or in one of its mappings."""
    assert set(alternative) <= {"required", "properties"}
    assert set(alternative["required"]) <= set(properties)
    for key, inner in alternative.get("properties", {}).items():
        check_alternative(inner, properties[key]["properties"])


def test_every_key_has_a_description_that_is_a_sentence() -> None:
    for schema in schemas(language()):
        for key, part in schema.get("properties", {}).items():
            text = resolved(language(), part).get("description", "")
            assert text[:1].isupper(), key
            assert text.endswith("."), key


def test_every_default_and_example_fits_its_own_key() -> None:
    for schema in schemas(language()):
        for part in schema.get("properties", {}).values():
            rule = resolved(language(), part)
            samples = [*rule.get("examples", ()), *([rule["default"]] if "default" in rule else [])]
            validator = jsonschema.Draft7Validator(
                {**rule, "definitions": language()["definitions"]}
            )
            for sample in samples:
                assert validator.is_valid(sample), sample


def test_malformed_values_always_say_what_is_wanted() -> None:
    for schema in schemas(language()):
        rule = resolved(language(), schema)
        types = [rule["type"]] if isinstance(rule.get("type"), str) else rule.get("type", ())
        several = len(set(types) - {"null"}) > 1
        if "pattern" in rule or "minLength" in rule or several:
            assert rule.get("x-ramwright-what"), rule
