"""The way to a server: certificates of an authority of our own, and a proxy, on real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.certificates import Authority
from tests.engines.upstream.emulator import Emulator, Script, emulating
from tests.engines.upstream.enforcement import KEY
from tests.engines.upstream.proxying import proxying
from tests.serving import LIMNER

from limner.clock import SystemClock
from limner.config import ConfigError, load
from limner.engine import Event
from limner.engines.upstream.engine import UpstreamEngine
from limner.engines.upstream.settings import UpstreamSettings
from limner.errors import EngineUnavailable
from limner.job import ImageRequest, Kind

WISH = ImageRequest(kind=Kind.GENERATION, model="served", prompt="an apple")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Someone to sign certificates, whom nobody trusts yet."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """What a test opens, closed after it."""
    async with AsyncExitStack() as opened:
        yield opened


async def asking(stack: AsyncExitStack, server: Emulator, **settings: Any) -> UpstreamEngine:
    """An engine in front of `server`."""
    written = {"base_url": server.url, "key": KEY, **settings}
    engine = UpstreamEngine(UpstreamSettings.model_validate(written), SystemClock())
    stack.push_async_callback(engine.close)
    return engine


async def events(engine: UpstreamEngine) -> list[Event]:
    """Everything one run says."""
    return [event async for event in engine.run(WISH)]


async def refused(engine: UpstreamEngine) -> str | None:
    """Why no connection stood, in a word; the probe knows it too."""
    with pytest.raises(EngineUnavailable) as failed:
        await events(engine)
    assert "certificate" not in failed.value.message
    assert failed.value.upstream is not None
    assert not (await engine.probe()).reachable
    return failed.value.upstream.code


async def test_an_authority_of_the_operators_own_is_trusted(authority: Authority, stack: AsyncExitStack) -> None:
    """Pictures, addressed results and the probe, all over TLS."""
    server = await stack.enter_async_context(emulating("openai", Script(urls=True), authority.server()))
    engine = await asking(stack, server, ca_file=authority.file)
    assert len(await events(engine)) == 1
    assert len(server.result_headers) == 1
    assert (await engine.probe()).reachable


async def test_a_certificate_must_be_right(authority: Authority, stack: AsyncExitStack) -> None:
    """Of a known authority, of the server itself and still valid; the operator hears which it was not."""
    for context, settings, word, sentence in (
        (authority.server(), {}, "certificate_not_trusted", "`ca_file`"),
        (authority.server("other.invalid"), {"ca_file": authority.file}, "certificate_of_another", "another name"),
        (authority.server(expired=True), {"ca_file": authority.file}, "certificate_expired", "has expired"),
    ):
        server = await stack.enter_async_context(emulating("openai", None, context))
        engine = await asking(stack, server, **settings)
        assert await refused(engine) == word
        assert sentence in (await engine.probe()).detail
        assert server.asked == []


async def test_tls_with_who_speaks_none_fails(stack: AsyncExitStack) -> None:
    """It is another failure than a wrong certificate."""
    server = await stack.enter_async_context(emulating("openai"))
    engine = await asking(stack, server, base_url=server.url.replace("http:", "https:"))
    assert await refused(engine) == "tls_failed"


async def test_ssl_cert_file_names_authorities_for_all_engines(
    authority: Authority, stack: AsyncExitStack, tmp_path: Path
) -> None:
    """As OpenSSL has it, so that an image with its own authorities needs no setting."""
    server = await stack.enter_async_context(emulating("openai", None, authority.server()))
    config = tmp_path / "limner.toml"
    config.write_text(f'[engines.own]\nkind = "upstream"\nbase_url = "{server.url}"\nkey = "{KEY}"\n')
    for variable, reachable in (("SSL_CERT_FILE", True), ("NOTHING", False)):
        done = await asyncio.to_thread(
            subprocess.run,
            [LIMNER, "check", "--json", "--data", str(tmp_path / "data"), "--config", str(config)],
            env={**os.environ, variable: str(authority.file)},
            capture_output=True,
            check=False,
        )
        assert json.loads(done.stdout)["engines"][0]["reachable"] is reachable


async def test_a_tunnel_leads_through_the_proxy(authority: Authority, stack: AsyncExitStack) -> None:
    """With the proxy's own password; of the key, the prompt and the path the proxy sees nothing."""
    server = await stack.enter_async_context(emulating("openai", Script(urls=True), authority.server()))
    proxy = await stack.enter_async_context(proxying())
    url = proxy.url.replace("://", "://user:secret@")
    engine = await asking(stack, server, ca_file=authority.file, proxy=url)
    assert len(await events(engine)) == 1
    host = server.url.split("/")[2]
    assert proxy.asked == [f"CONNECT {host} HTTP/1.1"] * 2  # The picture by address is a connection of its own.
    assert b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in proxy.heads[0]
    assert all(KEY.encode() not in head for head in proxy.heads)
    assert "Proxy-Authorization" not in server.asked[0].headers


