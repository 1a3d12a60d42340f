# SPDX-License-Identifier: Apache-2.0
"""Whatever is written: problems or outputs, in bounded time and memory; and whatever is accepted
compiles without a warning, links, and has a map that sums exactly.

The short run is part of `make test`, the campaign of `make test-long`.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from emulate.build import RUNTIME
from ramwright.diagnostics import format_text
from ramwright.errors import has_errors
from ramwright.load import Request, load, understood
from ramwright.memory_map import plan_map
from ramwright.planner import plan
from ramwright.render import render

SECONDS, MEMORY = 2, 256 << 20  # of processor time, and of address space
CROSS = ["arm-none-eabi-gcc", "-mcpu=cortex-m7", "-mthumb", "-std=c11", "-Os", "-nostdlib"]
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
HERE = Path(__file__).parent


def bounded(
    data: bytes, folder: Path, seconds: int = SECONDS
) -> subprocess.CompletedProcess[bytes]:
    """`check` of a file with `data`, killed where it takes more than it may."""
    file = folder / "f.yaml"
    file.write_bytes(data)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    return subprocess.run(
        [sys.executable, "-m", "ramwright", "check", str(file)],
        capture_output=True, check=False, preexec_fn=limit,
        env={"PYTHONPATH": str(HERE.parent / "generator"), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


def is_reported(done: subprocess.CompletedProcess[bytes]) -> None:
    assert done.returncode in (0, 1), done.stderr[-2000:]
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0 or b"error[RW" in done.stderr


GOOD = (HERE / "good" / "everything.yaml").read_bytes()
PIECES = st.sampled_from([GOOD[i : i + 40] for i in range(0, len(GOOD), 40)])
BYTES = st.binary(max_size=300) | st.lists(PIECES | st.binary(max_size=4), max_size=60).map(
    b"".join
)


def any_bytes(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        is_reported(bounded(data, Path(folder)))


@settings(max_examples=12)
@given(BYTES)
def test_any_bytes_are_reported_on(data: bytes) -> None:
    any_bytes(data)


@pytest.mark.long
@settings(max_examples=5000)
@given(BYTES)
def test_any_bytes_are_reported_on_at_length(data: bytes) -> None:
    any_bytes(data)


WRITTEN = [
    *sorted((HERE / "good").glob("*.yaml")),
    *sorted((HERE / "bad").glob("*.yaml")),
    *sorted((HERE.parent / "examples").glob("*/*.yaml")),
]
SHARED = st.sampled_from(GOOD.splitlines(keepends=True))
LINES = st.sampled_from(sorted({b for p in WRITTEN for b in p.read_bytes().splitlines(True)}))
WORDS = st.sampled_from(sorted({b for p in WRITTEN for b in re.findall(rb"\w+", p.read_bytes())}))


@st.composite
def edited(draw: st.DrawFn) -> bytes:
    """A config after some edits: lines taken out, put in from others, words replaced."""
    lines = draw(st.sampled_from(WRITTEN)).read_bytes().splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, max(0, len(lines) - 1)))
        words = re.split(rb"(\w+)", lines[at]) if lines else []
        edit = draw(st.sampled_from(["drop", "insert", "word", "word", "twice"]))
        if edit == "insert" or not lines:
            lines.insert(at, draw(LINES | SHARED))
        elif edit == "drop":
            del lines[at]
        elif edit == "twice":
            lines.insert(at, lines[at])
        elif len(words) > 1:
            words[2 * draw(st.integers(0, len(words) // 2 - 1)) + 1] = draw(WORDS)
            lines[at] = b"".join(words)
    return b"".join(lines)


def edited_is_reported(data: bytes) -> None:
    """In this process: what goes wrong with a config that is nearly one is not in the reading."""
    config, problems, sources = understood(data, str(HERE / "bad" / "f.yaml"))
    format_text(problems, sources)
    assert config is not None or has_errors(problems)
    if config is not None:
        plan_map(layout := plan(config))
        if not has_errors(problems):
            render(layout)


@settings(max_examples=200)
@given(edited())
def test_edited_configs_are_reported_on(data: bytes) -> None:
    edited_is_reported(data)


@pytest.mark.long
@settings(max_examples=30_000)
@given(edited())
def test_edited_configs_are_reported_on_at_length(data: bytes) -> None:
    edited_is_reported(data)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "billion laughs": lambda: (
        b"a0: &a0 [x, x]\n"
        + b"".join(b"a%d: &a%d [%s]\n" % (i, i, b"*a%d, " % (i - 1) * 9) for i in range(1, 10))
    ),
    "100 MB": lambda: b"a: 1\n" * (20 << 20),
    "5000 deep": lambda: b"k: " + b"[" * 5000,
    "5000 deep mappings": lambda: b"{a: " * 5000,
    "10 000 digits": lambda: b"ramwright: " + b"9" * 10_000,
    "10 000 digits in an expression": lambda: b"constants: {A: '1 + " + b"9" * 10_000 + b"'}",
    "a million items": lambda: b"a: [" + b"1," * 1_000_000 + b"]",
    "a million keys": lambda: b"".join(b"k%d: 1\n" % i for i in range(1_000_000)),
    "byte-order mark": lambda: b"\xef\xbb\xbf" + GOOD,
    "carriage returns": lambda: GOOD.replace(b"\n", b"\r"),
    "bidi": lambda: "name: a\u202eb\n".encode() * 50_000,
    "UTF-16": lambda: GOOD.decode().encode("utf-16"),
    "zeros": lambda: bytes(1 << 20),
    "empty": lambda: b"",
    "a list": lambda: b"- 1\n",
    "a line of tabs": lambda: b"\t" * 4_000_000,
    "a long line before a tab": lambda: b"a" * 2_000_000 + b"\t" + b"#" * 2_000_000,
    "a long number to base 60": lambda: b"a: 1" + b":1" * 1_900_000 + b"x\n",
    "an error in every item": lambda: b"a: [" + b"on, " * 100_000 + b"]\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_bounds(name: str, tmp_path: Path) -> None:
    done = bounded(HOSTILE[name](), tmp_path)
    is_reported(done)
    assert done.returncode == 1
    assert len(done.stderr) < 1 << 20


HEAD = """\
ramwright: 1
name: app
target: {cpu: cortex-m7}
home: ram
regions:
  ram: {origin: 0x20000000, size: 512M, attributes: [dma]}
