# SPDX-License-Identifier: Apache-2.0
"""The ports of the kernels compile, against declarations of just what they use (tests/ports), for
each kind of core and for the kernels' older names; a pool without waiting stays as it is.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from emulate import build
from ramwright import assets
from ramwright.schema import language

DECLARED = Path(__file__).parent / "ports"
KERNELS = ("freertos", "cmsis_rtos2", "threadx", "zephyr", "rt_thread")
RENAMED = ("freertos", "rt_thread")  # calls or fields have other names in older versions
SOURCES = sorted(assets.path("src").glob("*.c"))
POOLS = [source for source in SOURCES if source.stem in ("pool", "pool_wait", "waiter")]
ARM = ("-mthumb", "-ffreestanding")
TOLD = (
    "-DRW_FREERTOS_IN_INTERRUPT()=in_interrupt()", "-include", str(DECLARED / "in_interrupt.h"),
)  # fmt: skip
COMPILERS = {
    **{
        f"gcc-{cpu}": ("arm-none-eabi-gcc", f"-mcpu=cortex-{cpu}", *ARM)
        for cpu in ("m0plus", "m3", "m33")
    },
    **{
        f"clang-{cpu}": ("clang", "--target=arm-none-eabi", f"-mcpu=cortex-{cpu}", *ARM)
        for cpu in ("m0plus", "m3")
    },
    "gcc-rv32imac": (
        "riscv64-unknown-elf-gcc", "-march=rv32imac", "-mabi=ilp32", "-ffreestanding", *TOLD,
    ),
    "gcc-xtensa": ("xtensa-lx106-elf-gcc", "-ffreestanding", *TOLD),
}  # fmt: skip
WARNINGS = (
    "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Wstrict-prototypes",
    "-Wmissing-prototypes", "-Wcast-align", "-Wpointer-arith", "-Werror",
)  # fmt: skip
TICKS = "xTaskGetTickCount|osKernelGetTickCount|tx_time_get|k_uptime_ticks|rt_tick_get"
BASEPRI = "-DRW_PORT_BASEPRI=0x40"


def port(kernel: str) -> tuple[str, ...]:
    """What the compiler needs to be told."""
    return (f'-DRW_PORT_HEADER="ramwright/ports/{kernel}.h"', f"-I{DECLARED / kernel}")


def compiled(
    compiler: str, folder: Path, *flags: str, sources: list[Path] = POOLS
) -> subprocess.CompletedProcess[str]:
    command = [*COMPILERS[compiler], *WARNINGS, "-Os", "-ffunction-sections", *flags]
    command += [f"-I{assets.path('include')}", "-c", *map(str, sources)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def functions(unit: Path, prefix: str = "arm-none-eabi-") -> dict[str, str]:
    """The instructions and constants of each function of an object file, by its name."""
    dump = [f"{prefix}objdump", "-dr", "--no-show-raw-insn", str(unit)]
    text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    parts = text.split("Disassembly of section .text.")[1:]
    return {part.partition(":")[0]: part.partition(":")[2] for part in parts}


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_port_compiles_without_a_warning(kernel: str, compiler: str, tmp_path: Path) -> None:
    done = compiled(compiler, tmp_path, *port(kernel))
    assert done.returncode == 0, done.stderr
    tool = COMPILERS[compiler][0]
    prefix = tool.removesuffix("gcc") if tool.endswith("-gcc") else build.PREFIX
    cores = functions(tmp_path / "pool_wait.o", prefix)
    assert "rw_pool_alloc_wait_basic_wait_8" in cores


@pytest.mark.parametrize("compiler", ["gcc-rv32imac", "gcc-xtensa"])
def test_freertos_says_what_it_lacks(compiler: str, tmp_path: Path) -> None:
    """Its kernel does not tell an interrupt handler from a task with interrupts masked."""
    done = compiled(compiler, tmp_path, *port("freertos"), "-URW_FREERTOS_IN_INTERRUPT")
    assert "waiting on this core needs RW_FREERTOS_IN_INTERRUPT()" in done.stderr


@pytest.mark.parametrize("kernel", RENAMED)
def test_port_knows_older_names(kernel: str, tmp_path: Path) -> None:
    done = compiled("gcc-m3", tmp_path, *port(kernel), "-DOLD_KERNEL")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_wrong_name_is_noticed(kernel: str, tmp_path: Path) -> None:
    """A kernel that calls one thing by another name does not compile."""
    folder = tmp_path / "declared"
    shutil.copytree(DECLARED / kernel, folder)
    for header in folder.rglob("*.h"):
        text = header.read_text(encoding="utf-8")
        header.write_text(re.sub(TICKS, "ticks_of_another_kernel", text), encoding="utf-8")
    done = compiled("gcc-m3", tmp_path, port(kernel)[0], f"-I{folder}")
    assert re.search(f"implicit declaration of function '({TICKS})'", done.stderr), done.stderr


@pytest.mark.parametrize("compiler", ["gcc-m3", "clang-m3"])
def test_basepri(compiler: str, tmp_path: Path) -> None:
    """The option replaces PRIMASK everywhere."""
    done = compiled(compiler, tmp_path, BASEPRI, *port("freertos"))
    assert done.returncode == 0, done.stderr
    code = functions(tmp_path / "pool_wait.o")["rw_pool_free_basic_wait_8"].lower()
    assert "basepri_max" in code and "cpsid" not in code and "primask" not in code


def test_basepri_is_refused_where_there_is_none(tmp_path: Path) -> None:
    refused = compiled("gcc-m0plus", tmp_path, BASEPRI)
    assert "no BASEPRI" in refused.stderr
    nothing = compiled("gcc-m3", tmp_path, "-DRW_PORT_BASEPRI=0")
    assert "BASEPRI 0 masks nothing" in nothing.stderr


@pytest.mark.parametrize("kernel", KERNELS)
def test_other_pools_do_not_change(kernel: str, tmp_path: Path) -> None:
    """The cores that do not wait are the same instructions with a port that can wait as without."""
    plain, waiting = tmp_path / "plain", tmp_path / "waiting"
    plain.mkdir()
    waiting.mkdir()
    assert compiled("gcc-m3", plain).returncode == 0
    assert compiled("gcc-m3", waiting, *port(kernel)).returncode == 0
    assert functions(plain / "pool.o") == functions(waiting / "pool.o")
    assert functions(plain / "pool_wait.o") == {}


LAYOUT = """\
ramwright: 1
name: emulated
target: {cpu: cortex-m3, rtos: freertos}
home: ram
regions:
  ram: {origin: 0x20000000, size: 64K, linker: RAM}
