# SPDX-License-Identifier: Apache-2.0
"""C types of buffers and pools: spelling, and size where it is known before the C compiler runs."""

from __future__ import annotations

from ramwright.cnames import BUILT_IN_TYPES, KEYWORDS
from ramwright.model import CType
from ramwright.probe import Measured
from ramwright.rules.fields import Fields, positive
from ramwright.units import byte_count

# Of those built-in types that have one size on every target.
_SIZES = {
    "bool": 1,
    "char": 1,
    "short": 2,
    "int": 4,
    "float": 4,
    "double": 8,
    **{f"{sign}int{bits}_t": bits // 8 for sign in ("", "u") for bits in (8, 16, 32, 64)},
}


def alignment_of(ctype: CType | None, types: Measured) -> int:
    """The alignment that `ctype` needs as far as it is known, else 1."""
    known = types.types.get(ctype) if ctype else None
    return known.alignment if known else 1


def check_holds(fields: Fields, key: str, size: int, ctype: CType | None, types: Measured) -> None:
    """Reports that a `ctype` does not fit into the `size` that `key` gives."""
    needed = _size_of(ctype, types)
    if ctype and needed is not None and needed > size:
        fields.problem(
            key,
            "RW0352",
            f"a `{ctype.spelling}` has {byte_count(needed)} and does not fit into {size}",
            f"write `{key}: {needed}`",
        )


def block_size_of(fields: Fields, ctype: CType | None, types: Measured) -> int | None:
    """Bytes of a block of a pool: as written, else those of its type."""
    if fields.has("block_size"):
        size = positive(fields, "block_size")
        if size is not None:
            check_holds(fields, "block_size", size, ctype, types)
        return size
    size = _size_of(ctype, types)
    if size is None and not types.compiled and not fields.at_fault("type"):
        fields.problem(
            "type" if ctype else "block_size",
            "RW0353",
            f"the block size of `{fields.name}` is not known",
            "write `block_size: …`, or tell the compiler: `--cc 'arm-none-eabi-gcc -I…'` "
            "(in a build: `RAMWRIGHT_OPTIONS`, or `OPTIONS` in CMake)"
            if ctype
            else "write `block_size: …`, or the `type` of what is stored",
        )
    return size


def _size_of(ctype: CType | None, types: Measured) -> int | None:
    if ctype is None:
        return None
    known = types.types.get(ctype)
    return known.size if known else _SIZES.get(ctype.spelling)


def ctype_of(fields: Fields) -> CType | None:
    """The type that `fields` name."""
    spelling, header = fields.text("type"), fields.text("header")
    if spelling is None:
        if header is not None and not fields.has("type"):
            fields.problem(
                "header",
                "RW0249",
                f"`{fields.name}` names a header, but no type",
                "add `type: …`, or delete `header`",
            )
        return None
    word = spelling.rpartition(" ")[2]
    if word in KEYWORDS and spelling not in BUILT_IN_TYPES:
        fields.problem("type", "RW0211", f"`{word}` is a keyword of C or C++, not a type")
        return None
    if header is None and not fields.has("header") and spelling not in BUILT_IN_TYPES:
        fields.problem(
            "type",
            "RW0248",
            f"`{spelling}` needs the header that declares it",
            "add `header: …`, so that its size can be checked",
        )
    return CType(spelling, header)
