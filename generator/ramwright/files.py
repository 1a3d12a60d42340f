# SPDX-License-Identifier: Apache-2.0
"""Writing outputs: all of them or none, and only those whose content changed.

Every new content is first written beside its target, then all are renamed. When anything fails,
the temporaries go and what was there before is there again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE


class CannotWrite(OSError):
    """An output could not be written; its text is one line that says which and why."""


def is_current(path: Path, text: str) -> bool:
    """Whether the file at `path` holds exactly `text`."""
    return _content(path) == _bytes(text)


def _bytes(text: str) -> bytes:
    """A depfile names files, whose names may be any bytes."""
    return text.encode("utf-8", "surrogateescape")


def write_all(outputs: Mapping[Path, str]) -> tuple[Path, ...]:
    """Makes each path hold its text; returns those that changed. Raises CannotWrite."""
    changed = {path: text for path, text in outputs.items() if not is_current(path, text)}
    temporaries: dict[Path, Path] = {}
    try:
        for path, text in changed.items():
            with _blamed_on(path):
                target = _target(path)
                temporaries[path] = target.with_name(f".{os.getpid()}.{len(temporaries)}.tmp")
                _create(temporaries[path], target)
                temporaries[path].write_bytes(_bytes(text))
        _rename(temporaries)
    finally:
        for temporary in temporaries.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    return tuple(changed)


@contextmanager
def _blamed_on(path: Path) -> Iterator[None]:
    """Turns an OSError inside into a CannotWrite that names `path`."""
    try:
        yield
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror or error}") from error


def _content(path: Path) -> bytes | None:
    """What the regular file at `path` holds; to read a pipe would be to wait for its writer."""
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def _target(path: Path) -> Path:
    """The file that `path` leads to, fit to be replaced, its folder made."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink():
        raise OSError(None, "it is a circle of links")
    if target.exists() and not target.is_file():
        raise OSError(None, "it is no regular file")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(None, "it is write-protected")
    return target


def _create(temporary: Path, target: Path) -> None:
    """An empty file with the mode of `target`; of a new one the user's umask gives it."""
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666))
    if target.exists():
        temporary.chmod(S_IMODE(target.stat().st_mode))


def _rename(temporaries: Mapping[Path, Path]) -> None:
    before: dict[Path, bytes | None] = {}
    try:
        for path, temporary in temporaries.items():
            target = Path(os.path.realpath(path))
            before[target] = _content(target)
            with _blamed_on(path):
                temporary.replace(target)
    except BaseException:  # a Ctrl-C too
        for target, content in before.items():
            with suppress(OSError):
                if content is None:
                    target.unlink(missing_ok=True)
                elif _content(target) != content:
                    target.write_bytes(content)
        raise
