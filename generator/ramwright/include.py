# SPDX-License-Identifier: Apache-2.0
"""Reading a file and the files it includes into one tree. The only part of the front that opens
files; how trees become one is merge.py's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping as Dict
from pathlib import Path
from typing import NamedTuple

from ramwright import presets
from ramwright.characters import MAX_BYTES
from ramwright.errors import Mark, Problem, Problems, Related, TooManyProblemsError
from ramwright.merge import Inclusion, Merged, adapted, inclusions, with_device
from ramwright.schema import Part, language, shaped
from ramwright.source import MAX_VALUES, Entry, Mapping, Scalar, parsed
from ramwright.wording import shown

MAX_FILES = 256  # inclusions in all
MAX_DEPTH = 8  # of inclusions within inclusions


class Tree(NamedTuple):
    """All files as one. `root` is None where one could not be read, so that names are missing."""

    root: Mapping | None
    variants: Dict[str, Entry]
    problems: tuple[Problem, ...]
    lines: Dict[str, tuple[str, ...]]  # of each file, by the name that problems show
    files: tuple[str, ...]  # paths of all that was read, the top file first
    values: int  # keys and values, each counted once for every inclusion that it comes through


class _File(NamedTuple):
    """A file, and how it came to be read."""

    path: Path
    name: str  # as problems show it
    chain: tuple[tuple[Path, Mark], ...]  # the files that include it, outermost first, and where
    context: tuple[Mark, ...]  # the inclusions round it that adapt what they include


def git_top(folder: Path) -> Path:
    """The checkout that `folder` lies in, else the folder."""
    return next((f for f in (folder, *folder.parents) if (f / ".git").exists()), folder)


def tree_of(data: bytes, path: Path, name: str, root: Path | None) -> Tree:
    """What the top file `data`, which lies at `path`, and the files it includes say.

    Files outside `root`, by default the checkout, are refused."""
    real = path.resolve()
    reader = _Reader(root.resolve() if root else git_top(real.parent))
    try:
        top = reader.read(_File(real, name, (), ()), data, "layout")
    except TooManyProblemsError:
        top = None
    variants = top.entries.get("variants") if top else None
    return Tree(
        top if reader.complete else None,
        variants.value.entries if variants and isinstance(variants.value, Mapping) else {},
        tuple(reader.problems),
        reader.lines,
        (name, *dict.fromkeys(map(str, reader.files))),
        MAX_VALUES - reader.values_left,
    )


class _Reader:
    def __init__(self, root: Path) -> None:
        self.problems = Problems()
        self.lines: dict[str, tuple[str, ...]] = {}
        self.complete = True
        self.files: list[Path] = []
        self._bytes_left = MAX_BYTES
        self.values_left = MAX_VALUES
        self._root = root
        self._seen: set[tuple[Path, tuple[Mark, ...]]] = set()

    def read(self, file: _File, data: bytes, part: Part) -> Mapping | None:
        """The tree of `file` and all it includes."""
        passes = 1 + len(file.chain)  # each inclusion goes over the values once more
        source = parsed(data, file.name, self.values_left // passes)
        self.values_left -= source.values * passes
        self.lines[file.name] = source.lines
        self.problems += source.problems
        if source.root is None:
            self.complete = False
            return None
        own, problems = shaped(source.root, language(part))
        self.problems += problems
        if own is None:
            self.complete = False
            return None
        merged = Merged(self.problems)
        self._add_preset(own, merged)
        for how in inclusions(own):
            tree = self._included(file, how)
            if tree is not None:
                merged.add_included(tree, own)
        merged.add(own)
        if part == "layout" and "variants" in own.entries:
            merged.settings["variants"] = own.entries["variants"]
        return merged.tree(own.entries.get("ramwright"), own.where)

    def _add_preset(self, own: Mapping, merged: Merged) -> None:
        """Adds what the device that `own` names has, below everything else."""
        target = own.entries.get("target")
        told = target.value.entries if target and isinstance(target.value, Mapping) else {}
        given = told.get("device")
        if given is None or not isinstance(given.value, Scalar):
            return
        device = str(given.value.value)
        name = presets.resolved(device)
        if name is None:
            self.complete = False
            what = f"there is no preset for device `{shown(device)}`"
            self._problem(given.value, "RW0413", what, presets.suggestion(device))
            return
        path = presets.path(name)
        file = _File(path, presets.shown_as(name), (), ())
        self.files.append(path)
        tree = self.read(file, path.read_bytes(), "include")
        assert tree is not None, "presets are sound"
        merged.add(with_device(tree, given))

    def _included(self, by: _File, how: Inclusion) -> Mapping | None:
        path = (by.path.parent / str(how.file.value)).resolve()
        where = how.file.where
        chain = (*by.chain, (by.path, where))
        context = (*by.context, where) if how.adapts else by.context
        name = posixpath.normpath(posixpath.join(posixpath.dirname(by.name), str(how.file.value)))
        file = _File(path, name, chain, context)
        circle = any(other == path for other, _ in chain)
        if (path, context) in self._seen and not circle:
            return None  # by another way already: once is enough
        data = self._content(file, how.file) if self._may_read(file, how.file) else None
        if data is None:
            self.complete = False
            return None
        self._seen.add((path, context))
        tree = self.read(file, data, "include")
        if tree is None:
            return None
        return adapted(tree, how, language("include"), self.problems)

    def _may_read(self, file: _File, asked: Scalar) -> bool:
        if not file.path.is_relative_to(self._root):
            what = f"`{shown(str(asked.value))}` lies outside the root"
            self._problem(asked, "RW0402", what, "`--root` tells how far inclusions may reach")
            return False
        for path, where in file.chain:
            if path == file.path:
                what = f"`{shown(str(asked.value))}` includes itself"
                related = () if where == asked.where else (Related(where, "from here on"),)
                self._problem(
                    asked, "RW0403", what, "take what both need into a file of its own", *related
                )
                return False
        self.files.append(file.path)
        if len(file.chain) > MAX_DEPTH or len(self.files) > MAX_FILES:
            limit = f"{MAX_DEPTH} levels" if len(file.chain) > MAX_DEPTH else f"{MAX_FILES} files"
            hint = "a file that several others need can be included by the top file, once"
            self._problem(asked, "RW0404", f"inclusions of more than {limit}", hint)
            return False
        return True

    def _content(self, file: _File, asked: Scalar) -> bytes | None:
        """The bytes of `file`; all files together are bounded like one."""
        try:
            if not file.path.is_file():  # to read a pipe would be to wait for its writer
                kind = "is not a file" if file.path.exists() else "does not exist"
                hint = "paths start at the folder of the file that includes"
                self._problem(asked, "RW0401", f"`{shown(file.name)}` {kind}", hint)
                return None
            with file.path.open("rb") as opened:
                data = opened.read(self._bytes_left + 1)
        except OSError as error:
            self._problem(asked, "RW0401", f"cannot read `{shown(file.name)}`: {error.strerror}")
            return None
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            what = f"included files of more than {MAX_BYTES >> 20} MiB in all"
            self._problem(asked, "RW0404", what)
            return None
        return data

    def _problem(
        self, asked: Scalar, code: str, what: str, hint: str = "", *related: Related
    ) -> None:
        self.problems.append(Problem(asked.where, code, what, hint, related))
