# SPDX-License-Identifier: Apache-2.0
"""Outputs are written all or none, and only where their content changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ramwright.files import CannotWrite, is_current, write_all

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.is_file()}


def test_writes_what_changed_and_leaves_the_rest_untouched(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "new" / "two"
    one.write_text("1")
    os.utime(one, (1, 1))
    assert write_all({one: "1", two: "zwei ✓\n"}) == (two,)
    assert one.stat().st_mtime == 1
    assert two.read_bytes() == "zwei ✓\n".encode()
    assert write_all({one: "1", two: "zwei ✓\n"}) == ()


def test_new_files_have_the_mode_that_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_all({tmp_path / "a": "a"})
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_all({tmp_path / "link": "new"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_folder_in_the_way_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").mkdir()
    with pytest.raises(CannotWrite, match=r"^cannot write .*b: it is a folder$"):
        write_all({tmp_path / "a": "new", tmp_path / "b": "new", tmp_path / "c": "new"})
    assert contents(tmp_path) == {"a": "old"}


def test_a_file_for_a_folder_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(CannotWrite) as caught:
        write_all({tmp_path / "b": "new", tmp_path / "a" / "b": "new"})
    assert "\n" not in str(caught.value)
    assert contents(tmp_path) == {"a": "old"}


def test_a_write_protected_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o444)
    if AS_ROOT:  # to whom nothing is write-protected
        monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path / "a")
    with pytest.raises(CannotWrite, match="write-protected"):
        write_all({tmp_path / "b": "new", tmp_path / "a": "new"})
    assert contents(tmp_path) == {"a": "old"}


def test_a_rewritten_file_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o600)
    write_all({tmp_path / "a": "new"})
    assert (tmp_path / "a").read_text() == "new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_what_is_no_regular_file_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path(os.devnull)):
        mode = path.stat().st_mode
        with pytest.raises(CannotWrite, match="it is no regular file"):
            write_all({tmp_path / "a": "new", path: "new"})
        assert path.stat().st_mode == mode
    assert contents(tmp_path) == {}


def test_a_circle_of_links_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "loop", tmp_path / "loop" / "a"):
        with pytest.raises(CannotWrite) as caught:
            write_all({tmp_path / "b": "new", path: "new"})
        assert "\n" not in str(caught.value)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("failing", [1, 2, 3])
@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (OSError(28, "No space left on device"), CannotWrite),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["full disk", "interrupt"],
)
def test_a_failure_among_the_renames_restores_what_was(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
    fault: BaseException,
    raised: type[BaseException],
) -> None:
    (tmp_path / "a").write_text("old a")
    (tmp_path / "b").write_text("old b")
    replace, calls = Path.replace, []

    def replace_until(path: Path, target: Path) -> Path:
        calls.append(path)
        if len(calls) == failing:
            raise fault
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", replace_until)
    with pytest.raises(raised):
        write_all({tmp_path / name: f"new {name}" for name in "abc"})
    assert contents(tmp_path) == {"a": "old a", "b": "old b"}


def test_a_full_disk_while_writing_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("old a")

    def write_nothing(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_nothing)
    with pytest.raises(CannotWrite):
        write_all({tmp_path / "a": "new", tmp_path / "b": "new"})
    assert contents(tmp_path) == {"a": "old a"}


def test_is_current(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    assert is_current(tmp_path / "a", "text")
    assert not is_current(tmp_path / "a", "other")
    assert not is_current(tmp_path / "b", "")
