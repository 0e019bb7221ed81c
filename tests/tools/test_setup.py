"""`tools/setup.sh`: what it asks of a machine, and that it does nothing twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "setup.sh"

PYTHON = """#!/bin/sh
echo "python $*" >>"$LOG"
case "$*" in
    --version) echo "Python 3.11.2" ;;
    *version_info*) exit "$OLD" ;;
    *ensurepip*) exit "$NO_VENV" ;;
    "-m venv --clear .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
esac
"""
TOOL = '#!/bin/sh\necho "$(basename "$0") $*" >>"$LOG"\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the script and what it reads, and a machine whose programs only keep a log."""
    for folder in ("tools", "requirements", "bin"):
        (tmp_path / folder).mkdir()
    shutil.copy(SCRIPT, tmp_path / "tools")
    (tmp_path / "requirements" / "dev.lock").write_text("one\n")
    (tmp_path / "pyproject.toml").write_text("two\n")
    for name, text in (("python3", PYTHON), ("apt-get", TOOL), ("id", '#!/bin/sh\necho "$WHO"\n')):
        program = tmp_path / "bin" / name
        program.write_text(text)
        program.chmod(0o755)
    return tmp_path


def set_up(checkout: Path, **environ: str) -> tuple[int, str, list[str]]:
    """Run the script: exit code, what it said, and the programs it called since the last run."""
    log = checkout / "log"
    log.unlink(missing_ok=True)
    path = f"{checkout / 'bin'}:{os.environ['PATH']}"
    settings = {"PATH": path, "LOG": str(log), "OLD": "0", "NO_VENV": "0", "WHO": "1000"} | environ
    done = subprocess.run(
        ["/bin/sh", "tools/setup.sh"], cwd=checkout, env=settings, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr, log.read_text().splitlines() if log.exists() else []


def test_everything_comes_from_the_lock_file_by_hash(checkout: Path) -> None:
    """The environment is made anew and filled from the lock file; then the project itself, without its dependencies."""
    code, _, called = set_up(checkout)
    assert code == 0
    pip = "python -m pip --disable-pip-version-check -qq install"
    assert called[-3:] == [
        "python -m venv --clear .venv",
        f"{pip} --require-hashes --no-deps --requirement requirements/dev.lock",
        f"{pip} --no-deps --no-build-isolation --editable .",
    ]


def test_a_second_run_does_nothing_until_the_lock_changes(checkout: Path) -> None:
    """Neither pip nor venv is called again, whatever the files' times; a new lock file makes all anew."""
    set_up(checkout)
    (checkout / "requirements" / "dev.lock").touch()
    assert not [call for call in set_up(checkout)[2] if "-m" in call]
    (checkout / "requirements" / "dev.lock").write_text("changed\n")
    assert "python -m venv --clear .venv" in set_up(checkout)[2]


def test_an_interrupted_run_is_begun_again(checkout: Path) -> None:
    """Only a run that came to its end counts."""
    set_up(checkout)
    (checkout / ".venv" / ".made-from").unlink()
    assert "python -m venv --clear .venv" in set_up(checkout)[2]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PYTHON": "python9.9"}, "there is no python9.9. Install Python 3.11 or newer"),
        ({"OLD": "1"}, "Python 3.11.2 is too old: 3.11 or newer is needed"),
        ({"NO_VENV": "1"}, "Run this, then try again: sudo apt-get install -y python3-venv"),
    ],
)
def test_what_is_missing_is_named_with_the_way_to_get_it(checkout: Path, environ: dict[str, str], words: str) -> None:
    """The script stops before it makes anything, and says what to do."""
    code, said, _ = set_up(checkout, **environ)
    assert (code, words in said) == (1, True)
    assert not (checkout / ".venv").exists()


def test_root_gets_the_venv_module_installed(checkout: Path) -> None:
    """In a bare container nobody has to do anything by hand."""
    code, _, called = set_up(checkout, NO_VENV="1", WHO="0")
    assert code == 0
    assert "apt-get install -y python3-venv -qq" in called
