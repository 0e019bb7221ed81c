"""Downloads from strangers, against real servers on this machine."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from limner.download import REDIRECTS_MAX
from limner.errors import InvalidRequest
from limner.remote import RemoteImages

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[..., Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers on 127.0.0.1 that answer every request with a handler; gives their URLs."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        application = web.Application()
        application.router.add_get("/{path:.*}", handler)
        runner = web.AppRunner(application, shutdown_timeout=0)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def remote() -> AsyncIterator[RemoteImages]:
    """Downloads that may reach 127.0.0.1, and that alone beyond the public."""
    images = RemoteImages(bytes_max=1000, exempt=("127.0.0.1/32",))
    yield images
    await images.close()


@pytest.fixture
async def guarded() -> AsyncIterator[RemoteImages]:
    """Downloads as an operator has them."""
    images = RemoteImages()
    yield images
    await images.close()


async def png(_: web.Request) -> web.Response:
    """A picture, said to be a page."""
    return web.Response(body=PNG, content_type="text/html")


async def refusal(images: RemoteImages, url: str) -> str:
    """The message a caller gets, after checking the rest of OpenAI's error."""
    with pytest.raises(InvalidRequest) as refused:
        await images.fetch(url)
    error = refused.value
    assert (error.status, error.type, error.param, error.code) == (400, "invalid_request_error", "url", "invalid_value")
    return error.message


async def test_a_picture_is_fetched_and_known_by_its_bytes(serve: Serve, remote: RemoteImages) -> None:
    """The server's content type does not count."""
    blob = await remote.fetch(await serve(png))
    assert blob.read() == PNG
    assert blob.media_type == "image/png"


async def test_what_is_no_picture_is_fetched_as_nothing_in_particular(serve: Serve, remote: RemoteImages) -> None:
    """Whether it can be used is for the contract to say."""

    async def text(_: web.Request) -> web.Response:
        return web.Response(text="hello", content_type="image/png")

    blob = await remote.fetch(await serve(text))
    assert (blob.read(), blob.media_type) == (b"hello", "application/octet-stream")


@pytest.mark.parametrize("status", [204, 206, 302, 404, 500])
async def test_other_statuses_are_told(status: int, serve: Serve, remote: RemoteImages) -> None:
    """OpenAI's message, with the upstream's status; a redirect to nowhere is one of them."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status)

    message = await refusal(remote, await serve(handler))
    assert message == f"Error while downloading file. Upstream status code: {status}."


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(status: int, serve: Serve, remote: RemoteImages) -> None:
    """Relative ones too."""

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/there/picture.png":
            return await png(request)
        return web.Response(status=status, headers={"Location": "there/picture.png"})

    assert (await remote.fetch(await serve(handler))).read() == PNG


async def test_redirects_end(serve: Serve, remote: RemoteImages) -> None:
    """A loop is left after the third redirect."""
    requests = 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal requests
        requests += 1
        return web.Response(status=302, headers={"Location": "/again"})

    assert "More than 3 redirects" in await refusal(remote, await serve(handler))
    assert requests == REDIRECTS_MAX + 1


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/",
        "http://[::1]:{port}/",
        "http://0.0.0.0:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://user:secret@127.0.0.1:{port}/",
        "http://",
        "http://[",
    ],
)
async def test_a_redirect_leads_nowhere_forbidden(location: str, serve: Serve, remote: RemoteImages) -> None:
    """Each hop is checked like the first."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location.format(port=request.url.port)})

    assert "status code" not in await refusal(remote, await serve(handler))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0.0.0.0",  # noqa: S104 -- an address to refuse, not to bind
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
    ],
)
async def test_this_machine_cannot_be_reached(host: str, serve: Serve, guarded: RemoteImages) -> None:
    """However its address is spelled, a server that would answer is not asked."""
    asked = False

    async def handler(_: web.Request) -> web.Response:
        nonlocal asked
        asked = True
        return web.Response(body=PNG)

    port = (await serve(handler)).rpartition(":")[2]
    assert await refusal(guarded, f"http://{host}:{port}/") == (
        "Error while downloading file. The server could not be reached."
    )
    assert not asked


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.8.8.8", "168.63.129.16", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "0.1.2.3",
        "::", "::1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
        "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
        "ff02::1",
    ],
)  # fmt: skip
async def test_no_socket_is_made_for_an_address_that_is_not_public(address: str, guarded: RemoteImages) -> None:
    """The check sits where a connection begins, so neither a name nor its second lookup gets around it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(PermissionError):
        guarded._downloader._socket((family, socket.SOCK_STREAM, 0, "", (address, 80)))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.63.255.255", "2606:4700::1111"])
async def test_public_addresses_may_be_reached(address: str, guarded: RemoteImages) -> None:
    """A socket for them is made."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    guarded._downloader._socket((family, socket.SOCK_STREAM, 0, "", (address, 80))).close()


@pytest.mark.parametrize(
    "url",
    ["", "picture.png", "/etc/passwd", "file:///etc/passwd", "data:image/png;base64,AA", "gopher://example.org/",
     "http:///path", "http://[", "https://user@example.org/", "http://a:b@example.org/", "http://a..b/",
     f"http://{'a' * 64}.example/", "http://exa mple/", "http://\ud800/", "http://example.org:99999/"],
)  # fmt: skip
async def test_what_is_no_plain_address_is_refused(url: str, guarded: RemoteImages) -> None:
    """Other schemes, credentials and nonsense never reach the network, and never raise anything else."""
    assert (await refusal(guarded, url)).startswith("Error while downloading file. ")


async def test_too_many_bytes_are_refused(serve: Serve, remote: RemoteImages) -> None:
    """Exactly the limit passes; one byte more does not, whatever the length was announced as."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(bytes(int(request.path[1:])))
        return response

    url = await serve(handler)
    assert (await remote.fetch(f"{url}/1000")).size_bytes == 1000
    assert await refusal(remote, f"{url}/1001") == "Error while downloading file. It has more than 1000 bytes."


async def test_compressed_bodies_are_not_unpacked(serve: Serve, remote: RemoteImages) -> None:
    """A small body cannot become a large one."""
    packed = gzip.compress(bytes(100_000))

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    assert (await remote.fetch(await serve(handler))).read() == packed


async def test_a_server_that_never_ends_is_left(serve: Serve) -> None:
    """The limit is for the whole download, not for each byte."""
    gone = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"\x89PNG")
        await gone.wait()
        return response

    images = RemoteImages(timeout_s=0.2, exempt=("127.0.0.1",))
    message = await refusal(images, await serve(handler))
    assert message == "Error while downloading file. It took longer than 0.2 seconds."
    gone.set()
    await images.close()


async def test_a_broken_answer_is_refused(serve: Serve, remote: RemoteImages) -> None:
    """A connection cut within the body is no picture."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "500"})
        await response.prepare(request)
        await response.write(b"\x89PNG")
        assert request.transport is not None
        request.transport.abort()
        return response

    assert "could not be reached" in await refusal(remote, await serve(handler))


async def test_nothing_of_ours_is_sent(serve: Serve, remote: RemoteImages, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cookies from one download to the next, no proxy of the environment, no compression asked for."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        response = web.Response(body=PNG)
        response.set_cookie("session", "1")
        return response

    url = await serve(handler)
    for _ in range(2):
        await remote.fetch(url)
    assert all("Cookie" not in request.headers for request in seen)
    assert all(request.headers["Accept-Encoding"] == "identity" for request in seen)
    assert len(seen) == 2


async def test_closing_without_a_download_is_fine() -> None:
    """The session is opened by the first download only."""
    await RemoteImages().close()
