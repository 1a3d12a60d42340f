# SPDX-License-Identifier: Apache-2.0
"""Parts of the language, computed from the whole: what an included file may hold, and a variant.

Both are complete schemas, for editors too. An included file is a layout without a name and without
variants, in which nothing but the version is needed. A variant is an overlay: no key is needed, and
`null` stands for "delete" everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import Any

Schema = Dict[str, Any]

_NOT_INCLUDED = ("name", "variants")
_NOT_IN_VARIANT = ("ramwright", "name", "include", "variants", "override", "device")
_ON_WHOLE_ONLY = ("required", "anyOf", "minProperties", "default")
_VARIANT = "variant"


def resolved(schema: Schema, part: Schema) -> Schema:
    """`part` with what it refers to merged in; its own keywords win."""
    merged: dict[str, Any] = {}
    for reference in [part] if "$ref" in part else part.get("allOf", ()):
        name = reference["$ref"].removeprefix("#/definitions/")
        merged |= resolved(schema, schema["definitions"][name])
    return merged | {k: v for k, v in part.items() if k not in ("$ref", "allOf")}


def part_of(whole: Schema, part: str) -> Schema:
    """The schema of `part` of the language: layout, include or variant."""
    definitions = {**whole["definitions"], _VARIANT: _overlay_of_layout(whole)}
    layout = {**whole, "definitions": definitions}
    if part == "layout":
        return layout
    if part == "include":
        return _included(layout)
    return {**_head(layout, part), **definitions[_VARIANT], "definitions": _own(layout)}


def _head(layout: Schema, part: str) -> Schema:
    keys = ("$schema", "$comment")
    return {"$id": f"{part}.schema.json"} | {key: layout[key] for key in keys}


def _included(layout: Schema) -> Schema:
    properties = {k: v for k, v in layout["properties"].items() if k not in _NOT_INCLUDED}
    return {
        **{k: v for k, v in layout.items() if k not in _ON_WHOLE_ONLY},
        **_head(layout, "include"),
        "title": "Ramwright memory layout: an included file",
        "description": "A part of a layout, for `include` of another file.",
        "required": ["ramwright"],
        "properties": properties,
        "definitions": _own(layout),
    }


def _own(layout: Schema) -> Schema:
    """The definitions that are written in the schema."""
    return {k: v for k, v in layout["definitions"].items() if k != _VARIANT}


def _overlay_of_layout(whole: Schema) -> Schema:
    overlay = _overlay(whole, {k: v for k, v in whole.items() if k != "definitions"})
    own = ("type", "additionalProperties", "properties")
    return {
        "title": "Ramwright memory layout: a variant",
        "description": "What a variant changes: mappings are merged, `null` deletes, everything "
        "else replaces.",
        **{key: overlay[key] for key in own},
        "type": "object",
    }


def _overlay(whole: Schema, part: Schema) -> Schema:
    """`part` with no key needed and `null` allowed, all the way down; lists are replaced whole."""
    rule = resolved(whole, part)
    overlay = {k: v for k, v in rule.items() if k not in _ON_WHOLE_ONLY}
    if "properties" in rule:
        overlay["properties"] = {
            key: _overlay(whole, value)
            for key, value in rule["properties"].items()
            if key not in _NOT_IN_VARIANT
        }
    if isinstance(rule.get("additionalProperties"), Dict):
        overlay["additionalProperties"] = _overlay(whole, rule["additionalProperties"])
    if "type" in rule:
        types = rule["type"]
        overlay["type"] = [*([types] if isinstance(types, str) else types), "null"]
    if "enum" in rule:
        overlay["enum"] = [*rule["enum"], None]
    return overlay
