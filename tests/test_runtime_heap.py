# SPDX-License-Identifier: Apache-2.0
"""Heaps, memheaps and layouts on the host: 64 and 32 bit, under sanitizers, and with faults seeded
into a copy of the runtime that the tests must catch."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime_host import SANITIZED, THREADS, WIDTHS, build, mutant, run

PROGRAMS = (
    *("heap_shadow", "heap_use", "heap_misuse", "heap_limits"),
    *("memheap_spill", "layout_owner"),
)
SOURCES = (
    "shadow.c",
    "heap_cores.c",
    "heap.c",
    "object.c",
    "memheap.c",
    "layout.c",
    "fault.c",
    "ports/posix.c",
)

BLOCK = "src/heap_block.h"
LISTS = "src/heap_lists.h"
CORE = "src/heap_core.h"
RESIZE = "src/heap_resize.h"

# what is broken: (program that must notice, file, text, what it becomes)
MUTANTS = {
    "no_merge_with_predecessor": (
        "heap_use",
        CORE,
        "if (heap_prev_is_free(header)) {",
        "if (heap_prev_is_free(header) && heap.self == NULL) {",
    ),
    "no_merge_into_virgin_end": (
        "heap_use",
        CORE,
        "heap.state->top = start - 1U;",
        "heap.state->top = index - 1U;",
    ),
    "header_check_off": (
        "heap_misuse",
        BLOCK,
        "heap_fold(traits, header, index) == heap_used_fold(traits)",
        "heap_fold(traits, header, index) != 0U",
    ),
    "rest_of_split_one_short": (
        "heap_shadow",
        CORE,
        "insert, place.index + gap + size, rest)",
        "insert, place.index + gap + size, rest - 1U)",
    ),
    "successor_not_told": (
        "heap_shadow",
        CORE,
        "    if (end == next) {\n        __asm__",
        "    if (end == next + 1U) {\n        __asm__",
    ),
    "footer_believed": (
        "heap_misuse",
        CORE,
        "(start <= 0 || *heap_header(heap, (uint32_t)start) != header)",
        "start <= 0",
    ),
    "back_link_not_checked": (
        "heap_misuse",
        LISTS,
        "link <= heap.state->top && heap_link(heap, link, back) == index",
        "link <= heap.state->top",
    ),
    "link_range_not_checked": (
        "heap_misuse",
        LISTS,
        "link <= heap.state->top && heap_link(heap, link, back) == index",
        "heap_link(heap, link, back) == index",
    ),
    "freed_header_not_marked": (
        "heap_misuse",
        CORE,
        "(uint16_t) ~*check;",
        "(uint16_t) *check;",
    ),
    "successor_signed_again": (
        "heap_misuse",
        CORE,
        "!heap.traits.checked || heap_is_used(heap.traits, header, index) ? 0U : HEAP_DAMAGED",
        "0U",
    ),
    "failed_free_not_undone": (
        "heap_misuse",
        CORE,
        "HEAP_SHARED(heap, insert, next, end - next);",
        "",
    ),
    "block_of_one_granule": (
        "heap_use",
        BLOCK,
        "words = words == 0U ? 1U : words;",
        "",
    ),
    "sliver_before_aligned": (
        "heap_use",
        CORE,
        "gap == 1U ? gap + alignment : gap",
        "gap",
    ),
    "resize_keeps_successor_flag": (
        "heap_use",
        RESIZE,
        "if (is_free != was_free) {",
        "if (is_free && !was_free) {",
    ),
    "resize_forgets_peak": (
        "heap_use",
        RESIZE,
        "        heap_move_top(heap, index + size - 1U);",
        "        heap.state->top = index + size - 1U;",
    ),
    "gap_wraps": (
        "heap_limits",
        BLOCK,
        "header >> 16 >= size;",
        "header >= size << 16;",
    ),
    "peak_too_low": (
        "heap_shadow",
        CORE,
        "if (top > heap.state->peak) {",
        "if (top > heap.state->peak + 64U) {",
    ),
    "copy_one_short": (
        "memheap_spill",
        "src/object.c",
        "usable < size ? usable : size)",
        "(usable < size ? usable : size) / 2U)",
    ),
    "damage_before_not_told": (
        "heap_misuse",
        RESIZE,
        "(start == 0U || after == HEAP_DAMAGED)) {\n        return (heap_grant_t){NULL, index};",
        "(start == 0U || after == HEAP_DAMAGED)) {\n        return (heap_grant_t){NULL, 0};",
    ),
    "damaged_link_not_told": (
        "heap_misuse",
        RESIZE,
        "if (!heap_delist(heap, start)) {\n        return (heap_grant_t){NULL, index};",
        "if (!heap_delist(heap, start)) {\n        return (heap_grant_t){NULL, 0};",
    ),
    "map_too_short": (
        "heap_limits",
        "include/ramwright/heap.h",
        "#define RW_HEAP_MAP_WORDS_32 6U",
        "#define RW_HEAP_MAP_WORDS_32 5U",
    ),
    "lowered_bytes_left_behind": (
        "heap_use",
        "src/object.c",
        "rw_bytes_copy(lowered, block, usable);",
        "",
    ),
    "lowered_header_not_marked": (
        "heap_use",
        RESIZE,
        "= header ^ heap_free_bits(heap.traits);",
        "= header;",
    ),
    "clear_one_short": (
        "heap_use",
        "src/object.c",
        "rw_bytes_clear(block, product)",
        "rw_bytes_clear(block, product - 1U)",
    ),
    "any_capability_will_do": (
        "memheap_spill",
        "src/memheap.c",
        "(member->attributes & attributes) == attributes",
        "(member->attributes | attributes) != 0U",
    ),
    "too_large_for_all_untold": (
        "memheap_spill",
        "src/memheap.c",
        "bool possible = false;",
        "bool possible = true;",
    ),
    "attributes_lost": (
        "memheap_spill",
        "src/memheap.c",
        "moved = rw_memheap_alloc_with(memheap, size, attributes)",
        "moved = rw_memheap_alloc(memheap, size)",
    ),
    "failed_free_ignored": (
        "memheap_spill",
        "src/object.c",
        "usable != 0U && rw_free_cores[owner->core](block, owner) == RW_OK",
        "rw_free_cores[owner->core](block, owner) <= RW_E_ALIGNMENT",
    ),
    "size_told_as_damage": (
        "heap_misuse",
        "src/heap.c",
        "if (reason > heap_of(object)->granules) {",
        "if (reason > object->size) {",
    ),
    "neighbour_blamed_not_told": (
        "heap_misuse",
        "src/heap.c",
        "rw_status_t fault = RW_E_CORRUPT;",
        "rw_status_t fault = RW_E_DOUBLE_FREE;",
    ),
    "oversized_resize_not_identified": (
        "heap_misuse",
        "src/heap.c",
        "const rw_status_t status = heap_resize_locked(heap, block, granules);",
        "const rw_status_t status = size > object->size ? RW_E_SIZE : "
        "heap_resize_locked(heap, block, granules);",
    ),
    "walk_goes_on": (
        "memheap_spill",
        "src/object.c",
        "i < count && relay.going",
        "i < count",
    ),
    "owner_of_the_last_object_not_found": (
        "layout_owner",
        "src/layout.c",
        "i < layout->object_count; i++",
        "i + 1U < layout->object_count; i++",
    ),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_on_the_host(program: str, width: str, tmp_path: Path) -> None:
    done = run(build(tmp_path, program, SOURCES, (width, "-Wconversion", *SANITIZED)))
    assert done.returncode == 0, done.stdout + done.stderr


def test_sizes_are_read_under_the_lock(tmp_path: Path) -> None:
    done = run(build(tmp_path, "heap_threads", SOURCES, THREADS))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_size_read_without_the_lock_is_noticed(tmp_path: Path) -> None:
    locked = "heap_usable(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object"
    bare = "heap_usable(HEAP_TRAITS_##checks##_##width, RW_SHARING_NONE, object"
    damaged = mutant(tmp_path, "src/heap.c", locked, bare)
    done = run(build(tmp_path, "heap_threads", SOURCES, THREADS, runtime=damaged))
    assert "data race" in done.stderr


@pytest.mark.parametrize("name", MUTANTS)
def test_seeded_faults_are_caught(name: str, tmp_path: Path) -> None:
    program, file, old, new = MUTANTS[name]
    damaged = mutant(tmp_path, file, old, new)
    flags = SANITIZED if program == "heap_limits" else ("-O0",)
    done = run(build(tmp_path, program, SOURCES, (*flags, "-Wno-error"), runtime=damaged))
    assert done.returncode != 0, f"{program} does not notice {name}"
