"""The configuration as a command sees it: with its own options laid over, or a plain end when it is unsound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from limner.cli.terminal import fail
from limner.config import Config, ConfigError, load
from limner.job import Json


def configuration(file: Path | None, **server: Json | Path) -> Config:
    """The configuration, with the `[server]` settings given on the command line; those that are None are not.

    Ends the command when the configuration is unsound.
    """
    given: Mapping[str, Json] = {
        name: str(value) if isinstance(value, Path) else value for name, value in server.items() if value is not None
    }
    try:
        return load(file, flags={"server": given})
    except ConfigError as error:
        fail(*error.problems)
