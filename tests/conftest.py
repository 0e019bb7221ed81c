"""What every test has: a closed network, plain logging, and a clock that stands still."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings
from pytest_socket import socket_allow_hosts
from tests.postgres import PostgresServer, postgres_server
from tests.storage.openers import DATABASES

from limner.clock import ManualClock
from limner.storage.postgres import PostgresBackend
from limner.storage.schema import bring_up_to_date

# How long an example takes to make or to run says more of what else the machine does than of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """Let the collector pass over what collecting the tests has made, which stays to the end.

    Looking through it again and again took a fifth of the time of a whole run.
    """
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for all tests, started for the first that asks."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def _postgres_template(postgres: PostgresServer) -> str:
    """Name of a database with Limner's tables, for others to be copies of."""
    address = postgres.create()
    backend = PostgresBackend(address)
    backend.alone(lambda connection: bring_up_to_date(connection, ManualClock().now_s()))
    backend.close()
    return address.rpartition("/")[2]


@pytest.fixture
def postgres_address(postgres: PostgresServer, _postgres_template: str) -> Iterator[str]:
    """The address of a database of the test's own, with Limner's tables in it."""
    address = postgres.create(_postgres_template)
    yield address
    postgres.drop(address)


@pytest.fixture(params=DATABASES)
def address(request: pytest.FixtureRequest) -> str | None:
    """Where the database is, each kind in turn, as `open_storage` takes it."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgres_address")


@pytest.fixture
def empty_postgres_address(postgres: PostgresServer) -> Iterator[str]:
    """The address of a database of the test's own, with nothing in it."""
    address = postgres.create()
    yield address
    postgres.drop(address)


@pytest.fixture
def rings_stay() -> Iterator[None]:
    """Nobody looks for rings of references, as in a server, where somebody does so seldom."""
    gc.disable()
    yield
    gc.enable()
