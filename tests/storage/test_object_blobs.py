"""Blobs in an object store whose server fails: nothing is taken for stored that is not, and nothing waits for ever."""

from __future__ import annotations

import base64
import gc
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from obstore import exceptions
from tests.certificates import Authority
from tests.engines.upstream.proxying import proxying
from tests.storage.object_server import ACCOUNT, BUCKET, REGION, SECRET, ObjectServer, Stored, Trouble, serving_objects
from tests.storage.shelves import bucket

from limner.blobs import Blob, BlobStore
from limner.storage.bucket import Bucket, open_bucket
from limner.storage.object_blobs import HELD_BYTES_MAX, PART_BYTES, WHOLE_BYTES_MAX
from limner.storage.probe import PROBE_KEY, fault_of

KINDS = ("s3", "gs", "az")
SHORT_S = 0.3
"""Time for an operation that is not going to be answered."""

Open = Callable[..., BlobStore]


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    """A server with an empty bucket."""
    with serving_objects() as running:
        yield running


@pytest.fixture
def opened(server: ObjectServer, tmp_path: Path) -> Open:
    """Opens the server's bucket, as S3 unless told otherwise; further arguments replace parts of its address."""

    def opening(scheme: str = "s3", **changed: object) -> BlobStore:
        return open_bucket(replace(bucket(scheme, server), **changed), "results", tmp_path)  # type: ignore[arg-type]  # as the test likes

    return opening


def picture(data: bytes = b"picture") -> Blob:
    """A small blob."""
    return Blob.from_bytes(data, "image/png")


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return [path.name for path in folder.iterdir()]


def key_of(name: str) -> str:
    """A blob's key in the bucket."""
    return f"limner/results/{name}"


async def content(blobs: BlobStore, key: str) -> bytes | None:
    """What is stored under `key`."""
    found = await blobs.read(key, "image/png")
    return found.read() if found else None


@pytest.mark.parametrize("kind", KINDS)
async def test_an_object_lies_under_the_prefix_with_its_type(server: ObjectServer, opened: Open, kind: str) -> None:
    """Whoever looks into the bucket finds the pictures by their keys, and sees that they are pictures."""
    await opened(kind).write("req_a/0.png", picture())
    assert list(server.objects) == ["limner/results/req_a/0.png"]
    assert server.objects["limner/results/req_a/0.png"].headers["content-type"] == "image/png"


