# SPDX-License-Identifier: Apache-2.0
"""docs/config.md: the reference of the config language, written from the JSON Schema."""

from __future__ import annotations

from ramwright.schema_parts import Schema, resolved
from ramwright.wording import listed

_SECTIONS = (
    ("Regions", "regions", "region"),
    ("Buffers", "buffers", "buffer"),
    ("Pools", "pools", "pool"),
    ("Heaps", "heaps", "heap"),
    ("Slabs", "slabs", "slab"),
    ("Memheaps", "memheaps", "memheap"),
)

_INTRODUCTION = """\
# The config language

A config describes the RAM of one firmware image. It is YAML, version 1 of the language:

```yaml
ramwright: 1
name: motor
constants: {CAN_DEPTH: 48}
target: {cpu: cortex-m4}
home: ram
regions:
  ram: {origin: 0x20000000, size: 128K, linker: RAM, attributes: [dma], reserve: 24K}
  ccm: {origin: 0x10000000, size: 64K, linker: CCMRAM, attributes: [fast]}
pools:
  can_rx: {region: ram, type: struct can_frame, header: can.h, block_size: 16, count: CAN_DEPTH}
buffers:
  adc: {region: ram, requires: [dma], size: 512}   # DMA writes here: checked against the region
heaps:
  main: {region: ccm, size: 32K}
default: main
```

**Write `requires: [dma]` on everything that DMA touches.** That is what makes it checked: that its
region has the attribute (RW0341) and that it shares no cache line with other bytes (RW0344,
RW0345). `attributes: [dma]` of a region alone only aligns what lies there, since nothing says what
DMA uses.

`ramwright schema` prints the JSON Schema of all this, `--part include` and `--part variant` those
of an included file and of an overlay; editors that know it complete and check while you type:
`# yaml-language-server: $schema=…` in the first line. `ramwright explain CODE` explains a
diagnostic.

## Values

- A **size** is in bytes: an integer, decimal or `0x…` hexadecimal, or an expression such as
  `16K` or `6 * 1536 + 64`. `K` is 1024 and `M` is 1024 * 1024.
- A **number** (a count or an address) is written the same way, without `K` and `M`.
- Expressions have `+ - * / ( )`, names of `constants` and `align_up(x, a)`, which rounds `x` up to
  a multiple of `a`, a power of two. Inside `{…}` quote it: YAML ends a value there at a comma.
  Division must be exact; nothing is rounded silently.
- `cache_line` is the cache line of the `cpu` in bytes, 1 without a data cache:
  `size: "align_up(100, cache_line)"`.
- A **name** is a C identifier of at most 48 characters, no keyword of C or C++, and nothing that
  would clash in generated code. Buffers, pools, heaps, slabs and memheaps share one namespace.
- Booleans are `true` and `false`, nothing else. What YAML readers disagree on (`010`, `1:30`, `on`,
  `yes`) is rejected, as are aliases, merges, tags, tabs, duplicate and unknown keys.

## Several files

```yaml
include:
  - board.yaml
  - {file: lib/modbus.yaml, prefix: modbus_, regions: {work: ram}, constants: {DEPTH: 8}}
```

An included file starts with `ramwright: 1` and has neither `name` nor `variants`. Paths are
relative to the file that includes; nothing outside the git checkout (or `--root`) is read.
Included files come first, in the order listed; "file order" and "declaration order" mean this
order. What the including file says about `target`, `home`, `link`, `checks`, `quarantine`,
`debug_name` and `default` replaces what included files say. A name declared in two files is an
error, unless the later declaration has `override: true`: then it replaces the earlier one whole.

- `prefix` goes before every object and constant that the file declares, so one file can be included
  several times. Expressions in it see its own constants first, then those of the including file.
- `regions` says which region of this layout the file means by a name of its own.
- `constants` gives values to constants that the file declares.

`ramwright config FILE` prints what all files and overlays together say, each value with the file
and line it comes from. What a rule decided, where the file says `requires`, `rest` or only a
`type`, is there too, with that rule:

```
    requires: [dma]                 # app.yaml:12
    region: d2                      # app.yaml:12, by `requires`: the first with dma that has room
```

## Variants

```yaml
variants:
  lite: {constants: {CAN_DEPTH: 16}, pools: {log: null}}
```

`--variant lite` on any command applies the overlay: mappings are merged, `null` deletes,
everything else replaces, lists too; then constants are evaluated. A constant of the overlay is one
of the layout's, or something uses it. `check` looks at all variants.
The variant is recorded in every output. `-D CAN_DEPTH=16` gives one constant another value, after
the variant.

## Where objects lie

In each region, from its origin up:

1. objects pinned with `at: start`;
2. `reserve.start`, the application's own sections; in the home region then the allocators' state;
3. objects that the linker places: buffers, pools, heaps, slabs, each in the order of the file;
4. objects pinned by `address`, wherever that is, and those pinned with `at: end`, growing down;
5. `reserve.end`.

What the linker places must end before the first object of step 4. An object that would straddle two
`banks` goes to the start of the next. Where a `section` of the board's script lies, that script
alone knows: the plan has what it adopts first in step 3, or else behind a pinned object.

Objects that name their region come first. Then each object with `requires` and no `region`, in
declaration order, takes the first region in file order that has the attributes and in which
everything placed so far still fits with it. Then heaps with `size: rest` take what is left, in the
home region last. No step is undone; `ramwright map` shows the result. With `region` too, `requires`
checks that the region has the attributes.
"""


