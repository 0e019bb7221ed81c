"""docs/admin.md is true: its commands are carried out as they stand, and answer what stands below them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving import Server, serving

from limner.contract.admin.operations import OPERATIONS

PAGE = (Path(__file__).parents[2] / "docs" / "admin.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```\n(?:\n^```json\n(.*?)^```\n)?", PAGE, re.MULTILINE | re.DOTALL)
TIME_S_MIN = 1_700_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as it comes."""
    with serving(tmp_path_factory.mktemp("docs"), "") as running:
        yield running


def same(told: Any, written: Any) -> bool:
    """Whether an answer is what the page says; `…` stands for any text, and one time is as good as another."""
    if isinstance(written, dict):
        return (
            isinstance(told, dict)
            and list(told) == list(written)
            and all(same(told[name], value) for name, value in written.items())
        )
    if isinstance(written, list):
        return (
            isinstance(told, list)
            and len(told) == len(written)
            and all(same(*pair) for pair in zip(told, written, strict=True))
        )
    if isinstance(written, str) and isinstance(told, str):
        return re.fullmatch(".+".join(map(re.escape, written.split("\u2026"))), told) is not None
    if isinstance(written, int) and written > TIME_S_MIN:
        return isinstance(told, int) and told > TIME_S_MIN
    return bool(told == written)


def test_the_pages_commands_answer_what_it_says(server: Server) -> None:
    """One after another, in a shell."""
    environment = {**os.environ, "LIMNER": server.url, "ADMIN_KEY": server.key("ops", "--admin")}
    assert len(BLOCKS) == 8
    for command, answer in BLOCKS:
        script = f"set -euo pipefail\n{command}"
        done = subprocess.run(
            ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert '"error"' not in done.stdout, f"{command}\n{done.stdout}"
        if answer:
            assert same(json.loads(done.stdout), json.loads(answer)), f"{command}\n{done.stdout}"
        else:
            assert done.stdout


def test_the_page_names_every_operation() -> None:
    """By its path, or its last step behind another one's."""
    for operation in OPERATIONS:
        path = operation.path.replace("{account}", "{name}")
        assert path in PAGE or f"/{path.rpartition('/')[2]}`" in PAGE, operation.id
