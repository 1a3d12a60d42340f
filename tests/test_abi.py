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
    "rw_heap_full_t": abi.HEAP_FULL,
    "rw_slab_full_t": abi.SLAB_FULL,
    "rw_pool_full_t": abi.POOL_FULL,
    "rw_full_state_t": abi.FULL_STATE,
    "rw_held_t": abi.HELD,
}


def compiles(tmp_path: Path, condition: str) -> bool:
    """Whether `condition` holds as a static assert for a Cortex-M."""
    unit = tmp_path / "unit.c"
    headers = ("pool", "heap", "slab", "memheap", "full", "layout")
    includes = "".join(f'#include "ramwright/{header}.h"\n' for header in headers)
    unit.write_text(f'{includes}_Static_assert({condition}, "");\n', encoding="utf-8")
    command = ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-std=c11", "-fsyntax-only"]
    command += [f"-I{assets.path('include')}", str(unit)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("ctype", SIZES)
def test_size_is_the_compilers(ctype: str, tmp_path: Path) -> None:
    assert compiles(tmp_path, f"sizeof({ctype}) == {SIZES[ctype]}")
    assert not compiles(tmp_path, f"sizeof({ctype}) == {SIZES[ctype] + 4}")


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
        ("RW_HEAP_GRANULES_MAX_16", abi.HEAP_GRANULES_MAX_16),
        ("RW_HEAP_GRANULES_MAX_32", abi.HEAP_GRANULES_MAX),
    ],
)
def test_limit_is_the_runtimes(macro: str, value: int, tmp_path: Path) -> None:
    assert compiles(tmp_path, f"{macro} == {value}")


@pytest.mark.parametrize(
    ("granules", "bins"),
    [(2, 3), (3, 4), (5, 6), (6, 7), (7, 7), (8, 8), (8189, 46), (8190, 47), (8191, 47)],
)
def test_heap_bins_number_the_size_classes(granules: int, bins: int) -> None:
    assert abi.heap_bins(granules) == bins


@pytest.mark.parametrize("value", [1, 3, 5, 25, 1023, 65535, 2**31 - 1])
def test_inverse_of_odd(value: int) -> None:
    assert value * abi.inverse_of_odd(value) % 2**64 == 1
    assert value * (abi.inverse_of_odd(value) % 2**32) % 2**32 == 1
