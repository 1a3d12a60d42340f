# SPDX-License-Identifier: Apache-2.0
"""Every rule of verify fires on a firmware with that fault, and none on a firmware without.

Most faults are seeded into the values read from one good ELF: what the linker would have to get
wrong, the test gets wrong for it.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from boards.faults import FAULTS, Good
from boards.linking import FLAGS, NRF52840, RTTHREAD, STM32CUBE, Project
from emulate.build import RUNTIME, output_of
from ramwright.elf import ElfError, read_elf
from ramwright.linked import arena_addresses, foreign_sections, state_addresses
from ramwright.structs import FIELDS, offsets, size_of
from ramwright.verify import verify

OBJECTS = """
buffers:
  notes: {region: ram, size: 100}
  ring: {region: other, size: 64, alignment: 32}
  crash: {region: other, size: 64, at: end}
pools:
  frames: {region: ram, block_size: 24, count: 10, sharing: interrupt}
heaps:
  small: {region: ram, size: 1K, debug_name: false}
  bulk: {region: other, size: 16K}
slabs:
  kernel: {region: other, slab_size: 1K, slab_count: 4, zones: [{block_size: 16}, {block_size: 64}]}
memheaps:
  system: {members: [small, bulk]}
"""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Good:
    """RT-Thread's board, both banks in use, every kind of object."""
    directory = tmp_path_factory.mktemp("good")
    project = Project(RTTHREAD, directory, occupied=True)
    layout = project.layout(OBJECTS, "link: {anchor: .data, insert: after}")
    return Good(layout, project.firmware(layout), directory / "firmware.elf")


def test_good_firmware(good: Good) -> None:
    assert verify(good.layout, good.elf) == ()


def test_stripped(good: Good, tmp_path: Path) -> None:
    stripped = tmp_path / "stripped.elf"
    output_of(["arm-none-eabi-objcopy", "--strip-all", good.path, stripped])
    assert good.codes(read_elf(stripped)) == {"RW0501"}