"""


def listed(group: str, item: str, count: int) -> str:
    """`count` entries in `group`; in `item` stands N for the number and M for the next."""
    numbered = (item.replace("N", str(n)).replace("M", str(n + 1)) for n in range(count))
    return f"{group}:\n" + "".join(f"  {text}\n" for text in numbered)


BANKS = listed("x", "rN: {origin: 0x40000000 + N * 0x1000, size: 4K, attributes: [dma]}", 60)[3:]
# As large as files may be, and as much work as can be had from them.
LARGE: dict[str, Callable[[], str]] = {
    "chain": lambda: HEAD + listed("constants", "cN: cM", 49_000),
    "circle": lambda: HEAD + listed("constants", "cN: cM", 40_000) + "  c40000: c0\n",
    "long sums": lambda: HEAD + listed("constants", "cN: 1" + " + 1" * 63, 2_900),
    "parentheses": lambda: HEAD + listed("constants", "cN: " + "(" * 31 + "1" + ")" * 31, 9_500),
    "many needs": lambda: HEAD + "".join(
        f"  e{k}: {' + '.join(f'a{k}x{j}' for j in range(24))}\n"
        + "".join(f"  a{k}x{j}: 1\n" for j in range(24)) for k in range(1_100)
    ).join(["constants:\n", ""]),
    "unknown constants": lambda: HEAD + listed("constants", "constantN: constantxN", 30_000),
    "near keys": lambda: HEAD + listed("pools", "pN: {regoin: ram, block_sise: 4}", 15_000),
    "outdented": lambda: HEAD + "pools:\n"
    + "".join(f"p{n}: {{region: ram, block_size: 8, count: 1}}\n" for n in range(13_000)),
    "near groups": lambda: HEAD
    + listed("buferrs", "bN: {region: ram, size: 8, addres: 4, allignment: 8}", 10_000),
    "near names": lambda: HEAD + listed("heaps", "heap_number_N: {region: ram, size: 1K}", 9_000)
    + listed("memheaps", "mN: {members: [heep_number_N, heep_xumber_N]}", 4_000),
    "near regions": lambda: HEAD + BANKS
    + listed("buffers", "bN: {region: rmN, size: 8}", 14_000),
    "errors": lambda: HEAD + listed("constants", "cN: 1 / 0", 40_000),
    "warnings": lambda: HEAD
    + listed("pools", "pN: {region: ram, block_size: 1, count: 9, alignment: 64}", 9_000),
    "pins": lambda: HEAD + listed("buffers", "bN: {region: ram, size: 16, at: end}", 12_000),
    "overflow": lambda: HEAD.replace("512M", "64K")
    + listed("pools", "pN: {region: ram, block_size: 8, count: 64}", 9_000),
    "requires": lambda: HEAD + listed("buffers", "bN: {requires: [dma], size: 5}", 12_000),
    "requires, no room": lambda: HEAD.replace(", attributes: [dma]", "") + BANKS
    + "  big: {origin: 0x60000000, size: 64M, attributes: [dma]}\n"
    + listed("buffers", "bN: {requires: [dma], size: 4, alignment: 64}", 8_000),
    "requires, others behind": lambda: HEAD.replace("512M", "512M, banks: [256M, 256M]")
    + listed("buffers", "bN: {requires: [dma], size: 5}", 6_000)
    + listed("heaps", "hN: {region: ram, size: 64}", 6_000),
    "variants": lambda: HEAD + listed("pools", "pN: {region: ram, block_size: 8, count: 1}", 1_000)
    + listed("variants", "vN: {checks: none}", 17),
    "long line": lambda: HEAD
    + f"pools: {{{', '.join(f'p{n}: {{region: ram, b: 1}}' for n in range(16_000))}}}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_large_files_are_reported_on_in_bounds(name: str, tmp_path: Path) -> None:
    """A second more than may be taken, for a machine that is busy with other tests too."""
    done = bounded(LARGE[name]().encode(), tmp_path, SECONDS + 1)
    is_reported(done)
    assert b"[RW0004]" not in done.stderr, "not as large as it is meant to be"
    assert len(done.stderr) < 1 << 20


def test_crlf_is_read_like_lf(tmp_path: Path) -> None:
    assert bounded(GOOD.replace(b"\n", b"\r\n"), tmp_path).returncode == 0


def test_a_run_beyond_the_bounds_is_noticed(tmp_path: Path) -> None:
    """The control: what is refused for its size, read in spite of that, is more than allowed."""
    (tmp_path / "sitecustomize.py").write_text(
        "import ramwright.source\nimport ramwright.include\n"
        "import ramwright.characters\nimport ramwright.load\n"
        "ramwright.source.MAX_VALUES = ramwright.include.MAX_VALUES = 10**9\n"
        "ramwright.characters.MAX_BYTES = ramwright.include.MAX_BYTES = 10**9\n"
        "ramwright.load.MAX_BYTES = ramwright.errors.MAX_PROBLEMS = 10**9\n"
    )
    file = tmp_path / "f.yaml"
    file.write_bytes(HOSTILE["a million keys"]())
    done = subprocess.run(
        [sys.executable, "-m", "ramwright", "check", str(file)],
        capture_output=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        env={"PYTHONPATH": f"{tmp_path}:{HERE.parent / 'generator'}"},
    )  # fmt: skip
    with pytest.raises(AssertionError):  # out of memory in our hands or already in Python's
        is_reported(done)


# ---- configs that hold ----

REGIONS = {
    "ram": {"origin": 0x20000000, "size": "128K", "linker": "RAM", "reserve": "16K"},
    "d2": {
        "origin": 0x30000000, "size": "64K", "linker": "D2", "attributes": ["dma", "cached"],
        "banks": ["16K", "16K", "32K"],
    },
    "ccm": {"origin": 0x10000000, "size": "64K", "linker": "CCM", "attributes": ["fast"]},
}  # fmt: skip
BOARD = """\
MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 512K
RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 128K
D2 (rw) : ORIGIN = 0x30000000, LENGTH = 64K
CCM (rw) : ORIGIN = 0x10000000, LENGTH = 64K }
SECTIONS { .text : { *(.text*) *(.rodata*) *(.ARM.*) } >FLASH
.data : { *(.data*) } >RAM AT>FLASH
.bss : { _sbss = .; *(.bss*) *(COMMON) _ebss = .; } >RAM }
"""
WHERE = st.sampled_from([{"region": name} for name in REGIONS]) | st.sampled_from(
    [{"requires": [word]} for word in ("dma", "fast")]
)
ALIGNMENT = st.sampled_from([{}, {"alignment": 32}, {"alignment": "cache_line * 2"}])
SHARING = st.sampled_from([{}, {"sharing": "none"}, {"sharing": "interrupt"}])
CHECKS = st.sampled_from([{}, {"checks": "none"}, {"debug_name": False}])


def objects(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with these keys, somewhere."""
    parts = st.tuples(WHERE, ALIGNMENT, SHARING, CHECKS, st.fixed_dictionaries(keys))
    return parts.map(lambda dicts: {k: v for one in dicts for k, v in one.items()})


