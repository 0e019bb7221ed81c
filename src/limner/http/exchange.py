"""One request and its answer: its id, the headers every answer has, and what happens to an error.

The outermost layer of the surface. Nothing below it turns an error into a response.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limner.clock import Clock
from limner.errors import CallerError, Defect, EngineError, HandedOff, LimnerError, stopped
from limner.http.bounds import ClientGone, drain
from limner.http.refusal import refusal
from limner.job import new_job_id

_log = structlog.get_logger(__name__)

_SCOPE_KEY: Final = "limner.exchange"
_CUT_OFF: Final = "Task cancelled, timeout graceful shutdown exceeded"
"""What uvicorn cancels a request with when it has waited for it long enough; a test over a socket holds it to that."""
OPENAI_VERSION: Final = b"2020-10-01"
"""What api.openai.com has answered on every endpoint since then (observed August 2026)."""


@dataclass(slots=True)
class Exchange:
    """What is known of a request while it is answered.

    headers: by lower-case name, the first of those that are equal. account_id: None until its key has been accepted.
    """

    request_id: str
    started_s: float
    headers: Mapping[str, str]
    account_id: str | None = None

    @staticmethod
    def of(scope: Scope) -> Exchange:
        """The exchange a scope belongs to."""
        exchange = scope[_SCOPE_KEY]
        assert isinstance(exchange, Exchange)
        return exchange


class Exchanges:
    """Gives each request its id, each answer its common headers, and each error its envelope."""

    def __init__(self, app: ASGIApp, clock: Clock, linger_s: float) -> None:
        self._app = app
        self._clock = clock
        self._linger_s = linger_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(new_job_id(self._clock.now_s()), self._clock.monotonic_s(), _headers_of(scope))
        scope[_SCOPE_KEY] = exchange
        wire = _Wire(receive, send, exchange, self._clock, self._linger_s)
        try:
            await self._app(scope, wire.receive, wire.send)
        except ClientGone:
            _log.info("request.abandoned", request_id=exchange.request_id)
        except LimnerError as error:
            _log_refusal(error, exchange)
            await wire.refuse(error)
        except asyncio.CancelledError as cancelled:
            if wire.started or _CUT_OFF not in cancelled.args:
                raise
            # It may have waited for a database that is away. Nobody is above us whom the cancellation concerns.
            _log.warning("request.cut_off", request_id=exchange.request_id)
            await wire.refuse(stopped())
        except Exception:  # noqa: BLE001 - the end of a request: what gets here is our own bug, told as no more
            _log.exception("request.defect", request_id=exchange.request_id)
            await wire.refuse(Defect("The server had an error while processing your request."))


def _headers_of(scope: Scope) -> Mapping[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


def _log_refusal(error: LimnerError, exchange: Exchange) -> None:
    level = "error"
    if isinstance(error, CallerError | HandedOff):
        level = "info"
    elif isinstance(error, EngineError):
        level = "warning"
    # The message may quote what the caller sent, so it stays out of the log.
    getattr(_log, level)(
        "request.refused",
        request_id=exchange.request_id,
        account_id=exchange.account_id,
        status=error.status,
        type=error.type,
        code=error.code,
        param=error.param,
    )


class _Wire:
    """The server's `receive` and `send`, watched: was the body read whole, has the answer begun."""

    def __init__(self, receive: Receive, send: Send, exchange: Exchange, clock: Clock, linger_s: float) -> None:
        self.started = False
        self._body_unread = (
            "transfer-encoding" in exchange.headers or exchange.headers.get("content-length", "0") != "0"
        )
        self._receive = receive
        self._send = send
        self._exchange = exchange
        self._clock = clock
        self._linger_s = linger_s

    async def receive(self) -> Message:
        message = await self._receive()
        if not message.get("more_body", False):
            self._body_unread = False
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            await self._send({**message, "headers": [*message["headers"], *self._common_headers()]})
        elif message.get("more_body", False) or not self._body_unread:
            await self._send(message)
        else:
            # Closing a socket that still holds unread bytes can cost the client our answer (RFC 9112, section 9.6).
            await self._send({**message, "more_body": True})
            await drain(self.receive, self._linger_s)
            await self._send({"type": "http.response.body", "body": b""})

    async def refuse(self, error: LimnerError) -> None:
        """Answer with an error, or raise it when an answer has begun: the server then cuts the connection."""
        if self.started:
            raise error
        answer = refusal(error, self._exchange.request_id)
        headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": answer.body})

    def _common_headers(self) -> list[tuple[bytes, bytes]]:
        elapsed_s = self._clock.monotonic_s() - self._exchange.started_s
        headers = [
            (b"x-request-id", self._exchange.request_id.encode("latin-1")),
            (b"openai-version", OPENAI_VERSION),
            (b"openai-processing-ms", b"%d" % int(elapsed_s * 1000)),
            (b"x-content-type-options", b"nosniff"),
        ]
        if self._exchange.account_id is not None:
            headers.append((b"openai-organization", self._exchange.account_id.encode("latin-1")))
        if self._body_unread:
            headers.append((b"connection", b"close"))
        return headers
