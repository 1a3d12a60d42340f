# SPDX-License-Identifier: Apache-2.0
"""Sizes of C types, asked from the user's compiler: one run of it, nothing linked or executed.

sizeof and the alignment of each type are immediate operands of an asm statement, so that they
stand in the assembly the compiler writes to its standard output. No file is written.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ramwright.cnames import BUILT_IN_TYPES
from ramwright.errors import Mark, Problem
from ramwright.model import CType
from ramwright.source import Mapping, Scalar

if TYPE_CHECKING:
    import subprocess

SECONDS = 60  # a compiler that takes longer hangs
_FLAGS = ("-fno-lto", "-w", "-x", "c", "-")
_ASSEMBLY = ("-S", "-o", "-")
_DEPENDENCIES = ("-MM", "-MT", "types")
_LINE = re.compile(r"ramwright_type (\d+) (\d+) (\d+)")


class CSize(NamedTuple):
    """What the compiler says about one type."""

    size: int
    alignment: int
    versioned: bool  # whether it has a member `magic` or `version`


class Measured(NamedTuple):
    """What is known of types: all of them with a compiler, else the built-in ones."""

    types: Dict[CType, CSize] = MappingProxyType({})
    headers: tuple[str, ...] = ()  # files that the compiler read
    compiled: bool = False


class MissingCompilerError(OSError):
    """The compiler that was named cannot be run; its text is one line."""


def measured(root: Mapping, folder: Path, compiler: str | None) -> tuple[Measured, list[Problem]]:
    """The sizes of all types that `root` names, whose headers are looked for in `folder` first.

    Raises MissingCompilerError."""
    if compiler is None:
        return Measured(), []
    command = [*_words(compiler), "-iquote", str(folder)]
    wanted: dict[CType, Mapping] = {}
    for ctype, owner in _wanted(root):
        if ctype not in wanted or _is_pinned(owner):
            wanted[ctype] = owner
    sizes = _sizes(command, wanted)
    if isinstance(sizes, dict):
        return Measured(sizes, _headers(command, list(wanted)), True), []
    problems = []
    found: dict[CType, CSize] = {}
    for ctype, owner in wanted.items():
        alone = _sizes(command, {ctype: owner})
        if isinstance(alone, dict):
            found |= alone
            continue
        what = f"the compiler cannot tell the size of `{ctype.spelling}`: {alone}"
        hint = "`--cc` takes the compiler with the flags of the firmware, `-I` above all"
        problems.append(Problem(_place(owner), "RW0412", what, hint))
    return Measured(found, (), True), problems


def _words(compiler: str) -> list[str]:
    try:
        words = shlex.split(compiler)
    except ValueError as error:
        raise MissingCompilerError(f"{compiler}: {error}") from error
    if not words:
        raise MissingCompilerError("no compiler is named")
    return words


def _wanted(root: Mapping) -> Iterator[tuple[CType, Mapping]]:
    """Each type with its header, and the object that names it."""
    for group in ("buffers", "pools"):
        objects = root.entries[group].value if group in root.entries else None
        for entry in objects.entries.values() if isinstance(objects, Mapping) else ():
            if isinstance(entry.value, Mapping):
                spelling, header = (_text(entry.value, key) for key in ("type", "header"))
                if spelling is not None and (header or spelling in BUILT_IN_TYPES):
                    yield CType(spelling, header), entry.value


def _text(tree: Mapping, key: str) -> str | None:
    node = tree.entries[key].value if key in tree.entries else None
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _place(tree: Mapping) -> Mark:
    return tree.entries["type"].value.where


def _sizes(command: list[str], wanted: Dict[CType, Mapping]) -> dict[CType, CSize] | str:
    """The size of each type, or the first thing that the compiler does not like."""
    if not wanted:
        return {}
    types = list(wanted)
    statements = [
        f'__asm__ volatile(".ascii \\"ramwright_type {number} %c0 %c1\\""'
        f' :: "i"(sizeof({ctype.spelling})), "i"(_Alignof({ctype.spelling})));'
        for number, ctype in enumerate(types)
    ]
    done = _run([*command, *_ASSEMBLY, *_FLAGS], _program(types, statements))
    if done.returncode:
        return _complaint(done.stderr)
    found = {types[int(m[1])]: (int(m[2]), int(m[3])) for m in _LINE.finditer(done.stdout)}
    if len(found) < len(types):
        return "it writes no assembly to its standard output"
    return {
        ctype: CSize(size, alignment, _versioned(command, ctype, wanted[ctype]))
        for ctype, (size, alignment) in found.items()
    }


def _is_pinned(owner: Mapping) -> bool:
    return "address" in owner.entries


def _versioned(command: list[str], ctype: CType, owner: Mapping) -> bool:
    """Whether the type of a pinned object has a member `magic` or `version`."""
    if not _is_pinned(owner):
        return False
    pointer = f"(({ctype.spelling} *)0)"
    return any(
        not _run(
            [*command, "-fsyntax-only", *_FLAGS],
            _program([ctype], [f"(void)sizeof({pointer}->{member});"]),
        ).returncode
        for member in ("magic", "version")
    )


def _headers(command: list[str], types: list[CType]) -> tuple[str, ...]:
    """The files that declare `types`, those of the system left out: a depfile names them."""
    rule = _run([*command, *_DEPENDENCIES, *_FLAGS], _program(types, [])).stdout
    words = rule.partition(":")[2].replace("\\\n", " ")
    names = re.findall(r"(?:\\.|[^\s\\])+", words)
    return tuple(re.sub(r"\\(.)", r"\1", name).replace("$$", "$") for name in names)


def _program(types: list[CType], statements: list[str]) -> str:
    headers = dict.fromkeys(ctype.header for ctype in types if ctype.header)
    includes = [f"#include {h}" if h[0] == "<" else f'#include "{h}"' for h in headers]
    lines = ["#include <stddef.h>", "#include <stdint.h>", "#include <stdbool.h>", *includes]
    lines += ["void ramwright_types(void);", "void ramwright_types(void)", "{", *statements, "}"]
    return "\n".join(lines) + "\n"


def _run(command: list[str], program: str) -> subprocess.CompletedProcess[str]:
    import subprocess  # costs start-up, and most runs measure nothing

    try:
        return subprocess.run(  # noqa: S603 - the user names the compiler
            command, input=program, capture_output=True, text=True, check=False, timeout=SECONDS,
            errors="replace",
        )  # fmt: skip
    except OSError as error:
        raise MissingCompilerError(f"cannot run {command[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise MissingCompilerError(f"{command[0]} takes more than {SECONDS} s") from error


def _complaint(said: str) -> str:
    """The first error among what a compiler said."""
    lines = [line for line in said.splitlines() if "error:" in line] or said.splitlines()
    first = lines[0].rpartition("error: ")[2] if lines else "no reason given"
    return "".join(c if c.isprintable() else "?" for c in first[:160])
