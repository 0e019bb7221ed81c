"""The databases the stores work on: every test of a store runs on each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias

from limner.storage import Storage
from limner.storage.backend import Backend

DATABASES: Final = ("sqlite", "postgres")

Opener: TypeAlias = Callable[[], AbstractAsyncContextManager[Storage]]
"""Opens the same stores every time it is called."""
Connector: TypeAlias = Callable[[], Backend]
"""Connects to the same database every time it is called."""
