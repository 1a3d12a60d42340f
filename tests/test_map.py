# SPDX-License-Identifier: Apache-2.0
"""The map: its spans tile every region to the byte, whatever the layout."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramwright.load import load
from ramwright.memory_map import Claim, MemoryMap, Span, painted, plan_map
from ramwright.planner import plan
from ramwright.report_json import map_json
from ramwright.report_text import map_text

GOLDEN = Path(__file__).parent / "golden"
HEAD = """\
ramwright: 1
name: app
target: {cpu: cortex-m4}
home: ram
regions:
  ram: {origin: 0x20000000, size: 64K, linker: RAM, reserve: {start: 4K, end: 1K}}
"""


def mapped(tmp_path: Path, text: str) -> tuple[MemoryMap, list[str]]:
    """The planned map of a config, and the codes of its problems."""
    file = tmp_path / "in.ramwright.yaml"
    file.write_text(text, encoding="utf-8")
    config, problems, _ = load(file, file.name)
    assert config is not None, problems
    return plan_map(plan(config)), [problem.code for problem in problems]


def assert_tiled(spans: list[dict[str, int | str]], size: int) -> None:
    """Spans follow each other without hole or overlap from 0 to size; overflow comes after."""
    cursor = 0
    for span in spans:
        assert span["offset"] == cursor
        assert int(span["size"]) > 0
        if span["kind"] != "overflow":
            cursor += int(span["size"])
    assert cursor == size


def test_golden_map_tiles() -> None:
    for file in GOLDEN.glob("*/out/*.map.json"):
        for region in json.loads(file.read_text(encoding="utf-8"))["regions"]:
            assert_tiled(region["spans"], region["size"])


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    """Claims in any order, some on the same bytes, some before the start or past the end."""
    made = []
    for number in range(draw(st.integers(0, 12))):
        span = Span(draw(st.integers(-30, 330)), draw(st.integers(0, 90)), "payload", f"o{number}")
        made.append(Claim(span, draw(st.booleans())))
    return made


@given(st.integers(1, 300), claims(), st.integers(0, 9))
def test_tiles_exactly(size: int, made: list[Claim], overflow: int) -> None:
    spans = painted(size, made, overflow)
    rows: list[dict[str, int | str]] = [
        {"offset": s.offset, "size": s.size, "kind": s.kind} for s in spans
    ]
    assert_tiled(rows, size)
    assert [s.size for s in spans if s.kind == "overflow"] == ([overflow] if overflow else [])
    for byte in range(size):
        owners = (c.span.object for c in made if c.span.offset <= byte < c.span.end)
        shown = next(s.object for s in spans if s.offset <= byte < s.end)
        assert shown == next(owners, None)
    for one, other in pairwise(spans):
        assert (one.object, one.kind) != (other.object, other.kind)


def test_state_is_shown_in_the_home_region(tmp_path: Path) -> None:
    memory, _ = mapped(tmp_path, HEAD + "heaps:\n  main: {region: ram, size: 8K}\n")
    spans = memory.regions[0].spans
    assert [s.kind for s in spans] == ["reserve", "metadata", "payload", "free", "reserve"] or [
        s.kind for s in spans
    ] == ["reserve", "metadata", "gap", "payload", "free", "reserve"]
    state = memory.layout.objects[0].state_size
    assert sum(s.size for s in spans if s.kind == "metadata") == state


def test_layout_that_does_not_fit_is_drawn_with_its_overflow(tmp_path: Path) -> None:
    memory, codes = mapped(tmp_path, HEAD + "heaps:\n  main: {region: ram, size: 80K}\n")
    assert codes
    region = memory.regions[0]
    last = region.spans[-1]
    assert last.kind == "overflow"
    assert last.offset == region.plan.size
    assert f"{last.size} bytes TOO MANY" in map_text(memory)


SMALL = """\
ramwright: 1
name: app
target: {cpu: cortex-m4}
home: ram
regions:
  ram: {origin: 0x20000000, size: 4K, linker: RAM%s}
"""


@pytest.mark.parametrize(
    ("reserve", "objects", "fixed"),
    [
        (", reserve: {end: 1K}", "heaps: {h: {region: ram, size: 3K}}", ("reserve", 1024)),
        (
            "",
            "buffers: {t: {region: ram, size: 256, address: 0x20000c00}}\n"
            "heaps: {h: {region: ram, size: 3K}}",
            ("payload", 256),
        ),
        (
            "",
            "buffers: {t: {region: ram, size: 1K, at: end}}\nheaps: {h: {region: ram, size: 3K}}",
            ("payload", 1024),
        ),
    ],
    ids=["reserve", "pinned by address", "pinned to the end"],
)
def test_what_is_fixed_stays_where_objects_overflow(
    reserve: str, objects: str, fixed: tuple[str, int], tmp_path: Path
) -> None:
    memory, codes = mapped(tmp_path, SMALL % reserve + objects + "\n")
    assert codes == ["RW0230"]
    spans = memory.regions[0].spans
    heap = next(s for s in spans if s.kind == "payload" and s.object == "h")
    assert heap.end == 0xC00
    after = next(s for s in spans if s.offset == 0xC00)
    assert (after.kind, after.size) == fixed
    assert spans[-1].kind == "overflow"
    assert spans[-1].size == 3072 - heap.size


def test_adopted_object_behind_a_pinned_one_is_no_overflow(tmp_path: Path) -> None:
    memory, codes = mapped(
        tmp_path,
        SMALL % "" + "buffers:\n  t: {region: ram, size: 256, address: 0x20000800}\n"
        "  first: {region: ram, size: 1K, section: .x}\n"
        "  behind: {region: ram, size: 1280, section: .y}\n"
        "heaps: {h: {region: ram, size: 512}}\n",
    )
    assert codes == []
    shown = [(s.object, s.offset) for s in memory.regions[0].spans if s.kind == "payload"]
    state = next(s.size for s in memory.regions[0].spans if s.kind == "metadata")
    first = -(-state // 8) * 8
    assert shown == [("first", first), ("h", first + 1024), ("t", 0x800), ("behind", 0x900)]
    assert memory.regions[0].spans[-1].kind == "free"


def test_padding_of_blocks_is_counted(tmp_path: Path) -> None:
    pool = "pools:\n  p: {region: ram, block_size: 20, count: 10, alignment: 8}\n"
    memory, _ = mapped(tmp_path, HEAD + pool)
    assert memory.regions[0].total("payload") == 200
    assert memory.regions[0].total("padding") == 40


def test_json_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    text = HEAD + "heaps:\n  main: {region: ram, size: 8K}\n"
    first, _ = mapped(tmp_path, text)
    second, _ = mapped(tmp_path, text)
    assert map_json(first) == map_json(second)
    assert map_text(first) == map_text(second)
