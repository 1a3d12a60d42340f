# SPDX-License-Identifier: Apache-2.0
"""Link-time optimisation takes from a library what C refers to: what assembly refers to must be
said in C too."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulate import build

EMULATE = Path(__file__).parent / "emulate"
CONFIG = """\
ramwright: 1
name: app
target: {cpu: CPU}
home: ram
regions: {ram: {origin: 0x20000000, size: 64K, linker: RAM}}
pools:
  frames: {region: ram, block_size: 64, count: 16, sharing: interrupt}
  trusted: {region: ram, block_size: 64, count: 16, sharing: interrupt, checks: none}
"""
MAIN = """\
#include "app_memory.h"

int main(void);
int main(void)
{
    return (int)frames_free(frames_alloc()) + (int)trusted_free(trusted_alloc());
}
"""
BOARD = """\
MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 256K RAM (rw) : ORIGIN = 0x20000000, LENGTH = 64K }
SECTIONS {
  .text : { *(.text*) *(.rodata*) } >FLASH
  .data : { *(.data*) } >RAM AT>FLASH
  .bss (NOLOAD) : { *(.bss*) } >RAM
}
"""


@pytest.mark.parametrize("cpu", ["cortex-m0plus", "cortex-m3", "cortex-m7", "cortex-m33"])
def test_a_pool_links_from_the_library(cpu: str, tmp_path: Path) -> None:
    config, main, board = (tmp_path / name for name in ("app.yaml", "main.c", "board.ld"))
    config.write_text(CONFIG.replace("CPU", cpu), encoding="utf-8")
    main.write_text(MAIN, encoding="utf-8")
    board.write_text(BOARD, encoding="utf-8")
    layout = build.generated(config, tmp_path / "generated", "app")
    maker = build.Build(cpu, tmp_path, ("-flto",))
    sources = (main, layout.source)
    objects = [maker.compiled(source, includes=(layout.directory,)) for source in sources]
    flags = (*build.FLAGS, "-flto", "-Wl,--entry=main")
    elf = maker.linked("app", [*objects, maker.runtime()], layout.scripts(board), *flags)
    names = build.output_of([f"{build.PREFIX}nm", elf])
    assert "pool_double_fault" not in names  # what says it is dropped by the linker
