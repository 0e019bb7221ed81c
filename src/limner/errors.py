"""Everything that can go wrong, as one tree.

    LimnerError
    ├── CallerError                   the caller can mend it; logged at info
    │   ├── InvalidRequest            400  invalid_request_error
    │   ├── InvalidImageRequest       400  image_generation_user_error
    │   │   └── ModerationBlocked     400  moderation_blocked
    │   ├── NotAuthenticated          401
    │   ├── NotPermitted              403
    │   ├── NotFound                  404
    │   ├── MethodNotAllowed          405
    │   ├── RequestTimeout            408  the body came too slowly
    │   ├── Conflict                  409
    │   ├── TooLarge                  413
    │   └── LimitReached              429  quota or rate
    ├── EngineError                   an engine or its upstream failed; logged at warning
    │   ├── EngineFailed              500  image_generation_failed
    │   │   ├── EngineRefused         500  it would not draw this request and does not say why; the same to callers
    │   │   └── EngineTimedOut        500  the job's time was up; the same to callers
    │   └── EngineUnavailable         503  server_is_overloaded
    ├── Overloaded                    503  Limner itself is full or stopping
    │   └── DatabaseAway              503  its database cannot be reached
    ├── HandedOff                     503  the job goes on; its client is to come back for it; logged at info
    ├── ModeratorUnavailable          503  what judges requests could not be asked; logged at warning
    └── Defect                        500  our own bug; logged at error

Each class carries what OpenAI's envelope needs (status, type, code, param) and whether the very same request may
succeed later (`retryable`), which becomes `x-should-retry`. Messages are for callers: they never hold a path, a key,
an upstream's address or a traceback. `http/` turns an error into a response in one function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

HANDOFF_PAUSE_S: Final = 0.2
"""What a client whose job goes on is told to wait before it asks again: no longer than it takes to be let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamFault:
    """What an upstream said of a failure, in short harmless words, for the operator alone.

    status: of its HTTP answer, None without one. code: its error code, or a word for what became of the connection.
    request_id: its own name for the request.
    """

    status: int | None = None
    code: str | None = None
    request_id: str | None = None

    @property
    def known(self) -> dict[str, str | int]:
        """What there is, for a log line."""
        names = {"status": self.status, "code": self.code, "request_id": self.request_id}
        return {f"upstream_{name}": value for name, value in names.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a rate. dimension: what it counts, `requests` or `images`. reset_ms: until all of it is back."""

    dimension: str
    limit: int
    remaining: int
    reset_ms: int


class LimnerError(Exception):
    """An error with an answer in OpenAI's envelope, and what is never told to callers.

    upstream: what an upstream said of it. cost_nusd: what it charges the operator all the same; None: it did not say.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    code_default: ClassVar[str | None] = None
    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code if code is not None else self.code_default
        self.retry_after_s = retry_after_s
        self.upstream: UpstreamFault | None = None
        self.cost_nusd: int | None = None


class CallerError(LimnerError):
    """The request cannot be served as it stands; sending it again changes nothing."""

    status = 400
    type = "invalid_request_error"


class InvalidRequest(CallerError):
    """A field, a part or the body breaks the contract's schema."""


class InvalidImageRequest(CallerError):
    """The schema holds but the image backend's own rules do not (size, transparency, unreadable image)."""

    type = "image_generation_user_error"


class ModerationBlocked(InvalidImageRequest):
    """The safety stage or the upstream refused the prompt, an input or the result."""

    code_default = "moderation_blocked"

    def __init__(
        self,
        message: str,
        *,
        stage: str = "unknown",
        categories: tuple[str, ...] = (),
        cost_nusd: int | None = None,
    ) -> None:
        super().__init__(message)
        self.stage = stage
        self.categories = categories
        self.cost_nusd = cost_nusd


class NotAuthenticated(CallerError):
    """No key, or a key that is not ours, is revoked or has expired."""

    status = 401


class NotPermitted(CallerError):
    """The key is good but may not do this."""

    status = 403


class NotFound(CallerError):
    """No such route, model, file or job for this account."""

    status = 404


class MethodNotAllowed(CallerError):
    """The route exists, the method does not. `allowed` lists the methods that do, for the `Allow` header."""

    status = 405

    def __init__(self, message: str, *, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed


class RequestTimeout(CallerError):
    """The body did not arrive in time. Not retried by itself: the SDKs would upload it all again."""

    status = 408


class Conflict(CallerError):
    """The request contradicts what is stored."""

    status = 409


class TooLarge(CallerError):
    """A body, a file or a field is over its limit."""

    status = 413


class LimitReached(CallerError):
    """A quota or a rate is used up.

    dimension: what the rate counts, when it is not requests. allowances: what is left of all the key's rates.
    """

    status = 429
    type = "insufficient_quota"
    code_default = "insufficient_quota"

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
        dimension: str | None = None,
        allowances: tuple[Allowance, ...] = (),
    ) -> None:
        super().__init__(message, param=param, code=code, retry_after_s=retry_after_s)
        self.dimension = dimension
        self.allowances = allowances


class EngineError(LimnerError):
    """The engine, or the upstream behind it, did not deliver."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retry_after_s: float | None = None,
        cost_nusd: int | None = None,
    ) -> None:
        super().__init__(message, code=code, retry_after_s=retry_after_s)
        self.cost_nusd = cost_nusd


class EngineFailed(EngineError):
    """The engine ran and failed; nothing was delivered and the account pays nothing."""

    type = "image_generation_server_error"
    code_default = "image_generation_failed"
    retryable = True


class EngineRefused(EngineFailed):
    """The engine is at work and would not draw this request, for a reason that means nothing to its caller.

    Another may well draw it. Says nothing of how the engine is, or one caller could have it kept from all others.
    """


class EngineTimedOut(EngineFailed):
    """The job's time was up before an engine delivered; nothing was delivered and the account pays nothing."""


class EngineUnavailable(EngineError):
    """The engine cannot be reached or takes no work just now: nothing has run, so it may be asked again.

    With `retry_after_s` it is left alone for that long instead. reached: whether it was there and said so itself.
    passing: whether that may be over in a moment, as load is; a refused key is not.
    """

    status = 503
    type = "service_unavailable_error"
    code_default = "server_is_overloaded"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retry_after_s: float | None = None,
        cost_nusd: int | None = None,
        reached: bool = False,
        passing: bool = True,
    ) -> None:
        super().__init__(message, code=code, retry_after_s=retry_after_s, cost_nusd=cost_nusd)
        self.reached = reached
        self.retryable = passing


