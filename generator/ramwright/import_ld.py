# SPDX-License-Identifier: Apache-2.0
"""The memory regions of a linker script, evaluated by the linker itself.

The script is linked with four bytes of .data and nothing else: the map of that link begins with
the memory configuration, all expressions evaluated, and tells which region is that of .data. What
the script wants and is not there (libraries, objects, symbols that the firmware defines) is made
up, one after the other, until the linker gets that far. Symbols are made up twice, with different
values: regions that depend on them are not imported but reported.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path, PurePosixPath

from ramwright.cnames import KEYWORDS
from ramwright.errors import Mark, Problem, Severity

LEFT_OUT = "RW0604"
_ATTEMPTS = 64  # each makes up at least one thing more
_TIMEOUT = 30  # seconds an attempt may take
_EMPTY_ARCHIVE = b"!<arch>\n"
_VALUES = (0, 0x1000)  # of made-up symbols
_UNKNOWN = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)  # the linker's length where it cannot evaluate one
_MISSING_FILE = re.compile(r"cannot find (-l)?([^\s:]+)")
_MISSING_SYMBOL = re.compile(r"undefined symbol `([^']+)' referenced in expression")
_INVALID = re.compile(r"invalid (?:origin|length) for memory region (\S+)")
_DATA = "ramwright-data.bin"  # an input file that is .data, whatever the linker's target
_DATA_PLACE = re.compile(rf"^ \.data\s+0x([0-9a-f]+)\s+0x[0-9a-f]+\s.*{_DATA}$", re.MULTILINE)
_REGION = re.compile(r"^(\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?:\s+(\S+))?$", re.MULTILINE)
_SPELLED = re.compile(r"[A-Za-z_.][\w.$~+-]{0,63}", re.ASCII)  # as the config's `linker` may be
_LONGEST = 40  # of a region's name; what tells two of the same name apart comes on top
_OTHER_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "null", "none"})  # no names to YAML
_READ_ONLY = re.compile(r"flash|(^|_)e?e?p?rom|xip|[qo]spi", re.IGNORECASE)


@dataclass(frozen=True)
class ImportedRegion:
    """A MEMORY entry that can be written to, as a region of a config."""

    name: str  # a C identifier
    linker: str  # as the script calls it
    origin: int
    size: int
    home: bool = False  # the script puts .data there

    @property
    def end(self) -> int:
        """First address past the region."""
        return self.origin + self.size


@dataclass(frozen=True)
class _Entry:
    name: str
    origin: int
    size: int
    attributes: str
    home: bool = field(compare=False)  # .data is there


@dataclass(frozen=True)
class _Attempt:
    """One link: its map, empty if the linker did not get that far, and what it said."""

    map: str
    said: str


@dataclass
class _World:
    """What is made up so far, for one script and linker."""

    script: Path
    linker: Sequence[str]
    folder: Path
    symbols: list[str] = field(default_factory=list)

    def link(self, value: int) -> _Attempt:
        """Links nothing with the script, made-up symbols being `value`."""
        map_file = self.folder / "ramwright.map"
        map_file.unlink(missing_ok=True)
        data = self.folder / _DATA
        data.write_bytes(bytes(4))
        binary = ("--format=binary", str(data), "--format=default")
        options = [
            f"-Map={map_file}",
            *binary,
            *(f"--defsym={name}={value}" for name in self.symbols),
        ]
        done = subprocess.run(  # noqa: S603 (the user names the linker)
            [
                *self.linker,
                *self._spelled(options),
                f"-L{self.folder}",
                f"-L{self.script.parent}",
                f"-L{Path.cwd()}",
                "-T",
                str(self.script),
                "-o",
                str(self.folder / "ramwright.elf"),
                str(self._stub("ramwright-nothing.a")),
            ],
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
        )
        text = map_file.read_text(errors="replace") if map_file.is_file() else ""
        return _Attempt(text, done.stdout + done.stderr)

    def add_missing(self, said: str) -> bool:
        """Makes up what the linker said it lacks; whether there was anything."""
        files = [name for name in map(_file_name, _MISSING_FILE.finditer(said)) if name]
        symbols = [name for name in _MISSING_SYMBOL.findall(said) if name not in self.symbols]
        for name in files:
            self._stub(name)
        self.symbols += dict.fromkeys(symbols)
        return bool(files or symbols)

    def _stub(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_EMPTY_ARCHIVE)
        return path

    def _spelled(self, options: Iterable[str]) -> list[str]:
        """`options` of the linker, as the compiler driver or the linker itself wants them."""
        if re.search(r"ld(\.\w+)?$", Path(self.linker[0]).name):
            return list(options)
        return ["-nostdlib", "-nostartfiles", *(f"-Wl,{option}" for option in options)]


def regions_of(script: Path, linker: str) -> tuple[tuple[ImportedRegion, ...], tuple[Problem, ...]]:
    """The writable regions of `script` in its order, evaluated by `linker`, a compiler driver or
    the linker itself; and what could not be imported or looks doubtful."""
    where = Mark(str(script))
    command = shlex.split(linker)
    if not command:
        return (), (_error(where, "RW0601", "no linker is named", "name one with --linker"),)
    try:
        with tempfile.TemporaryDirectory(prefix="ramwright-") as folder:
            entries, problems = _entries(_World(script.resolve(), command, Path(folder)), where)
    except OSError as error:
        what = f"cannot run {command[0]}: {error.strerror}"
        return (), (_error(where, "RW0601", what, "install it, or name another with --linker"),)
    except subprocess.TimeoutExpired:
        what = f"{command[0]} did not end within {_TIMEOUT} seconds"
        return (), (_error(where, "RW0601", what, "name another linker with --linker"),)
    regions, left_out = _writable(entries, where)
    if not regions and not problems:
        what = "it declares no region that can be written to"
        hint = "name the script that holds the MEMORY command; `init` reads no other"
        problems = (_error(where, "RW0603", what, hint),)
    return regions, (*problems, *left_out, *_doubtful(regions, where))


def _entries(world: _World, where: Mark) -> tuple[tuple[_Entry, ...], tuple[Problem, ...]]:
    attempt = world.link(_VALUES[0])
    for _ in range(_ATTEMPTS):
        if attempt.map or not world.add_missing(attempt.said):
            break
        attempt = world.link(_VALUES[0])
    if not attempt.map:
        hint = "give `init` the script as the linker sees it, after any preprocessor"
        what = f"the linker cannot evaluate it: {_quoted(attempt.said)}"
        return (), (_error(where, "RW0602", what, hint),)
    first = _configuration(attempt.map)
    second = _configuration(world.link(_VALUES[1]).map) if world.symbols else first
    invalid = {*_INVALID.findall(attempt.said), *(e.name for e in first if e.size in _UNKNOWN)}
    sure = tuple(entry for entry in first if entry in second and entry.name not in invalid)
    unsure = [entry.name for entry in first if entry not in sure]
    if not unsure:
        return sure, ()
    what = f"MEMORY {', '.join(unsure)} depends on symbols that the script does not define"
    hint = "pass them as the build does, e.g. --linker 'arm-none-eabi-gcc -Wl,--defsym=NAME=VALUE'"
    return sure, (_error(where, "RW0602", what, hint),)


def _configuration(map_text: str) -> tuple[_Entry, ...]:
    """The entries of "Memory Configuration" but for the linker's own *default*."""
    _, _, text = map_text.partition("Memory Configuration")
    text, _, places = text.partition("Linker script and memory map")
    found = _DATA_PLACE.search(places)
    data = int(found[1], 16) if found else -1
    return tuple(
        _Entry(name, start, length, attributes, start <= data < start + length)
        for name, origin, size, attributes in _REGION.findall(text)
        if name != "*default*"
        for start, length in [(int(origin, 16), int(size, 16))]
    )


