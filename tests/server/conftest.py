"""A running server that strangers talk to, and the proof after every test that it is none the worse for it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from tests.server.wire import Caller
from tests.serving import Server, scripted, serving

CONFIG = f"""
[engines.sketch]

[models."gpt-image-2"]
route = ["sketch"]

{scripted(fast="")}
"""


@pytest.fixture(scope="package")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the whole folder: what one test does to it, the next one would feel."""
    with serving(tmp_path_factory.mktemp("server"), CONFIG) as running:
        yield running


@pytest.fixture(scope="package")
def open_key(open_server: Server) -> str:
    """A key for it."""
    return open_server.key("stranger")


@pytest.fixture
def caller(open_server: Server, open_key: str) -> Iterator[Caller]:
    """Somebody with a good key. Afterwards the server must be there, ready, and have written no traceback."""
    logged = len(open_server.log())
    yield Caller(server=open_server, key=open_key)
    assert open_server.running
    assert open_server.ready()
    assert "Traceback" not in open_server.log()[logged:]


@pytest.fixture(scope="session")
def photo() -> Image.Image:
    """An RGB picture of 320x240."""
    noise = np.random.default_rng(3).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    return Image.fromarray(noise, "RGB")


@pytest.fixture(scope="session")
def photo_png(photo: Image.Image) -> bytes:
    """The same as a PNG."""
    out = io.BytesIO()
    photo.save(out, "PNG")
    return out.getvalue()
