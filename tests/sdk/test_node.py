"""The official Node.js SDK against a running server: each program in node/ is one test."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sdk.nodejs import NODE_FOLDER, install, node
from tests.serving import Server

PROGRAMS = sorted(NODE_FOLDER.glob("*.test.mjs"))


@pytest.fixture(scope="session")
def sdk() -> None:
    """The SDK, installed once."""
    install()


@pytest.mark.usefixtures("sdk")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name.removesuffix(".test.mjs"))
def test_the_node_sdk(server: Server, key: str, strict_key: str, picture_files: Path, program: Path) -> None:
    """Every assertion of the program holds."""
    node(
        "--test",
        "--test-timeout=60000",
        program,
        OPENAI_BASE_URL=server.base_url,
        OPENAI_API_KEY=key,
        LIMNER_STRICT_KEY=strict_key,
        LIMNER_PICTURES=str(picture_files),
    )
