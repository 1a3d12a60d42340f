# SPDX-License-Identifier: Apache-2.0
"""Links a layout into the boards of this folder, whose scripts are never edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emulate.build import RUNTIME, WARNINGS, Tools, output_of, tools_for
from ramwright.elf import ElfImage, read_elf
from ramwright.errors import has_errors
from ramwright.layout import Layout
from ramwright.load import understood
from ramwright.planner import plan
from ramwright.render import render
from ramwright.view import handle

BOARDS = Path(__file__).resolve().parent
ARM = tools_for("cortex-m4").flags
FLAGS = ("-std=c11", "-Os", "-ffreestanding", "-ffunction-sections", "-fdata-sections")
LINK_FLAGS = ("-nostartfiles", "-Wl,--gc-sections", "-Wl,--fatal-warnings")

_STM32 = {
    "DATA_START": "_sdata",
    "DATA_END": "_edata",
    "DATA_LOAD": "_sidata",
    "BSS_START": "_sbss",
    "BSS_END": "_ebss",
    "STACK_TOP": "_estack",
}


@dataclass(frozen=True)
class Board:
    """A board: its script, the symbols its startup uses, its banks as regions of a config."""

    name: str
    symbols: Mapping[str, str]  # macros of firmware.c
    regions: str  # YAML; the home is `ram`, the other bank `other`
    other: tuple[int, int] | None  # origin and end of the other bank
    occupied: str = ""  # input section that the board's script puts into the other bank
    kept: tuple[tuple[str, str, str], ...] = ()  # symbol, section, side of it that it marks
    cpu: str = "cortex-m4"
    flags: tuple[str, ...] = ()  # to the compiler and the linker

    @property
    def tools(self) -> Tools:
        """Compiler and linker for its core."""
        return tools_for(self.cpu)

    @property
    def script(self) -> Path:
        """The board's own linker script."""
        return BOARDS / f"{self.name}.ld"


STM32CUBE = Board(
    "stm32cube_f407",
    {
        **_STM32,
        "HEAP_START": "_end",
        "CCM_START": "_sccmram",
        "CCM_END": "_eccmram",
        "CCM_LOAD": "_siccmram",
    },
    """
  ram: {origin: 0x20000000, size: 128K, linker: RAM, attributes: [dma]}
  other: {origin: 0x10000000, size: 64K, linker: CCMRAM, attributes: [fast]}
""",
    (0x10000000, 0x10010000),
    ".ccmram",
    (
        ("_sdata", ".data", "start"),
        ("_edata", ".data", "end"),
        ("__bss_start__", ".bss", "start"),
        ("__bss_end__", ".bss", "end"),
    ),
)
RTTHREAD = Board(
    "rtthread_f407",
    {**_STM32, "HEAP_START": "__bss_end"},
    """
  ram: {origin: 0x20000000, size: 128K, linker: RAM1, attributes: [dma]}
  other: {origin: 0x10000000, size: 64K, linker: RAM2, attributes: [fast]}
""",
    (0x10000000, 0x10010000),
    ".ccm",
    (
        ("_edata", ".data", "end"),
        ("_sstack", ".stack", "start"),
        ("_estack", ".stack", "end"),
        ("__bss_start", ".bss", "start"),
        ("_sbss", ".bss", "start"),
        ("_ebss", ".bss", "end"),
        ("__bss_end", ".bss", "end"),
        ("_end", ".bss", "end"),
    ),
)
TEENSY = Board(
    "teensy41",
    {**_STM32, "DATA_LOAD": "_sdataload", "HEAP_START": "_heap_start"},
    """
  ram: {origin: 0x20000000, size: 512K, linker: DTCM, attributes: [fast]}
  ocram: {origin: 0x20200000, size: 512K, linker: RAM, attributes: [dma, cached]}
  other: {origin: 0x70000000, size: 16M, linker: ERAM, attributes: [external, cached]}
""",
    (0x70000000, 0x71000000),
    ".externalram",
    (
        ("_sdata", ".data", "start"),
        ("_edata", ".data", "end"),
        ("_sbss", ".bss", "start"),
        ("_ebss", ".bss", "end"),
    ),
)
NRF52840 = Board(
    "nrf52840",
    {
        "DATA_START": "__data_start__",
        "DATA_END": "__data_end__",
        "DATA_LOAD": "__etext",
        "BSS_START": "__bss_start__",
        "BSS_END": "__bss_end__",
        "STACK_TOP": "__StackTop",
        "HEAP_START": "__HeapBase",
        "HEAP_SIZE": "2048",
    },
    """
  ram: {origin: 0x20000000, size: 256K, linker: RAM, attributes: [dma]}
  code_ram: {origin: 0x00800000, size: 256K, linker: CODE_RAM, alias_of: ram}
""",
    None,
    "",
    (
        ("__data_start__", ".data", "start"),
        ("__data_end__", ".data", "end"),
        ("__bss_start__", ".bss", "start"),
        ("__bss_end__", ".bss", "end"),
        ("__HeapBase", ".bss", "end"),
    ),
)
CH32V307 = Board(
    "ch32v307",
    {
        **_STM32,
        "DATA_START": "_data_vma",
        "DATA_LOAD": "_data_lma",
        "STACK_TOP": "_eusrstack",
        "HEAP_START": "_end",
    },
    """
  ram: {origin: 0x20000000, size: 64K, linker: RAM, attributes: [dma]}
""",
    None,
    "",
    (
        ("_edata", ".data", "end"),
        ("_sbss", ".bss", "start"),
        ("_ebss", ".bss", "end"),
        ("_end", ".bss", "end"),
        ("_eusrstack", ".stack", "end"),
    ),
    "rv32imafc",
    # A loop that copies is no memcpy, of which there is one of our own; a segment is RWX.
    ("-fno-tree-loop-distribute-patterns", "-Wl,--no-warn-rwx-segments"),
)
ALL = (STM32CUBE, RTTHREAD, TEENSY, NRF52840, CH32V307)


