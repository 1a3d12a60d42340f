# SPDX-License-Identifier: Apache-2.0
"""Meaning: defaults, placement, and that every mistake of a file is reported in one run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramwright import cnames, placement
from ramwright.errors import Mark, Problem
from ramwright.load import understood
from ramwright.model import At, Config, Pool, Region
from ramwright.placement import Wanted, place
from ramwright.planner import plan
from ramwright.render import render
from ramwright.schema import language
from ramwright.schema_parts import resolved

HERE = Path(__file__).parent
HEAD = """ramwright: 1
name: motor
target: {cpu: cortex-m7}
home: ram
regions:
  ram: {origin: 0x20000000, size: 64K, reserve: 8K}
  dma: {origin: 0x30000000, size: 64K, attributes: [cached, dma]}
  ext: {origin: 0xD0000000, size: 1M, attributes: [external, cached]}
"""


def result_of(text: str) -> tuple[Config | None, tuple[Problem, ...]]:
    config, problems, _ = understood((HEAD + text).encode(), "f.yaml")
    return config, problems


def config_of(text: str) -> Config:
    config, problems = result_of(text)
    assert problems == ()
    assert config is not None
    return config


def codes_of(text: str) -> list[str]:
    return [problem.code for problem in result_of(text)[1]]


@pytest.mark.parametrize(("name", "hint"), [("malloc", "one of `small`"), ("smal", "`small`?")])
def test_default_is_guessed_with_care(name: str, hint: str) -> None:
    _, problems = result_of(f"heaps: {{small: {{region: ram, size: 4K}}}}\ndefault: {name}\n")
    assert [p.code for p in problems] == ["RW0263"]
    assert problems[0].hint.endswith(hint)


def good() -> Config:
    path = HERE / "good" / "everything.yaml"
    config, problems, _ = understood(path.read_bytes(), path.name)
    assert problems == ()
    assert config is not None
    return config


def test_values_arrive_in_the_config() -> None:
    config = good()
    assert (config.name, config.home, config.default) == ("motor", "ram", "system")
    assert config.regions["ccm"].reserve_start == 1024
    assert config.regions["ccm"].reserve_end == 2048
    assert config.regions["ram"].reserve_start == 24 * 1024
    assert config.regions["sdram"].linker == "sdram"
    assert config.regions["code_ram"].alias_of == "ram"
    assert config.buffers["samples"].size == 48 * 32
    assert config.buffers["crash"].ctype is not None
    assert config.buffers["crash"].ctype.spelling == "struct crash_log"
    pool = config.pools["can_rx"]
    assert (pool.count, pool.sharing, pool.checks, pool.debug_name) == (
        48,
        "interrupt",
        "none",
        False,
    )
    assert [z.block_size for z in config.slabs["kernel"].zones] == [16, 32, 64, 128, 512]
    assert [z.max_slabs for z in config.slabs["kernel"].zones] == [40, 40, 40, 8, 4]
    assert config.memheaps["system"].members == ("main", "bulk", "kernel")


def test_at_becomes_an_address() -> None:
    config = good()
    assert config.buffers["eth_desc"].placement.address == 0x30000000
    assert config.heaps["bulk"].placement.address == 0xD0000000
    ccm = config.regions["ccm"]
    stack = config.buffers["stack"].placement.address
    assert stack == ccm.end - 2048 - 2048
    assert config.pools["events"].placement.address == stack - 400


def test_objects_inherit_from_the_layout() -> None:
    config = config_of("checks: none\ndebug_name: false\nheaps:\n  a: {region: ram, size: 1K}\n")
    assert (config.heaps["a"].checks, config.heaps["a"].debug_name) == ("none", False)
    assert config.heaps["a"].sharing == "task"


@pytest.mark.parametrize(
    ("block_size", "alignment", "stride"),
    [
        *((1, 1, 1), (2, 2, 2), (3, 1, 3), (4, 4, 4), (6, 4, 8), (7, 4, 8), (8, 8, 8)),
        *((12, 4, 12), (16, 8, 16), (20, 4, 20), (1536, 8, 1536)),
    ],
)
def test_default_alignment_of_a_pool(block_size: int, alignment: int, stride: int) -> None:
    config = config_of(f"pools:\n  p: {{region: ram, block_size: {block_size}, count: 2}}\n")
    assert config.pools["p"].placement.alignment == alignment
    assert config.pools["p"].stride == stride


@pytest.mark.parametrize(("size", "alignment"), [(1, 4), (7, 4), (8, 8), (100, 8)])
def test_default_alignment_of_a_buffer(size: int, alignment: int) -> None:
    config = config_of(f"buffers:\n  b: {{region: ram, size: {size}}}\n")
    assert config.buffers["b"].placement.alignment == alignment


@pytest.mark.parametrize(
    ("cpu", "region", "alignment"),
    [
        ("cortex-m7", "dma", 32),
        ("cortex-m7", "ext", 8),
        ("cortex-m4", "dma", 8),
        ("cortex-m85", "dma", 32),
        ("xtensa-lx7", "dma", 64),
    ],
)
def test_cache_line_where_dma_meets_a_cache(cpu: str, region: str, alignment: int) -> None:
    text = HEAD.replace("cortex-m7", cpu) + (
        f"buffers:\n  b: {{region: {region}, size: 64}}\n"
        f"pools:\n  p: {{region: {region}, block_size: 40, count: 2}}\n"
    )
    config, problems, _ = understood(text.encode(), "f.yaml")
    assert problems == ()
    assert config is not None
    assert config.buffers["b"].placement.alignment == alignment
    assert config.pools["p"].placement.alignment == alignment


def test_every_mistake_is_reported_in_one_run() -> None:
    codes = codes_of(
        """colour: blue
