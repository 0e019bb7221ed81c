"""Whether a place for blobs can be used: tried with a small blob, which goes again."""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

from limner.blobs import Blob, BlobStore

PROBE_KEY: Final = "limner-check"
"""What the key of every probe begins with, for whoever finds one that could not be deleted."""

_CONTENT: Final = b"A probe of `limner check`. It may be deleted."
_TYPE: Final = "text/plain"


async def fault_of(blobs: BlobStore) -> str | None:
    """Write, read and delete a probe: the first thing that went wrong, in words, or None."""
    key = f"{PROBE_KEY}/{secrets.token_hex(8)}"
    step = "written"
    try:
        await blobs.write(key, Blob.from_bytes(_CONTENT, _TYPE))
        step = "read"
        found = await blobs.read(key, _TYPE)
        content = await asyncio.to_thread(found.read) if found else None
        step = "deleted"
        await blobs.delete(key)
    except OSError as error:
        return f"nothing can be {step}: {error.strerror or error}"
    return None if content == _CONTENT else "what is written there is not found again"
