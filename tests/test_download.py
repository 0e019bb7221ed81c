"""Hosts an operator named are reached over plain HTTP inside the network; every other rule is in test_remote.py."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from limner.download import Downloader, DownloadFailed


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where a server on 127.0.0.1 answers every request."""

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/elsewhere":
            return web.Response(
                status=302, headers={"Location": str(request.url.with_host("localhost").with_path("/"))}
            )
        return web.Response(body=b"here")

    application = web.Application()
    application.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_a_named_host_may_be_inside_and_plain(port: int) -> None:
    """The host as it stands in the URL counts; another name of the same machine does not, nor where it sends us."""
    downloader = Downloader(bytes_max=100, timeout_s=5, hosts=frozenset({"127.0.0.1"}), https_only=True)
    try:
        assert await downloader.fetch(f"http://127.0.0.1:{port}/") == b"here"
        with pytest.raises(DownloadFailed, match="It is no https URL"):
            await downloader.fetch(f"http://localhost:{port}/")
        with pytest.raises(DownloadFailed, match="could not be reached"):
            await downloader.fetch(f"https://localhost:{port}/")
        with pytest.raises(DownloadFailed, match="It is no https URL"):
            await downloader.fetch(f"http://127.0.0.1:{port}/elsewhere")
    finally:
        await downloader.close()
