# SPDX-License-Identifier: Apache-2.0
"""Slabs on the host: against models and under sanitizers. Damaged copies of the source show that
each test can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime_host import SANITIZED, WIDTHS, build, mutant, run

SLAB = ("slab.c", "slab_run.c", "slab_inspect.c", "slab_check.c")
SOURCES = ("slab_fixture.c", "shadow.c", *SLAB, "object.c", "fault.c", "ports/posix.c")
PROGRAMS = ("slab_random", "slab_sharing", "slab_misuse")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_host(program: str, width: str, tmp_path: Path) -> None:
    done = run(build(tmp_path, program, SOURCES, [width, *SANITIZED]))
    assert done.returncode == 0, done.stdout + done.stderr


MUTANTS = {
    "a word that has room again stays hidden": (
        "slab.c",
        "page->full ^= SLAB_FIRST_BIT >> word;",
        "",
        "slab_random",
    ),
    "a slab that has room again stays hidden": (
        "slab.c",
        "if (left == 0) {\n            slab_relink(page);",
        "if (false) {\n            slab_relink(page);",
        "slab_random",
    ),
    "a slab that has room again is not linked back to": (
        "slab_page.h",
        "next->link = &page->next;",
        "",
        "slab_random",
    ),
    "a promise is one slab short": (
        "slab_page.h",
        "if (slabs >= zone->min_slabs) {",
        "if (slabs > zone->min_slabs) {",
        "slab_sharing",
    ),
    "a maximum is not kept": (
        "slab_zone.h",
        "slabs > zone->max_slabs ||",
        "slabs > zone->max_slabs + 1U ||",
        "slab_sharing",
    ),
    "a run takes promised slabs": (
        "slab_zone.h",
        "|| shared > slab->shared_count",
        "",
        "slab_sharing",
    ),
    "a size beyond the arena is only refused": (
        "slab_zone.h",
        "last >= slab->object.size ?",
        "false ?",
        "slab_sharing",
    ),
    "no size at all is a fault": (
        "slab_zone.h",
        "if (last != SIZE_MAX) {",
        "if (true) {",
        "slab_sharing",
    ),
    "a freed run keeps its length": (
        "slab_zone.h",
        "page->full = 0;",
        "",
        "slab_sharing",
    ),
    "a freed run returns its first slab only": (
        "slab_zone.h",
        "uint32_t more = page->full;",
        "uint32_t more = 0;",
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
        "*link = page->next;",
        "link = &page->next;",
        "slab_sharing",
    ),
    "a trimmed run keeps its length": (
        "slab_run.c",
        "page->full = (uint32_t)length - 1U;",
        "",
        "slab_sharing",
    ),
    "a returned slab keeps its account": (
        "slab_page.h",
        "owner->slabs = (uint16_t)slabs;",
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
        "page->full = full ^ SLAB_FIRST_BIT >> word;",
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
    "a bad block is refused in silence by realloc": (
        "slab.c",
        "if (status != RW_OK && status != RW_E_SIZE) {",
        "if (false) {",
        "slab_misuse",
    ),
    "an alignment beyond the arena is only refused": (
        "slab.c",
        " || alignment > object->size",
        "",
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
    "check does not look at the link of a full slab": (
        "slab_check.c",
        "page->link != &slab_zone_state(slab, page->zone)->partial",
        "false",
        "slab_misuse",
    ),
    "check does not look at full where nobody owns a slab": (
        "slab_check.c",
        "page->full == 0 && ",
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
