# SPDX-License-Identifier: Apache-2.0
"""Compiles what is measured: the runtime with a generated layout, for one core and one level.

A `Target` is a core and an optimisation level with a directory of its own; it holds the runtime,
built once, and links images against it. Flags, generator and linker are those of the tests
(tests/emulate/build.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.link_map import Contribution, contributions
from emulate.build import PREFIX, ROOT, Build, Layout, generated, output_of

FIRMWARE = Path(__file__).resolve().parent / "firmware"
BOARD = FIRMWARE / "board.ld"
EXTERNAL = "-Wl,--entry=0"  # functions are called from outside, one by one


def compiler() -> str:
    """Name and version of the compiler: figures are comparable under the same one only."""
    version = output_of([f"{PREFIX}gcc", "-dumpfullversion"]).strip()
    return f"{PREFIX}gcc {version}"


@dataclass(frozen=True)
class Target:
    """One core at one optimisation level; `directory` is its own."""

    cpu: str
    level: str  # Os, O2
    directory: Path
    flags: tuple[str, ...] = ()

    @property
    def build(self) -> Build:
        """The compiler for it; the last -O counts."""
        return Build(self.cpu, self.directory, (f"-{self.level}", *self.flags))

    def layout(self, name: str, config: str) -> Layout:
        """The layout that the generator makes of the text of a config."""
        directory = self.directory / name
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"{name}.ramwright.yaml"
        file.write_text(config, encoding="utf-8")
        return generated(file, directory, name)

    def callable_image(self, name: str, sources: Sequence[str], *flags: str) -> Path:
        """The ELF of firmware/`name`.ramwright.yaml, everything of it linked, and of `sources`."""
        config = (FIRMWARE / f"{name}.ramwright.yaml").read_text(encoding="utf-8")
        files = [FIRMWARE / source for source in sources]
        return self.image_of(name, config.replace("CPU", self.cpu), files, (), *flags)

    def image_of(
        self,
        name: str,
        config: str,
        sources: Sequence[Path],
        includes: Sequence[Path],
        *flags: str,
    ) -> Path:
        """The ELF of the text of a config, everything of it linked, and of `sources`."""
        layout = self.layout(name, config)
        objects = self._compiled(name, layout, sources, includes)
        scripts = layout.scripts(BOARD)
        return self.build.linked(name, objects, scripts, EXTERNAL, "-Wl,--no-gc-sections", *flags)

    def closure(self, name: str, config: str, uses: Sequence[str]) -> list[Contribution]:
        """What is linked for the least application that `uses` (pool, heap, …) the layout."""
        layout = self.layout("closure", config)
        directory = layout.directory / name
        app = self.build.compiled(
            FIRMWARE / "closure.c",
            *(f"-DUSES_{used.upper()}=1" for used in uses),
            "-Wno-undef",
            includes=[layout.directory],
            name=f"{name}/closure",
        )
        memory = self.build.compiled(
            layout.source, includes=[layout.directory], name=f"{name}/memory"
        )
        directory.mkdir(parents=True, exist_ok=True)
        map_file = directory / "link.map"
        self.build.linked(
            name,
            [app, memory, self.build.runtime()],
            layout.scripts(BOARD),
            "-Wl,--entry=main",
            f"-Wl,-Map={map_file}",
        )
        return contributions(map_file.read_text(encoding="utf-8"))

    def _compiled(
        self, name: str, layout: Layout, sources: Sequence[Path], includes: Sequence[Path]
    ) -> list[Path]:
        """The objects of `sources`, of the layout, and the runtime."""
        folders = [layout.directory, FIRMWARE, *includes]
        return [
            *(
                self.build.compiled(file, includes=folders, name=f"{name}/{file.stem}")
                for file in (layout.source, *sources)
            ),
            self.build.runtime(),
        ]


def newlib_image(directory: Path) -> Path:
    """The ELF that replays traces against malloc of newlib-nano, on a Cortex-M3."""
    build = Build("cortex-m3", directory)
    objects = [
        build.compiled(FIRMWARE / source, name=f"newlib/{Path(source).stem}")
        for source in ("replay.c", "replay_newlib.c")
    ]
    origin = "-Wl,--defsym=newlib_arena=0x200C0000"  # BULK
    flags = (EXTERNAL, "-Wl,--undefined=replay_newlib", "--specs=nano.specs", origin)
    return build.linked("newlib", objects, [BOARD], *flags)


__all__ = ["ROOT", "Target", "compiler", "newlib_image"]
