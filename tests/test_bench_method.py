# SPDX-License-Identifier: Apache-2.0
"""The measurements measure right: known costs, known maps, searches with known answers, and
allocators that break their promises are found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import arenas, link_map, tables, traces
from bench.build import FIRMWARE, Target
from bench.marks import Mark, all_marks
from bench.meter import Cost, Meter, summary
from bench.results import RESULTS, Results, results_of
from bench.rtthread import DEFAULTS
from bench.shadow import Shadow, Violation
from bench.suite import COUNTS
from bench.traces import Alloc, Free
from emulate import build
from emulate.machine import Image, Machine

CPUS = ("cortex-m0plus", "cortex-m3")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Functions in assembly, linked."""
    maker = build.Build("cortex-m0plus", tmp_path_factory.mktemp("known"))
    obj = maker.compiled(FIRMWARE / "known_costs.S")
    flags = ("-Wl,--no-gc-sections", "-Wl,--entry=0", "-nostdlib")
    return Image.of(maker.linked("known", [obj], [FIRMWARE / "board.ld"], *flags))


@pytest.mark.parametrize("cpu", CPUS)
def test_meter_measures_instructions_masking_and_stack(image: Image, cpu: str) -> None:
    meter = Meter(image, cpu)
    for _ in range(2):  # nothing is left over from a call before
        masks = meter.cost("masks")
        assert (masks.instructions, masks.masked, masks.stack) == (13, 5, 20)
        plain = meter.cost("plain")
        assert (plain.instructions, plain.masked, plain.stack) == (2, 0, 0)


def test_summary_takes_the_upper_median_and_worst_cases() -> None:
    costs = [Cost(0, count, 100 - count, count % 7) for count in range(1, 101)]
    found = summary(costs)
    assert (found.median, found.p99, found.maximum) == (51, 100, 100)
    assert (found.masked, found.stack) == (99, 6)


def shadow(image: Image) -> Shadow:
    """A shadow over 64 bytes of RAM."""
    return Shadow(Machine(image, "cortex-m3"), ((0x20000000, 0x20000040),))


@pytest.mark.parametrize(
    ("address", "size", "message"),
    [
        (0x20000004, 4, "misaligned"),
        (0x20000038, 9, "outside"),
        (0x1FFFFFF8, 8, "outside"),
        (0x20000010, 8, "overlaps"),
        (0x20000018, 8, "overlaps"),
        (0x20000008, 9, "overlaps"),
    ],
)
def test_shadow_notices_bad_blocks(image: Image, address: int, size: int, message: str) -> None:
    known = shadow(image)
    known.granted(0x20000010, 16)
    with pytest.raises(Violation, match=message):
        known.granted(address, size)


def test_shadow_notices_changed_content(image: Image) -> None:
    known = shadow(image)
    known.granted(0x20000000, 8)
    known.granted(0x20000008, 8)
    known.machine.write(0x2000000F, b"\x5a")
    known.returned(0x20000000)
    with pytest.raises(Violation, match="changed"):
        known.returned(0x20000008)


def test_safe_arena_is_above_the_last_refusal() -> None:
    # Refuses below 20 096 and once above, at 23 680; passes by luck once below.
    def passes(size: int) -> bool:
        return (size >= 20_096 and size != 23_680) or size == 17_280

    assert arenas.safe_arena(16_000, passes) == 23_680 + arenas.STEP


def test_a_trace_that_no_arena_serves_ends_the_search() -> None:
    with pytest.raises(Violation, match="refused even in"):
        arenas.safe_arena(16_000, lambda _size: False)


def test_what_blocks_reach_is_the_safe_arena(tmp_path: Path) -> None:
    heap = Image.of(Target(arenas.CPU, "Os", tmp_path).callable_image("counts", COUNTS))
    replayer = arenas.HeapReplayer(heap, traces.trace_b()[:2_000])
    assert replayer.reached() == replayer.safe()