class Overloaded(LimnerError):
    """Limner itself cannot take the job: its queue is full, or it is stopping."""

    status = 503
    type = "service_unavailable_error"
    code_default = "server_is_overloaded"
    retryable = True


DATABASE_RETRY_S: Final = 5.0
"""When callers are asked to come again while the database fails: it was waited for already, and a server that is
restarted or replaced takes some seconds more."""


class DatabaseAway(Overloaded):
    """The database cannot be reached, or was lost again and again: nothing was read, and nothing changed."""


class HandedOff(LimnerError):
    """The picture takes longer than proxies on the way may wait: the same request, sent again, waits for the same."""

    status = 503
    type = "service_unavailable_error"
    code_default = "job_running"
    retryable = True


class ModeratorUnavailable(LimnerError):
    """What judges requests before an engine could not be asked, and the operator lets nothing pass unjudged."""

    status = 503
    type = "service_unavailable_error"
    code_default = "server_is_overloaded"
    retryable = True


class Defect(LimnerError):
    """A broken invariant of our own. The caller sees OpenAI's general server error, the log sees the cause."""


STOPPED_RETRY_S: Final = 1.0
"""When callers of a server that stops are asked to come again: a balancer has noticed by then, or a new one started."""


def database_away() -> DatabaseAway:
    """What callers are told who need the database."""
    return DatabaseAway(
        "The server cannot reach its database just now. Please try again later.", retry_after_s=DATABASE_RETRY_S
    )


def handed_off() -> HandedOff:
    """What a client whose job goes on is told."""
    return HandedOff(
        "The picture is still being made. Send the same request again to wait for it: it is not made twice.",
        retry_after_s=HANDOFF_PAUSE_S,
    )


def stopped() -> Overloaded:
    """What callers are told by a server that is stopping: the next one they reach may be another."""
    return Overloaded("The server is shutting down. Please try again.", retry_after_s=STOPPED_RETRY_S)


def unreadable_input(name: str) -> InvalidImageRequest:
    """OpenAI's refusal of a picture whose file is none or is damaged. name: as it counts them, `image 1` or `mask`.

    Seen in bug reports of 2025 and 2026, the later ones with this type and counting from 1.
    """
    return InvalidImageRequest(
        f"Invalid image file or mode for {name}, please check your image file.", code="invalid_image_file"
    )
