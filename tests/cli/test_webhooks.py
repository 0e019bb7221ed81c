"""`limner webhooks`: the secret that signatures are checked with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from limner.clock import SystemClock
from limner.storage import open_storage
from limner.storage.signing import WEBHOOKS, signing_secret
from limner.webhooks import account_secret

Limner = Callable[..., Result]


def test_the_secret_stands_alone_on_standard_output(limner: Limner, folder: Path) -> None:
    """It is the one the server signs with, the same each time."""
    shown = [limner("webhooks", "secret", "--data", "store").stdout for _ in range(2)]

    async def signing() -> bytes:
        async with open_storage(folder / "store", SystemClock()) as storage:
            return await signing_secret(storage.database, WEBHOOKS)

    assert shown == [account_secret(asyncio.run(signing()), "default") + "\n"] * 2


def test_an_account_that_is_none_has_no_secret(limner: Limner) -> None:
    """A mistyped name is told rather than given a secret nobody uses."""
    result = limner("webhooks", "secret", "--account", "nobody")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no account 'nobody'" in result.stderr