def reference(schema: Schema) -> str:
    """The reference as Markdown."""
    parts = [_INTRODUCTION, "## Top level\n", *_table(schema, schema)]
    for key in ("target", "link"):
        parts += [f"\n### `{key}`\n", *_described(schema, schema["properties"][key])]
    parts += ["\n### `include`\n", *_described(schema, schema["definitions"]["inclusion"])]
    for title, key, definition in _SECTIONS:
        parts += [f"\n## {title}\n", resolved(schema, schema["properties"][key])["description"], ""]
        parts += _table(schema, schema["definitions"][definition])
        if key == "regions":
            parts += ["\n### `reserve`\n", *_described(schema, _reserve(schema))]
        if key == "buffers":
            section = schema["definitions"]["object_section"]
            parts += ["\n### `section`\n", *_described(schema, section)]
        if key == "slabs":
            parts += ["\n### `zones`\n", *_described(schema, schema["definitions"]["zone"])]
    return "\n".join(parts) + "\n"


def _reserve(schema: Schema) -> Schema:
    reserve: Schema = schema["definitions"]["region"]["properties"]["reserve"]
    return reserve


def _described(schema: Schema, part: Schema) -> list[str]:
    rule = resolved(schema, part)
    return [rule["description"], "", *_table(schema, rule)]


def _table(schema: Schema, part: Schema) -> list[str]:
    """One row a key."""
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    required = part.get("required", ())
    for key, value in part["properties"].items():
        rule = resolved(schema, value)
        default = "required" if key in required else _default(rule)
        meaning = rule["description"] + _examples(rule)
        rows.append(f"| `{key}` | {_kind(schema, rule)} | {default} | {meaning} |")
    return rows


def _kind(schema: Schema, rule: Schema) -> str:
    if "enum" in rule:
        return listed(rule["enum"])
    if "const" in rule:
        return f"`{rule['const']}`"
    if "x-ramwright-reference" in rule:
        return f"name of a {rule['x-ramwright-reference']}"
    if "x-ramwright-expression" in rule:
        mapping = ", or a mapping" if "properties" in rule else ""
        return f"{rule['x-ramwright-expression']}{mapping}"
    if rule["type"] == "array":
        item = resolved(schema, rule["items"])
        return "list of mappings" if item["type"] == "object" else f"list: {_kind(schema, item)}"
    if rule["type"] == ["string", "object"]:
        return "text, or a mapping"
    if rule["type"] == "object":
        return "mapping" if "properties" in rule else "mapping of names"
    if rule["type"] == "boolean":
        return "`true`, `false`"
    return "name" if "identifier" in rule.get("x-ramwright-what", "") else "text"


def _default(rule: Schema) -> str:
    if "x-ramwright-default" in rule:
        return str(rule["x-ramwright-default"])
    if "default" not in rule:
        return ""
    value = rule["default"]
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _examples(rule: Schema) -> str:
    """Examples of a scalar, where the schema has some."""
    scalars = [example for example in rule.get("examples", ()) if not isinstance(example, dict)]
    return f" Example: {listed(str(scalar) for scalar in scalars)}." if scalars else ""
