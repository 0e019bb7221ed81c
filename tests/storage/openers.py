"""The databases the stores work on: one line in OPENERS adds another, and every test of a store runs on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeAlias

from limner.clock import Clock
from limner.storage import Storage, open_storage

Opener: TypeAlias = Callable[[], AbstractAsyncContextManager[Storage]]
"""Opens the same stores every time it is called."""

OPENERS: Mapping[str, Callable[[Path, Clock], AbstractAsyncContextManager[Storage]]] = {"sqlite": open_storage}
