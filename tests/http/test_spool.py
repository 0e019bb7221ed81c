"""Where uploads wait: made when needed, removed when done, swept after a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner.http.spool import Room, Spool, sweep


def test_nothing_is_made_until_something_is_written(tmp_path: Path) -> None:
    """A request without large files costs no folder, and releasing it is harmless."""
    Spool(tmp_path, Room(0)).release()
    assert list(tmp_path.iterdir()) == []


def test_pieces_are_put_behind_one_another(tmp_path: Path) -> None:
    """A file written in several goes is one file."""
    spool = Spool(tmp_path, Room(0))
    (first,) = spool.append([("0", [b"a", b"b"])])
    (second,) = spool.append([("0", [b"c"])])
    assert first == second
    assert first.read_bytes() == b"abc"
    spool.release()
    spool.release()
    assert list(tmp_path.iterdir()) == []


def test_what_a_crash_left_is_swept(tmp_path: Path) -> None:
    """Folders of an earlier process go; anything else in the place stays."""
    Spool(tmp_path, Room(0)).append([("0", [b"a"])])
    other = tmp_path / "other"
    other.mkdir()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [other]


def test_a_full_disk_is_an_os_error(tmp_path: Path) -> None:
    """What the disk says is left to whoever asked."""
    with pytest.raises(OSError, match="No such file"):
        Spool(tmp_path / "gone", Room(0)).append([("0", [b"a"])])
