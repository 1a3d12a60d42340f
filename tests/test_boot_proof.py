# SPDX-License-Identifier: Apache-2.0
"""Boot does nothing: a layout costs the zeroing of its .bss words, to the instruction, and nothing
else; its arenas stay untouched until somebody allocates; its size is not in the image.

The firmware is the demo's layout on the demo's board and startup code, run from the reset vector on
an emulated core whose RAM is junk.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from emulate import build
from emulate.machine import Image, Machine

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "examples" / "mps2"
BOARD = DEMO / "board.ld"
KEEP_LAYOUT = "-Wl,--undefined=demo_layout"  # and with it every object, used or not
BLACKBOX = (0x01003F00, 256)  # the buffer, where the config pins it
CPUS = ("cortex-m0plus", "cortex-m3")


class Firmware:
    """Builds variants of boot.c for one core."""

    def __init__(self, cpu: str, directory: Path) -> None:
        self.cpu = cpu
        self.maker = build.Build(cpu, directory)
        self.layout = build.generated(
            DEMO / "memory.ramwright.yaml", directory / "generated", "demo"
        )
        self.layout_object = self.maker.compiled(self.layout.source, includes=[DEMO])
        self.runtime = self.maker.runtime()
        self.startup = self.maker.compiled(DEMO / "startup.c")

    def without_layout(self, *flags: str) -> Image:
        """The firmware that never heard of the layout."""
        objects = [self._main("without", "-DWITHOUT_LAYOUT", *flags), self.startup]
        return Image.of(self.maker.linked("without", objects, [BOARD]))

    def with_layout(self, *flags: str) -> Image:
        """The firmware with layout and runtime."""
        objects = [self._main("with", *flags), self.startup, self.layout_object, self.runtime]
        return Image.of(self.maker.linked("with", objects, self.layout.scripts(BOARD), KEEP_LAYOUT))

    def _main(self, name: str, *flags: str) -> Path:
        includes = (self.layout.directory, DEMO)
        return self.maker.compiled(
            HERE / "emulate" / "boot.c", *flags, includes=includes, name=name
        )

    def instructions_to_main(self, image: Image) -> int:
        """Executed from the reset vector to the first instruction of main."""
        machine = Machine(image, self.cpu, boot=True, counting=True)
        machine.run_to(image.symbols["main"].address)
        return machine.instructions

    def watched(self, image: Image) -> Machine:
        """A machine at reset that watches every arena and buffer."""
        return Machine(image, self.cpu, boot=True, watch=arenas(image))


@pytest.fixture(scope="module", params=CPUS)
def firmware(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    """Everything that the variants share, built once a core."""
    return Firmware(request.param, tmp_path_factory.mktemp(request.param))


def arenas(image: Image) -> list[tuple[int, int]]:
    """Address and size of every arena, as the descriptors in flash say, and of the buffer."""
    machine = Machine(image, "cortex-m3")
    layout = image.symbols["demo_layout"].address
    _, objects, count = struct.unpack("<IIH", machine.read(layout, 10))
    descriptors = struct.unpack(f"<{count}I", machine.read(objects, 4 * count))
    return [*(arena_at(machine, descriptor) for descriptor in descriptors), BLACKBOX]


def arena_of(image: Image, handle: str) -> tuple[int, int]:
    """Address and size of the arena of one object."""
    return arena_at(Machine(image, "cortex-m3"), image.symbols[handle].address)


def arena_at(machine: Machine, descriptor: int) -> tuple[int, int]:
    """Arena and size: the first two words of a descriptor."""
    address, size = struct.unpack("<II", machine.read(descriptor, 8))
    return address, size


def bss_words(image: Image) -> int:
    """How many words the startup code zeroes."""
    size = image.symbols["_ebss"].address - image.symbols["_sbss"].address
    assert size % 4 == 0
    return size // 4


def instructions_per_word(firmware: Firmware) -> int:
    """What the startup code spends on one word of .bss."""
    plain = firmware.without_layout()
    padded = firmware.without_layout("-DEXTRA_BSS_WORDS=65")
    assert bss_words(padded) - bss_words(plain) == 64
    spent = firmware.instructions_to_main(padded) - firmware.instructions_to_main(plain)
    assert spent % 64 == 0
    return spent // 64


def boot_cost(firmware: Firmware, image: Image) -> int:
    """Instructions to main beyond the zeroing of .bss."""
    zeroing = bss_words(image) * instructions_per_word(firmware)
    return firmware.instructions_to_main(image) - zeroing


def test_boot_differs_by_the_zeroing_of_bss_alone(firmware: Firmware) -> None:
    image = firmware.with_layout()
    plain = firmware.without_layout()
    assert bss_words(image) > bss_words(plain)
    assert boot_cost(firmware, image) == boot_cost(firmware, plain)


def test_no_arena_byte_is_touched_before_the_first_allocation(firmware: Firmware) -> None:
    image = firmware.with_layout()
    machine = firmware.watched(image)
    machine.run_to(image.symbols["main"].address)
    assert machine.accesses == []
    machine.run_to(image.symbols["can_rx_alloc"].address)
    assert machine.accesses == []


def test_only_heap_blocks_handed_out_are_touched_by_allocation(firmware: Firmware) -> None:
    """Pools and slabs keep their books elsewhere; a heap writes the header of the block."""
    image = firmware.with_layout()
    machine = firmware.watched(image)
    machine.run_to(image.symbols["other_allocations"].address)
    assert machine.accesses == [], "the pool touched its arena"
    machine.run_to(image.symbols["first_use"].address)
    headers = [arena_of(image, heap)[0] for heap in ("main_heap", "bulk_heap")]
    written = {access.address & ~7 for access in machine.accesses}
    assert written == set(headers), "more than the granule of each heap's first header"


def test_the_watch_sees_the_first_use(firmware: Firmware) -> None:
    image = firmware.with_layout()
    machine = firmware.watched(image)
    machine.run_to(image.symbols["finished"].address)
    use = image.symbols["first_use"]
    assert any(use.address <= access.pc < use.address + use.size for access in machine.accesses)


def test_a_seeded_constructor_is_caught(firmware: Firmware) -> None:
    image = firmware.with_layout("-DSEED_CONSTRUCTOR")
    machine = firmware.watched(image)
    machine.run_to(image.symbols["main"].address)
    assert [access.write for access in machine.accesses] == [True]
    assert boot_cost(firmware, image) > boot_cost(firmware, firmware.without_layout())


BOOT_SECTIONS = re.compile(r"\.(data|init_array|preinit_array|ctors|init)(\.|$)")


def boot_work(objects: Iterable[Path]) -> list[str]:
    """Whatever in object files would run, or be copied, before main; and what is named as if."""
    found = []
    for path in objects:
        with path.open("rb") as file:
            elf = ELFFile(file)
            for section in elf.iter_sections():
                if BOOT_SECTIONS.match(section.name) and section["sh_size"]:
                    found.append(f"{path.name}: {section['sh_size']} bytes of {section.name}")
            for name in function_names(elf):
                if "init" in name:
                    found.append(f"{path.name}: function {name}")
    return found


def function_names(elf: ELFFile) -> Sequence[str]:
    """Functions an object file defines."""
    table = elf.get_section_by_name(".symtab")
    assert isinstance(table, SymbolTableSection)
    return [
        symbol.name
        for symbol in table.iter_symbols()
        if symbol["st_info"]["type"] == "STT_FUNC" and symbol["st_shndx"] != "SHN_UNDEF"
    ]


def test_nothing_of_ours_runs_or_is_copied_at_boot(firmware: Firmware) -> None:
    ours = [firmware.layout_object, *(firmware.maker.directory / "runtime").glob("*.o")]
    assert len(ours) > 4, "the runtime's objects were not found"
    assert boot_work(ours) == []


@pytest.mark.parametrize(
    ("seed", "caught"),
    [
        ("int seeded = 5;", "4 bytes of .data.seeded"),
        (
            "__attribute__((constructor)) static void seeded(void)\n"
            '{\n    __asm__ volatile("");\n}',
            "4 bytes of .init_array",
        ),
        ("void can_rx_init(void);\nvoid can_rx_init(void)\n{\n}", "function can_rx_init"),
    ],
    ids=["data", "constructor", "name"],
)
def test_seeded_boot_work_is_caught(firmware: Firmware, seed: str, caught: str) -> None:
    source = firmware.maker.directory / "seeded.c"
    source.write_text(firmware.layout.source.read_text() + seed + "\n")
    obj = firmware.maker.compiled(source, includes=[firmware.layout.directory, DEMO])
    assert boot_work([obj]) == [f"seeded.o: {caught}"]


LARGER = {
    "size: 32K": "size: 40K",
    "size: 2M}": "size: 15M}",
    "slab_count: 12": "slab_count: 15",
    "CAN_DEPTH: 24": "CAN_DEPTH: 120",
}


def test_the_image_does_not_grow_with_its_arenas(tmp_path: Path) -> None:
    text = (DEMO / "memory.ramwright.yaml").read_text()
    enlarged = text
    for old, new in LARGER.items():
        assert enlarged.count(old) == 1
        enlarged = enlarged.replace(old, new)
    runtime = build.Build("cortex-m3", tmp_path).runtime()
    small, small_arenas = image_size(text, tmp_path / "small", runtime)
    large, large_arenas = image_size(enlarged, tmp_path / "large", runtime)
    assert large_arenas > 7 * small_arenas
    assert large == small


def image_size(config: str, directory: Path, runtime: Path) -> tuple[int, int]:
    """Bytes of the raw image of boot.c with that config, and bytes of its arenas."""
    directory.mkdir()
    file = directory / "memory.ramwright.yaml"
    file.write_text(config)
    maker = build.Build("cortex-m3", directory)
    layout = build.generated(file, directory / "generated", "demo")
    sources = (HERE / "emulate" / "boot.c", DEMO / "startup.c", layout.source)
    objects = [maker.compiled(source, includes=[layout.directory, DEMO]) for source in sources]
    elf = maker.linked("boot", [*objects, runtime], layout.scripts(BOARD), KEEP_LAYOUT)
    size = build.raw_image(elf).stat().st_size
    return size, sum(size for _, size in arenas(Image.of(elf)))
