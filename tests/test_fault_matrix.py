# SPDX-License-Identifier: Apache-2.0
"""docs/faults.md: what comes of each mistake, with each kind of object at each level of checks.

Every cell is a run of its own, as released and without sanitizers: the mistake, then 400 operations
on blocks whose bytes are looked at. The column `none` shows that harm is seen.
"""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

import pytest

from emulate import build
from runtime_host import ROOT, TESTS, WIDTHS

PAGE = ROOT / "docs" / "faults.md"
KINDS = ("heap", "slab", "pool")
LEVELS = ("none", "basic", "full")
SIZED = ("heap", "slab")

MISTAKES: dict[str, tuple[str, tuple[str, ...]]] = {
    "free_on_stack": ("free of an address on the stack", KINDS),
    "free_of_other": ("free of a block of another object", KINDS),
    "free_behind_arena": ("free of the address behind the arena", KINDS),
    "free_never_allocated": ("free of a place never handed out", KINDS),
    "free_inside": ("free of the middle of a block", KINDS),
    "free_misaligned": ("free of a block's address + 1", KINDS),
    "free_twice": ("free twice", KINDS),
    "free_twice_merged": ("free twice, both neighbours free by then", KINDS),
    "free_twice_covered": ("free twice, its place within a larger block by then", ("heap",)),
    "free_twice_reused": ("free twice, its place handed out again by then", KINDS),
    "realloc_of_freed": ("realloc of a freed block", SIZED),
    "write_behind_request": ("1 byte behind those asked for, within the block", KINDS),
    "write_behind_block": ("1 byte behind the block", KINDS),
    "write_word_behind": ("4 bytes behind the block, 0", KINDS),
    "write_far_behind": ("from those asked for to 24 bytes behind the block, 0xFF", KINDS),
    "write_into_free_behind": ("12 bytes into a free block behind, 0x5A", KINDS),
    "write_in_front": ("1 byte in front of the block", KINDS),
    "write_word_in_front": ("4 bytes in front of the block, 0", KINDS),
    "write_far_in_front": ("16 bytes in front of the block, 0xFF", KINDS),
    "flip_in_front": ("1 bit in front of the block", KINDS),
    "write_freed_first": ("freed block: its first byte", KINDS),
    "write_freed_link": ("freed block: its first word, 0", KINDS),
    "write_freed_middle": ("freed block: a byte in its middle", KINDS),
    "write_freed_last": ("freed block: its last word", KINDS),
    "write_freed_all": ("freed block: all of it, 0xFF", KINDS),
    "alloc_of_most": ("alloc of SIZE_MAX - 64 to SIZE_MAX", SIZED),
    "calloc_wraps": ("calloc of a product that wraps", SIZED),
    "alignment_of_three": ("alignment of 24", SIZED),
}

HEAD = """\
# What comes of a mistake

Each cell is one run (`tests/test_fault_matrix.py`, which also writes this page): the mistake is
made once, then the object is used on, 400 operations on blocks whose bytes are looked at before
each free. [Checks](checks.md) tells what the levels are.

- **at once**: the call that is the mistake was refused, with a status and `rw_on_fault`, and
  nothing else happened.
- **later**: an ordinary call reported it, and no block was handed out twice or changed but for the
  bytes written.
- **by check**: only `rw_..._check` reported it, likewise.
- **nothing**: nobody noticed; nothing changed but for the bytes written, which may be those of
  another block.
- **harm**: a block was handed out twice, bytes of another block changed, or the program crashed.

"""


@pytest.fixture(scope="module", params=WIDTHS)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    layout = build.generated(TESTS / "faults.ramwright.yaml", folder, "faults")
    sources = [TESTS / "fault_matrix.c", layout.source]
    sources += sorted((build.RUNTIME / "src").rglob("*.c"))
    flags = ["-std=gnu11", "-O2", "-no-pie", request.param]
    flags += ["-Wall", "-Wextra", "-Wshadow", "-Werror"]
    flags += [f"-I{build.RUNTIME / 'include'}", f"-I{layout.directory}"]
    build.output_of(["gcc", *flags, *sources, "-o", folder / "faults", "-pthread"])
    return folder / "faults"


def outcome(program: Path, name: str, mistake: str) -> str:
    command = ["setarch", platform.machine(), "-R", str(program), name, mistake]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except subprocess.TimeoutExpired:
        return "**harm**"
    assert done.returncode <= 0, f"{name} {mistake}: {done.stdout}"
    said = done.stdout.strip()
    return said if said in ("at once", "later", "by check", "nothing") else "**harm**"


def page(program: Path) -> str:
    objects = [(kind, level) for kind in KINDS for level in LEVELS]
    rows = [["mistake", *(f"{kind}, {level}" for kind, level in objects)], ["---"] * 10]
    for mistake, (text, kinds) in MISTAKES.items():
        cells = [
            outcome(program, f"{kind}_{level}", mistake) if kind in kinds else "–"
            for kind, level in objects
        ]
        rows.append([text, *cells])
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def cells_of(page: str) -> dict[str, list[str]]:
    """The cells behind each mistake of a page."""
    table = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")][2:]
    return {text.strip(): [cell.strip() for cell in cells] for text, *cells in table}


def checked(page: str) -> dict[str, list[str]]:
    """Those of objects with checks. What comes of a mistake without is as the compiler has it."""
    return {
        text: [cell for i, cell in enumerate(cells) if LEVELS[i % len(LEVELS)] != "none"]
        for text, cells in cells_of(page).items()
    }


def test_the_page_says_what_happens(program: Path, request: pytest.FixtureRequest) -> None:
    found = page(program)
    if request.config.getoption("--update"):
        PAGE.write_text(found, encoding="utf-8")
    written = PAGE.read_text(encoding="utf-8")
    assert checked(found) == checked(written), "renew it with --update"
    assert found.partition("| mistake")[0] == written.partition("| mistake")[0]
    unchecked = [cells[0] for cells in cells_of(found).values()]
    assert unchecked.count("**harm**") > 10, "the run does not see harm"


def test_without_a_mistake_nothing_is_reported(program: Path) -> None:
    for kind in KINDS:
        for level in LEVELS:
            assert outcome(program, f"{kind}_{level}", "no_mistake") == "nothing"


def test_every_mistake_is_in_the_table() -> None:
    text = (TESTS / "fault_matrix.c").read_text(encoding="utf-8")
    assert set(re.findall(r"MISTAKE\((\w+)\),", text)) - {"no_mistake"} == set(MISTAKES)


def test_checks_keep_their_promise() -> None:
    """No mistake does harm to an object with checks full, nor to a checked one but the free of
    what somebody else has been given meanwhile."""
    for text, cells in checked(PAGE.read_text(encoding="utf-8")).items():
        for level, cell in zip(LEVELS[1:] * len(KINDS), cells, strict=True):
            handed_out_again = "handed out again" in text and level == "basic"
            assert handed_out_again or "harm" not in cell, f"{text}: {cells}"
