"""What every test has: a closed network, plain logging, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from pytest_socket import socket_allow_hosts

from limner.clock import ManualClock


@pytest.fixture(autouse=True)
def _closed_network() -> None:
    """Only this machine can be reached, so that no test depends on anything else."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _plain_logging() -> Iterator[None]:
    """Before every test the same: a test that starts a server configures logging, onto a stream that is soon closed.

    Tracebacks are plain, as in a server. Those of structlog's default draw every local variable, which takes seconds.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves only when told to."""
    return ManualClock()
