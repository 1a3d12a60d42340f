# SPDX-License-Identifier: Apache-2.0
"""Layouts linked into boards as they are: nothing moves that should not, nothing overlaps, and
what cannot be right fails with a message that says what to do."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from boards.linking import (
    ALL,
    BOARDS,
    CH32V307,
    NRF52840,
    RTTHREAD,
    STM32CUBE,
    TEENSY,
    Board,
    Project,
)
from emulate.build import RUNTIME, BuildError, output_of
from ramwright.elf import ElfImage
from ramwright.layout import Layout
from ramwright.link_view import arena_symbol
from ramwright.linked import arena_address
from ramwright.verify import verify

HOME = """
buffers:
  notes: {region: ram, size: 100}
pools:
  frames: {region: ram, block_size: 24, count: 10, sharing: interrupt}
heaps:
  small: {region: ram, size: 1K}
"""
BOTH_BANKS = """
buffers:
  notes: {region: ram, size: 100}
  ring: {region: other, size: 64, alignment: 32}
  crash: {region: other, size: 64, at: end}
pools:
  frames: {region: ram, block_size: 24, count: 10, sharing: interrupt}
heaps:
  small: {region: ram, size: 1K}
  bulk: {region: other, size: 16K}
slabs:
  kernel: {region: other, slab_size: 1K, slab_count: 4, zones: [{block_size: 16}, {block_size: 64}]}
memheaps:
  system: {members: [small, bulk]}
"""
CASES = [
    pytest.param(board, occupied, id=f"{board.name}-{'occupied' if occupied else 'empty'}")
    for board in ALL
    for occupied in (False, True)
    if board.occupied or not occupied
]


def objects_for(board: Board) -> str:
    """Objects in every bank of `board` that is not the C heap's."""
    return BOTH_BANKS if board.other else HOME


@pytest.mark.parametrize(("board", "occupied"), CASES)
def test_everything_is_where_it_should_be(board: Board, occupied: bool, tmp_path: Path) -> None:
    project = Project(board, tmp_path, occupied)
    base = project.base()
    layout = project.layout(objects_for(board))
    linked = project.firmware(layout)
    assert verify(layout, linked) == ()
    assert_after_the_boards_own(board, base, layout, linked)
    assert_symbols_keep_their_meaning(board, base, linked)
    assert_heap_follows(board, layout, linked)
    assert sum(len(data) for _, data in linked.contents) < 8192  # arenas are not in the image


def assert_after_the_boards_own(
    board: Board, base: ElfImage, layout: Layout, linked: ElfImage
) -> None:
    """In the other bank, objects follow what the board itself has there."""
    if board.other is None:
        return
    origin, end = board.other
    occupant = [s for s in base.sections if origin <= s.address < end]
    own_end = max((s.end for s in occupant), default=origin)
    kept = [s for s in linked.sections if s in occupant]
    assert kept == occupant  # the board's own sections did not move
    for obj in layout.objects:
        address = arena_address(layout, linked, obj)
        assert address is not None
        if obj.region == "other":
            assert own_end <= address < end
    first = min(
        a
        for o in layout.objects
        if o.region == "other" and (a := address_of(layout, linked, o.name))
    )
    assert first - own_end < 32  # and not one alignment further


def address_of(layout: Layout, linked: ElfImage, name: str) -> int:
    """Where the object called `name` is."""
    obj = next(obj for obj in layout.objects if obj.name == name)
    address = arena_address(layout, linked, obj)
    assert address is not None
    return address


def assert_symbols_keep_their_meaning(board: Board, base: ElfImage, linked: ElfImage) -> None:
    """A symbol of the board that marks an end of a section still marks it."""
    for symbol, section, side in board.kept:
        assert distance(linked, symbol, section, side) == distance(base, symbol, section, side)


def distance(elf: ElfImage, symbol: str, section: str, side: str) -> int:
    """From one side of `section` to `symbol`."""
    address = elf.address(symbol)
    found = next(s for s in elf.sections if s.name == section)
    assert address is not None
    return address - (found.address if side == "start" else found.end)


