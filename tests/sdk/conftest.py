"""One running server for all tests of the official SDKs, with keys, pictures and clients."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import openai
import pytest
from PIL import Image
from tests.sdk import pictures
from tests.serving import Server, scripted, serving

FAILS_ONCE = """
fail = "error"
fail_first = 1
"""

HEAD = """
[limits]
keepalive_s = 0.5
# The engines told to fail go on failing in their own way, however many tests ask them.
engine_failures_max = 1000

[models."gpt-image-2"]
route = ["sketch"]

[models."gpt-image-1.5"]
route = ["sketch"]

[models."gpt-image-2.6-flare"]
route = ["sketch"]

[models."scripted-second-choice"]
route = ["failing", "fast"]
price = "free"
"""

SCRIPTED = {
    "fast": "",
    "slow": "delay_s = 1.5",
    "failing": 'fail = "error"',
    "midway": 'fail = "midway"',
    "refusing": 'fail = "moderation"',
    "flaky": FAILS_ONCE,
    "flaky_for_node": FAILS_ONCE,
}

CONFIG = HEAD + "[engines.sketch]\n" + scripted(**SCRIPTED)


def in_front_of(behind: Server) -> str:
    """The same models, each drawn by the server behind."""
    key = behind.key("front")

    def engine(name: str, model: str = "") -> str:
        return f"""
[engines.{name}]
kind = "upstream"
dialect = "limner"
base_url = "{behind.base_url}"
key = "{key}"
{model}
"""

    scripts = "".join(
        engine(name, f'model = "scripted-{name}"')
        + f'[models."scripted-{name}"]\nroute = ["{name}"]\nprice = {{ like = "gpt-image-2" }}\n'
        for name in SCRIPTED
    )
    return HEAD + engine("sketch") + scripts


@pytest.fixture(scope="session", params=["alone", "in front of another"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the embedded engine behind OpenAI's names and a scripted one for each way to behave.

    Once more with all of them in another Limner behind it, where no caller can tell.
    """
    with serving(tmp_path_factory.mktemp("sdk"), CONFIG) as running:
        if request.param == "alone":
            yield running
            return
        with serving(tmp_path_factory.mktemp("front"), in_front_of(running)) as front:
            yield front


@pytest.fixture(scope="session")
def key(server: Server) -> str:
    """A key that follows the product's rules."""
    return server.key("plain")


@pytest.fixture(scope="session")
def strict_key(server: Server) -> str:
    """A key that follows the live API's rules."""
    return server.key("strict", "--strictness", "openai")


class Sent:
    """What a client has put on the wire: one header set a request, the newest last."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []

    def note(self, request: httpx2.Request) -> None:
        """Remember a request that is about to leave."""
        self.requests.append(request)

    @property
    def retry_counts(self) -> list[str]:
        """`x-stainless-retry-count` of every request: 0, then 1 for the first retry."""
        return [request.headers["x-stainless-retry-count"] for request in self.requests]


@pytest.fixture
def sent() -> Sent:
    """Everything the test's `client` sent."""
    return Sent()


def _client(server: Server, key: str, sent: Sent) -> openai.OpenAI:
    # The wire says what the types say, so the strictest reading of the answers must hold.
    return openai.OpenAI(
        api_key=key,
        base_url=server.base_url,
        timeout=60,
        http_client=openai.DefaultHttpxClient(event_hooks={"request": [sent.note]}, trust_env=False),
        _strict_response_validation=True,
    )


@pytest.fixture
def client(server: Server, key: str, sent: Sent) -> Iterator[openai.OpenAI]:
    """The official client as a user has it, but for the base URL and the key."""
    with _client(server, key, sent) as made:
        yield made


@pytest.fixture
def strict_client(server: Server, strict_key: str, sent: Sent) -> Iterator[openai.OpenAI]:
    """The official client with a key that is held to the live API's rules."""
    with _client(server, strict_key, sent) as made:
        yield made


@pytest.fixture
async def async_client(server: Server, key: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """The asynchronous official client."""
    async with openai.AsyncOpenAI(
        api_key=key, base_url=server.base_url, timeout=60, _strict_response_validation=True
    ) as made:
        yield made


@pytest.fixture(scope="session")
def photo_png() -> bytes:
    """A PNG of 1024x1024."""
    return pictures.photo(1024, 1024, "PNG")


@pytest.fixture(scope="session")
def photo_jpeg() -> bytes:
    """A JPEG of 640x480."""
    return pictures.photo(640, 480, "JPEG")


@pytest.fixture(scope="session")
def photo_webp() -> bytes:
    """A WebP of 320x320."""
    return pictures.photo(320, 320, "WEBP")


@pytest.fixture(scope="session")
def mask_png() -> bytes:
    """A mask for `photo_png`."""
    return pictures.mask()


@pytest.fixture(scope="session")
def picture_files(
    tmp_path_factory: pytest.TempPathFactory, photo_png: bytes, photo_jpeg: bytes, photo_webp: bytes, mask_png: bytes
) -> Path:
    """A folder with photo.png, photo.jpg, photo.webp and mask.png."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, data in (
        ("photo.png", photo_png),
        ("photo.jpg", photo_jpeg),
        ("photo.webp", photo_webp),
        ("mask.png", mask_png),
    ):
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="session")
def pixels() -> Callable[[bytes], Image.Image]:
    """Opens encoded bytes and decodes them whole, so that a damaged file fails here."""

    def opened(data: bytes) -> Image.Image:
        image = Image.open(io.BytesIO(data))
        image.load()
        return image

    return opened
