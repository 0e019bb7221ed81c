"""Running a server from the command line: its failures as plain sentences, its end without a traceback."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Coroutine

from limner.app import open_log
from limner.cli.storing import told_plainly
from limner.cli.terminal import fail
from limner.config import Config
from limner.http.serve import run as run_on_loop

_CANNOT_LISTEN = {
    errno.EADDRINUSE: "another program listens there already: stop it, or choose another port with --port",
    errno.EACCES: "this user may not listen there: choose a port from 1024 on with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose another with --host",
}


def run(config: Config, server: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run `server` until it stops by itself. Ends the command with a sentence when it cannot start."""
    open_log(config)
    _check_address(config.server.host, config.server.port)
    with told_plainly(config):
        run_on_loop(server())


def _check_address(host: str, port: int) -> None:
    """End the command when nobody can listen there: asked before anything is opened, since the server only exits."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        fail(f"--host {host} is no address of this machine: {error.strerror}")
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as probe:
            # As the server itself does: a port that was in use a moment ago is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                reason = _CANNOT_LISTEN.get(error.errno or 0, os.strerror(error.errno or 0))
                fail(f"cannot listen on {host} port {port}: {reason}")
