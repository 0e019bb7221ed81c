"""The secrets that gateways sign with, on every database."""

from __future__ import annotations

import asyncio

from tests.storage.openers import Opener

from limner.storage import Storage
from limner.storage.signing import LINKS, SECRET_BYTES, signing_secret


async def test_a_secret_stays(opener: Opener) -> None:
    """A restart keeps what was signed genuine."""
    async with opener() as storage:
        made = await signing_secret(storage.database, LINKS)
    assert len(made) == SECRET_BYTES
    async with opener() as storage:
        assert await signing_secret(storage.database, LINKS) == made


async def test_gateways_that_ask_at_once_have_the_same(storage: Storage, opener: Opener) -> None:
    """Whichever comes first makes it for all."""
    async with opener() as other:
        asked = [signing_secret(one.database, LINKS) for one in (storage, other) * 5]
        assert len(set(await asyncio.gather(*asked))) == 1


async def test_each_purpose_has_its_own(storage: Storage) -> None:
    """What is signed for one says nothing to another."""
    assert await signing_secret(storage.database, LINKS) != await signing_secret(storage.database, "another")