def assert_heap_follows(board: Board, layout: Layout, linked: ElfImage) -> None:
    """The C heap begins behind .bss and every object of its bank."""
    heap = linked.address(board.symbols["HEAP_START"])
    assert heap is not None
    assert heap >= next(s.end for s in linked.sections if s.name == ".bss")
    for obj in layout.objects:
        if obj.region == "ram" and board is not TEENSY:
            assert address_of(layout, linked, obj.name) + obj.size <= heap


@pytest.mark.parametrize("board", ALL, ids=lambda board: board.name)
def test_link_time_optimisation_loses_nothing(board: Board, tmp_path: Path) -> None:
    project = Project(board, tmp_path, flags=("-flto",))
    layout = project.layout(objects_for(board))
    assert verify(layout, project.firmware(layout)) == ()


def test_without_section_garbage_collection(tmp_path: Path) -> None:
    project = Project(STM32CUBE, tmp_path, flags=("-Wl,--no-gc-sections",))
    layout = project.layout("buffers: {notes: {region: ram, size: 100}}")
    assert verify(layout, project.firmware(layout)) == ()


def test_two_regions_of_one_memory_entry(tmp_path: Path) -> None:
    regions = """
  ram: {origin: 0x20000000, size: 512K, linker: DTCM}
  low: {origin: 0x70000000, size: 64K, linker: ERAM}
  other: {origin: 0x70010000, size: 16M - 64K, linker: ERAM}
"""
    project = Project(replace(TEENSY, regions=regions), tmp_path, occupied=True)
    layout = project.layout("buffers: {a: {region: low, size: 64}, b: {region: other, size: 64}}\n")
    linked = project.firmware(layout)
    assert verify(layout, linked) == ()
    assert address_of(layout, linked, "a") == 0x70000080  # after what the board has there
    assert address_of(layout, linked, "b") == 0x70010000


def test_mixed_alignments_fill_a_region_to_the_byte(tmp_path: Path) -> None:
    """The linker packs the objects as `check` counted them."""
    regions = STM32CUBE.regions.replace("size: 64K,", "size: 64K, reserve: {start: 8},")
    project = Project(replace(STM32CUBE, regions=regions), tmp_path)
    layout = project.layout(
        "buffers: {a: {region: other, size: 1000}, b: {region: other, size: 4, alignment: 4},\n"
        "  c: {region: other, size: 63K, alignment: 1K}}\n"
        "pools: {frames: {region: ram, block_size: 24, count: 10},\n"
        "  wide: {region: ram, block_size: 64, count: 2, alignment: 64}}\n"
    )
    linked = project.firmware(layout)
    assert verify(layout, linked) == ()
    for obj in layout.objects:
        if obj.region == "other":
            assert address_of(layout, linked, obj.name) == 0x10000000 + obj.offset
    assert address_of(layout, linked, "c") + 63 * 1024 == 0x10010000


@pytest.mark.parametrize(
    ("region", "objects"),
    [
        ("turn", "buffers: {a: {region: turn, size: 64}}\n"),
        ("end", "buffers: {CCMRAM: {region: end, size: 64, address: 0x10000100}}\n"),
    ],
)
def test_no_name_collides_with_a_section_of_ours(region: str, objects: str, tmp_path: Path) -> None:
    board = replace(STM32CUBE, regions=STM32CUBE.regions.replace("other:", f"{region}:"))
    project = Project(board, tmp_path)
    layout = project.layout(objects + "pools: {p: {region: ram, block_size: 8, count: 4}}\n")
    linked = project.firmware(layout)
    assert verify(layout, linked) == ()
    ours = [section for section in linked.sections if section.name.startswith(".ramwright")]
    assert len(ours) == len(layout.objects)


def test_memory_entry_whose_name_is_no_identifier(tmp_path: Path) -> None:
    text = STM32CUBE.script.read_text().replace("CCMRAM", "CCM-D2$1")
    script = tmp_path / "board.ld"
    script.write_text(text)
    board = replace(STM32CUBE, regions=STM32CUBE.regions.replace("CCMRAM", "CCM-D2$1"))
    project = Project(board, tmp_path, occupied=True)
    layout = project.layout(BOTH_BANKS)
    scripts = [script, *project.scripts(layout)[1:]]
    assert verify(layout, project.linked("named", project.objects(layout), scripts)) == ()


