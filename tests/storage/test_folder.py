"""The data folder and its lock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from limner.clock import ManualClock
from limner.storage import DataInUse, lock_data, open_storage


def found(folder: Path) -> list[Path]:
    """All that lies in a folder."""
    return list(folder.iterdir())


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """The folder appears when it is missing, parents too, and others cannot look into it."""
    data = tmp_path / "new" / "data"
    with lock_data(data):
        assert data.stat().st_mode & 0o777 == 0o700


async def test_what_is_in_an_open_folder_is_for_its_owner_alone(tmp_path: Path, clock: ManualClock) -> None:
    """Even in a folder others may look into, they can read neither database nor journal."""
    async with open_storage(tmp_path, clock):
        modes = {path.name: path.stat().st_mode & 0o077 for path in found(tmp_path)}
    assert "limner.db-wal" in modes
    assert set(modes.values()) == {0}


def test_a_second_server_is_refused(tmp_path: Path) -> None:
    """While one server has the folder another one is told who, and may have it afterwards."""
    with (
        lock_data(tmp_path),
        pytest.raises(DataInUse, match=rf"process {os.getpid()}.*{tmp_path}"),
        lock_data(tmp_path),
    ):
        pass
    with lock_data(tmp_path):
        pass


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    """A server that was killed does not keep its folder."""
    program = f"""
import os, pathlib
from limner.storage import lock_data
with lock_data(pathlib.Path({str(tmp_path)!r})):
    os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert killed.returncode == -9
    with lock_data(tmp_path):
        pass


def test_the_lock_is_let_go_when_the_server_fails(tmp_path: Path) -> None:
    """An error inside the block gives the folder back, too."""
    with pytest.raises(LookupError), lock_data(tmp_path):
        raise LookupError
    with lock_data(tmp_path):
        pass