pools:
  jobs: {region: ram, block_size: 32, count: 8, sharing: interrupt%s}
"""
BOARD = """\
MEMORY { ROM (rx) : ORIGIN = 0, LENGTH = 256K
         RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 64K }
ENTRY(start)
SECTIONS {
  .text : { KEEP(*(.text.start)) *(.text*) *(.rodata*) } >ROM
  .data : { *(.data*) } >RAM AT>ROM
  .bss (NOLOAD) : { *(.bss*) *(COMMON) } >RAM
  /DISCARD/ : { *(.ARM.exidx*) *(.comment) *(.ARM.attributes) }
}
"""
MAIN = """\
#include "emulated_memory.h"
void start(void);
void start(void)
{
    void *volatile block = jobs_alloc();
    (void)jobs_free(block);
}
"""


def image(folder: Path, more: str, sources: list[Path]) -> bytes:
    """The bytes to burn of a firmware with one pool, linked with `sources` of the runtime."""
    folder.mkdir()
    config = folder / "emulated.ramwright.yaml"
    config.write_text(LAYOUT % more, encoding="utf-8")
    build.generated(config, folder, "emulated")
    (folder / "board.ld").write_text(BOARD, encoding="utf-8")
    (folder / "main.c").write_text(MAIN, encoding="utf-8")
    command = [*COMPILERS["gcc-m3"], "-std=c11", "-Os", "-ffunction-sections", "-fdata-sections"]
    command += [*port("freertos"), f"-I{assets.path('include')}", f"-I{folder}", "main.c"]
    command += ["emulated_memory.c", *map(str, sources), "-nostdlib", "-Wl,--gc-sections"]
    command += ["-Tboard.ld", "-Temulated_memory.ld", "-Temulated_memory_check.ld", "-o", "fw.elf"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return build.raw_image(folder / "fw.elf").read_bytes()


def test_a_layout_without_waiting_pays_nothing(tmp_path: Path) -> None:
    """Its image is the same, byte for byte, as if waiting had never been written."""
    without = [source for source in SOURCES if source.name not in ("pool_wait.c", "waiter.c")]
    plain = image(tmp_path / "plain", "", SOURCES)
    assert plain == image(tmp_path / "without", "", without)


def test_every_kernel_of_the_language_has_a_port() -> None:
    choices = language()["properties"]["target"]["properties"]["rtos"]["enum"]
    ports = {path.stem for path in (assets.path("include") / "ramwright" / "ports").glob("*.h")}
    named = {choice.replace("-", "_") for choice in choices} - {"none"}
    assert named == {*KERNELS, "posix"}
    assert named <= ports
