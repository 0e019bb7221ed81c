"""Server-sent events from bytes that may be cut anywhere. Pure. WHATWG HTML, section 9.2."""

from __future__ import annotations

from typing import Final

_DONE: Final = b"[DONE]"


class EventReader:
    """Collects chunks and gives the data of every event that is complete. Names stand in the data as `type`, too.

    A line of megabytes that comes in a thousand chunks is searched once, not a thousand times.
    """

    def __init__(self) -> None:
        self._line = list[bytes]()
        self._data = list[bytes]()
        self._after_return = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that end in `chunk`."""
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]  # The other half of a line end that was cut in two.
        self._after_return = chunk.endswith(b"\r") or (self._after_return and not chunk)
        *ended, rest = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        complete = list[bytes]()
        for end in ended:
            line = b"".join((*self._line, end))
            self._line.clear()
            if line:
                self._take(line)
            else:
                complete += self._finish()
        if rest:
            self._line.append(rest)
        return complete

    def rest(self) -> list[bytes]:
        """The data of a last event that no blank line ended."""
        self._take(b"".join(self._line))
        self._line.clear()
        return self._finish()

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))

    def _finish(self) -> list[bytes]:
        data = b"\n".join(self._data)
        self._data.clear()
        return [data] if data and data != _DONE else []
