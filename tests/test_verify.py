# SPDX-License-Identifier: Apache-2.0
"""Every rule of verify fires on a firmware with that fault, and none on a firmware without.

Most faults are seeded into the values read from one good ELF: what the linker would have to get
wrong, the test gets wrong for it.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from boards.faults import FAULTS, Good
from boards.linking import ARM, NRF52840, RTTHREAD, STM32CUBE, Project
from emulate.build import RUNTIME, output_of
from ramwright import cli
from ramwright.elf import ElfError, read_elf
from ramwright.layout import Layout
from ramwright.linked import arena_addresses, foreign_sections, state_addresses
from ramwright.linked_map import linked_map
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
default: system
"""


WARNINGS = {"RW0513", "RW0516", "RW0519"}


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
        problem.severity == ("warning" if code in WARNINGS else "error") for problem in found
    )


def test_every_code_has_a_fault_and_a_page() -> None:
    package = Path(verify.__code__.co_filename).parent
    codes = set(re.findall(r'"(RW05\d\d)"', (package / "verify.py").read_text()))
    elsewhere = {"RW0501", "RW0517", "RW0520"}  # the latter: test_banks.py, test_host.py
    assert codes == {code for _, code, _ in FAULTS.values()} | elsewhere
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


def test_adopted_section_must_not_be_copied(tmp_path: Path) -> None:
    """STM32Cube's startup fills .ccmram from flash, initialised data in it or not."""
    project = Project(STM32CUBE, tmp_path)
    layout = project.layout("buffers: {a: {region: other, size: 64, section: .ccmram}}\n")
    elf = project.linked("copied", project.objects(layout), project.scripts(layout))
    assert "RW0508" in [problem.code for problem in verify(layout, elf)]


def test_noinit_section_of_the_home_can_be_adopted(tmp_path: Path) -> None:
    """ld gives what follows .data in its bank a load address in flash; nothing is loaded there. And
    adopted objects lie behind those that the plan has behind them, which the firmware uses."""
    script = tmp_path / "noinit.ld"
    text = STM32CUBE.script.read_text()
    noinit = ".noinit (NOLOAD) : { *(.noinit) *(.noinit*) } >RAM\n  ._user_heap_stack :"
    script.write_text(text.replace("._user_heap_stack :", noinit, 1))
    project = Project(STM32CUBE, tmp_path)
    layout = project.layout(
        "buffers: {crash: {region: ram, size: 64, section: .noinit}}\n"
        "pools:\n"
        "  low: {region: ram, block_size: 32, count: 4}\n"
        "  high: {region: ram, block_size: 32, count: 4, section: .noinit}\n"
    )
    scripts = [script, *project.scripts(layout)[1:]]
    elf = project.linked("noinit", project.objects(layout), scripts)
    addresses = arena_addresses(layout, elf)
    assert addresses["high"] > addresses["low"]
    assert "motor_objects" in elf.variables
    assert verify(layout, elf) == ()


def test_map_of_an_elf_says_what_verify_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(STM32CUBE, tmp_path)
    layout = project.layout("heaps: {main: {region: ram, size: 16K}}\n")
    project.firmware(layout)
    file, elf = tmp_path / "motor.yaml", tmp_path / "firmware.elf"
    assert cli.main(["map", str(file), "--elf", str(elf)]) == cli.OK
    file.write_text(file.read_text().replace("size: 16K", "size: 12K"))
    capsys.readouterr()
    assert cli.main(["map", str(file), "--elf", str(elf), "--format", "json"]) == cli.PROBLEMS
    drawn = capsys.readouterr()
    assert "RW0515" in drawn.err
    assert "RW0515" in [problem["code"] for problem in json.loads(drawn.out)["problems"]]


def test_states_outside_the_home_are_one_problem(good: Good) -> None:
    moved = good
    for name in ("small_heap", "bulk_heap"):
        elf = moved.with_field(name, "rw_heap_t", "state", good.address("ring"))
        moved = replace(moved, elf=elf)
    found = [p for p in verify(good.layout, moved.elf) if p.code == "RW0510"]
    assert len(found) == 1
    assert "outside the home region ram, as has 1 other object" in found[0].what
    assert "lies in region other: write `home: other`" in found[0].hint


