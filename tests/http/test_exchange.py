"""What happens to a request that goes wrong when its answer has begun, or that nobody waits for any more."""

from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from limner.clock import ManualClock
from limner.errors import EngineFailed, LimnerError
from limner.http.bounds import ClientGone
from limner.http.exchange import Exchanges


class Half:
    """An app that begins its answer, if it is to, and then fails."""

    def __init__(self, error: Exception, *, begins: bool) -> None:
        self._error = error
        self._begins = begins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Fail."""
        if self._begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise self._error


async def answer_of(app: Half) -> list[Message]:
    """What an app's exchange sends."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await Exchanges(app, ManualClock(), linger_s=0.0)(scope, receive, send)
    return sent


@pytest.mark.parametrize("error", [EngineFailed("Image generation failed"), ZeroDivisionError("a bug")])
async def test_an_answer_that_breaks_off_is_never_a_second_answer(error: Exception) -> None:
    """Once the status is out an error can only cut the connection, which the server does when one is raised."""
    with pytest.raises(LimnerError):
        await answer_of(Half(error, begins=True))


async def test_nobody_is_told_when_the_client_has_gone() -> None:
    """A body that ends with its connection gets no answer."""
    assert await answer_of(Half(ClientGone(), begins=False)) == []


async def test_other_protocols_pass_through() -> None:
    """Start-up and shutdown messages are not requests."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: object) -> Message:
        return {"type": "lifespan.startup"}

    await Exchanges(app, ManualClock(), linger_s=0.0)({"type": "lifespan"}, nothing, nothing)  # type: ignore[arg-type]  # never called
    assert seen == ["lifespan"]
