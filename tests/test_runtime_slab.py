# SPDX-License-Identifier: Apache-2.0
"""Slabs on the host: against models and under sanitizers. Damaged copies of the source show that
each test can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime_host import SANITIZED, WIDTHS, build, mutant, run

SLAB = ("slab.c", "slab_run.c", "slab_inspect.c", "slab_check.c")
SOURCES = ("slab_fixture.c", "shadow.c", *SLAB, "object.c", "ports/posix.c")
PROGRAMS = ("slab_random", "slab_sharing", "slab_misuse")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_host(program: str, width: str, tmp_path: Path) -> None:
    done = run(build(tmp_path, program, SOURCES, [width, *SANITIZED]))
    assert done.returncode == 0, done.stdout + done.stderr


MUTANTS = {
    "a revived word stays hidden": (
        "slab_zone.h",
        "page->room |= SLAB_FIRST_BIT >> word;",
        "",
        "slab_random",
    ),
    "a full slab stays hidden": (
        "slab_zone.h",
        "if (page->free == 1U) {",
        "if (false) {",
        "slab_random",
    ),
    "a promise is one slab short": (
        "slab_zone.h",
        "if (slabs >= zone->min_slabs) {\n        state->shared--;",
        "if (slabs > zone->min_slabs) {\n        state->shared--;",
        "slab_sharing",
    ),
    "a maximum is not kept": (
        "slab_zone.h",
        "slabs <= zone->max_slabs &&",
        "slabs <= zone->max_slabs + 1U &&",
        "slab_sharing",
    ),
    "a run takes promised slabs": (
        "slab_zone.h",
        "&& shared <= slab->shared_count",
        "",
        "slab_sharing",
    ),
    "skipped slabs are lost": (
        "slab_run.c",
        "slab_return(state, skipped);",
        "",
        "slab_sharing",
    ),
    "a run stays on the list of returned slabs": (
        "slab_run.c",
        "*link = *next;",
        "link = next;",
        "slab_sharing",
    ),
    "a trimmed run keeps its account": (
        "slab_run.c",
        "owner->slabs--;",
        "",
        "slab_sharing",
    ),
    "a run is not accounted for": (
        "slab_zone.h",
        "shared += count;",
        "shared += 1U;",
        "slab_sharing",
    ),
    "links back are wrong": (
        "slab_page.h",
        "next->link = link;",
        "next->link = &next->next;",
        "slab_random",
    ),
    "a full word keeps its room": (
        "slab.c",
        "page->room = room ^ SLAB_FIRST_BIT >> word;",
        "",
        "slab_random",
    ),
    "a full slab stays in its list": (
        "slab.c",
        "if (left == 0) {\n        slab_unlink(page);",
        "if (false) {\n        slab_unlink(page);",
        "slab_random",
    ),
    "a double free is believed": (
        "slab.c",
        "if (checked && (bits & bit) == 0)",
        "if (false)",
        "slab_misuse",
    ),
    "what a run goes on with is taken for its start": (
        "slab_run.c",
        "page->base = NULL;",
        "page->base = slab_address(slab, index);",
        "slab_misuse",
    ),
    "check does not look at links back": (
        "slab_check.c",
        " || page->link != link",
        "",
        "slab_misuse",
    ),
    "a zone counts what others use": (
        "slab_inspect.c",
        "page->zone == zone && page->base != NULL",
        "page->zone != NULL && page->base != NULL",
        "slab_sharing",
    ),
}


@pytest.mark.parametrize("fault", sorted(MUTANTS))
def test_mutant_is_caught(fault: str, tmp_path: Path) -> None:
    file, old, new, program = MUTANTS[fault]
    runtime = mutant(tmp_path, f"src/{file}", old, new)
    done = run(build(tmp_path, program, SOURCES, [*SANITIZED, "-Wno-unused"], runtime))
    assert done.returncode != 0, f"{program} does not notice that {fault}"
