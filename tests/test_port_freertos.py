# SPDX-License-Identifier: Apache-2.0
"""The port of FreeRTOS on an emulated Cortex-M3: which of the kernel's calls it makes, from tasks
and from interrupt handlers. The kernel is a stand-in (tests/ports/freertos_wakes.c)."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulate import build, qemu
from runtime_host import mutant

TESTS = Path(__file__).resolve().parent
EXAMPLE = build.ROOT / "examples" / "mps2"
CONFIG = """\
ramwright: 1
name: wakes
target: {cpu: cortex-m3, rtos: freertos}
home: ram
regions: {ram: {origin: 0x20000000, size: 256K, linker: RAM, reserve: {end: 16K}}}
pools: {jobs: {region: ram, block_size: 32, count: 2, sharing: interrupt, wait: true}}
"""


def run(directory: Path, runtime: Path = build.RUNTIME) -> qemu.Run:
    """The run of the test with the runtime in `runtime`."""
    config = directory / "wakes.ramwright.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    layout = build.generated(config, directory / "generated", "wakes")
    flags = (
        "-DRW_PORT_HEADER=<ramwright/ports/freertos.h>",
        *(f"-I{runtime / folder}" for folder in ("include", "src")),
        f"-I{TESTS / 'ports' / 'freertos'}",
        "-Wno-unused",
    )
    maker = build.Build("cortex-m3", directory, flags)
    sources = [TESTS / "ports" / "freertos_wakes.c", TESTS / "shims" / "check.c", layout.source]
    sources += [EXAMPLE / "semihosting.c", EXAMPLE / "startup.c"]
    sources += [runtime / "src" / f"{name}.c" for name in ("fault", "pool", "pool_wait", "waiter")]
    includes = (layout.directory, EXAMPLE, TESTS / "shims")
    objects = [
        maker.compiled(source, includes=includes, name=f"{number}-{source.stem}")
        for number, source in enumerate(sources)
    ]
    elf = maker.linked("wakes", objects, layout.scripts(TESTS / "shims" / "board.ld"))
    return qemu.run(qemu.BOARDS["mps2-an385"], build.raw_image(elf), timeout=15)


def test_tasks_are_woken_by_the_call_that_fits(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.status == 0, done.output
    assert "FAILED" not in done.output


FAULTS = {
    "a handler wakes by the call for tasks": ("return ipsr != 0U;", "return ipsr == 99U;"),
    "a handler does not ask for a switch": ("portYIELD_FROM_ISR(woken);", "(void)woken;"),
    "a handler asks for it with interrupts masked": (
        "        rw_port_unlock_interrupt(state);\n        portYIELD_FROM_ISR(woken);",
        "        portYIELD_FROM_ISR(woken);\n        rw_port_unlock_interrupt(state);",
    ),
    "the notification is the kernel's": ("configTASK_NOTIFICATION_ARRAY_ENTRIES - 1", "0"),
    "forever is a time": ("ticks == RW_FOREVER ? portMAX_DELAY : (TickType_t)ticks", "ticks / 2U"),
    "waits before the kernel runs": (
        "xTaskGetSchedulerState() == taskSCHEDULER_RUNNING",
        "xTaskGetSchedulerState() != pdFALSE",
    ),
    "waits with interrupts masked": ("rw_machine_can_switch() && ", ""),
    "the least urgent first": (
        "(int32_t)uxTaskPriorityGet(NULL)",
        "-(int32_t)uxTaskPriorityGet(NULL)",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_port_is_noticed(fault: str, tmp_path: Path) -> None:
    header = "include/ramwright/ports/freertos.h"
    assert run(tmp_path, mutant(tmp_path, header, *FAULTS[fault])).status != 0
