# SPDX-License-Identifier: Apache-2.0
"""Which files a layout generates. To ask for their names costs no template."""

from __future__ import annotations

TEMPLATES = {
    "_memory.h": "memory.h.j2",
    "_memory.c": "memory.c.j2",
    "_memory.ld": "memory.ld.j2",
    "_memory_check.ld": "memory_check.ld.j2",
}
_MAPS = ("_memory.map.txt", "_memory.map.json")


def output_names(name: str) -> tuple[str, ...]:
    """The file names that a layout called `name` generates."""
    return tuple(f"{name}{suffix}" for suffix in (*TEMPLATES, *_MAPS))