def test_scripts_of_two_configs(tmp_path: Path) -> None:
    project = Project(STM32CUBE, tmp_path)
    stale = project.layout("buffers: {a: {region: ram, size: 64}}\n")
    board, script, check = project.scripts(stale)
    kept = script.rename(tmp_path / "kept.ld")
    layout = project.layout("buffers: {a: {region: ram, size: 72}}\n")
    said = failure(project, layout, [board, kept, check])
    assert "motor_memory.ld and motor_memory_check.ld are of different configs" in said


def test_reserve_at_the_start_is_left_to_the_application(tmp_path: Path) -> None:
    regions = RTTHREAD.regions.replace("size: 64K,", "size: 64K, reserve: {start: 1K, end: 2K},")
    project = Project(replace(RTTHREAD, regions=regions), tmp_path, occupied=True)
    layout = project.layout("buffers: {a: {region: other, size: 61K}}\n")
    linked = project.firmware(layout)
    assert verify(layout, linked) == ()
    assert address_of(layout, linked, "a") == 0x10000400


@pytest.mark.parametrize("occupied", [False, True])
def test_object_adopted_by_a_section_of_the_board(occupied: bool, tmp_path: Path) -> None:
    project = Project(RTTHREAD, tmp_path, occupied)
    layout = project.layout("buffers: {a: {region: other, size: 64, section: .ccm}}\n")
    linked = project.firmware(layout)
    assert verify(layout, linked) == ()
    symbol = linked.symbols[arena_symbol(layout, layout.objects[0])]
    assert symbol.section == ".ccm"


@pytest.mark.parametrize(
    ("section", "name"), [(".ccm", ".ccm.rw.a"), ("{output: .ccm, input: .fast}", ".fast")]
)
def test_clang_makes_an_adopted_object_no_load(section: str, name: str, tmp_path: Path) -> None:
    project = Project(RTTHREAD, tmp_path)
    adopted = f"a: {{region: other, size: 64, section: {section}}}"
    project.layout(f"buffers: {{{adopted}, b: {{region: ram, size: 9K}}}}\n")
    obj = tmp_path / "motor.o"
    command = ["clang", "--target=arm-none-eabi", "-mcpu=cortex-m4", "-ffreestanding", "-c"]
    includes = [f"-I{RUNTIME / 'include'}", f"-I{tmp_path}"]
    subprocess.run([*command, *includes, tmp_path / "motor_memory.c", "-o", obj], check=True)
    with obj.open("rb") as file:
        sections = {section.name: section for section in ELFFile(file).iter_sections()}
        assert sections[name]["sh_type"] == "SHT_NOBITS"
        assert sections[name]["sh_size"] == 64
        others = [s["sh_size"] for n, s in sections.items() if not n.startswith(".debug")]
        assert max(others) < 9 * 1024


DMA = "{output: .bss.dma, input: .dmabuffers}"
EXTERNAL = "{output: .bss.extram, input: .externalram}"
ADOPTED = f"""
buffers:
  frame: {{region: ocram, size: 100, section: {DMA}}}
pools:
  packets: {{region: ocram, block_size: 64, count: 8, alignment: 32, section: {DMA}}}
heaps:
  images: {{region: other, size: 1M, section: {EXTERNAL}}}
  own: {{region: ram, size: 1K}}
"""


@pytest.mark.parametrize("flags", [(), ("-flto",)], ids=["gc-sections", "lto"])
@pytest.mark.parametrize("occupied", [False, True])
def test_objects_adopted_by_input_sections_of_other_names(
    occupied: bool, flags: tuple[str, ...], tmp_path: Path
) -> None:
    """The Teensy's `.bss.dma : { *(.dmabuffers) }` collects nothing that is named after it."""
    project = Project(TEENSY, tmp_path, occupied, flags=flags)
    layout = project.layout(ADOPTED)
    linked = project.firmware(layout)
    assert verify(layout, linked) == ()
    holders = {"frame": ".bss.dma", "packets": ".bss.dma", "images": ".bss.extram"}
    for name, holder in holders.items():
        obj = next(obj for obj in layout.objects if obj.name == name)
        assert linked.symbols[arena_symbol(layout, obj)].section == holder
        assert address_of(layout, linked, name) % obj.alignment == 0
    sections = {section.name: section for section in linked.sections}
    assert sections[".bss.dma"].nobits and sections[".bss.extram"].nobits


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (".bss.dma", "does not collect input section .bss.dma.rw.a"),
        ("{output: .bss.dma}", "does not collect input section .bss.dma.rw.a"),
        ("{output: .bss.dma, input: .externalram}", "does not collect input section .externalram"),
        ("{output: .bss.extram, input: .externalram}", ".bss.extram is not in region ocram"),
    ],
)
def test_input_section_that_is_not_collected_there(section: str, said: str, tmp_path: Path) -> None:
    project = Project(TEENSY, tmp_path)
    layout = project.layout(f"buffers: {{a: {{region: ocram, size: 64, section: {section}}}}}\n")
    assert said in failure(project, layout, project.scripts(layout))


