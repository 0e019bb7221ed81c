"""Blobs as objects in a bucket: S3 and what speaks it, Google Cloud Storage, Azure. obstore's one home.

A key is written once: the store itself refuses a second object under it. An answer lost on its way is asked for again
by obstore, and the store would refuse that as well, so every object carries a mark of the write that made it. Whatever
fails is an OSError, and nothing takes longer than the time it was given.
"""

from __future__ import annotations

import asyncio
import errno
import re
import secrets
import shutil
import tempfile
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import AzureStore, GCSStore, S3Store

from limner.blobs import PIECE_BYTES, Blob, check_key
from limner.storage.bucket import Bucket

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Credential

MEBIBYTE: Final = 1024 * 1024
WHOLE_BYTES_MAX: Final = 64 * MEBIBYTE
"""Larger blobs are uploaded in parts. Stores refuse a second object under a key only for what comes whole."""
PART_BYTES: Final = 16 * MEBIBYTE
"""At S3 an object has at most 10,000 parts, none but the last below 5 MiB (Amazon S3, multipart upload limits)."""
PARTS_AT_ONCE: Final = 4
HELD_BYTES_MAX: Final = 4 * MEBIBYTE
"""Larger blobs are read by way of the disk, so that an edit of sixteen large pictures does not sit in memory."""
STREAMED_BYTES: Final = MEBIBYTE
CONNECT_S: Final = 5.0
"""For a connection, which within one region takes milliseconds."""
RETRIES_MAX: Final = 5
"""After refusals to serve (500 and above, 429), failed and cut connections; seconds of it with the pauses below."""
PAUSE_S_FIRST: Final = 0.1
PAUSE_S_MAX: Final = 2.0
REASON_CHARS_MAX: Final = 600

_MARK: Final = "limnerwrite"
"""Name of the mark in an object's metadata; Azure takes letters and digits only."""
_MARK_BYTES: Final = 16
_TYPE: Final = "Content-Type"
_NO_PROXY: Final = "http://127.0.0.1:9"
_EVERYTHING: Final = "*,0.0.0.0/0,::/0"
"""Names and addresses that no proxy is asked for: without a proxy that is written, the environment's would be used."""
_SCRATCH_PREFIX: Final = "upload-"
"""What is removed from the scratch folder when a server starts, whoever left it there."""
_QUERY: Final = re.compile(r"(?<=\w)\?\S+")
"""Of an address; at Azure it may hold a shared access signature."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of store is set up. names: our setting -> obstore's; always: what is set in any case."""

    store: type[S3Store | GCSStore | AzureStore]
    names: Mapping[str, str]
    always: Mapping[str, Any]


_KINDS: Final[Mapping[str, _Kind]] = {
    "s3": _Kind(
        S3Store,
        # Under this name it outweighs every endpoint in the environment.
        {"endpoint": "aws_endpoint_url_s3", "region": "region"},
        # Not everything that speaks S3 has the call that deletes many at once.
        {"disable_bulk_delete": True},
    ),
    "gs": _Kind(GCSStore, {"endpoint": "base_url", "secret": "service_account_key"}, {}),
    "az": _Kind(AzureStore, {"endpoint": "endpoint", "account": "account_name", "secret": "account_key"}, {}),
}