@pytest.mark.parametrize("content", [b"", b"not an ELF", b"\x7fELF" + bytes(20)])
def test_file_that_is_no_elf(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "firmware.elf"
    path.write_bytes(content)
    with pytest.raises(ElfError):
        read_elf(path)


def test_object_file_is_no_firmware(good: Good) -> None:
    with pytest.raises(ElfError, match="not a linked program"):
        read_elf(good.path.parent / "firmware.o")


def test_linked_by_hand_without_our_scripts(good: Good, tmp_path: Path) -> None:
    """A linker told where the arenas are, but not by us."""
    project = Project(RTTHREAD, tmp_path, occupied=True)
    layout = project.layout(OBJECTS)
    addresses = arena_addresses(good.layout, good.elf)
    symbols = [f"-Wl,--defsym={good.arena(name)}={address}" for name, address in addresses.items()]
    project = replace(project, flags=tuple(symbols))
    elf = project.linked("bare", project.objects(layout), [RTTHREAD.script])
    found = verify(layout, elf)
    assert [problem.code for problem in found] == ["RW0502", "RW0502"]
    assert "-T motor_memory.ld" in found[0].hint


@pytest.mark.parametrize("name", FAULTS)
def test_seeded_fault_is_found(name: str, good: Good) -> None:
    seed, code, words = FAULTS[name]
    found = [problem for problem in verify(good.layout, seed(good)) if problem.code == code]
    assert any(words in problem.what for problem in found), verify(good.layout, seed(good))
    assert all(problem.hint for problem in found)
    assert all(
        problem.severity == ("warning" if code == "RW0513" else "error") for problem in found
    )


def test_every_code_has_a_fault_and_a_page() -> None:
    package = Path(verify.__code__.co_filename).parent
    codes = set(re.findall(r'"(RW05\d\d)"', (package / "verify.py").read_text()))
    assert codes == {code for _, code, _ in FAULTS.values()} | {"RW0501"}
    assert all((package / "explain" / f"{code}.md").is_file() for code in codes)


def test_adopted_section_must_be_no_load(tmp_path: Path) -> None:
    """A section with initialised data of the board takes the adopted object into the image."""
    script = tmp_path / "rtthread_f407.ld"
    script.write_text(RTTHREAD.script.read_text().replace(".ccm (NOLOAD) :", ".ccm :"))
    project = Project(RTTHREAD, tmp_path, occupied=True, flags=("-DOCCUPIED_DATA",))
    layout = project.layout(
        "buffers: {a: {region: other, size: 64, section: .ccm}}\n",
        "link: {anchor: .data, insert: after}",
    )
    scripts = [script, *project.scripts(layout)[1:]]
    elf = project.linked("image", project.objects(layout), scripts)
    assert [problem.code for problem in verify(layout, elf)] == ["RW0506"]


def test_dropped_objects_of_a_real_link(tmp_path: Path) -> None:
    project = Project(NRF52840, tmp_path)
    layout = project.layout(
        "heaps: {unused: {region: ram, size: 1K}}\n", "link: {anchor: .data, insert: after}"
    )
    objects = project.objects(layout, use=False)
    found = verify(layout, project.linked("unused", objects, project.scripts(layout)))
    assert [(problem.code, problem.severity) for problem in found] == [("RW0513", "warning")]


def test_stm32cube_heap_and_stack_are_known(tmp_path: Path) -> None:
    """An object pinned to the end of the home lies in the stack of STM32Cube."""
    project = Project(STM32CUBE, tmp_path)
    layout = project.layout(
        "buffers: {top: {region: ram, size: 64, at: end}}\n", "link: {anchor: .data, insert: after}"
    )
    found = verify(layout, project.firmware(layout))
    assert [problem.code for problem in found] == ["RW0509"]
    assert "_estack - _Min_Stack_Size" in found[0].what


def test_linked_places_for_the_map(good: Good) -> None:
    other = next(region for region in good.layout.regions if region.name == "other")
    assert [section.name for section in foreign_sections(other, good.elf)] == [".ccm"]
    names = {name for name, _, _ in state_addresses(good.layout, good.elf)}
    assert names == {"frames", "small", "bulk", "kernel"}
    total = sum(size for _, _, size in state_addresses(good.layout, good.elf))
    planned = sum(obj.state_size for obj in good.layout.objects)
    assert planned - 3 * len(names) <= total <= planned
    addresses = arena_addresses(good.layout, good.elf)
    assert addresses["crash"] == 0x1000FFC0


HEAD = {"arena", "size", "name", "core", "kind", "attributes"}  # fields of rw_object_t


@pytest.mark.parametrize(("flags", "pointer"), [(FLAGS[:2], 4), ((), 8)], ids=["arm", "host"])
def test_structs_are_those_of_the_headers(
    flags: tuple[str, ...], pointer: int, tmp_path: Path
) -> None:
    headers = ("pool", "heap", "slab", "memheap", "layout")
    lines = ["#include <stddef.h>", *(f'#include "ramwright/{name}.h"' for name in headers)]
    for struct, fields in FIELDS.items():
        lines.append(f'_Static_assert(sizeof({struct}) == {size_of(struct, pointer)}, "{struct}");')
        heads = dict(fields).keys() & HEAD if "arena" in dict(fields) else set()
        for field, (at, _) in offsets(struct, pointer).items():
            member = f"object.{field}" if field in heads else field
            lines.append(
                f'_Static_assert(offsetof({struct}, {member}) == {at}, "{struct}.{field}");'
            )
    source = tmp_path / "structs.c"
    source.write_text("\n".join(lines) + "\n")
    compiler = "arm-none-eabi-gcc" if flags else "gcc"
    command = [
        compiler,
        *flags,
        "-std=c11",
        f"-I{RUNTIME / 'include'}",
        "-fsyntax-only",
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
