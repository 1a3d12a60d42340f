# SPDX-License-Identifier: Apache-2.0
"""Where the files lie that are not Python: templates, schemas, the C runtime, build-system files.

In a checkout, and so in an editable install, they are folders at the top level; in a wheel they lie
inside the package. Nothing else knows the difference.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Asset = Literal["templates", "schemas", "runtime", "include", "src", "shims", "cmake", "make"]

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent

_RELATIVE: dict[Asset, str] = {
    "templates": "templates",
    "schemas": "schemas",
    "runtime": "runtime",
    "include": "runtime/include",
    "src": "runtime/src",
    "shims": "runtime/shims",
    "cmake": "runtime/cmake",
    "make": "runtime/make/ramwright.mk",
}


def path(asset: Asset) -> Path:
    """The absolute path of `asset`; a folder, but for `make`, which is the file to include."""
    relative = _RELATIVE[asset]
    inside = _PACKAGE / relative
    return inside if inside.exists() else _CHECKOUT / relative


def generator_inputs() -> tuple[Path, ...]:
    """Every file of ours that decides what `generate` writes: Python, templates, schemas."""
    return (
        *sorted(_PACKAGE.rglob("*.py")),
        *sorted(path("templates").glob("*.j2")),
        *sorted(path("schemas").glob("*.json")),
    )