BUFFER = objects(
    size=st.integers(1, 90).map(lambda n: n * 32) | st.just("align_up(N * 99, cache_line)")
).map(lambda o: {k: v for k, v in o.items() if k not in ("sharing", "checks", "debug_name")})
POOL = objects(
    block_size=st.integers(1, 300) | st.just("UNIT * 4"),
    count=st.integers(1, 30) | st.just("N + 1"),
)
HEAP = objects(size=st.integers(4, 600).map(lambda n: n * 8) | st.just("align_up(N * 100, 8)"))
SLAB = objects(
    slab_size=st.sampled_from([256, "1K"]),
    slab_count=st.integers(1, 6),
    zones=st.sets(st.integers(1, 16), min_size=1, max_size=4).map(
        lambda sizes: [{"block_size": size * 8} for size in sizes]
    ),
)
KINDS = {"buffers": BUFFER, "pools": POOL, "heaps": HEAP, "slabs": SLAB}


def group(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Some objects of a kind, named so that they clash with none of another."""
    return st.lists(KINDS[kind], max_size=3).map(
        lambda some: {f"{kind[0]}{n}": o for n, o in enumerate(some)}
    )


FILE = st.fixed_dictionaries(
    {
        "ramwright": st.just(1),
        "constants": st.fixed_dictionaries({"N": st.integers(1, 9), "UNIT": st.integers(1, 8)}),
        **{kind: group(kind) for kind in KINDS},
    }
)
VARIANT = st.fixed_dictionaries(
    {"constants": st.fixed_dictionaries({"N": st.integers(1, 9)})},
    optional={"heaps": st.just({"rest": None}), "checks": st.just("none")},
)


@st.composite
def projects(draw: st.DrawFn) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Files by name, and which variant is asked for."""
    top, part = draw(FILE), draw(FILE)
    base = {"target": {"cpu": "cortex-m7"}, "home": "ram", "regions": REGIONS}
    include = [
        {"file": "part.yaml", "prefix": f"{letter}_", "constants": {"N": "N"}}
        for letter in "xy"[: draw(st.integers(0, 2))]
    ]
    heaps = {**top["heaps"], "rest": {"region": draw(st.sampled_from(["d2", "ccm"])),
                                     "size": "rest"}}  # fmt: skip
    top = {**top, "name": "app", "heaps": heaps, "variants": {"lite": draw(VARIANT)}}
    files = {"part.yaml": part, "board.yaml": {"ramwright": 1, **base}}
    top["include"] = ["board.yaml", *include]
    return {**files, "top.yaml": top}, draw(st.sampled_from([None, "lite"]))


def holds(project: tuple[dict[str, dict[str, Any]], str | None], runtime: list[Path]) -> bool:
    """Generates, compiles, links and sums up `project`; false where its config has errors."""
    files, variant = project
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, document in files.items():
            # JSON, which is YAML without aliases.
            (folder / file).write_text(json.dumps(document), encoding="utf-8")
        config, problems, _ = load(folder / "top.yaml", "top.yaml", Request(variant))
        if config is None or has_errors(problems):
            assert has_errors(problems)
            return False
        layout = plan(config)
        for memory in plan_map(layout).regions:
            assert sum(span.size for span in memory.spans) == memory.plan.size
            ends = [0, *(span.end for span in memory.spans)]
            assert [span.offset for span in memory.spans] == ends[:-1]
        outputs = render(layout)
        assert json.loads(outputs["app_memory.map.json"])["variant"] == variant
        for file, text in {**outputs, "board.ld": BOARD, "main.c": program(layout.objects)}.items():
            (folder / file).write_text(text, encoding="utf-8")
        command = [*CROSS, *WARNINGS, f"-I{RUNTIME / 'include'}", "main.c", "app_memory.c"]
        command += [*map(str, runtime), "-lgcc", "-Wl,--fatal-warnings", "-ofw.elf"]
        command += ["-Tboard.ld", "-Tapp_memory.ld", "-Tapp_memory_check.ld"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return True


def program(layout_objects: tuple[Any, ...]) -> str:
    """A firmware that refers to every object."""
    handles = [
        obj.name if obj.kind == "buffer" else f"&{obj.name}_{obj.kind}" for obj in layout_objects
    ]
    list_ = ", ".join(handles) or "0"
    return (
        '#include "app_memory.h"\nextern const volatile void *const volatile all[];\n'
        f"const volatile void *const volatile all[] = {{{list_}}};\n"
        "void _start(void);\nvoid _start(void)\n{\n    (void)all[0];\n}\n"
    )


@cache
def compiled_runtime() -> tuple[TemporaryDirectory[str], list[Path]]:
    """The objects of the runtime, compiled once, and the folder that holds them."""
    folder = TemporaryDirectory()
    sources = sorted((RUNTIME / "src").glob("*.c"))
    command = [*CROSS, "-ffunction-sections", f"-I{RUNTIME / 'include'}", "-c", *map(str, sources)]
    subprocess.run(command, cwd=folder.name, check=True)
    return folder, sorted(Path(folder.name).glob("*.o"))


def test_valid_configs_hold() -> None:
    held = []

    @settings(max_examples=15, derandomize=True, phases=[Phase.explicit, Phase.generate])
    @given(projects())
    def run(project: tuple[dict[str, dict[str, Any]], str | None]) -> None:
        held.append(holds(project, compiled_runtime()[1]))

    run()
    assert sum(held) > len(held) // 2, "most of what is generated is meant to be valid"


@pytest.mark.long
@settings(max_examples=1500)
@given(projects())
def test_valid_configs_hold_at_length(
    project: tuple[dict[str, dict[str, Any]], str | None],
) -> None:
    holds(project, compiled_runtime()[1])