def _writable(
    entries: Iterable[_Entry], where: Mark
) -> tuple[tuple[ImportedRegion, ...], tuple[Problem, ...]]:
    regions: list[ImportedRegion] = []
    problems: list[Problem] = []
    for entry in entries:
        reason, severity = _left_out(entry)
        if reason:
            what = f"MEMORY {entry.name} is left out: {reason}"
            hint = "add it under `regions` if it is RAM"
            problems.append(Problem(where, LEFT_OUT, what, hint, severity=severity))
        else:
            name = _identifier(entry.name, {region.name for region in regions})
            regions.append(ImportedRegion(name, entry.name, entry.origin, entry.size, entry.home))
    return tuple(regions), tuple(problems)


def _left_out(entry: _Entry) -> tuple[str, Severity]:
    """Why `entry` is no region of RAM, empty if it is one; a warning where that may be amiss."""
    included, _, excluded = entry.attributes.partition("!")
    if entry.size == 0:
        return "its length is 0", "note"
    if "w" in excluded or (included and "w" not in included):
        return f"its attributes ({entry.attributes}) do not let it be written to", "note"
    if not _SPELLED.fullmatch(entry.name):
        return "a config cannot spell its name", "warning"
    if _READ_ONLY.search(entry.name):
        return "its name says that it is not RAM", "note"
    return "", "note"


def _doubtful(regions: Sequence[ImportedRegion], where: Mark) -> Iterator[Problem]:
    for first, second in combinations(regions, 2):
        if first.origin < second.end and second.origin < first.end:
            what = f"MEMORY {first.linker} and {second.linker} overlap"
            hint = "keep one, or make them two parts of the bank"
        elif first.size == second.size and (first.name in second.name or second.name in first.name):
            what = f"MEMORY {first.linker} and {second.linker} may be the same bytes"
            hint = f"if so, give one `alias_of: {first.name}`, so that they count once"
        else:
            continue
        yield _warning(where, "RW0605", what, hint)


def _identifier(name: str, taken: set[str]) -> str:
    """A region's name after `name` that is not in `taken`."""
    plain = re.sub(r"[\W_]+", "_", name, flags=re.ASCII).strip("_").lower()[:_LONGEST].rstrip("_")
    if not plain[:1].isalpha() or plain in KEYWORDS | _OTHER_WORDS or plain.startswith("rw_"):
        plain = f"ram_{plain}".rstrip("_")
    candidates = (plain, *(f"{plain}_{number}" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _file_name(match: re.Match[str]) -> str:
    """Where a file that the linker did not find is looked for, in a folder given with -L."""
    library, name = match.groups()
    if library:
        return name[1:] if name.startswith(":") else f"lib{name}.a"
    path = PurePosixPath(name)
    return "" if path.is_absolute() or ".." in path.parts else name


def _quoted(said: str) -> str:
    """The first line of what the linker said, without its own path."""
    line = next((line for line in said.splitlines() if line.strip()), "it says nothing")
    return re.sub(r"^\S*?ld(\.\w+)?:\s*", "", line.strip())


def _error(where: Mark, code: str, what: str, hint: str) -> Problem:
    return Problem(where, code, what, hint)


def _warning(where: Mark, code: str, what: str, hint: str) -> Problem:
    return Problem(where, code, what, hint, severity="warning")
