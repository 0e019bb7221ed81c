"""What every test has: a closed network, logging as it was, and a clock that stands still."""

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
def _logging_as_it_was() -> Iterator[None]:
    """A test that starts a server configures logging, onto a stream that is closed when the test is over."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves only when told to."""
    return ManualClock()
