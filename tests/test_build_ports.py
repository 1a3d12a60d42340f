# SPDX-License-Identifier: Apache-2.0
"""CMake and Make compile firmware and runtime with the port of a kernel that is a target, or an
include path, of the project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ramwright import assets

ROOT = Path(__file__).resolve().parent.parent
COMMON = ROOT / "examples" / "common"
DECLARED = ROOT / "tests" / "ports" / "freertos"
LAYOUT = """\
ramwright: 1
name: app
target: {cpu: cortex-m3, rtos: freertos}
home: ram
regions:
  ram: {origin: 0x20000000, size: 4M, linker: RAM}
pools:
  jobs: {region: ram, block_size: 32, count: 8, wait: true}
"""
MAIN = """\
#include "app_memory.h"
int main(void)
{
    void *block = jobs_alloc_wait(RW_FOREVER);
    return jobs_free(block) == RW_OK ? 0 : 1;
}
"""
# The linker wants what the port calls; nothing of it runs here.
KERNEL = """\
#include "FreeRTOS.h"
#include "task.h"
TaskHandle_t xTaskGetCurrentTaskHandle(void) { return 0; }
BaseType_t xTaskGetSchedulerState(void) { return 0; }
TickType_t xTaskGetTickCount(void) { return 0; }
UBaseType_t uxTaskPriorityGet(const TaskHandle_t task) { (void)task; return 0; }
uint32_t ulTaskGenericNotifyTake(UBaseType_t i, BaseType_t c, TickType_t t) { return i + c + t; }
BaseType_t xTaskGenericNotify(TaskHandle_t t, UBaseType_t i, uint32_t v) { return !t + i + v; }
void vTaskGenericNotifyGiveFromISR(TaskHandle_t t, UBaseType_t i, BaseType_t *w) { *w = !t + i; }
void vPortYieldFromISR(BaseType_t woken) { (void)woken; }
"""
CMAKE = """\
cmake_minimum_required(VERSION 3.21)
project(app C)
find_package(Ramwright REQUIRED)
add_library(kernel kernel.c)
target_include_directories(kernel PUBLIC "{declared}")
add_executable(fw main.c "{common}/startup.c")
target_compile_options(fw PRIVATE -Os -Wall -Wextra -Werror)
target_link_libraries(fw PRIVATE kernel)
target_link_options(fw PRIVATE -nostartfiles -Wl,--gc-sections)
ramwright_add_layout(TARGET fw CONFIG memory.ramwright.yaml SCRIPT board.ld {port})
target_link_libraries(fw_ramwright_runtime PRIVATE kernel) # the port calls it
"""
MAKE = """\
CC := arm-none-eabi-gcc
AR := arm-none-eabi-ar
CPPFLAGS := "-I{declared}"
CFLAGS := -mcpu=cortex-m3 -mthumb -Os -Wall -Wextra -Werror -ffunction-sections
RAMWRIGHT := {command}
RAMWRIGHT_SCRIPT := board.ld
{port}
include $(shell $(RAMWRIGHT) paths --make)
SOURCES := main.c kernel.c "{common}/startup.c"
fw: $(RAMWRIGHT_OBJECTS) $(RAMWRIGHT_LINK_DEPENDS)
	$(CC) $(CPPFLAGS) $(RAMWRIGHT_CPPFLAGS) $(CFLAGS) -nostartfiles -Wl,--gc-sections \\
	$(RAMWRIGHT_LDFLAGS) -o $@ $(SOURCES) $(RAMWRIGHT_OBJECTS)
	$(call ramwright_verify,$@)
"""


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    board = (ROOT / "examples" / "freertos_heap" / "board.ld").read_text(encoding="utf-8")
    files = {"memory.ramwright.yaml": LAYOUT, "main.c": MAIN, "kernel.c": KERNEL, "board.ld": board}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = tmp_path / "ramwright"
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}/generator" exec "{sys.executable}" -P -m ramwright "$@"\n',
        encoding="utf-8",
    )
    command.chmod(0o755)
    return tmp_path


def built_by_cmake(folder: Path, port: str) -> subprocess.CompletedProcess[str]:
    text = CMAKE.format(declared=DECLARED, common=COMMON, port=port and f"PORT {port}")
    (folder / "CMakeLists.txt").write_text(text, encoding="utf-8")
    options = [
        f"-DCMAKE_TOOLCHAIN_FILE={COMMON / 'arm-none-eabi.cmake'}",
        f"-DCMAKE_PREFIX_PATH={assets.path('cmake')}",
        f"-DRamwright_EXECUTABLE={folder / 'ramwright'}",
        "-DCMAKE_C_FLAGS=-mcpu=cortex-m3 -mthumb",
    ]
    configured = run(folder, "cmake", "-G", "Ninja", "-B", "build", *options)
    return configured if configured.returncode else run(folder, "cmake", "--build", "build")


def built_by_make(folder: Path, port: str) -> subprocess.CompletedProcess[str]:
    text = MAKE.format(
        declared=DECLARED, common=COMMON, command=folder / "ramwright",
        port=port and f"RAMWRIGHT_PORT := {port}",
    )  # fmt: skip
    (folder / "Makefile").write_text(text, encoding="utf-8")
    return run(folder, "make", "fw")


BUILDERS = {"cmake": (built_by_cmake, "build/fw.elf"), "make": (built_by_make, "fw")}


@pytest.mark.parametrize("builder", BUILDERS)
def test_the_kernel_of_the_port_is_called(builder: str, project: Path) -> None:
    build, elf = BUILDERS[builder]
    done = build(project, "freertos")
    assert done.returncode == 0, done.stdout + done.stderr
    symbols = run(project, "arm-none-eabi-nm", elf).stdout
    assert "ulTaskGenericNotifyTake" in symbols and "rw_waiter_sleep" in symbols


@pytest.mark.parametrize("builder", BUILDERS)
def test_without_a_port_the_build_says_what_is_missing(builder: str, project: Path) -> None:
    done = BUILDERS[builder][0](project, "")
    assert done.returncode != 0
    assert "tasks wait for blocks of app: compile everything with the port" in (
        done.stdout + done.stderr
    )


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_port_that_does_not_exist_is_noticed(builder: str, project: Path) -> None:
    done = BUILDERS[builder][0](project, "free-rtos")
    assert done.returncode != 0
    assert "free-rtos" in done.stdout + done.stderr or "free_rtos" in done.stdout + done.stderr