def test_dropped_objects_of_a_real_link(tmp_path: Path) -> None:
    project = Project(NRF52840, tmp_path)
    layout = project.layout(
        "heaps: {unused: {region: ram, size: 1K}}\n", "link: {anchor: .data, insert: after}"
    )
    objects = project.objects(layout, use="")
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
    assert "`reserve: {end: 1K}` of region ram keeps it free" in found[0].hint


def test_linked_places_for_the_map(good: Good) -> None:
    other = next(region for region in good.layout.regions if region.name == "other")
    assert [section.name for section in foreign_sections(good.layout, other, good.elf)] == [".ccm"]
    names = {name for name, _, _ in state_addresses(good.layout, good.elf)}
    assert names == {"frames", "small", "bulk", "kernel"}
    total = sum(size for _, _, size in state_addresses(good.layout, good.elf))
    planned = sum(obj.state_size for obj in good.layout.objects)
    assert planned - 3 * len(names) <= total <= planned
    addresses = arena_addresses(good.layout, good.elf)
    assert addresses["crash"] == 0x1000FFC0


POOL = "pools: {frames: {region: ram, block_size: 24, count: 10, sharing: %s, checks: %s}}\n"


def test_config_changed_after_the_link(tmp_path: Path) -> None:
    """Sharing, checks and the size of a buffer leave no other trace in this firmware."""
    project = Project(NRF52840, tmp_path)
    layout = project.layout(POOL % ("interrupt", "basic") + "buffers: {b: {region: ram, size: 1K}}")
    elf = project.firmware(layout)
    assert verify(layout, elf) == ()
    for changed in (
        POOL % ("none", "basic") + "buffers: {b: {region: ram, size: 1K}}",
        POOL % ("interrupt", "none") + "buffers: {b: {region: ram, size: 1K}}",
        POOL % ("interrupt", "basic") + "buffers: {b: {region: ram, size: 512}}",
        POOL % ("interrupt", "basic") + "buffers: {b: {region: ram, size: 1K, alignment: 16}}",
    ):
        found = verify(project.layout(changed), elf)
        assert [problem.code for problem in found] == ["RW0515"]
        assert "give the `--variant` and `-D` that it was generated with" in found[0].hint


def test_objects_of_a_config_before_the_scripts(tmp_path: Path) -> None:
    """The number of the core is the same in both configs, the core is not."""
    project = Project(NRF52840, tmp_path)
    before = project.layout(POOL % ("interrupt", "basic"))
    call = "rw_pool_free(&frames_pool, rw_pool_alloc(&frames_pool))"
    objects = [*project.objects(before, call), *project.runtime()]
    elf = project.linked("current", objects, project.scripts(before))
    assert verify(before, elf) == ()
    layout = project.layout(POOL % ("none", "basic"))
    found = verify(layout, project.linked("stale", objects, project.scripts(layout)))
    assert [problem.code for problem in found] == ["RW0511"]
    assert "_cores[0] is rw_pool_alloc_basic_shared_8, not rw_pool_alloc_basic_none_8" in (
        found[0].what
    )


def test_descriptor_that_was_folded_into_its_users(tmp_path: Path) -> None:
    """Link-time optimisation leaves of a used pool its state, which is checked all the same."""
    project = Project(NRF52840, tmp_path, flags=("-flto",))
    layout = project.layout(POOL % ("none", "basic"))
    objects = [*project.objects(layout, "(void)frames_free(frames_alloc())"), *project.runtime()]
    elf = project.linked("folded", objects, project.scripts(layout))
    assert elf.variable("frames_pool") is None
    assert verify(layout, elf) == ()
    state = elf.variables["frames_state"].address
    cleared = elf.symbols["__bss_start__"]._replace(address=state + 4)
    less = elf._replace(symbols={**elf.symbols, "__bss_start__": cleared})
    assert {problem.code for problem in verify(layout, less)} == {"RW0510"}


def with_script(project: Project, layout: Layout, *pairs: tuple[str, str]) -> list[Path]:
    """The scripts of a project with changes to the board's."""
    text = project.board.script.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    script = project.directory / project.board.script.name
    script.write_text(text)
    return [script, *project.scripts(layout)[1:]]


