# SPDX-License-Identifier: Apache-2.0
"""What the locks of Cortex-M keep out, on an emulated core: PRIMASK everything, BASEPRI what is not
above it; sections nest."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulate import build, qemu
from runtime_host import mutant

TESTS = Path(__file__).resolve().parent
EXAMPLE = build.ROOT / "examples" / "mps2"
BASEPRI = ("-DRW_PORT_BASEPRI=0x40",)


def run(directory: Path, flags: tuple[str, ...], runtime: Path = build.RUNTIME) -> qemu.Run:
    """The run of tests/ports/locks.c."""
    maker = build.Build("cortex-m3", directory, (f"-I{runtime / 'include'}", *flags))
    sources = [TESTS / "ports" / "locks.c", TESTS / "shims" / "check.c"]
    sources += [EXAMPLE / "semihosting.c", EXAMPLE / "startup.c"]
    objects = [maker.compiled(source, includes=(EXAMPLE,)) for source in sources]
    elf = maker.linked("locks", objects, [TESTS / "shims" / "board.ld"])
    return qemu.run(qemu.BOARDS["mps2-an385"], build.raw_image(elf), timeout=15)


@pytest.mark.parametrize("flags", [(), BASEPRI], ids=["PRIMASK", "BASEPRI"])
def test_what_is_kept_out_comes_afterwards(flags: tuple[str, ...], tmp_path: Path) -> None:
    done = run(tmp_path, flags)
    assert done.status == 0, done.output


@pytest.mark.parametrize(
    ("port", "flags", "old", "new"),
    [
        ("cortex_m", (), "cpsid i", "nop"),
        ("cortex_m", (), "msr primask, %0", "cpsie i"),
        ("cortex_m_basepri", BASEPRI, "msr basepri_max, %1", "nop"),
        ("cortex_m_basepri", BASEPRI, "msr basepri_max, %1", "msr basepri, %1"),
        ("cortex_m_basepri", BASEPRI, "msr basepri_max, %1", "cpsid i"),
        ("cortex_m_basepri", BASEPRI, 'msr basepri, %0"', 'nop"'),
    ],
)
def test_a_fault_is_noticed(
    port: str, flags: tuple[str, ...], old: str, new: str, tmp_path: Path
) -> None:
    header = f"include/ramwright/ports/{port}.h"
    assert run(tmp_path, flags, mutant(tmp_path, header, old, new)).status != 0