buffers:
  class: {region: ram, size: 64}
  none: {region: ram, size: 0}
  off_by_one: {region: dma, size: 64, address: 0x30000101}
  one: {region: dma, size: 64, address: 0x30000200}
  two: {region: dma, size: 64, address: 0x30000220}
pools:
  nowhere: {region: rom, block_size: 16, count: 4}
  huge: {region: ext, block_size: 1M, count: 0x7000}
  class: {region: ram, block_size: 16, count: 40000}
heaps:
  fat: {region: ext, size: 2M}
  twice: {region: ram, size: 1K}
  twice: {region: ram, size: 1K}
default: twize
"""
    )
    assert sorted(codes) == sorted(
        [
            *("RW0101", "RW0211", "RW0240", "RW0232", "RW0233", "RW0220", "RW0245", "RW0210"),
            *("RW0244", "RW0230", "RW0012", "RW0263"),
        ]
    )


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        # a thing at fault is known by name: nothing else is blamed on it
        (
            "heaps:\n  a: {region: ram, size: 0}\nmemheaps:\n  m: {members: [a]}\n",
            ["RW0240"],
        ),
        (
            "constants: {A: B}\nheaps:\n  a: {region: ram, size: A}\n",
            ["RW0202"],
        ),
        ("buffers:\n  a: {region: ram, size: 8, section: {input: .dma}}\n", ["RW0103"]),
        (
            "buffers:\n  a: {region: ram, size: 8, section: {output: .x, input: 'a b'}}\n",
            ["RW0106"],
        ),
        ("buffers:\n  a: {region: ram, size: 8, section: {output: .x, inptu: .y}}\n", ["RW0101"]),
        ("buffers:\n  a: {region: ram, size: 8, at: end, section: {output: .x}}\n", ["RW0234"]),
        ("buffers:\n  a: {region: ram, size: 8, input: .x}\n", ["RW0101"]),
        (
            "constants: {A: 010}\nheaps:\n  a: {region: ram, size: A * 2}\n",
            ["RW0015"],
        ),
        (
            "constants: {A: B, B: 1K}\n",
            [],
        ),
        (
            "constants: {A: B + C, B: C, C: A}\n",
            ["RW0357"],
        ),
        (
            "constants: {align_up: 4}\n",
            ["RW0212"],
        ),
        (
            "pools:\n  p: {region: [ram], block_size: 16, count: 4}\n",
            ["RW0104"],
        ),
        (
            "buffers:\n  b: {region: ram, size: 8, at: middle}\n",
            ["RW0105"],
        ),
        # pins
        (
            "buffers:\n  b: {region: ram, size: 8, address: 0x20000000}\n",
            ["RW0231"],
        ),
        (
            "buffers:\n  b: {region: ram, size: 8, address: 0}\n",
            ["RW0231"],
        ),
        (
            "buffers:\n  b: {region: dma, size: 65K, at: end}\n",
            ["RW0231"],
        ),
        (
            "heaps:\n  h: {region: dma, size: 65K, at: start}\n",
            ["RW0231"],
        ),
        (
            "buffers:\n"
            "  b: {region: dma, size: 32K, address: 0x30000000}\n"
            "heaps:\n"
            "  h: {region: dma, size: 8, address: 0x30000020}\n",
            ["RW0246"],
        ),
        (
            "buffers:\n  a: {region: dma, size: 64, address: 0x2FFFFFF1}\n",
            ["RW0231", "RW0232"],
        ),
        (
            "buffers:\n  a: {region: dma, size: 64, address: 0x30000000}\n"
            "  b: {region: dma, size: 64, address: 0x30000021}\n",
            ["RW0233", "RW0232"],
        ),
        # one large pin overlaps two that do not touch each other
        (
            "buffers:\n"
            "  a: {region: dma, size: 4K, address: 0x30000000}\n"
            "  b: {region: dma, size: 32, address: 0x30000100}\n"
            "  c: {region: dma, size: 32, address: 0x30000200}\n",
            ["RW0233", "RW0233"],
        ),
        # linked objects end before the first pinned one
        (
            "buffers:\n"
            "  p: {region: dma, size: 32, address: 0x30000400}\n"
            "heaps:\n"
            "  h: {region: dma, size: 1K}\n",
            [],
        ),
        (
            "buffers:\n"
            "  p: {region: dma, size: 32, address: 0x30000400}\n"
            "heaps:\n"
            "  h: {region: dma, size: 1032}\n",
            ["RW0230"],
        ),
        (
            "buffers:\n"
            "  p: {region: dma, size: 32, at: start}\n"
            "heaps:\n"
            "  h: {region: dma, size: 65504}\n",
            [],
        ),
        (
            "buffers:\n"
            "  p: {region: dma, size: 32, at: start}\n"
            "heaps:\n"
            "  h: {region: dma, size: 64K}\n",
            ["RW0230"],
        ),
        # types
        (
            "pools:\n  p: {region: ram, block_size: 4, count: 4, type: uint32_t}\n",
            [],
        ),
        (
            "pools:\n  p: {region: ram, block_size: 4, count: 4, type: struct int, header: a.h}\n",
            ["RW0211"],
        ),
        (
            "buffers:\n  b_t: {region: ram, size: 4, type: b_t, header: a.h}\n",
            ["RW0213"],
        ),
        # names
        (
            "heaps:\n  a__b: {region: ram, size: 1K}\n",
            ["RW0212"],
        ),
        (
            "heaps:\n  RW_x: {region: ram, size: 1K}\n",
            ["RW0212"],
        ),
        (
            "buffers:\n  motor_layout: {region: ram, size: 8}\n",
            ["RW0213"],
        ),
        (
            "buffers:\n  a_state: {region: ram, size: 8}\nheaps:\n  a: {region: ram, size: 1K}\n",
            ["RW0213"],
        ),
        (
            "heaps:\n  ram: {region: ram, size: 1K}\n",
            [],
        ),
        (
            "pools:\n  posix_mem: {region: ram, block_size: 8, count: 1}\n",
            [],
        ),
        # limits
        (
            "heaps:\n  a: {region: ram, size: 32}\n",
            [],
        ),
        (
            "heaps:\n  a: {region: ram, size: 24}\n",
            ["RW0246"],
        ),
        (
            "pools:\n  p: {region: ext, block_size: 1, count: 20000}\n",
            [],
        ),
        (
            "slabs:\n"
            "  s: {region: ext, slab_size: 64K, slab_count: 1, zones: [{block_size: 64K}]}\n",
            [],
        ),
        (
            "slabs:\n  s: {region: ext, slab_size: 32, slab_count: 1, zones: [{block_size: 8}]}\n",
            ["RW0251"],
        ),
        (
            "slabs:\n"
            "  s: {region: ext, slab_size: 128K, slab_count: 1, zones: [{block_size: 8}]}\n",
            ["RW0251"],
        ),
        (
            "slabs:\n"
            "  s: {region: ext, slab_size: 64, slab_count: 1, zones: [{block_size: 8, "
            "max_slabs: 0}]}\n",
            ["RW0240"],
        ),
    ],
)
def test_codes(text: str, codes: list[str]) -> None:
    assert codes_of(text) == codes


@pytest.mark.parametrize(
    ("objects", "codes"),
    [
        ("buffers:\n  b: {region: dma, size: 32, at: start}\n", ["RW0235"]),
        ("buffers:\n  b: {region: dma, size: 32, address: 0x30000000}\n", ["RW0235"]),
        ("buffers:\n  b: {region: dma, size: 32, address: 0x30000020}\n", []),
        ("buffers:\n  b: {region: dma, size: 32, at: end}\n", []),
        # the state of an allocator elsewhere lies below the pin
        (
            "buffers:\n  b: {region: dma, size: 32, address: 0x30000020}\n"
            "heaps:\n  h: {region: ram, size: 1K}\n",
            ["RW0235"],
        ),
    ],
)
def test_the_start_of_the_home_is_taken(objects: str, codes: list[str]) -> None:
    text = HEAD.replace("home: ram", "home: dma") + objects
    assert [p.code for p in understood(text.encode(), "f.yaml")[1]] == codes


@pytest.mark.parametrize("cpu", ["cortex-m7", "host"])
@pytest.mark.parametrize(
    ("reserve", "objects", "at_zero"),
    [
        (0, "pools:\n  p: {region: itcm, block_size: 16, count: 4}\n", True),
        (0, "buffers:\n  b: {region: itcm, size: 16}\n", True),
        (32, "heaps:\n  h: {region: itcm, size: 1K}\n", False),
    ],
)
def test_no_object_is_null(cpu: str, reserve: int, objects: str, at_zero: bool) -> None:
    region = f"  itcm: {{origin: 0, size: 16K, reserve: {reserve}}}\n"
    text = HEAD.replace("cortex-m7", cpu) + region + objects
    codes = [p.code for p in understood(text.encode(), "f.yaml")[1]]
    assert codes == (["RW0236"] if at_zero and cpu != "host" else [])


@pytest.mark.parametrize("origin", [0x20000000, 0x20000100, 0x1FFF8000])
def test_an_alias_has_addresses_of_its_own(origin: int) -> None:
    (problem,) = result_of(f"  code: {{origin: {origin}, size: 64K, alias_of: ram}}\n")[1]
    assert problem.code == "RW0223"
    assert "an alias has addresses of its own" in problem.hint


def test_every_region_inside_another_is_reported() -> None:
    inner = "".join(
        f"  in{i}: {{origin: {0xD0000000 + i * 0x10000}, size: 1K}}\n" for i in (1, 2, 3)
    )
    text = HEAD + inner
    _, problems, _ = understood(text.encode(), "f.yaml")
    assert [(p.code, p.where.line) for p in problems] == [("RW0223", line) for line in (9, 10, 11)]


@pytest.mark.parametrize(
    ("pin", "others", "codes"),
    [
        (0, "  a: {region: dma, size: 4K, section: .x}\n", []),
        (0, "  a: {region: dma, size: 64K, section: .x}\n", ["RW0230"]),
        (0, "  a: {region: dma, size: 4K}\n", ["RW0230"]),
        (8192, "  a: {region: dma, size: 56K - 192, section: .x}\n", []),
        (
            8192,
            "  a: {region: dma, size: 30K, section: .x}\n"
            "  b: {region: dma, size: 30K, section: .x}\n",
            ["RW0230"],
        ),
        (
            32768,
            "  a: {region: dma, size: 30K, section: .x}\n"
            "  b: {region: dma, size: 30K, section: .y}\n",
            [],
        ),
        (
            32768,
            "  a: {region: dma, size: 20K, section: .x}\n"
            "  b: {region: dma, size: 20K, section: .x}\n",
            ["RW0230"],
        ),
    ],
    ids=[
        "behind the start",
        "too large behind it",
        "not adopted",
        "all of the hole",
        "a section needs all of its bytes in one hole",
        "two sections",
        "in no hole together",
    ],
)
def test_adopted_objects_may_lie_behind_a_pinned_one(
    pin: int, others: str, codes: list[str]
) -> None:
    desc = f"buffers:\n  desc: {{region: dma, size: 192, address: {0x30000000 + pin}}}\n"
    assert codes_of(desc + others) == codes


def test_a_second_thing_of_a_name_takes_no_room() -> None:
    pool = "pools:\n  a: {region: dma, block_size: 16, count: 4}\n"
    assert codes_of(f"{pool}heaps:\n  a: {{region: dma, size: 1M}}\n") == ["RW0210"]


def test_state_counts_in_the_home_region() -> None:
    """56 KiB are left in `ram`; a heap of all of it leaves no room for its own state."""
    config, (problem,) = result_of("heaps:\n  a: {region: ram, size: 56K}\n")
    assert problem.code == "RW0230"
    assert config is not None, "an overflow can be drawn"
    assert "of allocator state" in problem.related[0].what
    # The same heap elsewhere is fine, and its state still lies at home.
    assert codes_of("heaps:\n  a: {region: dma, size: 64K}\n") == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("heaps:\n  a: {region: ram, size: 40K}\n  b: {region: ram, size: 20K}\n", "size"),
        ("pools:\n  p: {region: ram, block_size: 100, count: 900}\n", "count"),
        (
            "slabs:\n"
            "  s: {region: ram, slab_size: 1K, slab_count: 64, zones: [{block_size: 16}]}\n",
            "slab_count",
        ),
        (
            "heaps:\n  a: {region: ram, size: 50K}\n  b: {region: ram, size: 8K, alignment: 1K}\n",
            "size",
        ),
    ],
)
def test_the_hint_for_an_overflow_is_right_to_the_byte(text: str, key: str) -> None:
    _, (problem,) = result_of(text)
    suggestion = re.search(rf"`{key}: ([0-9]+)`", problem.hint)
    owner = re.match(r"`(\w+)`", problem.hint)
    assert suggestion is not None
    assert owner is not None
    value = int(suggestion[1])
    pattern = rf"(  {owner[1]}: .*?\b{key}: )[0-9K]+"

    def with_value(number: int) -> list[str]:
        return codes_of(re.sub(pattern, rf"\g<1>{number}", text))

    assert with_value(value) == []
    assert with_value(value + (8 if key == "size" else 1)) == ["RW0230"]


def test_state_alone_can_overflow_the_home() -> None:
    _, (problem,) = result_of("pools:\n  p: {region: ext, block_size: 1, count: 32767}\n")
    assert problem.code == "RW0230"
    assert "65540 bytes of state" in problem.what
    assert problem.where.line == 6


def keys_by_expression() -> Iterator[tuple[str, str]]:
    for part in [language(), *language()["definitions"].values()]:
        for key, value in part.get("properties", {}).items():
            rule: Any = resolved(language(), value)
            if "x-ramwright-expression" in rule and rule["type"] == ["integer", "string"]:
                yield key, rule["x-ramwright-expression"]


@pytest.mark.parametrize(("key", "kind"), sorted(set(keys_by_expression())))
def test_rules_read_what_the_schema_announces(key: str, kind: str) -> None:
    """K is understood exactly where the schema says that a size is meant."""
    text = (HERE / "good" / "everything.yaml").read_text("utf-8")
    if key == "max_slabs" or key == "min_slabs":
        text = text.replace(f"{key}: ", f"{key}: 1K - 1020 * ", 1)
    else:
        assert f"{key}: " in text
        text = re.sub(rf"\b{key}: (?!\{{)", f"{key}: 0K + ", text, count=1)
    _, problems, _ = understood(text.encode(), "f.yaml")
    assert ("RW0205" in {problem.code for problem in problems}) == (kind == "number")


def test_symbols_cover_what_the_generated_source_defines() -> None:
    config = good()
    outputs = render(plan(config))
    text = outputs["motor_memory.c"] + outputs["motor_memory.h"]
    groups: list[tuple[cnames.Kind, Any]] = [
        ("buffer", config.buffers), ("pool", config.pools), ("heap", config.heaps),
        ("slab", config.slabs), ("memheap", config.memheaps),
    ]  # fmt: skip
    for kind, objects in groups:
        for name in objects:
            used = set(
                re.findall(rf"(?<![\w.\"])(?<!struct ){name}(?:_[a-z_]+)?\b(?!\.[a-z]|\")", text)
            )
            others = {s for k, o in groups for n in o if n != name for s in cnames.symbols(k, n)}
            used = {symbol for symbol in used if not symbol.endswith("_adopted_by_motor")}
            missing = used - set(cnames.symbols(kind, name)) - others - {name}
            assert not missing, f"{kind} {name}: {missing}"


def test_no_buffer_is_hidden_by_a_parameter() -> None:
    config = good()
    pools = {name: pool._replace(wait=True) for name, pool in config.pools.items()}
    layout = plan(config._replace(pools=pools))
    prototypes = re.findall(r"\w+\(([^()]*)\);", render(layout)["motor_memory.h"])
    parameters = {
        parameter.split()[-1].lstrip("*")
        for prototype in prototypes
        for parameter in prototype.split(",")
        if " " in parameter.strip()
    }
    assert "size" in parameters
    assert parameters == cnames.PARAMETERS


@st.composite
def regions_and_objects(draw: st.DrawFn) -> tuple[Region, list[Wanted]]:
    size = draw(st.integers(1, 1 << 16))
    start = draw(st.integers(0, size))
    end = draw(st.integers(0, size - start))
    origin = draw(st.integers(0, 1 << 20)) * 4
    region = Region("r", origin, size, "r", frozenset(), start, end, None, Mark("f"))
    count = draw(st.integers(0, 12))
    objects = []
    for index in range(count):
        at: At | None = draw(st.sampled_from([None, None, None, "start", "end"]))
        objects.append(
            Wanted(
                name=f"o{index}",
                size=draw(st.integers(1, 5000)),
                alignment=1 << draw(st.integers(0, 10)),
                at=at,
                address=None,
                adopted=None if at else draw(st.sampled_from([None, None, ".a", ".b"])),
            )
        )
    if objects and draw(st.booleans()):  # a lone pin in the middle, with holes on both sides
        address = origin + draw(st.integers(0, size))
        objects[0] = objects[0]._replace(at=None, adopted=None, address=address, alignment=1)
    return region, objects


@given(regions_and_objects(), st.integers(0, 500))
def test_placement_is_aligned_ordered_and_free_of_overlap(
    drawn: tuple[Region, list[Wanted]], state: int
) -> None:
    region, objects = drawn
    placed = place(region, objects, state)
    by_name = {o.name: o for o in objects}
    assert set(placed.offsets) == set(by_name)
    for name, offset in placed.offsets.items():
        assert (region.origin + offset) % by_name[name].alignment == 0
    ends = [placed.offsets[name] + by_name[name].size for name in placed.linked]
    begins = [placed.offsets[name] for name in placed.linked]
    assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))
    assert all(begin >= placed.linked_start >= region.reserve_start + state for begin in begins)
    assert placed.linked_end == (ends[-1] if ends else placed.linked_start)
    high = [placed.offsets[o.name] for o in objects if o.at == "end"]
    assert high == sorted(high, reverse=True), "objects at the end grow downward"
    pinned = [placed.offsets[o.name] for o in objects if o.address is not None]
    assert placed.limit == min([region.size - region.reserve_end, *high, *pinned])
    behind = [o for o in objects if o.adopted and o.name not in placed.linked]
    for o in behind:
        begin, end = placed.offsets[o.name], placed.offsets[o.name] + o.size
        assert placed.limit < begin, "in front of the limit it would be linked"
        assert end <= region.size - region.reserve_end
        for other in objects:
            if other is not o and (other in behind or other.at == "end" or other.address):
                at = placed.offsets[other.name]
                assert end <= at or at + other.size <= begin
    together = {o.adopted: o.name in placed.linked for o in objects if o.adopted}
    assert all(together[o.adopted] == (o.name in placed.linked) for o in objects if o.adopted)
    low = [placed.offsets[o.name] for o in objects if o.at == "start"]
    assert low == sorted(low)


def test_arena_sizes() -> None:
    config = good()
    assert placement.arena_size(config.slabs["kernel"]) == 40 * 1024
    pool = config.pools["can_rx"]
    assert isinstance(pool, Pool)
    assert placement.arena_size(pool) == 48 * 16


RISCV = """ramwright: 1
name: motor
target: {cpu: @, cores: 2, core_lock: amo}
home: ram
regions: {ram: {origin: 0x80000000, size: 64K, reserve: 8K}}
pools: {mail: {region: ram, block_size: 32, count: 8, sharing: core}}
"""


def riscv(text: str) -> list[str]:
    """What is wrong with a config of two harts."""
    return [f"{p.code} {p.what}" for p in understood(text.encode(), "f.yaml")[1]]


def test_two_harts_need_atomics() -> None:
    assert riscv(RISCV.replace("@", "rv32imac")) == []
    assert riscv(RISCV.replace("@", "rv64imac")) == []
    lacks = "RW0265 two `rv32imc` have no lock between them: it takes the A extension"
    assert riscv(RISCV.replace("@", "rv32imc")) == [lacks]
    other = RISCV.replace("@", "rv32imac").replace("amo", "exclusives")
    assert riscv(other) == [
        "RW0265 two `rv32imac` need `core_lock: amo`; they have no `exclusives`"
    ]
    assert riscv(other.replace("rv32imac", "cortex-m33")) == []


def test_two_xtensa_cores_share_nothing() -> None:
    (told,) = riscv(RISCV.replace("@", "xtensa-lx7").replace("amo", "sio"))
    assert told == "RW0265 two `xtensa-lx7` have no lock between them that this runtime knows"
    alone = RISCV.replace("@", "xtensa-lx7").replace(", cores: 2, core_lock: amo", "")
    assert [line[:6] for line in riscv(alone)] == ["RW0264"], "sharing: core takes two cores"
    assert riscv(alone.replace("sharing: core", "sharing: interrupt")) == []


def test_only_64_bit_cores_reach_beyond_4_gib() -> None:
    high = RISCV.replace("0x80000000", "0x100000000")
    assert riscv(high.replace("@", "rv64imac")) == []
    assert "32-bit address space" in riscv(high.replace("@", "rv32imac"))[0]