BEHIND = """
buffers:
  desc: {region: other, size: 192, %s}
  frames: {region: other, size: 4K, section: .ccm}
"""


def board_with(head: str, tail: str, directory: Path) -> Path:
    """RT-Thread's script with another head and end of its section .ccm."""
    before, after = RTTHREAD.script.read_text().split(".ccm (NOLOAD) :")
    script = directory / "board.ld"
    script.write_text(f"{before}{head} (NOLOAD) :{after.replace('> RAM2', tail, 1)}")
    return script


@pytest.mark.parametrize(
    ("pin", "head", "tail", "more"),
    [
        ("address: 0x10000000", ".ccm 0x10000200", "> RAM2", ""),
        ("address: 0x10000000", ".ccm 0x10000200", "", ""),
        ("address: 0x10008000", ".ccm 0x10008200", "> RAM2", "heaps: {h: {region: ram, size: 1K}}"),
        ("address: 0x10008000", ".ccm", "> RAM2", "heaps: {h: {region: other, size: 1K}}"),
        ("at: start", ".ccm 0x10000200", "> RAM2", "heaps: {h: {region: other, size: 1K}}"),
        (
            "address: 0x10000040",
            ".own (NOLOAD) : { KEEP(*(.own)) . += 64; } > RAM2\n .ccm 0x10000200",
            "> RAM2",
            "",
        ),
    ],
    ids=["start", "no bank named", "middle", "in front of it", "linked behind", "between"],
)
def test_section_that_adopts_behind_a_pinned_object(
    pin: str, head: str, tail: str, more: str, tmp_path: Path
) -> None:
    """The board's script gives its section an address, and the object lies below it."""
    script = board_with(head, tail, tmp_path)
    project = Project(RTTHREAD, tmp_path)
    layout = project.layout(f"{BEHIND % pin}{more}\n")
    scripts = [script, *project.scripts(layout)[1:]]
    linked = project.linked("behind", project.objects(layout), scripts)
    assert verify(layout, linked) == ()
    frames = linked.symbols[arena_symbol(layout, layout.object_named["frames"])]
    start = head.rpartition(" ")[2] if "0x" in head else "0x10000000"
    assert (frames.section, frames.address) == (".ccm", int(start, 16))


@pytest.mark.parametrize(
    "head",
    [
        ".ccm",
        ".ccm 0x100000b8",
        ".own (NOLOAD) : { KEEP(*(.own)) . += 64; } > RAM2\n .ccm 0x10000200",
    ],
    ids=["same place", "reaches into it", "another section lies there"],
)
def test_pinned_object_that_the_boards_sections_reach(head: str, tmp_path: Path) -> None:
    script = board_with(head, "> RAM2", tmp_path)
    project = Project(RTTHREAD, tmp_path)
    layout = project.layout(BEHIND % "address: 0x10000000")
    said = failure(project, layout, [script, *project.scripts(layout)[1:]])
    assert "buffer desc is pinned at 0x10000000, but the board's own sections in RAM2 reach" in said


def failure(project: Project, layout: Layout, scripts: list[Path]) -> str:
    """What the linker says when `scripts` are used; it must fail."""
    with pytest.raises(BuildError) as error:
        project.linked("bad", project.objects(layout), scripts)
    return str(error.value)