class ObjectBlobs:
    """Keeps blobs in an object store; see `limner.blobs.BlobStore`.

    scratch: a folder for large ones that are read. timeout_s: for each operation, attempts included. A write that fails
    may have happened all the same, when the store's answer to it was lost for good.
    """

    def __init__(self, store: ObjectStore, scratch: Path, timeout_s: float) -> None:
        self._store = store
        self._scratch = scratch
        self._timeout_s = timeout_s

    async def write(self, key: str, blob: Blob) -> None:
        """Store `blob` under `key`, whole or not at all. Raises FileExistsError for a key that was written before.

        The bytes are decoded and read in a thread of obstore's.
        """
        check_key(key)
        mark = secrets.token_hex(_MARK_BYTES)
        async with self._bounded(key):
            if blob.size_bytes > WHOLE_BYTES_MAX:
                await self._write_in_parts(key, blob, mark)
            else:
                await self._write_whole(key, blob, mark)

    async def read(self, key: str, media_type: str) -> Blob | None:
        """The blob stored under `key`, or None. Then it is here: in memory, or if it is large on the disk."""
        check_key(key)
        async with self._bounded(key):
            try:
                found = await obstore.get_async(self._store, key)
            except FileNotFoundError:
                return None
            if found.meta["size"] > HELD_BYTES_MAX:
                return await self._downloaded(found, media_type)
            return Blob.from_bytes(bytes(await found.buffer_async()), media_type)

    async def delete(self, key: str) -> None:
        """Forget `key`; no error when it is not there."""
        check_key(key)
        async with self._bounded(key):
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._store, key)

    async def _write_whole(self, key: str, blob: Blob, mark: str) -> None:
        try:
            await obstore.put_async(
                self._store,
                key,
                blob.pieces(PIECE_BYTES),
                attributes={_TYPE: blob.media_type, _MARK: mark},
                mode="create",
                use_multipart=False,
            )
        except AlreadyExistsError:
            if await self._mark(key) != mark:
                raise

    async def _write_in_parts(self, key: str, blob: Blob, mark: str) -> None:
        if await self._mark(key) is not None:
            raise FileExistsError(errno.EEXIST, "written before", key)
        await obstore.put_async(
            self._store,
            key,
            blob.pieces(PIECE_BYTES),
            attributes={_TYPE: blob.media_type, _MARK: mark},
            use_multipart=True,
            chunk_size=PART_BYTES,
            max_concurrency=PARTS_AT_ONCE,
        )

    async def _mark(self, key: str) -> str | None:
        """The mark of the write that made an object, empty when it has none; None when there is no object."""
        try:
            found = await obstore.get_async(self._store, key, options={"head": True})
        except FileNotFoundError:
            return None
        return found.attributes.get(_MARK, "")

    async def _downloaded(self, found: GetResult, media_type: str) -> Blob:
        """A blob in a file, which is removed with it."""
        folder = await asyncio.to_thread(tempfile.mkdtemp, prefix=_SCRATCH_PREFIX, dir=self._scratch)
        scratch, size_bytes = _Scratch(Path(folder)), found.meta["size"]
        pieces, left = aiter(found.stream(STREAMED_BYTES)), size_bytes
        while left > 0:
            # Counted, since obstore holds on to the exception that ends an `async for`, and so to the file.
            piece = await anext(pieces)
            left -= len(piece)
            await asyncio.to_thread(_append, scratch.file, piece)
        blob = Blob.from_file(scratch.file, size_bytes, media_type)
        blob.lease = scratch
        return blob

    @asynccontextmanager
    async def _bounded(self, key: str) -> AsyncIterator[None]:
        """End what takes too long, and turn what the store says into an OSError."""
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except TimeoutError as error:
            raise TimeoutError(errno.ETIMEDOUT, f"not done within {self._timeout_s:g} s", key) from error
        except (BaseError, FileNotFoundError) as error:
            # Without its cause, whose text has addresses with their queries in it.
            raise _failure(error, key) from None


class _Scratch:
    """A file in `folder`, both removed with this object. What a killed server left goes when the next starts.

    No thread is ever given it: a thread may hold on to what it was given for a while after it is done.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "blob"
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


def _append(file: Path, piece: bytes) -> None:
    with file.open("ab") as opened:
        opened.write(piece)


def connected(bucket: Bucket, folder: str) -> ObjectStore:
    """The store under `folder` in `bucket`; nothing is asked of it. Raises OSError for credentials of a wrong form."""
    kind = _KINDS[bucket.scheme]
    settings = {theirs: getattr(bucket, ours) for ours, theirs in kind.names.items()}
    config: Any = {**kind.always, **{name: value for name, value in settings.items() if value is not None}}
    client: ClientConfig = {
        "connect_timeout": timedelta(seconds=min(CONNECT_S, bucket.timeout_s)),
        "timeout": timedelta(seconds=bucket.timeout_s),
        "proxy_url": bucket.proxy or _NO_PROXY,
        "proxy_excludes": "" if bucket.proxy else _EVERYTHING,
    }
    if bucket.ca_file:
        client["root_certificate"] = bucket.ca_file.read_bytes()
    if (bucket.endpoint or "").startswith("http://"):
        client["allow_http"] = True
    retries: RetryConfig = {
        "max_retries": RETRIES_MAX,
        "retry_timeout": timedelta(seconds=bucket.timeout_s),
        "backoff": {
            "init_backoff": timedelta(seconds=PAUSE_S_FIRST),
            "max_backoff": timedelta(seconds=PAUSE_S_MAX),
            "base": 2,
        },
    }
    store: Any = kind.store
    if store is S3Store and bucket.account and bucket.secret:
        # As a setting it would be sent together with a session token of the environment's.
        store = partial(store, credential_provider=partial(_access_key, bucket.account, bucket.secret))
    try:
        opened: ObjectStore = store(
            bucket.name,
            prefix="/".join(filter(None, (bucket.prefix, folder))),
            config=config,
            client_options=client,
            retry_config=retries,
        )
    except BaseError as error:
        raise OSError(errno.EINVAL, _reason(error), bucket.url) from None
    return opened


def _access_key(account: str, secret: str) -> S3Credential:
    return {"access_key_id": account, "secret_access_key": secret, "token": None, "expires_at": None}


def _failure(error: Exception, key: str) -> OSError:
    if isinstance(error, AlreadyExistsError):
        return FileExistsError(errno.EEXIST, "written before", key)
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return PermissionError(errno.EACCES, _reason(error), key)
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(errno.ENOENT, _reason(error), key)
    return OSError(errno.EIO, _reason(error), key)


def _reason(error: Exception) -> str:
    """The first line of what went wrong, without the queries of addresses. Further lines are obstore's own insides."""
    return _QUERY.sub("", str(error).partition("\n")[0])[:REASON_CHARS_MAX]
