"""Callers: they ask, wait, lose patience, ask again as the official SDKs do, or leave; each sending is noted.

Runs as a process of its own, with what to do on its standard input:

    python -m torture.callers < ORDERS
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import uvloop
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, FormData, TCPConnector
from torture.diary import Diary, End, Sending
from torture.pictures import Mark, drawn, mark_of
from torture.wishes import Wish, wish

HASTE: Final = 0.5
"""Of the SDKs' own pauses: a torture of minutes has to come to as many retries as a week."""
PAUSE_S: Final = 0.5
PAUSE_S_MAX: Final = 8.0
ASKED_S_MAX: Final = 60.0
_OK: Final = 200
_AGAIN: Final = frozenset({408, 409, 429})
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What the callers are to do.

    at_once: callers side by side, who take the next wish when they are through. keys: secrets by name.
    """

    wishes: int
    at_once: int
    seed: int
    bases: tuple[str, ...]
    keys: Mapping[str, str]
    diary: str

    @classmethod
    def read(cls, text: str) -> Orders:
        """From JSON."""
        found = json.loads(text)
        return cls(**{**found, "bases": tuple(found["bases"])})

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


async def call_all(orders: Orders) -> None:
    """Have every wish sent by somebody."""
    wishes = (wish(orders.seed, number) for number in range(orders.wishes))
    async with ClientSession(
        connector=TCPConnector(limit=0), timeout=ClientTimeout(total=None), auto_decompress=False
    ) as session:
        callers = _Callers(session, orders)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(orders.at_once):
                tasks.create_task(callers.work(wishes))


class _Callers:
    def __init__(self, session: ClientSession, orders: Orders) -> None:
        self._session = session
        self._keys = orders.keys
        self._bases = cycle(orders.bases)
        self._diary = Diary(Path(orders.diary))
        self._lot = random.Random(f"{orders.seed}/pauses")

    async def work(self, wishes: Iterator[Wish]) -> None:
        for wanted in wishes:
            try:
                async with asyncio.timeout(wanted.leaves_after_s):
                    await self._insist(wanted)
            except TimeoutError:
                pass  # It left, and noted so.

    async def _insist(self, wanted: Wish) -> None:
        for retry in range(wanted.retries_max + 1):
            pause_s = await self._send(wanted, retry)
            if pause_s is None:
                return
            if retry < wanted.retries_max:
                await asyncio.sleep(pause_s * HASTE)

    async def _send(self, wanted: Wish, retry: int) -> float | None:
        """Send once, and return how long the SDKs would wait before they send again; None when they would not."""
        seen = _Seen(wanted, retry)
        try:
            async with asyncio.timeout(wanted.patience_s):
                pause_s = await self._ask(wanted, retry, seen)
        except TimeoutError:
            self._diary.note(seen.ended(End.IMPATIENT))
        except asyncio.CancelledError:
            self._diary.note(seen.ended(End.LEFT))
            raise
        except (ClientError, OSError, ValueError):
            self._diary.note(seen.ended(End.BROKEN))
        else:
            self._diary.note(seen.ended(End.ANSWERED if seen.good else End.REFUSED))
            return pause_s
        # A stream that has begun is read by the SDK's user, who is told.
        return None if wanted.stream and seen.status == _OK else self._usual_pause_s(retry)

    async def _ask(self, wanted: Wish, retry: int, seen: _Seen) -> float | None:
        url = f"{next(self._bases)}/images/{'edits' if wanted.edit else 'generations'}"
        headers = {"Authorization": f"Bearer {self._keys[wanted.key]}", **_marks(wanted, retry)}
        body: dict[str, Any] = {"data": _form(wanted)} if wanted.edit else {"json": _fields(wanted)}
        async with self._session.post(url, headers=headers, **body) as response:
            seen.status, seen.job = response.status, response.headers.get("x-request-id")
            await seen.read(response)
            return None if response.status == _OK else self._pause_s(response, retry)

    def _pause_s(self, response: ClientResponse, retry: int) -> float | None:
        """After an error. Source: openai-python 3.52, `_should_retry` and `_calculate_retry_timeout`."""
        should = response.headers.get("x-should-retry")
        again = response.status in _AGAIN or response.status >= _SERVER_ERROR
        if should == "false" or (should != "true" and not again):
            return None
        in_ms = response.headers.get("retry-after-ms")
        asked_s = float(in_ms) / 1000 if in_ms else float(response.headers.get("retry-after", "0"))
        return asked_s if 0 < asked_s <= ASKED_S_MAX else self._usual_pause_s(retry)

    def _usual_pause_s(self, retry: int) -> float:
        return min(PAUSE_S * 2.0**retry, PAUSE_S_MAX) * (1 - 0.25 * self._lot.random())


class _Seen:
    """What there is of an answer so far."""

    def __init__(self, wanted: Wish, retry: int) -> None:
        self._wanted = wanted
        self._retry = retry
        self._pictures: list[bytes] = []
        self._code: str | None = None
        self.status: int | None = None
        self.job: str | None = None

    @property
    def good(self) -> bool:
        """Whether it says that there are pictures; a stream may have begun so and end otherwise."""
        return self.status == _OK and self._code is None

    async def read(self, response: ClientResponse) -> None:
        """Read the answer to its end. Raises ValueError for what is none."""
        text = await response.read()
        if response.content_type == "text/event-stream":
            for line in text.decode().splitlines():
                if line.startswith("data:"):
                    self._take(json.loads(line.removeprefix("data:")))
        else:
            self._take(json.loads(text))

    def _take(self, told: Mapping[str, Any]) -> None:
        if told.get("error"):
            self._code = told["error"].get("code") or told["error"].get("type")
        elif str(told.get("type", "")).endswith(".completed"):
            self._pictures.append(base64.b64decode(told["b64_json"]))
        else:
            self._pictures += [base64.b64decode(item["b64_json"]) for item in told.get("data", ())]

    def ended(self, end: End) -> Sending:
        """For the diary."""
        marks = [mark_of(picture) for picture in self._pictures]
        mine = [mark.call for mark in marks if mark is not None and mark.ticket == self._wanted.ticket]
        return Sending(
            ticket=self._wanted.ticket,
            retry=self._retry,
            end=end,
            status=self.status,
            job=self.job,
            code=self._code,
            pictures=tuple(mine) if end is End.ANSWERED and len(mine) == self._wanted.n else (),
        )


def _marks(wanted: Wish, retry: int) -> dict[str, str]:
    """By what a gateway can know the request again."""
    if wanted.idempotent:
        return {"Idempotency-Key": wanted.ticket}
    return {"x-stainless-retry-count": str(retry), "x-stainless-read-timeout": str(wanted.patience_s)}


def _fields(wanted: Wish) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "model": "gpt-image-2",
        "prompt": wanted.ticket,
        "user": wanted.ticket,
        "size": "1024x1024",
        "quality": "low",
        "n": wanted.n,
    }
    if wanted.stream:
        fields |= {"stream": True, "partial_images": wanted.partial_images}
    return fields


def _form(wanted: Wish) -> FormData:
    form = FormData()
    for name, value in _fields(wanted).items():
        form.add_field(name, str(value).lower() if isinstance(value, bool) else str(value))
    picture = drawn(Mark("given", "picture"))
    form.add_field("image", picture, filename="given.png", content_type="image/png")
    return form


if __name__ == "__main__":
    uvloop.run(call_all(Orders.read(sys.stdin.read())))