@pytest.mark.parametrize("flags", [(), ("-flto",)], ids=["gc-sections", "lto"])
def test_forgotten_script(flags: tuple[str, ...], tmp_path: Path) -> None:
    project = Project(STM32CUBE, tmp_path, flags=flags)
    layout = project.layout(BOTH_BANKS)
    said = failure(project, layout, [STM32CUBE.script])
    assert "undefined reference to `frames_placed_by_motor_memory_ld'" in said


def test_forgotten_script_of_a_single_adopted_object(tmp_path: Path) -> None:
    project = Project(RTTHREAD, tmp_path)
    layout = project.layout("buffers: {a: {region: other, size: 64, section: .ccm}}\n")
    said = failure(project, layout, [RTTHREAD.script])
    assert "undefined reference to `a_placed_by_motor_memory_ld'" in said


def test_forgotten_check_script(tmp_path: Path) -> None:
    project = Project(STM32CUBE, tmp_path)
    layout = project.layout(BOTH_BANKS)
    said = failure(project, layout, project.scripts(layout)[:2])
    assert "motor_memory_check_ld_must_be_linked_too" in said


def test_forgotten_fragment_with_check_script(tmp_path: Path) -> None:
    project = Project(STM32CUBE, tmp_path)
    layout = project.layout(BOTH_BANKS)
    board, _, check = project.scripts(layout)
    assert "motor_memory_ld_must_be_linked_too" in failure(project, layout, [board, check])


def test_scripts_in_the_wrong_order(tmp_path: Path) -> None:
    project = Project(STM32CUBE, tmp_path)
    layout = project.layout(BOTH_BANKS)
    board, fragment, check = project.scripts(layout)
    assert "memory region `RAM' not declared" in failure(project, layout, [fragment, board, check])


def test_second_layout(tmp_path: Path) -> None:
    project = Project(STM32CUBE, tmp_path)
    second = project.layout("buffers: {spare: {region: ram, size: 64}}\n", name="spare_parts")
    layout = project.layout(HOME)
    scripts = [*project.scripts(layout), *project.scripts(second)[1:]]
    said = failure(project, layout, scripts)
    assert "spare_parts_memory.ld is the second layout of this image: link one" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CCMRAM (xrw) : ORIGIN = 0x10000000", "CCMRAM (xrw) : ORIGIN = 0x10000100"),
        ("0x10000000, LENGTH = 64K", "0x10000000, LENGTH = 32K"),
        ("0x20000000, LENGTH = 128K", "0x20000000, LENGTH = 112K"),
        ("CCMRAM", "CORE_RAM"),
    ],
    ids=["origin", "length", "length of the home", "name"],
)
def test_memory_changed_in_the_script(old: str, new: str, tmp_path: Path) -> None:
    script = tmp_path / "stm32cube_f407.ld"
    text = STM32CUBE.script.read_text()
    assert old in text
    script.write_text(text.replace(old, new))
    project = Project(STM32CUBE, tmp_path, flags=("-Wl,--no-fatal-warnings",))
    layout = project.layout(BOTH_BANKS)
    said = failure(project, layout, [script, *project.scripts(layout)[1:]])
    region = "ram" if "0x20000000" in old else "other"
    memory = "RAM" if region == "ram" else "CCMRAM"
    assert (
        f"ramwright: MEMORY {memory} of the board's script is missing or differs from "
        f"region {region} (ORIGIN = " in said
    )
    assert "correct origin, size or linker of the region, or MEMORY" in said