@dataclass(frozen=True)
class Project:
    """A firmware for a board in a directory of its own."""

    board: Board
    directory: Path
    occupied: bool = False
    flags: tuple[str, ...] = field(default=())  # to the compiler and the linker

    def base(self) -> ElfImage:
        """The firmware without a layout."""
        firmware = self.compiled(BOARDS / "firmware.c", "base", self._defines())
        return self.linked("base", [firmware], [self.board.script])

    def layout(
        self, objects: str, head: str = "", name: str = "motor", rtos: str = "none"
    ) -> Layout:
        """The layout with `objects`, YAML, in the regions of the board; generated too."""
        target = f"{{cpu: {self.board.cpu}, rtos: {rtos}}}"
        text = (
            f"ramwright: 1\nname: {name}\ntarget: {target}\nhome: ram\n{head}\n"
            f"regions:{self.board.regions}{objects}\n"
        )
        (self.directory / f"{name}.yaml").write_text(text)
        config, problems, _ = understood(text.encode(), f"{name}.yaml")
        assert config is not None and not has_errors(problems), problems
        layout = plan(config)
        for file, content in render(layout).items():
            (self.directory / file).write_text(content)
        return layout

    def objects(self, layout: Layout, use: str | None = None) -> list[Path]:
        """The firmware and the compiled layout; `use` is C that main does with it, if it is not to
        refer to each of its objects."""
        header = [f'-DLAYOUT="{layout.name}_memory.h"', f"-I{self.directory}"]
        uses = f"-DUSE={_use(layout) if use is None else use}"
        firmware = self.compiled(
            BOARDS / "firmware.c", "firmware", [*self._defines(), *header, uses]
        )
        source = self.directory / f"{layout.name}_memory.c"
        return [firmware, self.compiled(source, layout.name, header)]

    def runtime(self) -> list[Path]:
        """The compiled runtime, for firmware that calls it."""
        sources = sorted((RUNTIME / "src").glob("*.c"))
        return [self.compiled(source, f"rw_{source.stem}", []) for source in sources]

    def scripts(self, layout: Layout) -> list[Path]:
        """All three scripts in their order."""
        own = [self.directory / f"{layout.name}{end}" for end in ("_memory.ld", "_memory_check.ld")]
        return [self.board.script, *own]

    def firmware(self, layout: Layout) -> ElfImage:
        """The firmware with `layout`."""
        return self.linked("firmware", self.objects(layout), self.scripts(layout))

    def linked(self, name: str, objects: Sequence[Path], scripts: Sequence[Path]) -> ElfImage:
        """The ELF of `objects`; raises BuildError with what the linker said."""
        elf = self.directory / f"{name}.elf"
        named = [f"-T{script}" for script in scripts]
        libraries = self.board.tools.libraries
        output_of([*self._compiler, *LINK_FLAGS, *named, *objects, *libraries, "-o", elf])
        return read_elf(elf)

    def compiled(self, source: Path, name: str, defines: Sequence[str] = ()) -> Path:
        """The object file `name` of `source`."""
        obj = self.directory / f"{name}.o"
        include = f"-I{RUNTIME / 'include'}"
        output_of([*self._compiler, *WARNINGS, include, *defines, "-c", source, "-o", obj])
        return obj

    @property
    def _compiler(self) -> list[str]:
        tools = self.board.tools
        return [f"{tools.prefix}gcc", *tools.flags, *FLAGS, *self.board.flags, *self.flags]

    def _defines(self) -> list[str]:
        defines = [f"-D{name}={value}" for name, value in self.board.symbols.items()]
        if self.occupied:
            defines.append(f'-DOCCUPIED="{self.board.occupied}"')
        return defines


def _use(layout: Layout) -> str:
    """C that refers to every object, so that the linker drops none."""
    names = [f"&{handle(obj)}" for obj in layout.objects if obj.kind != "buffer"]
    names += [f"&{obj.name}" for obj in layout.objects if obj.kind == "buffer"]
    names += [f"&{memheap.name}_memheap" for memheap in layout.memheaps]
    names.append(f"&{layout.name}_layout")
    return f"const void *volatile all[] = {{{', '.join(names)}}}; (void)all"
