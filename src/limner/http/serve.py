"""Running the surface on uvicorn: its settings, its limits, and an orderly stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import uvloop
from starlette.types import ASGIApp
from uvicorn import Config, Server

from limner.clock import Clock
from limner.http.protocol import ConnectionLimits, bounded_by

__all__ = ["ASGIApp", "Listener", "StoppableServer", "run", "serve", "server_for"]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where and how to listen. trusted_proxies: addresses whose `X-Forwarded-*` headers are believed.

    keep_alive_s: idle time before a connection is closed; longer than the 60 of common balancers, which otherwise reuse
    a connection in the moment it goes away. stop_s: how long answers may take to be sent once no job is under way.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    trusted_proxies: tuple[str, ...] = ()
    keep_alive_s: int = 75
    stop_s: int = 10
    backlog: int = 2048
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)


def run(main: Coroutine[None, None, None]) -> None:
    """Run a program's main coroutine on uvloop, on the main thread."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def serve(
    app: ASGIApp,
    listener: Listener,
    clock: Clock,
    *,
    drain: Callable[[], Awaitable[None]],
    interrupt: Callable[[], Awaitable[None]],
    sockets: Sequence[socket.socket] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then drain, then finish what is being sent. A second signal stops at once.

    drain: returns when no job is under way any more; requests are still answered meanwhile. interrupt: the same without
    waiting for jobs to finish. Must run on the main thread's event loop. sockets: bound ones to listen on instead of
    the listener's address. Raises SystemExit when the address cannot be had.
    """
    server = server_for(app, listener, clock)
    loop = asyncio.get_running_loop()
    asked, pressed = asyncio.Event(), asyncio.Event()

    def signalled() -> None:
        (pressed if asked.is_set() else asked).set()

    async def stop_in_order() -> None:
        await asked.wait()
        await drain()
        server.stop()

    async def stop_at_once() -> None:
        await pressed.wait()
        await interrupt()
        server.stop_at_once()

    for number in _SIGNALS:
        loop.add_signal_handler(number, signalled)
    stopping = [asyncio.create_task(stop()) for stop in (stop_in_order, stop_at_once)]
    try:
        await server.serve(sockets=None if sockets is None else list(sockets))
    finally:
        for task in stopping:
            task.cancel()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def server_for(app: ASGIApp, listener: Listener, clock: Clock) -> StoppableServer:
    """An unstarted server."""
    return StoppableServer(
        Config(
            app,
            host=listener.host,
            port=listener.port,
            # uvicorn reads defaults for these from the environment; ours come from the configuration alone.
            forwarded_allow_ips=list(listener.trusted_proxies),
            proxy_headers=bool(listener.trusted_proxies),
            workers=1,
            http=bounded_by(listener.connections, clock),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=listener.keep_alive_s,
            timeout_graceful_shutdown=listener.stop_s,
            backlog=listener.backlog,
        )
    )


class StoppableServer(Server):
    """uvicorn's server without its own signal handling, which ends the process before our own closing has run."""

    def stop(self) -> None:
        """Stop taking connections and let requests finish."""
        self.should_exit = True

    def stop_at_once(self) -> None:
        """Stop without waiting for anybody."""
        self.should_exit = self.force_exit = True

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to whoever runs the server."""
        yield
