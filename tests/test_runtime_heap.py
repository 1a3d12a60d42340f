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
    "half_of_the_check_compared": (
        "heap_headers",
        BLOCK,
        "heap_fold(traits, header, index) == heap_used_fold(traits)",
        "(uint8_t)heap_fold(traits, header, index) == (uint8_t)heap_used_fold(traits)",
    ),
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
        "insert, index + gap + size, rest)",
        "insert, index + gap + size, rest - 1U)",
    ),
    "successor_not_told": (
        "heap_shadow",
        CORE,
        "    } else {\n        *heap_header(heap, next) ^= heap_prev_bits(heap.traits);\n    }",
        "    }",
    ),
    "footer_believed": (
        "heap_misuse",
        CORE,
        "(start <= 0 || *heap_header(heap, (uint32_t)start) != header)",
        "start <= 0",
    ),
    "links_before_believed": (
        "heap_misuse",
        CORE,
        "heap_free_sound(heap, (uint32_t)start, header, *links) ? start : 0",
        "start",
    ),
    "links_behind_believed": (
        "heap_misuse",
        CORE,
        "return heap_links_sound(heap, index, header, heap_links(heap, index));",
        "return true;",
    ),
    "end_behind_believed": (
        "heap_misuse",
        LISTS,
        "    if (index + size > state->top) {\n        return false;\n    }\n",
        "",
    ),
    "links_believed_by_alloc": (
        "heap_misuse",
        CORE,
        "!heap_free_sound(heap, index, header, links) || gap + size > found",
        "!heap_is_free(heap.traits, header, index) || gap + size > found",
    ),
    "size_believed_by_alloc": (
        "heap_misuse",
        LISTS,
        "heap_echo(links.first, links.second) == header",
        "(heap_echo(links.first, links.second) ^ header) << 3 == 0U",
    ),
    "links_believed_by_check": (
        "heap_misuse",
        "src/heap_inspect.h",
        "heap_prev(heap, links) != prev || !heap_links_sound(heap, index, header, links)",
        "heap_prev(heap, links) != prev",
    ),
    "links_of_another_block": (
        "heap_misuse",
        LISTS,
        "heap_echo(links.first, links.second) == header",
        "heap_echo(links.first, links.second) >> 16 == header >> 16",
    ),
    "echo_of_next_not_renewed": (
        "heap_shadow",
        BLOCK,
        "halves[5] = (uint16_t)echo;",
        "",
    ),
    "echo_of_prev_not_renewed": (
        "heap_shadow",
        BLOCK,
        "halves[4] = (uint16_t)echo;",
        "",
    ),
    "next_not_asked": (
        "heap_misuse",
        LISTS,
        "next > state->top || heap_prev(heap, heap_links(heap, next)) != (int32_t)index",
        "next > state->top",
    ),
    "range_of_next_not_checked": (
        "heap_misuse",
        LISTS,
        "next > state->top || heap_prev(heap, heap_links(heap, next)) != (int32_t)index",
        "heap_prev(heap, heap_links(heap, next)) != (int32_t)index",
    ),
    "prev_not_asked": (
        "heap_misuse",
        LISTS,
        "before <= state->top && heap_next(heap, heap_links(heap, before)) == index",
        "before <= state->top",
    ),
    "range_of_prev_not_checked": (
        "heap_misuse",
        LISTS,
        "before <= state->top && heap_next(heap, heap_links(heap, before)) == index",
        "heap_next(heap, heap_links(heap, before)) == index",
    ),
    "bin_not_asked": (
        "heap_misuse",
        LISTS,
        "prev == -(int32_t) class && heap_head(heap.traits, heap_bin(heap, class)) == index",
        "prev == -(int32_t) class",
    ),
    "class_not_checked": (
        "heap_misuse",
        LISTS,
        "prev == -(int32_t) class && heap_head(heap.traits, heap_bin(heap, class)) == index",
        "heap_head(heap.traits, heap_bin(heap, class)) == index",
    ),
    "list_of_another_class": (
        "heap_shadow",
        LISTS,
        "uint32_t class = (uint32_t)-prev;",
        "uint32_t class = (uint32_t)-prev | 1U;",
    ),
    "other_link_signed": (
        "heap_misuse",
        BLOCK,
        "uint32_t echo = to ^ halves[1];",
        "uint32_t echo = to ^ halves[1]; halves[4] = (uint16_t)(halves[3] ^ halves[0]);",
    ),
    "freed_header_not_marked": (
        "heap_misuse",
        CORE,
        "= heap_free_header(heap.traits, index, 0);",
        "= *heap_header(heap, index);",
    ),
    "successor_signed_again": (
        "heap_misuse",
        CORE,
        "return !heap.traits.checked || heap_is_used(heap.traits, header, index);",
        "return true;",
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
        "heap_free_after(heap, next, &end))) {\n        return (heap_grant_t){NULL, index};",
        "heap_free_after(heap, next, &end))) {\n        return (heap_grant_t){NULL, 0};",
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
        "    heap_mark_freed(heap, index);\n",
        "",
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
    "moved_unseen": (
        "memheap_spill",
        "src/memheap.c",
        "rw_resize_cores[owner->core](owner, block, suits ? size : SIZE_MAX)",
        "suits ? rw_resize_cores[owner->core](owner, block, size) : RW_E_SIZE",
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
        "if (reason <= heap_of(object)->granules) {",
        "if (reason <= object->size) {",
    ),
    "neighbour_blamed_not_told": (
        "heap_misuse",
        "src/heap.c",
        "block[-1], (uint32_t)index)) {\n                fault++;",
        "block[-1], (uint32_t)index)) {",
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


def test_headers_are_checked_as_documented(tmp_path: Path) -> None:
    """Every single-bit error is found; n bits of check let 1 in 2^n of other data pass (n is 16 up
    to 256 KiB and 8 above, where a flag makes it 9), as docs/checks.md says."""
    done = run(build(tmp_path, "heap_headers", (), ("-O2", "-Wconversion")))
    assert done.returncode == 0, done.stdout + done.stderr
    forged, shifted, wide_forged, wide_shifted = (int(n) / 2**32 for n in done.stdout.split())
    assert forged == pytest.approx(2**-16, rel=0.2)
    assert shifted == 0
    assert wide_forged == pytest.approx(2**-9, rel=0.02)
    assert wide_shifted == pytest.approx(2**-8, rel=0.02)


def test_sizes_are_read_under_the_lock(tmp_path: Path) -> None:
    done = run(build(tmp_path, "heap_threads", SOURCES, THREADS))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_size_read_without_the_lock_is_noticed(tmp_path: Path) -> None:
    locked = "heap_usable(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object"
    bare = "heap_usable(HEAP_TRAITS_##checks##_##width, RW_SHARING_NONE, object"
    damaged = mutant(tmp_path, "src/heap.c", locked, bare)
    done = run(build(tmp_path, "heap_threads", SOURCES, THREADS, runtime=damaged))
    assert "data race" in done.stderr


@pytest.mark.parametrize("flags", [SANITIZED, THREADS], ids=["memory", "threads"])
def test_threads_resize_in_a_heap_that_is_nearly_full(
    flags: tuple[str, ...], tmp_path: Path
) -> None:
    done = run(build(tmp_path, "heap_traffic", SOURCES, (*flags, "-Wconversion")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > 100, "blocks seldom moved down"


def test_a_block_that_moves_down_without_the_lock_is_noticed(tmp_path: Path) -> None:
    locked = "heap_lower(HEAP_TRAITS_##checks##_##width, HEAP_SHARING_##sharing, object"
    bare = "heap_lower(HEAP_TRAITS_##checks##_##width, RW_SHARING_NONE, object"
    damaged = mutant(tmp_path, "src/heap.c", locked, bare)
    done = run(build(tmp_path, "heap_traffic", SOURCES, THREADS, runtime=damaged))
    assert "data race" in done.stderr


@pytest.mark.parametrize("name", MUTANTS)
def test_seeded_faults_are_caught(name: str, tmp_path: Path) -> None:
    program, file, old, new = MUTANTS[name]
    damaged = mutant(tmp_path, file, old, new)
    flags = SANITIZED if program == "heap_limits" else ("-O0",)
    done = run(build(tmp_path, program, SOURCES, (*flags, "-Wno-error"), runtime=damaged))
    assert done.returncode != 0, f"{program} does not notice {name}"