async def test_a_bucket_needs_no_prefix(server: ObjectServer, opened: Open) -> None:
    """Then the folders of results and uploads are at its top."""
    await opened(url=f"s3://{BUCKET}/").write("a", picture())
    assert list(server.objects) == ["results/a"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_store_that_is_asked_too_often_is_asked_again(server: ObjectServer, opened: Open, kind: str) -> None:
    """Two refusals to serve are not the end, neither of a write nor of a read."""
    blobs = opened(kind)
    server.troubles = [Trouble.SLOW_DOWN, Trouble.SLOW_DOWN]
    await blobs.write("a", picture())
    server.troubles = [Trouble.SLOW_DOWN, Trouble.SLOW_DOWN]
    assert await content(blobs, "a") == b"picture"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trouble", [Trouble.CUT, Trouble.UNANSWERED])
async def test_a_cut_connection_is_not_the_end(server: ObjectServer, opened: Open, kind: str, trouble: Trouble) -> None:
    """Whether or not the blob had been stored: the second attempt does not take the first for somebody else's."""
    blobs = opened(kind)
    server.troubles = [trouble]
    await blobs.write("a", picture())
    assert await content(blobs, "a") == b"picture"
    server.troubles = [trouble]
    await blobs.delete("a")
    assert await content(blobs, "a") is None


@pytest.mark.parametrize("kind", KINDS)
async def test_an_object_of_another_writer_is_not_ours(server: ObjectServer, opened: Open, kind: str) -> None:
    """A first attempt without an answer makes nobody believe that what another gateway stored there is ours."""
    server.objects[key_of("a")] = Stored(b"theirs", {})
    server.troubles = [Trouble.CUT]
    with pytest.raises(FileExistsError):
        await opened(kind).write("a", picture())
    assert server.objects[key_of("a")].data == b"theirs"


@pytest.mark.parametrize("size_bytes", [1000, HELD_BYTES_MAX + 1000])
async def test_an_answer_cut_within_its_body_is_asked_for_again(
    server: ObjectServer, opened: Open, size_bytes: int
) -> None:
    """What is read is the whole of what was written, in memory or by way of the disk."""
    blobs, data = opened(), bytes(number % 251 for number in range(size_bytes))
    await blobs.write("a", picture(data))
    server.troubles = [Trouble.HALF]
    assert await content(blobs, "a") == data


async def test_a_store_that_never_answers_is_not_waited_for_longer(server: ObjectServer, opened: Open) -> None:
    """Every operation ends with an error once its time is up, and says so."""
    blobs = opened(timeout_s=SHORT_S)
    server.trouble = Trouble.STALL
    for operation in (blobs.write("a", picture()), blobs.read("a", "image/png"), blobs.delete("a")):
        with pytest.raises(TimeoutError, match=f"not done within {SHORT_S} s"):
            await operation


async def test_a_store_that_keeps_refusing_to_serve_is_given_up(server: ObjectServer, opened: Open) -> None:
    """Being asked again has its end, too."""
    blobs = opened(timeout_s=SHORT_S)
    server.trouble = Trouble.SLOW_DOWN
    with pytest.raises(OSError, match=r"not done within|SlowDown"):
        await blobs.write("a", picture())
    assert 1 < len(server.asked) < 10
    assert server.objects == {}


async def test_a_store_that_is_gone_is_an_error(server: ObjectServer, opened: Open) -> None:
    """And nothing else once it is back."""
    blobs = opened(timeout_s=SHORT_S)
    server.kill()
    for operation in (blobs.write("a", picture()), blobs.read("a", "image/png"), blobs.delete("a")):
        with pytest.raises(OSError, match=r"not done within|error sending request"):
            await operation
    server.listen()
    again = opened()
    await again.write("a", picture())
    assert await content(again, "a") == b"picture"


@pytest.mark.parametrize("kind", KINDS)
async def test_what_the_store_forbids_is_an_error(server: ObjectServer, opened: Open, kind: str) -> None:
    """At once, with the store's own words for the operator: asking again would not help."""
    blobs = opened(kind)
    server.trouble = Trouble.FORBIDDEN
    for operation in (blobs.write("a", picture()), blobs.read("a", "image/png")):
        with pytest.raises(PermissionError, match="AccessDenied"):
            await operation
    assert len(server.asked) == 2
    with pytest.raises(OSError, match="403"):
        await blobs.delete("a")


async def test_wrong_credentials_are_an_error_that_does_not_show_them(opened: Open) -> None:
    """The secret of the settings is what requests are signed with, and is in no message."""
    blobs = opened(secret="not-the-secret")
    with pytest.raises(PermissionError, match="SignatureDoesNotMatch") as refused:
        await blobs.write("a", picture())
    assert "not-the-secret" not in str(refused.value)
    assert "not-the-secret" not in repr(Bucket(url="s3://a", secret="not-the-secret"))


async def test_settings_outweigh_the_environment(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says of other buckets is not mixed into what is written for this one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_REGION", "elsewhere")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "for-another")
    blobs = opened()
    await blobs.write("a", picture())
    assert await content(blobs, "a") == b"picture"


async def test_what_is_not_written_comes_from_the_environment(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere else with such a store."""
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    blobs = opened(region=None, account=None, secret=None)
    await blobs.write("a", picture())
    assert await content(blobs, "a") == b"picture"


async def test_no_proxy_is_taken_from_the_environment(
    server: ObjectServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for a name nor for an address: as on the way to an engine."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await opened().write("a", picture())
    by_name = opened(endpoint=server.url.replace("127.0.0.1", "localhost"))
    assert await content(by_name, "a") == b"picture"


async def test_a_proxy_that_is_written_is_used(server: ObjectServer, opened: Open) -> None:
    """Its password goes to it alone, and into no message."""
    async with proxying() as proxy:
        written = proxy.url.replace("//", "//limner:hush@")
        await opened(proxy=written).write("a", picture())
        assert proxy.asked[0].startswith(f"PUT {server.url}/")
    async with proxying(refuses_with=407) as proxy:
        with pytest.raises(OSError, match="407") as refused:
            await opened(proxy=proxy.url.replace("//", "//limner:hush@")).write("b", picture())
    assert "hush" not in str(refused.value)


async def test_an_authority_of_ones_own_can_be_trusted(opened: Open, tmp_path: Path) -> None:
    """Whoever runs a store on its own network signs its certificate; nobody else's is believed."""
    authority = Authority(tmp_path)
    with serving_objects(authority.server()) as server:
        with pytest.raises(OSError, match=r"error sending request|not done within"):
            await opened(endpoint=server.url, timeout_s=SHORT_S).write("a", picture())
        trusting = opened(endpoint=server.url, ca_file=authority.file)
        await trusting.write("a", picture())
        assert await content(trusting, "a") == b"picture"


async def test_credentials_of_a_wrong_form_are_told_at_once(opened: Open) -> None:
    """Without repeating them."""
    with pytest.raises(OSError, match=r"JSON|key|expected") as refused:
        opened("gs", secret='{"private_key": hush}')
    assert "hush" not in str(refused.value)
    assert refused.value.filename == f"gs://{BUCKET}/limner"


async def test_a_bucket_that_is_not_there_is_an_error(opened: Open) -> None:
    """Nothing is stored anywhere, and the message names what the store said."""
    with pytest.raises(FileNotFoundError, match="NoSuchBucket"):
        await opened(url="s3://elsewhere/limner").write("a", picture())


async def test_a_large_blob_is_read_by_way_of_the_disk(opened: Open, tmp_path: Path) -> None:
    """Its file is there for as long as the blob is, so that many large ones do not sit in memory."""
    blobs, data = opened(), b"\x89" * (HELD_BYTES_MAX + 1)
    await blobs.write("a", picture(data))
    found = await blobs.read("a", "image/png")
    assert found is not None
    assert (found.in_file, found.size_bytes, found.read() == data) == (True, len(data), True)
    assert len(names(tmp_path)) == 1
    del found
    gc.collect()
    assert names(tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_huge_blob_goes_up_in_parts(server: ObjectServer, opened: Open, kind: str) -> None:
    """It comes back whole, with its type, and is written once like any other."""
    blobs, data = opened(kind), b"\x89" * (WHOLE_BYTES_MAX + 2)
    await blobs.write("a", Blob.from_base64(base64.b64encode(data), "image/png"))
    assert len([asked for asked in server.asked if "partNumber" in asked or "blockid" in asked]) == -(
        -len(data) // PART_BYTES
    )
    assert server.objects[key_of("a")].data == data
    assert server.objects[key_of("a")].headers["content-type"] == "image/png"
    with pytest.raises(FileExistsError):
        await blobs.write("a", Blob.from_bytes(data, "image/png"))


async def test_a_huge_blob_that_fails_leaves_nothing(server: ObjectServer, opened: Open) -> None:
    """Neither under its key nor, as far as the store still answers, in parts."""
    server.troubles = [None, None, None, Trouble.FORBIDDEN]
    with pytest.raises(PermissionError):
        await opened().write("a", picture(b"\x89" * (WHOLE_BYTES_MAX + 1)))
    assert server.objects == {}
    assert any(asked.startswith("DELETE") and "uploadId" in asked for asked in server.asked)


@pytest.mark.parametrize(
    ("troubles", "told"),
    [
        ([Trouble.FORBIDDEN], "nothing can be written: .*AccessDenied"),
        ([None, Trouble.FORBIDDEN], "nothing can be read: .*AccessDenied"),
        ([None, None, Trouble.FORBIDDEN], "nothing can be deleted: .*AccessDenied"),
        ([Trouble.LOSE], "what is written there is not found again"),
    ],
)
async def test_a_probe_says_what_cannot_be_done(
    server: ObjectServer, opened: Open, troubles: list[Trouble | None], told: str
) -> None:
    """Each permission that is missing has its own words, and so has a store that keeps nothing."""
    server.troubles = troubles
    fault = await fault_of(opened())
    assert fault is not None
    assert re.search(told, fault), fault
    assert key_of(PROBE_KEY) in server.asked[0]


def test_every_error_of_the_library_is_known() -> None:
    """All that obstore raises itself has the one base that is turned into an OSError."""
    named = [found for _, found in inspect.getmembers(exceptions, inspect.isclass)]
    assert len(named) > 5
    assert all(issubclass(found, exceptions.BaseError) for found in named)


def test_the_library_is_loaded_only_for_a_bucket() -> None:
    """A server without one pays neither its memory nor its time, and does not need it."""
    program = "import sys, limner.app; sys.exit('obstore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
