# SPDX-License-Identifier: Apache-2.0
"""The heap interface of FreeRTOS on the default object, on QEMU, against declarations of just what
the shim uses of the kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulate import build, qemu

SHIMS = Path(__file__).resolve().parent / "shims"
EXAMPLE = build.ROOT / "examples" / "mps2"
BOARD = qemu.BOARDS["mps2-an385"]


def firmware(directory: Path, *flags: str, config: str = "") -> Path:
    """The test firmware; `config` replaces the layout's default object."""
    text = (SHIMS / "shims.ramwright.yaml").read_text(encoding="utf-8")
    file = directory / "shims.ramwright.yaml"
    file.write_text(text.replace("default: system\n", config), encoding="utf-8")
    layout = build.generated(file, directory / "generated", "shims")
    maker = build.Build("cortex-m3", directory, flags)
    includes = (layout.directory, EXAMPLE, SHIMS / "freertos", SHIMS)
    sources = (
        *(SHIMS / "freertos.c", SHIMS / "check.c", layout.source),
        *(EXAMPLE / "semihosting.c", EXAMPLE / "startup.c"),
        build.RUNTIME / "shims" / "freertos" / "heap.c",
    )
    objects = [maker.compiled(source, includes=includes) for source in sources]
    scripts = layout.scripts(SHIMS / "board.ld")
    return maker.linked("firmware", [*objects, maker.runtime()], scripts)


@pytest.mark.parametrize("alignment", [8, 32])
def test_kernel_and_users_see_what_heap_4_showed(alignment: int, tmp_path: Path) -> None:
    elf = firmware(tmp_path, f"-DportBYTE_ALIGNMENT={alignment}", config="default: system\n")
    run = qemu.run(BOARD, build.raw_image(elf), timeout=20)
    assert run.status == 0, run.output
    assert "FAILED" not in run.output


def test_a_layout_without_default_is_a_link_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(build.BuildError) as error:
        firmware(tmp_path)
    assert "undefined reference to `rw_default_alloc__set_the_key_default_in_the_layout'" in str(
        error.value
    )
