# SPDX-License-Identifier: Apache-2.0
"""The C library and C++ on the default object, on QEMU: printf, qsort and containers run from our
heap, and the library's own heap is not in the image: nothing defines _sbrk, so a firmware that
wanted it would not link.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from emulate import build, qemu

SHIMS = Path(__file__).resolve().parent / "shims"
SOURCES = (
    SHIMS / "libc.c",
    SHIMS / "check.c",
    SHIMS / "system_calls.c",
    SHIMS / "cxx.cpp",
    build.ROOT / "examples" / "mps2" / "semihosting.c",
    build.ROOT / "examples" / "mps2" / "startup.c",
)
BOARD = qemu.BOARDS["mps2-an385"]
MACHINE = ("-mcpu=cortex-m3", "-mthumb")


@dataclass(frozen=True)
class Library:
    """A C library: its shim, and the options that choose it."""

    shim: str
    compile: tuple[str, ...]
    link: tuple[str, ...]


LIBRARIES = {
    "newlib": Library("newlib", (), ()),
    "newlib-nano": Library(
        "newlib", ("--specs=nano.specs",), ("--specs=nano.specs", "-u", "_printf_float")
    ),
    "picolibc": Library(
        "picolibc", ("--specs=picolibcpp.specs",), ("--specs=picolibcpp.specs", "-nostartfiles")
    ),
}
NO_EXCEPTIONS = ("-fno-exceptions", "-fno-rtti")
# libstdc++_nano is itself built without exceptions: nothing can be thrown through its __cxa_throw.
CASES = {
    "newlib": ("newlib", ()),
    "newlib-no-exceptions": ("newlib", NO_EXCEPTIONS),
    "newlib-nano-no-exceptions": ("newlib-nano", NO_EXCEPTIONS),
    "picolibc": ("picolibc", ()),
    "picolibc-no-exceptions": ("picolibc", NO_EXCEPTIONS),
    "newlib-nano-lto": ("newlib-nano", (*NO_EXCEPTIONS, "-flto")),
}


def linked(
    directory: Path,
    library: Library,
    shims: tuple[str, ...],
    *options: str,
    checks: str = "basic",
) -> Path:
    """The test firmware with `shims`; `options` are the compiler's."""
    config = directory / "shims.ramwright.yaml"
    text = (SHIMS / "shims.ramwright.yaml").read_text(encoding="utf-8")
    config.write_text(f"{text}checks: {checks}\n", encoding="utf-8")
    layout = build.generated(config, directory / "generated", "shims")
    folders = [build.RUNTIME / "shims" / shim for shim in shims]
    files = [file for folder in folders for file in sorted(folder.glob("*.c*"))]
    sources = [*SOURCES, layout.source, *files, *sorted((build.RUNTIME / "src").glob("*.c"))]
    includes = (build.RUNTIME / "include", layout.directory, build.ROOT / "examples" / "mps2")
    objects = []
    for number, source in enumerate(sources):
        cxx = source.suffix == ".cpp"
        obj = directory / f"{number}.o"
        build.output_of(
            [
                f"{build.PREFIX}{'g++' if cxx else 'gcc'}",
                *MACHINE,
                *("-std=c++17" if cxx else "-std=c11", "-Os", "-g", "-ffunction-sections"),
                *("-fdata-sections", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"),
                *library.compile,
                *(option for option in options if cxx or not option.startswith("-fno")),
                *(f"-I{include}" for include in includes),
                *("-c", source, "-o", obj),
            ]
        )
        objects.append(obj)
    elf = directory / "firmware.elf"
    scripts = layout.scripts(SHIMS / "board.ld")
    build.output_of(
        [
            *(f"{build.PREFIX}g++", *MACHINE, "-nostartfiles", "-Wl,--gc-sections"),
            *("-Wl,--fatal-warnings", *library.link, *(f"-T{script}" for script in scripts)),
            *(option for option in options if option == "-flto"),
            *(*objects, "-o", elf),
        ]
    )
    return elf


def symbols(elf: Path) -> set[str]:
    """The names that `elf` defines."""
    return {line.split()[-1] for line in build.output_of(["arm-none-eabi-nm", elf]).splitlines()}


@pytest.mark.parametrize(("name", "options"), CASES.values(), ids=CASES)
def test_library_and_containers_live_from_the_default_object(
    name: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    library = LIBRARIES[name]
    elf = linked(tmp_path, library, (library.shim, "cxx"), *options)
    own_heap = {name for name in symbols(elf) if "sbrk" in name or name.startswith("__malloc")}
    assert own_heap <= {"__malloc_lock", "__malloc_unlock"}
    run = qemu.run(BOARD, build.raw_image(elf), timeout=20)
    assert run.status == 0, run.output
    assert "sorted up to 15.750, a third of it 5.25, large " in run.output
    assert "FAILED" not in run.output


@pytest.mark.parametrize("name", LIBRARIES)
def test_library_and_containers_live_with_checks_full(name: str, tmp_path: Path) -> None:
    library = LIBRARIES[name]
    options = NO_EXCEPTIONS if name == "newlib-nano" else ()
    elf = linked(tmp_path, library, (library.shim, "cxx"), *options, checks="full")
    run = qemu.run(BOARD, build.raw_image(elf), timeout=20)
    assert run.status == 0, run.output
    assert "FAILED" not in run.output


@pytest.mark.parametrize("library", LIBRARIES.values(), ids=LIBRARIES)
def test_without_the_shim_the_library_wants_a_heap_of_its_own(
    library: Library, tmp_path: Path
) -> None:
    with pytest.raises(build.BuildError, match=r"undefined reference to `(_sbrk|__heap_start)'"):
        linked(tmp_path, library, ("cxx",))


def test_malloc_without_the_reentrant_hooks_would_leave_a_second_heap(tmp_path: Path) -> None:
    library = LIBRARIES["newlib-nano"]
    hooks = [f"-D_{name}_r=unused_{name}" for name in ("malloc", "free", "calloc", "realloc")]
    with pytest.raises(build.BuildError, match="undefined reference to `_sbrk'"):
        linked(tmp_path, library, (library.shim, "cxx"), *hooks)
