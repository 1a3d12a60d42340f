# SPDX-License-Identifier: Apache-2.0
"""The runtime compiles without a warning: every compiler, word size, port and optimisation."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from emulate import build
from ramwright import assets

SOURCES = sorted(assets.path("src").glob("*.c"))
HEADERS = sorted((assets.path("include") / "ramwright").glob("*.h"))
HOST_SOURCES = sorted(assets.path("src").rglob("*.c"))
WARNINGS = (
    "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Wstrict-prototypes",
    "-Wmissing-prototypes", "-Wcast-align", "-Wpointer-arith", "-Wdouble-promotion", "-Werror",
)  # fmt: skip
ARM = ("-mthumb", "-ffreestanding")
RISCV = {  # -march: -mabi; Zicsr is not named, as in most makefiles
    "rv32ec": "ilp32e",
    "rv32imc": "ilp32",
    "rv32imac": "ilp32",
    "rv32imafc": "ilp32f",
    "rv64imac": "lp64",
}
COMPILERS = {
    **{
        f"gcc-{cpu}": ("arm-none-eabi-gcc", f"-mcpu=cortex-{cpu}", *ARM)
        for cpu in ("m0plus", "m3", "m4", "m7", "m23", "m33")
    },
    **{
        f"clang-{cpu}": ("clang", "--target=arm-none-eabi", f"-mcpu=cortex-{cpu}", *ARM)
        for cpu in ("m0plus", "m3", "m4", "m7", "m33")
    },
    **{
        f"gcc-{march}": (
            "riscv64-unknown-elf-gcc",
            f"-march={march}",
            f"-mabi={mabi}",
            "-ffreestanding",
        )
        for march, mabi in RISCV.items()
    },
    **{
        f"clang-{march}": (
            "clang",
            f"--target=riscv{march[2:4]}",
            f"-march={march}",
            f"-mabi={RISCV[march]}",
            "-ffreestanding",
        )
        for march in ("rv32imc", "rv32imac", "rv64imac")
    },
    "gcc-xtensa": ("xtensa-lx106-elf-gcc", "-ffreestanding"),
    # As for the ESP32; this compiler's assembler lacks the instructions.
    "gcc-xtensa-windowed": ("xtensa-lx106-elf-gcc", "-ffreestanding", "-mabi=windowed", "-S"),
    "gcc-64": ("gcc", "-m64"),
    "gcc-32": ("gcc", "-m32"),
    "clang-64": ("clang", "-m64"),
}
COMPILERS_OWN = {"__clzsi2", "__ctzsi2", "__clzdi2", "__ctzdi2"}  # in libgcc
INSTRUMENTED = (  # flags under which compilers add code to functions
    "-fstack-protector-all", "-finstrument-functions", "-fprofile-arcs", "-pg",
)  # fmt: skip
INTERRUPTED = Path(__file__).resolve().parent / "emulate" / "interrupted.ramwright.yaml"
HOSTED = ("gcc-64", "gcc-32", "clang-64")


def _compile(command: tuple[str, ...], sources: list[Path], directory: Path) -> None:
    """Compiles `sources` into objects in `directory`."""
    result = subprocess.run(
        [*command, *WARNINGS, f"-I{assets.path('include')}", "-c", *map(str, sources)],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("compiler", COMPILERS)
def test_runtime(compiler: str, tmp_path: Path) -> None:
    sources = HOST_SOURCES if compiler in HOSTED else SOURCES
    _compile((*COMPILERS[compiler], "-Os"), sources, tmp_path)


@pytest.mark.parametrize(
    "compiler", ["gcc-m3", "gcc-rv32imc", "gcc-rv64imac", "gcc-xtensa", "gcc-64"]
)
def test_runtime_inlined_further(compiler: str, tmp_path: Path) -> None:
    """-O2 and -O3 follow values across more calls, and warn of more."""
    for optimisation in ("-O2", "-O3"):
        _compile((*COMPILERS[compiler], optimisation), SOURCES, tmp_path)


@pytest.mark.parametrize("compiler", ["gcc-m3", "clang-m3", "gcc-64"])
def test_a_warning_fails(compiler: str, tmp_path: Path) -> None:
    source = tmp_path / "narrow.c"
    source.write_text(
        "signed char narrow(int a);\nsigned char narrow(int a)\n{\n    return a;\n}\n"
    )
    with pytest.raises(AssertionError, match="conversion"):
        _compile(COMPILERS[compiler], [source], tmp_path)


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.name)
def test_headers_stand_alone(header: Path, tmp_path: Path) -> None:
    source = tmp_path / "alone.c"
    source.write_text(f'#include "ramwright/{header.name}"\n#include "ramwright/{header.name}"\n')
    for compiler in ("gcc-m0plus", "gcc-m3", "gcc-rv32imac", "gcc-xtensa", "gcc-64"):
        _compile(COMPILERS[compiler], [source], tmp_path)


@pytest.mark.parametrize("flag", INSTRUMENTED)
@pytest.mark.parametrize("optimisation", ["-O0", "-Os"])
def test_assembly_stays_as_written(flag: str, optimisation: str, tmp_path: Path) -> None:
    """Nothing that a compiler adds to functions gets into those that are assembly as a whole."""
    layout = build.generated(INTERRUPTED, tmp_path, "interrupted")
    sources = [layout.source, assets.path("src") / "pool_armv7m.c"]
    found = []
    for flags in ((), (flag,)):
        command = (*COMPILERS["gcc-m3"], optimisation, "-ffunction-sections", *flags)
        _compile(command, sources, tmp_path)
        found.append(
            [
                _code_of(tmp_path / f"{source.stem}.o", function, tmp_path)
                for source, function in zip(
                    sources, ("trusted_alloc", "rw_pool_alloc_basic_shared_8"), strict=True
                )
            ]
        )
    plain, instrumented = found
    assert all(plain)
    assert instrumented == plain


def _code_of(compiled: Path, function: str, directory: Path) -> bytes:
    """The code of a function in a section of its own, where it begins."""
    raw = directory / "code.bin"
    section = f".text.{function}"
    command = ["arm-none-eabi-objcopy", "-O", "binary", f"--only-section={section}"]
    subprocess.run([*command, str(compiled), str(raw)], check=True)
    return raw.read_bytes()[:32]


def test_nothing_is_set_up_at_start(tmp_path: Path) -> None:
    """No constructor and no byte of .data: what is zero is ready."""
    _compile((*COMPILERS["gcc-m3"], "-Os"), SOURCES, tmp_path)
    for compiled in tmp_path.glob("*.o"):
        sections = subprocess.run(
            ["arm-none-eabi-size", "-A", str(compiled)],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        rows = (line.split() for line in sections.splitlines() if line.startswith("."))
        filled = {name for name, size, _ in rows if size != "0"}
        wrong = {name for name in filled if name.startswith((".data", ".init_array", ".ctors"))}
        assert not wrong, compiled.name


@pytest.mark.parametrize("optimisation", ["-O0", "-Os", "-O2", "-O3"])
@pytest.mark.parametrize("cpu", ["m0plus", "m3", "m33", "rv32imc", "rv64imac", "xtensa"])
def test_nothing_of_a_libc_is_needed(cpu: str, optimisation: str, tmp_path: Path) -> None:
    """Objects refer to each other, to the tables, and to what every compiler brings along."""
    calls = optimisation == "-O0" and cpu in ("m0plus", "xtensa")
    copies = {"memcpy"} if calls else set()  # of structures
    compiler = COMPILERS[f"gcc-{cpu}"]
    _compile((*compiler, optimisation), SOURCES, tmp_path)
    assert _foreign(tmp_path, compiler[0].removesuffix("gcc")) <= COMPILERS_OWN | copies


def test_a_call_of_memset_is_noticed(tmp_path: Path) -> None:
    source = tmp_path / "clears.c"
    source.write_text(
        "struct wide {int a[64];};\nvoid clear(struct wide *w);\n"
        "void clear(struct wide *w)\n{\n    *w = (struct wide){0};\n}\n"
    )
    _compile((*COMPILERS["gcc-m3"], "-Os"), [source], tmp_path)
    assert _foreign(tmp_path, "arm-none-eabi-") == {"memset"}


def _foreign(directory: Path, prefix: str) -> set[str]:
    """What the objects in `directory` need that neither runtime nor layout defines."""
    names = subprocess.run(
        [f"{prefix}nm", "-u", "-j", *map(str, directory.glob("*.o"))],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return {name for name in names if not name.startswith("rw_") and not name.endswith(".o:")}


def test_a_generated_header_compiles_as_cpp_on_the_host(tmp_path: Path) -> None:
    """Its port has lock-free pools by compare-and-swap; C++ sees their state at the same size."""
    (tmp_path / "unit.cpp").write_text(
        '#include "interrupted_memory.h"\n'
        'static_assert(sizeof(rw_pool_state_t) == 8, "as in C");\n'
        'static_assert(alignof(rw_pool_state_t) == 8, "as in C");\n'
    )
    build.generated(INTERRUPTED, tmp_path, "interrupted")
    for compiler in (("g++", "-m64"), ("g++", "-m32"), ("clang++", "-m64")):
        command = [*compiler, "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        result = subprocess.run(
            [*command, f"-I{assets.path('include')}", "-fsyntax-only", "unit.cpp"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
