"""The data folder from the command line: visiting it, and telling plainly when it cannot be used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from limner.cli.terminal import fail
from limner.clock import SystemClock
from limner.config import Config
from limner.errors import LimnerError
from limner.storage import DatabaseUnusable, DataInUse, Storage, open_storage

_Found = TypeVar("_Found")


@contextmanager
def told_plainly(config: Config) -> Iterator[None]:
    """End the command with a sentence when the data folder cannot be used or what was asked of it is refused."""
    try:
        yield
    except LimnerError as error:
        fail(error.message)
    except (DataInUse, DatabaseUnusable) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or config.server.data}: {error.strerror or error}")


def with_storage(config: Config, visit: Callable[[Storage], Awaitable[_Found]]) -> _Found:
    """What `visit` finds or does in the configured data folder; safe beside a running server."""

    async def opened() -> _Found:
        data, database = config.server.data, config.server.database_address
        async with open_storage(data, SystemClock(), database=database) as storage:
            return await visit(storage)

    with told_plainly(config):
        return asyncio.run(opened())
