"""What gateways sign with."""

from __future__ import annotations

import asyncio

from tests.storage.openers import Opener

from limner.storage import Storage
from limner.storage.signing import SECRET_BYTES, WEBHOOKS, signing_secret


async def test_gateways_on_one_database_sign_alike(storage: Storage, opener: Opener) -> None:
    """Whoever asks first makes the secret of a purpose, those that ask at the same time and later get the same."""
    async with opener() as other:
        both = await asyncio.gather(*(signing_secret(one.database, WEBHOOKS) for one in (storage, other)))
        assert len(set(both)) == 1
        assert len(both[0]) == SECRET_BYTES
        assert await signing_secret(other.database, "another") not in both
    async with opener() as later:
        assert await signing_secret(later.database, WEBHOOKS) == both[0]
