# SPDX-License-Identifier: Apache-2.0
"""How many cores run the image, and whether they can keep each other out."""

from __future__ import annotations

from ramwright.model import is_xtensa, riscv_extensions
from ramwright.rules.fields import Fields

# Lock between two equal cores, by cpu: what runtime/include/ramwright/ports/cortex_m.h has.
_LOCKS = {
    "cortex-m0plus": "sio",
    "cortex-m33": "exclusives",
}
_HOST = "host"


def cores_of(target: Fields) -> int:
    """Cores that run the image; 1 where it cannot be more."""
    cores, cpu, lock = target.number("cores", 1), target.text("cpu"), target.text("core_lock")
    if cores != 2:
        if target.has("core_lock") and not target.at_fault("cores"):
            target.problem(
                "core_lock",
                "RW0265",
                "a lock between cores, but one core",
                "write `cores: 2`, or delete `core_lock`",
            )
        return 1
    if cpu is None or target.at_fault("core_lock"):
        return 2
    if cpu == _HOST:
        if lock is not None:
            target.problem("core_lock", "RW0265", "on a host the lock is known", "delete it")
        return 2
    known = _lock_between(cpu)
    if known is None and riscv_extensions(cpu):
        target.problem(
            "cores",
            "RW0265",
            f"two `{cpu}` have no lock between them: it takes the A extension",
            "name the core with it (`rv32imac`) if it has it; else give each core a layout of its "
            "own, in regions of its own",
        )
    elif known is None and is_xtensa(cpu):
        target.problem(
            "cores",
            "RW0265",
            f"two `{cpu}` have no lock between them that this runtime knows",
            "leave `cores` out, and let one core alone call each object: `sharing: interrupt` "
            "keeps out that core's handlers, not the other core",
        )
    elif known is None:
        target.problem(
            "cores",
            "RW0265",
            f"no lock between two `{cpu}` that run one image is known",
            "cores with images of their own need a layout each, in regions of their own",
        )
    elif lock != known:
        key = "cores" if lock is None else "core_lock"
        target.problem(
            key,
            "RW0265",
            f"two `{cpu}` need `core_lock: {known}`"
            + ("" if lock is None else f"; they have no `{lock}`"),
            "if the part does not have it, run one core on this layout",
        )
    return 2


def _lock_between(cpu: str) -> str | None:
    """How two `cpu` can keep each other out: of Cortex-M what the part has, of RISC-V an atomic
    swap (ports/riscv.h)."""
    return "amo" if "a" in riscv_extensions(cpu) else _LOCKS.get(cpu)
