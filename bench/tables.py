# SPDX-License-Identifier: Apache-2.0
"""results.md: the tables that results.json renders to, peers beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bench.arenas import PEERS, SPREAD
from bench.calls import Figures
from bench.closures import APPLICATIONS
from bench.full import KINDS, SIZES
from bench.heaps import CONFIGS as HEAPS
from bench.heaps import HOLES, WIDE_ON, WIDER
from bench.marks import Mark, all_marks
from bench.pools import CONFIGS as POOLS
from bench.results import Results
from bench.rtthread import DEFAULTS
from bench.rtthread import POOLS as RTTHREAD_POOLS
from bench.slabs import CONFIGS as SLABS
from bench.slabs import MANY
from bench.waiting import CALLS
from bench.waiting import CHECKS as WAITING

ABSENT = "–"
CPUS = {"cortex-m0plus": "M0+", "cortex-m3": "M3", "cortex-m4": "M4"}
LEVELS = ("Os", "O2")
TARGETS = [(cpu, level) for cpu in CPUS for level in LEVELS]
ON_M3 = "cortex-m3/Os"

INTRODUCTION = """\
# Results

Compiler: {compiler}. Written by `make bench`; do not edit. Method, workloads and how
to read the tables: [README.md](README.md). Instructions are counted from the entry of a call to its
return; they are not cycles. Stack and sizes are in bytes. Core Cortex-M3, `-Os`, checks `basic`
unless said. A heap's or slab's sharing `none` excludes the lock, `interrupt` includes it.
"""


@dataclass(frozen=True)
class Table:
    """A heading, a line of explanation, and cells."""

    title: str
    text: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The table."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        cells = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        text = textwrap.fill(self.text, 100, break_long_words=False, break_on_hyphens=False)
        return f"## {self.title}\n\n{text}\n\n{cells}\n"


def markdown(results: Results) -> str:
    """The whole of results.md."""
    ours = results.figures
    peers = yaml.safe_load(PEERS.read_text(encoding="utf-8"))
    tables = [
        _marks(ours, all_marks()),
        _missed(ours, all_marks()),
        _pools_beside(ours, peers["pools"]),
        _heaps_beside(ours, peers["heaps"]),
        _closures_beside(ours, peers["closures"]),
        _boot_beside(ours, peers["boot"]),
        _rtthread_beside(ours, peers["rtthread"]),
        _arenas(ours),
        _pools(ours),
        _calls(ours, "Heaps on trace (b)", "heap", HEAPS, "64 KiB; all of the trace."),
        _holes(ours),
        _wide(ours),
        _calls(ours, "Slab in tides", "slab", SLABS, "40 slabs of 1 KiB, five zones, 8..512 B."),
        _runs(ours),
        _many(ours),
        _calls(ours, "Memheap on trace (b)", "memheap", ("basic-interrupt",), "24 and 48 KiB."),
        _full(ours),
        _waiting(ours),
        _sizes(ours),
    ]
    introduction = INTRODUCTION.format(compiler=results.compiler)
    return "\n".join([introduction, *(table.markdown() for table in tables)])


def summary(results: Results) -> str:
    """One line for each mark."""
    return "\n".join(
        f"{mark.about}: {mark.text}: {_of(results.figures, mark.figure)} ({mark.bound}) "
        f"{mark.verdict(results.figures).strip('*')}"
        for mark in all_marks()
    )


def _of(ours: Figures, key: str) -> str:
    return f"{ours[key]}" if key in ours else ABSENT


def _joined(ours: Figures, keys: Iterable[str], sign: str = "/") -> str:
    return sign.join(_of(ours, key) for key in keys)


def _marks(ours: Figures, marks: Sequence[Mark]) -> Table:
    rows = [
        [
            mark.about,
            mark.text,
            mark.bound,
            ABSENT if mark.stretch is None else f"≤ {mark.stretch}",
            _of(ours, mark.figure),
            mark.verdict(ours),
        ]
        for mark in marks
    ]
    met = sum(mark.verdict(ours).startswith("met") for mark in marks)
    text = f"{met} of {len(marks)} met. Allocs and frees in instructions, worst case unless said."
    return Table("Marks", text, ["", "what", "to reach", "stretch", "ours", ""], rows)


def _missed(ours: Figures, marks: Sequence[Mark]) -> Table:
    rows = [
        [f"{mark.about}: {mark.text}", mark.bound, _of(ours, mark.figure), mark.why or ABSENT]
        for mark in marks
        if mark.verdict(ours).startswith("**missed")
    ]
    text = "What stands in the way, and what was tried; more of it in docs/adr."
    return Table("Marks missed, and why", text, ["what", "to reach", "ours", "why"], rows)


def _beside(title: str, text: str, peers: dict[str, Any], rows: list[list[str]]) -> Table:
    """Our rows above those recorded of the peers."""
    recorded = [
        [name, *(str(cell) if cell != "" else ABSENT for cell in cells)]
        for name, cells in peers["rows"].items()
    ]
    return Table(title, text, ["", *peers["columns"]], rows + recorded)


def _pools_beside(ours: Figures, peers: dict[str, Any]) -> Table:
    safe = {"none": "one caller at a time", "interrupt": "lock-free on M3, masks on M0+"}
    rows = []
    for config in POOLS:
        checks, _, sharing = config.partition("-")
        rows.append(
            [
                f"**Ramwright**, checks {checks}, sharing {sharing}",
                *(
                    _joined(
                        ours,
                        [f"pool/{config}/{cpu}/Os/accessor.{call}" for call in ("alloc", "free")],
                    )
                    for cpu in ("cortex-m0plus", "cortex-m3")
                ),
                _joined(ours, [f"closure/pool-{config}/{cpu}/Os.code" for cpu in list(CPUS)[:2]]),
                _of(ours, f"closure/pool-{config}/{ON_M3}.control"),
                "0",
                f"{_of(ours, 'boot/instructions')} ({_of(ours, 'boot/arena_bytes')})",
                safe[sharing],
            ]
        )
    text = (
        "64 blocks of 64 B. Ours: accessors, the worst of virgin and recycled blocks; control RAM "
        "includes the links. Peers: recorded."
    )
    return _beside("Pools beside peers", text, peers, rows)


def _heaps_beside(ours: Figures, peers: dict[str, Any]) -> Table:
    rows = []
    for config in HEAPS:
        checks, _, sharing = config.partition("-")
        calls = f"heap/{config}/{ON_M3}"
        sizes = [f"closure/heap-{config}/{cpu}/Os" for cpu in ("cortex-m0plus", "cortex-m4")]
        rows.append(
            [
                f"**Ramwright**, checks {checks}, sharing {sharing}",
                "/".join(_joined(ours, [f"{key}.code", f"{key}.helpers"], "+") for key in sizes),
                _of(ours, f"closure/heap-{config}/{ON_M3}.control"),
                f"{_of(ours, 'boot/instructions')} ({_of(ours, 'boot/arena_bytes')})",
                _joined(ours, [f"heap/{checks}/16K/blocks.{size}" for size in (24, 100)]),
                _of(ours, "arena/b/safe"),
                *(
                    _joined(ours, [f"{calls}/{call}.{what}" for what in ("median", "max")])
                    for call in ("alloc", "free")
                ),
                _joined(ours, [f"{calls}/holes.400.{call}" for call in ("alloc", "free")]),
                "flat" if ours.get(f"{calls}/holes.more") == 0 else "grows",
            ]
        )
    text = (
        f"Trace (b): ours has a mean of {_of(ours, 'trace/b/mean')} and a peak of "
        f"{_of(ours, 'trace/b/peak')} bytes live. Peers: recorded, on their trace (b), locks "
        "excluded unless said."
    )
    return _beside("Heaps beside peers", text, peers, rows)


def _closures_beside(ours: Figures, peers: dict[str, Any]) -> Table:
    names = ("pool-basic-interrupt", "heap-basic-interrupt", "slab-basic-interrupt")
    cells = [_of(ours, f"closure/{name}/{ON_M3}.flash") for name in names]
    more = _of(ours, f"closure/memheap-more/{ON_M3}.flash")
    rows = [["**Ramwright**", *cells, f"{more} more", f"{_of(ours, f'closure/all/{ON_M3}.flash')}"]]
    text = (
        "Flash that the least application links besides itself: code, descriptors, tables, names, "
        "helpers. The last column of ours is pool, heap, slab and memheap together."
    )
    return _beside("Linked flash beside peers", text, peers, rows)


def _boot_beside(ours: Figures, peers: dict[str, Any]) -> Table:
    rows = [["**Ramwright**, any number of objects", _of(ours, "boot/instructions")]]
    text = (
        "Measured as: what had been executed when the first allocation succeeded. Peers: recorded."
    )
    return _beside("Boot beside peers", text, peers, rows)


def _rtthread_beside(ours: Figures, peers: dict[str, Any]) -> Table:
    """Group by group, ours above those recorded."""
    shims: dict[str, list[tuple[str, str]]] = {group: [] for group in peers["groups"]}
    shims["pools"] = [(f"rt_mp, {count} of them", f"mp-{count}") for count in RTTHREAD_POOLS]
    shims["pools"].append((f"rt_mp, {max(RTTHREAD_POOLS)} of them in turn", "mp-turns"))
    for default, (sharing, _) in DEFAULTS.items():
        kind = default.partition("-")[0]
        name = f"rt_malloc, default: a {kind}, sharing {sharing}"
        shims["no lock" if sharing == "none" else kind].append((name, default))
    rows = []
    for group, recorded in peers["groups"].items():
        rows += [_shim_row(ours, name, key) for name, key in shims[group]]
        rows += [[name, *(cell or ABSENT for cell in cells)] for name, cells in recorded.items()]
    text = (
        "Through the shim, checks basic, hooks compiled in, as a caller pays it: mean/median/max "
        "on trace (b), with a slab in tides; of pools median/max of 64 blocks of 64 B. Peers: "
        "recorded. RT-Thread's rt_malloc and rt_free take one of three locks by configuration; "
        "only that of RT_USING_HEAP_ISR may be taken in an ISR, as ours of sharing interrupt may "
        "(with two memheaps not that one either), and its mutex is the default. The last rows are "
        "the allocators by themselves: RT-Thread's rt_free does fewer checks there and costs less "
        "than ours."
    )
    return Table("RT-Thread's calls beside RT-Thread", text, ["", *peers["columns"]], rows)


def _shim_row(ours: Figures, name: str, key: str) -> list[str]:
    cells = [f"**Ramwright**, {name}"]
    for cpu in ("cortex-m0plus", "cortex-m3"):
        for call in ("alloc", "free"):
            figure = f"rtthread/{key}/{cpu}/Os/{call}"
            spread = (f"{figure}.{what}" for what in ("mean", "median", "max"))
            cells.append("/".join(_of(ours, each) for each in spread if each in ours) or ABSENT)
    return cells


def _arenas(ours: Figures) -> Table:
    names = sorted({key.split("/")[1] for key in ours if key.startswith("arena/")} - {"b"})
    rows = [
        [
            name,
            *(_of(ours, f"trace/{name}/{what}") for what in ("operations", "peak")),
            *(
                _of(ours, f"arena/{name}/{what}")
                for what in ("safe", "over_peak", "newlib", "over_newlib", "over_best_peer")
            ),
        ]
        for name in names
    ]
    text = (
        f"Trace (b): {_of(ours, 'arena/b/safe')} × peak; over {SPREAD} seeds "
        f"{_of(ours, 'arena/b/seeds.mean')} on average, "
        f"{_of(ours, 'arena/b/seeds.max')} at worst; newlib-nano on the same trace "
        f"{_of(ours, 'arena/b/newlib')} (recorded, on the peers' trace: 1.27). On the traces of "
        "real programs below newlib-nano is measured here; the best peer is the best of it and the "
        "five in peers.yaml, measured once as README.md says."
        + ("" if names else " **The recorded traces were absent when this was measured.**")
    )
    columns = ["trace", "operations", "peak", "safe", "× peak", "newlib-nano", "× newlib-nano"]
    columns.append("× the best peer")
    return Table("Safe arenas", text, columns, rows)


def _pools(ours: Figures) -> Table:
    kinds = ("alloc.virgin", "alloc.recycled", "free", "alloc.masked", "free.masked")
    rows = [
        [
            config,
            CPUS[cpu],
            level,
            *(
                _joined(
                    ours,
                    [
                        f"pool/{config}/{cpu}/{level}/{way}.{kind}"
                        for way in ("accessor", "generic")
                    ],
                )
                for kind in (*kinds, "alloc.stack", "free.stack")
            ),
        ]
        for config in POOLS
        for cpu, level in TARGETS
    ]
    columns = ["checks-sharing", "core", "level", "alloc virgin", "alloc recycled", "free"]
    columns += ["masked alloc", "masked free", "stack alloc", "stack free"]
    return Table("Pools", "Each cell: accessor/generic, the worst of 64 calls.", columns, rows)


def _calls(ours: Figures, title: str, kind: str, configs: Sequence[str], text: str) -> Table:
    spread = ("median", "p99", "max")
    rows = []
    for config in configs:
        for cpu, level in TARGETS:
            key = f"{kind}/{config}/{cpu}/{level}"
            rows.append(
                [
                    config,
                    CPUS[cpu],
                    level,
                    *(
                        _joined(ours, [f"{key}/{call}.{what}" for what in spread])
                        for call in ("alloc", "free")
                    ),
                    *(
                        _joined(ours, [f"{key}/{call}.{what}" for call in ("alloc", "free")])
                        for what in ("masked", "stack")
                    ),
                    _of(ours, f"{key}/refused"),
                ]
            )
    columns = ["checks-sharing", "core", "level", "alloc median/p99/max", "free median/p99/max"]
    columns += ["masked alloc/free", "stack alloc/free", "refused"]
    return Table(title, text, columns, rows)


def _holes(ours: Figures) -> Table:
    rows = [
        [
            config,
            CPUS[cpu],
            level,
            *(
                _joined(
                    ours,
                    [f"heap/{config}/{cpu}/{level}/holes.{n}.{call}" for call in ("alloc", "free")],
                )
                for n in HOLES
            ),
        ]
        for config in HEAPS
        for cpu, level in TARGETS
    ]
    columns = ["checks-sharing", "core", "level", *(f"{count} holes" for count in HOLES)]
    text = "Heap with isolated free holes of 24 B: the dearest alloc/free beside them."
    return Table("Adversarial (c)", text, columns, rows)


def _wide(ours: Figures) -> Table:
    heaps = {"basic-interrupt": "64 KiB, 16", "wide": "1 MiB, 32"}
    rows = []
    for cpu in WIDE_ON:
        for config, name in heaps.items():
            key = f"heap/{config}/{cpu}/Os"
            size = f"closure/heap-{config}/{cpu}/Os"
            rows.append(
                [
                    name,
                    CPUS[cpu],
                    *(
                        _joined(ours, [f"{key}/{call}.{what}" for what in ("median", "p99", "max")])
                        for call in ("alloc", "free")
                    ),
                    *(
                        _joined(ours, [f"{key}/holes.{n}.{call}" for call in ("alloc", "free")])
                        for n in (HOLES[0], HOLES[-1])
                    ),
                    _joined(ours, [f"{key}/{call}.masked" for call in ("alloc", "free")]),
                    _of(ours, f"{key}/refused"),
                    *(_of(ours, f"{size}.{what}") for what in ("code", "helpers", "control")),
                ]
            )
    text = (
        f"Heaps above 256 KiB have links of 32 bits. Trace (b), for 1 MiB with sizes {WIDER} times "
        "as large, and isolated holes as in (c): checks basic, sharing interrupt, lock included, "
        "-Os."
    )
    columns = ["heap, bits of a link", "core", "alloc median/p99/max", "free median/p99/max"]
    columns += [f"{count} holes" for count in (HOLES[0], HOLES[-1])]
    columns += ["masked alloc/free", "refused", "code", "helpers", "control"]
    return Table("Wide heaps", text, columns, rows)


def _runs(ours: Figures) -> Table:
    rows = [
        [
            config,
            CPUS[cpu],
            level,
            *(_of(ours, f"slab/{config}/{cpu}/{level}/run.{c}.max") for c in ("alloc", "free")),
            *(_of(ours, f"slab/{config}/{cpu}/{level}/run.{c}.masked") for c in ("alloc", "free")),
        ]
        for config in SLABS
        for cpu, level in TARGETS
    ]
    columns = ["checks-sharing", "core", "level", "alloc", "free", "masked alloc", "masked free"]
    text = "A request larger than every zone: two slabs in a row. O(slab_count), free O(slabs)."
    return Table("Slab runs", text, columns, rows)


def _many(ours: Figures) -> Table:
    rows = [
        [
            CPUS[cpu],
            level,
            *(
                _joined(ours, [f"slab/many/{cpu}/{level}/{n}.{call}" for call in ("alloc", "free")])
                for n in MANY
            ),
        ]
        for cpu, level in TARGETS
    ]
    columns = ["core", "level", *(f"{count} slabs in use" for count in MANY)]
    text = "The dearest alloc/free with slabs full, and with a hole in each; lock included."
    return Table("Slabs in number", text, columns, rows)


def _full(ours: Figures) -> Table:
    rows = []
    for kind in KINDS:
        for cpu in CPUS:
            calls = [
                f"full/{kind}-{{}}/{cpu}/Os/{size}/{call}.{{}}"
                for size in (SIZES if kind != "pool" else SIZES[:1])
                for call in ("alloc", "free")
            ]
            counts = [
                _joined(ours, [call.format(checks, "max") for checks in ("basic", "full")])
                for call in calls
            ]
            masked = (call.format("full", "masked") for call in calls)
            rows.append(
                [
                    kind,
                    CPUS[cpu],
                    *counts,
                    *([ABSENT] * (2 * len(SIZES) - len(counts))),
                    str(max((ours[key] for key in masked if key in ours), default=ABSENT)),
                    *(
                        _joined(
                            ours,
                            [
                                f"closure/{kind}-{checks}-interrupt/{cpu}/Os.{what}"
                                for checks in ("basic", "full")
                            ],
                        )
                        for what in ("flash", "control")
                    ),
                ]
            )
    text = (
        "Each cell: checks basic/full. Sharing interrupt, a full quarantine of 8: each free makes "
        "a block leave it. A pool's blocks have 64 bytes. Bytes are filled and looked at "
        "with interrupts on; masked is the longest section of full, in which all places of the "
        "quarantine are looked at. Flash and control are those of the objects under Sizes."
    )
    columns = ["", "core"]
    columns += [f"{call} of {size} B" for size in SIZES for call in ("alloc", "free")]
    return Table("Cost of checks full", text, [*columns, "masked", "flash", "control"], rows)


def _waiting(ours: Figures) -> Table:
    rows = [
        [
            checks,
            CPUS[cpu],
            *(
                _joined(ours, [f"waiting/{checks}/{cpu}/Os/{call}.{w}" for w in ("median", "max")])
                for call in CALLS
            ),
            str(
                max(
                    (
                        ours[k]
                        for c in CALLS
                        if (k := f"waiting/{checks}/{cpu}/Os/{c}.masked") in ours
                    ),
                    default=ABSENT,
                )
            ),
            *(
                _of(ours, f"closure/waiting-{checks}/{cpu}/Os.{what}")
                for what in ("code", "flash", "control")
            ),
        ]
        for checks in WAITING
        for cpu in CPUS
    ]
    text = (
        "64 blocks of 64 B with `wait: true`, sharing interrupt, -Os: median/max while there are "
        "blocks, so that nobody waits; with checks full the quarantine of 8 is full. Sizes are of "
        "{alloc_wait, free}, with a kernel whose calls are a few instructions."
    )
    columns = ["checks", "core", "alloc", "alloc_wait", "free", "masked", "code", "flash"]
    return Table("Pools whose tasks may wait", text, [*columns, "control"], rows)


def _sizes(ours: Figures) -> Table:
    kinds = ("code", "helpers", "constants", "flash", "control")
    rows = [
        [
            name,
            CPUS[cpu],
            level,
            *(_of(ours, f"closure/{name}/{cpu}/{level}.{kind}") for kind in kinds),
        ]
        for name in APPLICATIONS
        for cpu, level in TARGETS
    ]
    text = (
        "What {alloc, free} pull in, from the link map; there is no init. Code is ours, helpers "
        "are the compiler's and the C library's, constants are descriptors, tables and names, "
        "flash is all of it, control is .bss. `memheap` calls only the memheap over heap and slab."
    )
    columns = ["objects", "core", "level", *kinds]
    return Table("Sizes", text, columns, rows)
