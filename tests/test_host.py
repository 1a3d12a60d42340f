# SPDX-License-Identifier: Apache-2.0
"""A layout for a host: compilers place C objects in any order, owners are found all the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from emulate import build
from ramwright.cli import main

CONFIG = """\
ramwright: 1
name: app
target: {cpu: host}
home: ram
regions: {ram: {origin: 0, size: 64K}, ccm: {origin: 0x10000000, size: 64K}}
buffers: {frame: {region: ram, size: 100}}
heaps: {last: {region: ram, size: 8K}, first: {region: ccm, size: 8K, checks: full}}
pools:
  wide: {region: ccm, block_size: 24, count: 10, alignment: 64}
  atoms: {region: ram, block_size: 24, count: 10}
slabs: {kernel: {region: ram, slab_count: 8, slab_size: 1K, zones: [{block_size: 16}]}}
"""
PROGRAM = """\
#include "app_memory.h"

int main(void)
{
    void *const blocks[] = {last_alloc(8), first_alloc(8), wide_alloc(), atoms_alloc(),
                            kernel_alloc(8)};
    int failed = (uintptr_t)blocks[2] % 64U != 0U;
    for (unsigned i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        failed |= blocks[i] == NULL || rw_layout_free(&app_layout, blocks[i]) != RW_OK;
    }
    return failed || rw_layout_owner(&app_layout, frame) != NULL;
}
"""


@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize("word", ["-m64", "-m32"])
def test_the_owner_of_every_block_is_found(
    word: str, level: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "app.ramwright.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    layout = build.generated(config, tmp_path / "generated", "app")
    test = tmp_path / "test.c"
    test.write_text(PROGRAM, encoding="utf-8")
    command = ["gcc", "-std=gnu11", level, word, "-Wall", "-Wextra", "-Werror"]
    command += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command += [f"-I{build.RUNTIME / 'include'}", f"-I{layout.directory}"]
    sources = [test, layout.source, *sorted((build.RUNTIME / "src").rglob("*.c"))]
    program = tmp_path / "app"
    build.output_of([*command, *sources, "-o", program, "-pthread"])
    assert subprocess.run([program], check=False).returncode == 0
    assert main(["verify", str(config), str(program)]) == 1
    assert "RW0520" in capsys.readouterr().err