@pytest.mark.parametrize(
    ("board", "regions", "objects", "message"),
    [
        (
            STM32CUBE,
            ("", ""),
            "heaps: {bulk: {region: other, size: 64K}}",
            "region other is too small: bulk must end before 0x10010000, its end: make them",
        ),
        (
            STM32CUBE,
            ("size: 64K,", "size: 64K, reserve: {end: 1K},"),
            "heaps: {bulk: {region: other, size: 63K}}",
            "region other is too small: bulk must end before 0x1000fc00, where its reserve begins",
        ),
        (
            STM32CUBE,
            ("", ""),
            "buffers: {top: {region: other, size: 256, at: end}}\n"
            "heaps: {bulk: {region: other, size: 65280}}",
            "region other is too small: bulk must end before 0x1000ff00, where top is pinned",
        ),
        (
            STM32CUBE,
            ("size: 128K,", "size: 128K, reserve: {end: 1K},"),
            "heaps: {main: {region: ram, size: 129872}}",
            "region ram is too small: main must end before 0x2001fc00, where its reserve begins",
        ),
        (
            STM32CUBE,
            ("", ""),
            "buffers: {first: {region: other, size: 64, at: start}}",
            "buffer first is pinned at 0x10000000, but the board's own sections in CCMRAM reach",
        ),
        (
            TEENSY,
            ("", ""),
            "buffers: {a: {region: other, size: 64, section: .bss.extram}}",
            "buffer a is not in output section .bss.extram, which does not collect input section",
        ),
        (
            RTTHREAD,
            ("", ""),
            "buffers: {a: {region: ram, size: 64, section: .ccm}}",
            "buffer a: output section .ccm is not in region ram",
        ),
    ],
    ids=[
        "bank too small",
        "reserve at the end",
        "pinned object",
        "reserve of the home",
        "pinned into the board's own",
        "adopted by what does not collect it",
        "adopted in another region",
    ],
)
def test_what_does_not_fit(
    board: Board, regions: tuple[str, str], objects: str, message: str, tmp_path: Path
) -> None:
    changed = replace(board, regions=board.regions.replace(*regions))
    project = Project(changed, tmp_path, occupied=True, flags=("-DDATA_WORDS=64",))
    layout = project.layout(objects + "\n")
    assert message in failure(project, layout, project.scripts(layout))


def test_no_such_anchor(tmp_path: Path) -> None:
    project = Project(NRF52840, tmp_path)
    layout = project.layout(HOME, "link: {anchor: .nosuch}")
    said = "not found for insert"
    assert f".nosuch {said}" in failure(project, layout, project.scripts(layout))
    assert said in (RUNTIME.parent / "docs" / "building.md").read_text(encoding="utf-8")


def test_a_place_that_startup_clears_is_found_by_verify(tmp_path: Path) -> None:
    """The negative control of the matrix: before .bss, RT-Thread's __bss_start comes first."""
    project = Project(RTTHREAD, tmp_path)
    layout = project.layout(HOME, "link: {anchor: .bss, insert: before}")
    found = verify(layout, project.firmware(layout))
    assert {problem.code for problem in found} == {"RW0508"}
    assert "__bss_start..__bss_end" in found[0].what


def test_heap_of_the_board_is_found_by_verify(tmp_path: Path) -> None:
    """The rest of the Teensy's second bank is its C heap."""
    project = Project(TEENSY, tmp_path)
    layout = project.layout("buffers: {a: {region: ocram, size: 64}}\n")
    found = verify(layout, project.firmware(layout))
    assert [problem.code for problem in found] == ["RW0509"]


def test_board_scripts_are_as_their_boards_have_them() -> None:
    """No script of a board knows of us."""
    for script in BOARDS.glob("*.ld"):
        assert "ramwright" not in script.read_text()


def test_small_data_apart_from_data(tmp_path: Path) -> None:
    """Scripts of RISC-V may have .sdata as a section of its own, copied with .data in one go.
    Objects between the two would be copied over, which verify finds; behind both all is well."""
    script = tmp_path / "board.ld"
    before = ". = ALIGN(8);\n        PROVIDE(__global_pointer$ = . + 0x800);"
    apart = "} >RAM AT>FLASH\n    .sdata :\n    {\n        PROVIDE(__global_pointer$ = . + 0x800);"
    text = CH32V307.script.read_text()
    assert before in text
    script.write_text(text.replace(before, apart))
    project = Project(CH32V307, tmp_path, flags=("-DDATA_WORDS=64",))
    for head, codes in (("", {"RW0508"}), ("link: {anchor: .sdata, insert: after}", set())):
        layout = project.layout(HOME, head)
        scripts = [script, *project.scripts(layout)[1:]]
        linked = project.linked("firmware", [*project.objects(layout), small(tmp_path)], scripts)
        assert {problem.code for problem in verify(layout, linked)} == codes


def small(folder: Path) -> Path:
    """An object file with a variable in .sdata."""
    source = folder / "small.c"
    source.write_text("__attribute__((used)) int small = 1;\n")
    tools = CH32V307.tools
    output_of([f"{tools.prefix}gcc", *tools.flags, "-c", source, "-o", folder / "small.o"])
    return folder / "small.o"