async def test_plain_http_goes_through_the_proxy_too(stack: AsyncExitStack) -> None:
    """As a request with the whole address."""
    server = await stack.enter_async_context(emulating("openai"))
    proxy = await stack.enter_async_context(proxying())
    engine = await asking(stack, server, proxy=proxy.url)
    assert len(await events(engine)) == 1
    assert proxy.asked == [f"POST {server.url}/images/generations HTTP/1.1"]


async def test_results_of_strangers_never_go_through_the_proxy(stack: AsyncExitStack) -> None:
    """What their names lead to would be seen by the proxy alone, and it may well be inside the network."""
    server = await stack.enter_async_context(emulating("openai"))
    proxy = await stack.enter_async_context(proxying())
    engine = await asking(stack, server, proxy=proxy.url)
    server.script.items = {"b64_json": None, "url": "https://localhost:9/picture"}
    with pytest.raises(Exception, match="Image generation failed"):
        await events(engine)
    assert len(proxy.asked) == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("status", [407, 403])
async def test_a_proxy_that_refuses_leaves_the_job_to_the_next_engine(
    status: int, scheme: str, authority: Authority, stack: AsyncExitStack
) -> None:
    """Nothing has reached the server."""
    server = await stack.enter_async_context(
        emulating("openai", None, authority.server() if scheme == "https" else None)
    )
    proxy = await stack.enter_async_context(proxying(refuses_with=status))
    engine = await asking(stack, server, ca_file=authority.file, proxy=proxy.url)
    with pytest.raises(EngineUnavailable) as failed:
        await events(engine)
    said = failed.value.upstream
    assert said is not None
    assert (said.code, said.status) == (("proxy_refused", None) if scheme == "https" else (None, status))
    assert server.asked == []


async def test_a_proxy_that_is_not_there_is_unavailable(stack: AsyncExitStack) -> None:
    """The operator hears that it was the proxy."""
    server = await stack.enter_async_context(emulating("openai"))
    engine = await asking(stack, server, proxy="http://127.0.0.1:1")
    assert await refused(engine) == "proxy_not_reached"
    assert "the proxy cannot be reached" in (await engine.probe()).detail


async def test_proxies_of_the_environment_are_left_alone(
    stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And so are its passwords: what an engine sends, and by which way, stands in its settings alone."""
    server = await stack.enter_async_context(emulating("openai"))
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    engine = await asking(stack, server)
    assert len(await events(engine)) == 1
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "proxy", ["proxy:3128", "socks5://host:1080", "http://", "http://host/path", "http://host:port", "http://a b:1"]
)
def test_a_proxy_is_an_address(proxy: str) -> None:
    """Anything else is said at the start, without the password that may stand in it."""
    with pytest.raises(ValidationError, match="a proxy is written as"):
        UpstreamSettings.model_validate({"proxy": proxy})


@pytest.mark.parametrize("proxy", ["http://host", "https://user:secret@host:3128/", "http://[::1]:3128"])
def test_a_proxys_password_is_never_shown(proxy: str) -> None:
    """Neither in the settings' text nor in what is said of a wrong one."""
    assert "://" not in repr(UpstreamSettings.model_validate({"proxy": proxy}))
    environ = {"LIMNER_ENGINES__X__KIND": "upstream", "LIMNER_ENGINES__X__PROXY": "user:secret@host"}
    with pytest.raises(ConfigError) as wrong:
        load(environ=environ)
    assert "secret" not in str(wrong.value)


def test_authorities_must_be_there(tmp_path: Path) -> None:
    """A missing file and one that holds none are said at the start."""
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("missing.pem", "empty.pem"):
        with pytest.raises(ValidationError, match="no certificates can be read"):
            UpstreamSettings.model_validate({"ca_file": str(tmp_path / name)})
