# SPDX-License-Identifier: Apache-2.0
"""A heap of the C library's own beside the layout's default object is seen in the ELF; a shim, with
which there is none, is not taken for one, whatever else the board brings along.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from boards.linking import STM32CUBE, Project
from emulate.build import RUNTIME
from ramwright import cli

LIBRARIES = {
    "newlib": ("newlib", ()),
    "newlib-nano": ("newlib", ("--specs=nano.specs",)),
    "picolibc": ("picolibc", ("--specs=picolibc.specs",)),
}
HEAP = "heaps: {main: {region: ram, size: 16K}}\n"
USE = "void *malloc(size_t); void *_sbrk(ptrdiff_t); heap_top = malloc(10); heap_top = _sbrk(0)"
# What a board has for newlib's malloc, and for picolibc's.
MEMORY = """\
#include <stddef.h>
char __heap_start[4096];
__asm__(".global __heap_end\\n.set __heap_end, __heap_start + 4096");
void *_sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment)
{
    static ptrdiff_t taken;
    taken += increment;
    return &__heap_start[taken - increment];
}
"""


def warned(project: Project, config: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What `verify` and `map --elf` say about firmware.elf, which is sound."""
    file, elf = str(project.directory / "motor.yaml"), str(project.directory / "firmware.elf")
    capsys.readouterr()
    assert cli.main(["verify", file, elf]) == cli.OK, config
    said = capsys.readouterr().err
    assert cli.main(["map", file, "--elf", elf]) == cli.OK
    assert capsys.readouterr().err == said
    return said


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_with_a_heap_of_its_own(
    library: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shim, flags = LIBRARIES[library]
    project = Project(STM32CUBE, tmp_path, flags=flags)
    memory = tmp_path / "memory.c"
    memory.write_text(MEMORY, encoding="utf-8")
    board = project.compiled(memory, "memory")

    def linked(config: str, *more: Path) -> str:
        layout = project.layout(config)
        objects = [*project.objects(layout, USE), board, *more]
        project.linked("firmware", objects, project.scripts(layout))
        return warned(project, config, capsys)

    assert "RW0519" not in linked(HEAP), "without a default nothing was promised"
    said = linked(f"{HEAP}default: main\n")
    assert "motor.yaml:10:10: warning[RW0519]: firmware.elf has a second heap beside `main`" in said
    assert f"link the shim `{shim}`" in said
    served = project.compiled(RUNTIME / "shims" / shim / "malloc.c", "shim")
    assert "RW0519" not in linked(f"{HEAP}default: main\n", served, *project.runtime())
