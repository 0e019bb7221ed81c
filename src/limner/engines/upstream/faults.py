"""How failures leave the engine: as errors of ours that carry, for the operator alone, what the upstream said.

Codes and ids are a stranger's text: short harmless words here, and nothing that looks like a key or an address. Callers
see none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientHttpProxyError,
    ClientPayloadError,
    ClientProxyConnectionError,
    ConnectionTimeoutError,
    ServerDisconnectedError,
)

from limner.engines.upstream.refusals import FAILED, REFUSED, UNAVAILABLE
from limner.errors import (
    EngineError,
    EngineFailed,
    EngineUnavailable,
    LimnerError,
    ModerationBlocked,
    UpstreamFault,
)

_log = structlog.get_logger(__name__)

CODE_CHARS_MAX: Final = 64
REQUEST_ID_CHARS_MAX: Final = 128
REQUEST_ID_HEADERS: Final = (
    "x-request-id", "apim-request-id", "x-ms-request-id", "x-siliconcloud-trace-id", "request-id", "cf-ray",
)  # fmt: skip
"""Where services name a request, the service's own name before its proxies'. Source: their API references, 2026."""

_TELLING: Final = re.compile(r"://|\b(sk|key|org|proj)-|\bbearer\b|\b\d{1,3}(\.\d{1,3}){3}\b", re.IGNORECASE)
_NOT_IN_WORD: Final = re.compile(r"[^A-Za-z0-9_.:-]")

_EXPIRED: Final = 10
_OTHER_HOST: Final = frozenset({62, 64})
"""X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH. Source: OpenSSL."""

_REASONS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (ClientConnectorCertificateError, "certificate_not_trusted", "nobody it trusts signed its certificate (`ca_file`)"),
    (ClientConnectorSSLError, "tls_failed", "it does not speak TLS, or another version"),
    (ClientConnectorDNSError, "name_not_resolved", "its name is not known here"),
    (ClientProxyConnectionError, "proxy_not_reached", "the proxy cannot be reached"),
    (ClientHttpProxyError, "proxy_refused", "the proxy refuses to connect to it"),
    (ConnectionTimeoutError, "connect_timeout", "no connection stood in time"),
    (ClientConnectorError, "not_connected", "nobody takes the connection"),
    (ServerDisconnectedError, "connection_lost", "it hung up"),
    (ClientPayloadError, "answer_cut", "its answer was cut off"),
    (TimeoutError, "too_slow", "it took too long"),
    (ClientError, "connection_failed", "the connection failed"),
)
"""What went wrong with a connection, in a word and for people; the first that fits."""

_NOTHING_SENT: Final = (ClientConnectorError, ConnectionTimeoutError, ClientHttpProxyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The head of an answer.

    headers: by name in any case. secrets: the operator's key and the server's name, which must not be repeated.
    """

    status: int
    headers: Mapping[str, str]
    secrets: tuple[str, ...]


def reason(error: Exception) -> str:
    """A connection's failure in a word."""
    return _reason(error)[0]


def sentence(error: Exception) -> str:
    """A connection's failure for the operator."""
    return _reason(error)[1]


def _reason(error: Exception) -> tuple[str, str]:
    if isinstance(error, ClientConnectorCertificateError):
        code = getattr(error.certificate_error, "verify_code", None)
        if code == _EXPIRED:
            return "certificate_expired", "its certificate has expired"
        if code in _OTHER_HOST:
            return "certificate_of_another", "its certificate is of another name"
    return next((word, text) for kind, word, text in _REASONS if isinstance(error, kind))


@contextmanager
def translated(answered: Answered | None = None) -> Iterator[None]:
    """What goes wrong with a connection, as ours: unavailable while nothing was sent, failed from then on.

    Every error of ours that passes learns of `answered`, when there was an answer.
    """
    try:
        yield
    except (ClientError, TimeoutError) as error:
        told = EngineUnavailable(UNAVAILABLE) if isinstance(error, _NOTHING_SENT) else EngineFailed(FAILED)
        _tell(told, answered, reason(error))
        raise told from error
    except LimnerError as error:
        if answered is not None or error.upstream is None:
            _tell(error, answered, None)
        raise


def _tell(error: LimnerError, answered: Answered | None, reason: str | None) -> None:
    """Give `error` what is known of its cause, and the log too. What it tells callers has no secret in it."""
    said = reason or (error.upstream.code if error.upstream else None)
    secrets = answered.secrets if answered else ()
    error.upstream = UpstreamFault(
        status=answered.status if answered else None,
        code=_word(said, CODE_CHARS_MAX, secrets),
        request_id=_word(_request_id(answered.headers), REQUEST_ID_CHARS_MAX, secrets) if answered else None,
    )
    if _has(error.message, secrets):
        error.message = REFUSED
    if error.code and _has(error.code, secrets):
        error.code = error.code_default
    if isinstance(error, ModerationBlocked):
        error.categories = tuple(category for category in error.categories if not _has(category, secrets))
    log = _log.warning if isinstance(error, EngineError) else _log.info
    log("upstream.failed", error=error.code, **error.upstream.known)


def _request_id(headers: Mapping[str, str]) -> str | None:
    return next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), None)


def _has(text: str, secrets: tuple[str, ...]) -> bool:
    return any(secret in text for secret in secrets)


def _word(text: str | None, chars_max: int, secrets: tuple[str, ...]) -> str | None:
    """`text` as a short word that can stand in any log; None for what looks like a key or an address."""
    if not text or _TELLING.search(text) or _has(text, secrets):
        return None
    return _NOT_IN_WORD.sub("_", text[:chars_max])
