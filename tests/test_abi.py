# SPDX-License-Identifier: Apache-2.0
"""The sizes the generator counts with are the C compiler's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ramwright import abi, assets

SIZES = {
    "void *": abi.POINTER,
    "rw_object_t": abi.OBJECT,
    "rw_layout_t": abi.LAYOUT,
    "rw_pool_t": abi.POOL,
    "rw_pool_state_t": abi.POOL_STATE,
    "rw_pool_wait_state_t": abi.POOL_WAIT_STATE,
    "rw_heap_t": abi.HEAP,
    "rw_heap_state_t": abi.HEAP_STATE,
    "rw_slab_t": abi.SLAB,
    "rw_slab_state_t": abi.SLAB_STATE,
    "rw_page_t": abi.SLAB_PAGE,
    "rw_zone_t": abi.SLAB_ZONE,
    "rw_zone_state_t": abi.SLAB_ZONE_STATE,
    "rw_memheap_t": abi.MEMHEAP,
    "rw_full_t": abi.FULL,
    "rw_heap_full_t": abi.HEAP + abi.FULL,
    "rw_slab_full_t": abi.SLAB + abi.FULL,
    "rw_pool_full_t": abi.POOL + abi.FULL,
    "rw_full_state_t": abi.FULL_STATE,
    "rw_held_t": abi.HELD,
}
WIDE = {
    "void *": abi.sizes(8).pointer,
    "rw_pool_t": abi.sizes(8).pool,
    "rw_pool_state_t": abi.POOL_STATE,
    "rw_pool_wait_state_t": abi.sizes(8).pool_wait_state,
    "rw_heap_t": abi.sizes(8).heap,
    "rw_heap_state_t": abi.HEAP_STATE,
    "rw_slab_t": abi.sizes(8).slab,
    "rw_slab_state_t": abi.sizes(8).slab_state,
    "rw_page_t": abi.sizes(8).slab_page,
    "rw_zone_t": abi.sizes(8).slab_zone,
    "rw_zone_state_t": abi.sizes(8).slab_zone_state,
    "rw_full_t": abi.sizes(8).full,
    "rw_heap_full_t": abi.sizes(8).heap + abi.sizes(8).full,
    "rw_slab_full_t": abi.sizes(8).slab + abi.sizes(8).full,
    "rw_pool_full_t": abi.sizes(8).pool + abi.sizes(8).full,
    "rw_full_state_t": abi.sizes(8).full_state,
    "rw_held_t": abi.sizes(8).held,
}
COMPILER = ("arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb")
COMPILER_64 = ("riscv64-unknown-elf-gcc", "-march=rv64imac", "-mabi=lp64", "-ffreestanding")


def compiles(tmp_path: Path, condition: str, compiler: tuple[str, ...] = COMPILER) -> bool:
    """Whether `condition` holds as a static assert under `compiler`."""
    unit = tmp_path / "unit.c"
    headers = ("pool", "heap", "slab", "memheap", "full", "layout")
    includes = "".join(f'#include "ramwright/{header}.h"\n' for header in headers)
    unit.write_text(f'{includes}_Static_assert({condition}, "");\n', encoding="utf-8")
    command = [*compiler, "-std=c11", "-fsyntax-only"]
    command += [f"-I{assets.path('include')}", str(unit)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("ctype", SIZES)
def test_size_is_the_compilers(ctype: str, tmp_path: Path) -> None:
    assert compiles(tmp_path, f"sizeof({ctype}) == {SIZES[ctype]}")
    assert not compiles(tmp_path, f"sizeof({ctype}) == {SIZES[ctype] + 4}")


@pytest.mark.parametrize("ctype", WIDE)
def test_size_on_64_bits_is_the_compilers(ctype: str, tmp_path: Path) -> None:
    assert compiles(tmp_path, f"sizeof({ctype}) == {WIDE[ctype]}", COMPILER_64)
    assert not compiles(tmp_path, f"sizeof({ctype}) == {WIDE[ctype] + 4}", COMPILER_64)


def test_abi_number_is_the_runtimes(tmp_path: Path) -> None:
    assert compiles(tmp_path, f"RW_ABI == {abi.RW_ABI}")
    assert not compiles(tmp_path, f"RW_ABI == {abi.RW_ABI + 1}")


@pytest.mark.parametrize(
    ("macro", "value"),
    [
        ("RW_POOL_COUNT_MAX_8", abi.POOL_COUNT_MAX_8),
        ("RW_POOL_COUNT_MAX_16", abi.POOL_COUNT_MAX),
        ("RW_SLAB_BLOCKS_MAX", abi.SLAB_BLOCKS_MAX),
        ("RW_FULL_DEPTH_MAX", abi.QUARANTINE_MAX),
        ("RW_FULL_SPARE", abi.QUARANTINE_SPARE),
        ("RW_HEAP_GRANULE", abi.HEAP_GRANULE),
        ("RW_HEAP_OVERHEAD", abi.HEAP_OVERHEAD),
        ("RW_HEAP_MAP_WORDS_16", abi.HEAP_MAP_WORDS[16]),
        ("RW_HEAP_MAP_WORDS_32", abi.HEAP_MAP_WORDS[32]),
        ("RW_FULL_SEAL", abi.FULL_SEAL),
        ("RW_HEAP_GRANULES_MAX_16", abi.HEAP_GRANULES_MAX_16),
        ("RW_HEAP_GRANULES_MAX_32", abi.HEAP_GRANULES_MAX),
    ],
)
def test_limit_is_the_runtimes(macro: str, value: int, tmp_path: Path) -> None:
    assert compiles(tmp_path, f"{macro} == {value}")


@pytest.mark.parametrize(
    ("granules", "bins"),
    [
        (2, 1),
        (15, 14),
        (16, 15),
        (17, 15),
        (255, 46),
        (256, 47),
        (319, 47),
        (320, 48),
        (8191, 66),
        (32767, 74),
        (32768, 103),  # links of 32 bits: fine classes all the way
        (4194303, 158),
    ],
)
def test_heap_bins_number_the_size_classes(granules: int, bins: int) -> None:
    assert abi.heap_bins(granules) == bins


def test_heap_bins_are_those_of_the_runtime(tmp_path: Path) -> None:
    granules = [2, 3, *range(4, 700), *range(700, 32768, 97), 32767, 32768, 10**5, 10**6, 4194303]
    program = tmp_path / "classes.c"
    program.write_text(
        f"""#include <stdio.h>
        #include "heap_lists.h"
        int main(void)
        {{
            static const uint32_t all[] = {{{", ".join(map(str, granules))}}};
            for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {{
                const heap_traits_t traits = {{true, all[i] > RW_HEAP_GRANULES_MAX_16}};
                printf("%u ", heap_class(traits, all[i]) - HEAP_CLASS_FIRST + 1U);
            }}
            return 0;
        }}
        """,
        encoding="utf-8",
    )
    folders = [f"-I{assets.path(part)}" for part in ("include", "src")]
    executable = tmp_path / "classes"
    subprocess.run(["gcc", *folders, "-o", executable, program], check=True)
    printed = subprocess.run([executable], capture_output=True, text=True, check=True).stdout
    assert [int(bins) for bins in printed.split()] == list(map(abi.heap_bins, granules))


@pytest.mark.parametrize("value", [1, 3, 5, 25, 1023, 65535, 2**31 - 1])
def test_inverse_of_odd(value: int) -> None:
    assert value * abi.inverse_of_odd(value) % 2**64 == 1
    assert value * (abi.inverse_of_odd(value) % 2**32) % 2**32 == 1