@pytest.mark.parametrize(
    ("start", "end"), [(0x00800000, 0x20000064), (0x007FFFC0, 0x20000024)], ids=["in", "into"]
)
def test_section_at_another_address_of_the_same_bytes(start: int, end: int, tmp_path: Path) -> None:
    """Code copied to the code bus's view of the RAM, or from below into it, lands in the arenas
    that begin the RAM."""
    project = Project(
        replace(NRF52840, occupied=".coderam"),
        tmp_path,
        True,
        ("-DOCCUPIED_DATA", "-DDATA_WORDS=4"),
    )
    layout = project.layout("buffers: {a: {region: ram, size: 64}}\n")
    section = ".coderam : AT(0x80000) { *(.coderam) } > CODE_RAM\n    .heap"
    bank = "CODE_RAM (rwx) : ORIGIN = "
    pairs = (("    .heap", "    " + section), (f"{bank}0x00800000", f"{bank}{start:#x}"))
    scripts = with_script(project, layout, *pairs)
    elf = project.linked("aliased", project.objects(layout), scripts)
    found = verify(layout, elf)
    assert {problem.code for problem in found} == {"RW0506", "RW0507"}
    overlapped = f"overlaps output section .coderam (0x20000000..{end:#x})"
    assert any(overlapped in problem.what for problem in found)
    ram = next(region for region in layout.regions if region.name == "ram")
    assert ".coderam" in {section.name for section in foreign_sections(layout, ram, elf)}
    spans = linked_map(layout, elf).regions[0].spans
    assert ".coderam" in {span.object for span in spans}


@pytest.mark.parametrize(
    ("start", "end", "codes"),
    [
        ("__bss_base__", "__bss_limit__", {"RW0508"}),
        ("_bss", "_ebss", {"RW0508"}),
        ("zeroed_from", "zeroed_to", {"RW0516"}),
    ],
    ids=["ChibiOS", "MCUXpresso", "unknown"],
)
def test_other_names_of_the_cleared_range(
    start: str, end: str, codes: set[str], tmp_path: Path
) -> None:
    names = {"BSS_START": start, "BSS_END": end, "HEAP_START": "_end"}
    board = replace(RTTHREAD, symbols={**RTTHREAD.symbols, **names})
    project = Project(board, tmp_path)
    layout = project.layout(
        "buffers: {a: {region: ram, size: 64}}\n", "link: {anchor: .bss, insert: before}"
    )
    pairs = (("_sbss = .;", ""), ("_ebss = .;", ""), ("__bss_start", start), ("__bss_end", end))
    scripts = with_script(project, layout, *pairs)
    found = verify(layout, project.linked("named", project.objects(layout), scripts))
    assert {problem.code for problem in found} == codes


def test_heap_above_a_stack_that_comes_first(tmp_path: Path) -> None:
    """RT-Thread's stack lies below .bss, so a heap of sbrk has the rest of the bank."""
    project = Project(RTTHREAD, tmp_path, flags=("-Wl,--defsym=_sbrk=0x08000000",))
    layout = project.layout("buffers: {top: {region: ram, size: 64, at: end}}\n")
    found = verify(layout, project.firmware(layout))
    assert [problem.code for problem in found] == ["RW0509"]
    assert "_end, which sbrk grows from" in found[0].what
    assert "reserve" not in found[0].hint, "this heap would begin below the arena all the same"


def test_thread_local_bss_takes_no_room(tmp_path: Path) -> None:
    project = Project(RTTHREAD, tmp_path)
    layout = project.layout(
        "buffers: {a: {region: ram, size: 64}}\n", "link: {anchor: .tbss, insert: after}"
    )
    tbss = ".tbss : { KEEP(*(.tbss*)) } >RAM1\n    .stack :"
    scripts = with_script(project, layout, (".stack :", tbss))
    source = tmp_path / "threads.s"
    source.write_text('.section .tbss.x,"awT",%nobits\n.globl x\nx: .space 64\n')
    output_of(["arm-none-eabi-as", "-mcpu=cortex-m4", source, "-o", tmp_path / "threads.o"])
    objects = [*project.objects(layout), tmp_path / "threads.o"]
    assert verify(layout, project.linked("threads", objects, scripts)) == ()


HEAD = {"arena", "size", "name", "core", "kind", "attributes", "overhead"}  # fields of rw_object_t


@pytest.mark.parametrize(("flags", "pointer"), [(ARM, 4), ((), 8)], ids=["arm", "host"])
def test_structs_are_those_of_the_headers(
    flags: tuple[str, ...], pointer: int, tmp_path: Path
) -> None:
    headers = ("pool", "heap", "slab", "memheap", "full", "layout")
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