MAP = """\
Discarded input sections

 .text.unused   0x00000000       0x10 /lib/libramwright.a(heap.o)

Linker script and memory map

 .text          0x00000000        0x0 /app/closure.o
 .text.main     0x00000000       0x1c /app/closure.o
 .text.rw_heap_alloc_basic_none_16
                0x0000001c       0x8c /lib/libramwright.a(heap.o)
 .text          0x000000a8       0x24 /lib/libgcc.a(_clzsi2.o)
 *fill*         0x000000cc        0x4
 .rodata.heap_heap
                0x000000d0       0x1c /app/memory.o
 .bss.heap_state
                0x20000000       0x1c /app/memory.o
 .debug_info    0x00000000      0x999 /app/memory.o
"""


def test_link_map_names_what_was_linked() -> None:
    found = {
        part.section: (part.size, part.archive, part.member, part.is_helper)
        for part in link_map.contributions(MAP)
        if part.section != ".debug_info"
    }
    assert found == {
        ".text.main": (0x1C, "", "closure.o", False),
        ".text.rw_heap_alloc_basic_none_16": (0x8C, "libramwright.a", "heap.o", False),
        ".text": (0x24, "libgcc.a", "_clzsi2.o", True),
        ".rodata.heap_heap": (0x1C, "", "memory.o", False),
        ".bss.heap_state": (0x1C, "", "memory.o", False),
    }


def test_trace_b_is_as_described() -> None:
    trace = traces.trace_b()
    sizes = [operation.size for operation in trace if isinstance(operation, Alloc)]
    assert len(trace) == 20_000
    assert min(sizes) >= 8
    assert max(sizes) <= 1024
    assert abs(traces.mean_of(trace) / 49_217 - 1) < 0.01
    assert abs(traces.peak_of(trace) / 55_364 - 1) < 0.01
    assert trace == traces.trace_b()


def test_recorded_traces_are_read(tmp_path: Path) -> None:
    (tmp_path / "some.trace").write_text("Alloc(24),\nAlloc(0),\nFree(0),\n", encoding="utf-8")
    assert traces.recorded(tmp_path) == {"some": (Alloc(24), Alloc(1), Free(0))}
    assert traces.recorded(tmp_path / "absent") == {}


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        (90, "met, stretch met"),
        (91, "met, stretch missed by 1"),
        (100, "met, stretch missed by 10"),
        (101, "**missed by 1**"),
    ],
)
def test_marks_are_judged(ours: int, verdict: str) -> None:
    assert Mark("", "", "x", at_most=100, stretch=90).verdict({"x": ours}) == verdict
    assert Mark("", "", "x", at_least=102).verdict({"x": ours}).startswith("**missed")
    assert Mark("", "", "y", at_most=100).verdict({"x": ours}) == "not measured"


def test_what_is_missed_says_why_and_nothing_else_does() -> None:
    figures = results_of(RESULTS.read_text(encoding="utf-8")).figures
    missed = {mark.figure for mark in all_marks() if mark.verdict(figures).startswith("**missed")}
    assert missed == {mark.figure for mark in all_marks() if mark.why is not None}


def test_every_mark_is_about_a_figure_that_is_measured() -> None:
    figures = results_of(RESULTS.read_text(encoding="utf-8")).figures
    missing = [mark.figure for mark in all_marks() if mark.figure not in figures]
    recorded = "/over_best_peer"  # absent where the recorded traces are
    assert not [figure for figure in missing if not figure.endswith(recorded)]


def test_calls_with_and_without_a_lock_stand_beside_their_like() -> None:
    """In RT-Thread's table ours of each kind precede what is recorded of that kind."""
    text = tables.markdown(Results("none", {}))
    section = text.split("## RT-Thread's calls beside RT-Thread\n")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")][2:]
    assert {len(cells) for cells in rows} == {5}
    names = [cells[0].removeprefix("| ") for cells in rows]
    assert sum("default:" in name for name in names) == len(DEFAULTS)
    beside = {"": ""}  # the first peer below each of ours
    for name, below in zip(reversed(names[:-1]), reversed(names[1:]), strict=True):
        if name.startswith("**Ramwright**"):
            beside[name] = beside.get(below, below)
    for name, peer in beside.items():
        if "sharing none" in name:
            assert peer.endswith("no lock")
        elif "default:" in name:
            assert peer.endswith("RT_USING_HEAP_ISR")
