# SPDX-License-Identifier: Apache-2.0
"""The map: its spans tile every region to the byte, whatever the layout."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ramwright.load import load
from ramwright.memory_map import Claim, MemoryMap, Span, plan_map, tile
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
    """Claims in ascending order that do not overlap, some past the end."""
    cursor, made = 0, []
    for number in range(draw(st.integers(0, 12))):
        cursor += draw(st.integers(0, 40))
        size = draw(st.integers(1, 60))
        linked = draw(st.booleans())
        made.append(Claim(Span(cursor, size, "payload", f"o{number}"), linked))
        cursor += size
    return made


@given(st.integers(1, 300), claims())
def test_tiles_exactly(size: int, made: list[Claim]) -> None:
    spans = tile(size, made)
    rows: list[dict[str, int | str]] = [
        {"offset": s.offset, "size": s.size, "kind": s.kind} for s in spans
    ]
    assert_tiled(rows, size)
    beyond = max([claim.span.end - size for claim in made], default=0)
    overflow = [span.size for span in spans if span.kind == "overflow"]
    assert overflow == ([beyond] if beyond > 0 else [])
    for claim in made:
        shown = [s for s in spans if s.object == claim.span.object and s.kind == "payload"]
        assert sum(s.size for s in shown) == max(0, min(claim.span.end, size) - claim.span.offset)


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
