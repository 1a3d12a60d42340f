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
        "page->room = SLAB_FIRST_BIT >> word;",
        "slab_random",
    ),
    "a promise is one slab short": (
        "slab_zone.h",
        "if (slabs >= zone->min_slabs) {\n        slab->state->shared--;",
        "if (slabs > zone->min_slabs) {\n        slab->state->shared--;",
        "slab_sharing",
    ),
    "a maximum is not kept": (
        "slab_page.h",
        "slabs < zone->max_slabs &&",
        "slabs <= zone->max_slabs &&",
        "slab_sharing",
    ),
    "a run takes promised slabs": (
        "slab_run.c",
        "length + state->shared <= slab->shared_count",
        "length <= slab->shared_count",
        "slab_sharing",
    ),
    "skipped slabs are lost": (
        "slab_run.c",
        "slab_return(slab, page);",
        "slab_return(slab, slab_page(slab, start));",
        "slab_sharing",
    ),
    "a run is not accounted for": (
        "slab_run.c",
        "state->shared = (uint16_t)(state->shared + length);",
        "",
        "slab_sharing",
    ),
    "links back are wrong": (
        "slab_zone.h",
        "next->link = link;",
        "next->link = &next->next;",
        "slab_random",
    ),
    "the rest of the last word counts as free": (
        "slab_zone.h",
        "SLAB_OTHER_BITS >> last % SLAB_WORD_BITS;",
        "0;",
        "slab_random",
    ),
    "a returned slab keeps its map": (
        "slab_zone.h",
        "*slab_map_last(page, last) = 0;",
        "",
        "slab_random",
    ),
    "a double free is believed": (
        "slab.c",
        "if (checked && (bits & bit) == 0)",
        "if (false)",
        "slab_misuse",
    ),
    "check does not look at links back": (
        "slab_check.c",
        " && page->link == link",
        "",
        "slab_misuse",
    ),
}


@pytest.mark.parametrize("fault", sorted(MUTANTS))
def test_mutant_is_caught(fault: str, tmp_path: Path) -> None:
    file, old, new, program = MUTANTS[fault]
    runtime = mutant(tmp_path, f"src/{file}", old, new)
    done = run(build(tmp_path, program, SOURCES, [*SANITIZED, "-Wno-unused"], runtime))
    assert done.returncode != 0, f"{program} does not notice that {fault}"
