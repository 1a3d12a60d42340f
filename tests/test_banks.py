# SPDX-License-Identifier: Apache-2.0
"""`banks`: the linker keeps objects out of the borders where the plan does, whatever the firmware's
own sections have taken before; the check script and `verify` see one that straddles.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from emulate.build import RUNTIME
from ramwright.elf import read_elf
from ramwright.layout import Layout
from ramwright.link_view import arena_symbol
from ramwright.load import understood
from ramwright.planner import plan
from ramwright.render import render
from ramwright.verify import verify

FLAGS = ["-mcpu=cortex-m4", "-mthumb", "-std=c11", "-Os", "-ffunction-sections", "-nostdlib"]
BOARD = """\
MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 512K
RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 64K
D2 (rw) : ORIGIN = 0x30000000, LENGTH = 64K }
SECTIONS { .text : { *(.text*) *(.rodata*) } >FLASH
.data : { *(.data*) } >RAM AT>FLASH
.bss : { _sbss = .; *(.bss*) *(COMMON) _ebss = .; } >RAM
.d2 (NOLOAD) : { *(.d2) } >D2 }
"""
CONFIG = """\
ramwright: 1
name: app
target: {cpu: cortex-m4}
home: ram
regions:
  ram: {origin: 0x20000000, size: 64K, linker: RAM, banks: [16K, 48K]}
  d2: {origin: 0x30000000, size: 64K, linker: D2, banks: [16K, 16K, 32K]}
buffers:
  a: {region: d2, size: 10K}
  b: {region: d2, size: 10K, alignment: 32}
  c: {region: d2, size: 20K}
pools:
  p: {region: ram, block_size: 1K, count: 14}
heaps:
  h: {region: ram, size: rest}
"""
USES = "p_free(p_alloc()); h_free(h_alloc(1)); used = (uintptr_t)a + (uintptr_t)b + (uintptr_t)c;"


def layout_of(text: str) -> Layout:
    config, problems, _ = understood(text.encode(), "app.yaml")
    assert config is not None, problems
    return plan(config)


def linked(layout: Layout, folder: Path, own: int, home: int) -> subprocess.CompletedProcess[str]:
    """Links `layout` with a firmware that has sections of its own in both regions."""
    for name, text in render(layout).items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "board.ld").write_text(BOARD, encoding="utf-8")
    (folder / "main.c").write_text(
        f'#include "app_memory.h"\nvolatile uintptr_t used;\nchar own[{home}] = {{1}};\n'
        f'__attribute__((section(".d2,\\"aw\\",%nobits@"))) char taken[{own}];\n'
        "void _start(void);\n"
        f"void _start(void) {{ used = (uintptr_t)own + (uintptr_t)taken; {USES} }}\n",
        encoding="utf-8",
    )
    return link(folder)


def link(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["arm-none-eabi-gcc", *FLAGS, f"-I{RUNTIME / 'include'}", "-I.", "main.c"]
    command += ["app_memory.c", *compiled_runtime(folder.parent), "-lgcc", "-o", "fw.elf"]
    command += ["-Tboard.ld", "-Tapp_memory.ld", "-Tapp_memory_check.ld"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@cache
def compiled_runtime(folder: Path) -> list[str]:
    """The objects of the runtime, compiled once for all tests."""
    sources = sorted((RUNTIME / "src").glob("*.c"))
    command = ["arm-none-eabi-gcc", *FLAGS, f"-I{RUNTIME / 'include'}", "-c", *map(str, sources)]
    subprocess.run(command, cwd=folder, check=True)
    return [str(folder / f"{source.stem}.o") for source in sources]


def addresses(layout: Layout, folder: Path) -> dict[str, int]:
    elf = read_elf(folder / "fw.elf")
    found = {obj.name: elf.address(arena_symbol(layout, obj)) for obj in layout.objects}
    assert None not in found.values()
    return {name: address for name, address in found.items() if address is not None}


def test_the_linker_skips_as_the_plan_does(tmp_path: Path) -> None:
    layout = layout_of(CONFIG.replace("size: rest", "size: 40K"))
    done = linked(layout, tmp_path, own=4, home=4)
    assert done.returncode == 0, done.stderr
    assert addresses(layout, tmp_path) == {
        "a": 0x30000008,
        "b": 0x30004000,  # would straddle the first border
        "c": 0x30008000,  # is larger than what is left of the second bank
        "p": 0x20000008,
        "h": 0x20004000,
    }
    assert not verify(layout, read_elf(tmp_path / "fw.elf"))


@pytest.mark.parametrize("own", [4, 5000, 7000, 20000])
def test_no_object_straddles_whatever_lies_before(own: int, tmp_path: Path) -> None:
    text = CONFIG.replace("size: rest", "size: 8K").replace("size: 20K", "size: 6K")
    layout = layout_of(text)
    done = linked(layout, tmp_path, own, home=own)
    assert done.returncode == 0, done.stderr
    for name, address in addresses(layout, tmp_path).items():
        obj = layout.object_named[name]
        for border in layout.region_named[obj.region].borders:
            edge = layout.region_named[obj.region].origin + border
            assert not address < edge < address + obj.size, name


def without_skips(script: str) -> str:
    return re.sub(r" *\. \+= .*\?.*;\n *\. = ALIGN\(.*\);\n", "", script)


def test_an_object_across_a_border_fails_link_and_verify(tmp_path: Path) -> None:
    layout = layout_of(CONFIG.replace("size: rest", "size: 40K"))
    assert linked(layout, tmp_path, own=4, home=4).returncode == 0
    script = tmp_path / "app_memory.ld"
    mutant = without_skips(script.read_text(encoding="utf-8"))
    assert mutant != script.read_text(encoding="utf-8")
    script.write_text(mutant, encoding="utf-8")
    done = link(tmp_path)
    assert done.returncode != 0
    assert "straddles the border of two banks" in done.stderr
    check = tmp_path / "app_memory_check.ld"
    text = re.sub(r"ASSERT\([^;]*straddles[^;]*\)\n", "", check.read_text(encoding="utf-8"))
    check.write_text(text, encoding="utf-8")
    done = link(tmp_path)
    assert done.returncode == 0, done.stderr
    codes = {problem.code for problem in verify(layout, read_elf(tmp_path / "fw.elf"))}
    assert codes == {"RW0517"}


def test_rest_is_all_that_the_plan_leaves(tmp_path: Path) -> None:
    layout = layout_of(CONFIG)
    heap = layout.object_named["h"]
    assert heap.offset + heap.size == 64 * 1024
    done = linked(layout, tmp_path, own=4, home=4)
    assert done.returncode != 0, "the firmware's own bytes in the home region need a reserve"
    assert "`RAM' overflowed" in done.stderr
    layout = layout_of(CONFIG.replace("banks: [16K, 48K]", "banks: [16K, 48K], reserve: {end: 1K}"))
    assert linked(layout, tmp_path, own=4, home=4).returncode == 0
