"""What a caller has seen of an answer, read as far as it came."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import ClientResponse
from torture.diary import End, Sending
from torture.pictures import mark_of
from torture.wishes import Wish

_OK: Final = 200
_OVER: Final[Mapping[str, End]] = {
    "completed": End.ANSWERED,
    "failed": End.REFUSED,
    "timeout": End.REFUSED,
    "cancelled": End.CANCELLED,
}
"""The words for tasks that will never stand anywhere else."""


class Seen:
    """What there is of an answer so far. task: for what is asked of a task that was taken in."""

    def __init__(self, wanted: Wish, retry: int, task: str | None = None) -> None:
        self._wanted = wanted
        self._retry = retry
        self._pictures: list[bytes] = []
        self._code: str | None = None
        self._stands: str | None = None
        self.status: int | None = None
        self.job: str | None = None
        self.task = task

    @property
    def end(self) -> End:
        """What was read to its end means. An answer may say that there are pictures, and a stream still end badly."""
        if self._stands is not None:
            return _OVER[self._stands]
        if self.status != _OK or self._code is not None:
            return End.REFUSED
        return End.ANSWERED if self.task is None else End.TAKEN_IN

    async def read(self, response: ClientResponse) -> None:
        """Read the answer to its end. Raises ValueError for what is none."""
        text = await response.read()
        if response.content_type == "text/event-stream":
            for line in text.decode().splitlines():
                if line.startswith("data:"):
                    self._take(json.loads(line.removeprefix("data:")))
        else:
            self._take(json.loads(text))

    async def read_task(self, response: ClientResponse) -> bool:
        """Read where the task stands; whether that is its end. Raises ValueError for what is no answer."""
        told = json.loads(await response.read())
        self.status = response.status
        self._take(told.get("result") or {"error": told.get("error")})
        if self.status != _OK:
            return True
        self.job, self._code = told["traceId"], told["errorCode"]
        self._stands = told["status"] if told["status"] in _OVER else None
        return self._stands is not None

    def _take(self, told: Mapping[str, Any]) -> None:
        if told.get("error"):
            self._code = told["error"].get("code") or told["error"].get("type")
        elif "taskId" in told:
            self.task = told["taskId"]
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
            task=self.task,
            stands=self._stands,
        )
