"""An answer's JSON with its pictures cut out first, so that megabytes of base64 never become Python text. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

from limner.blobs import Text
from limner.job import Json

_KEY: Final = b'"b64_json"'
_BLANK: Final = b" \t\r\n"
_LINE_ENDS: Final = b"\r\n"


class NotJson(Exception):
    """The body is no JSON."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed body. Where a picture stood under `b64_json`, `value` has its index in `pictures`."""

    value: Json
    pictures: tuple[memoryview, ...]

    def base64(self, value: Json) -> Text | None:
        """The base64 text behind what stands under a `b64_json` key, or None when that is none."""
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(self.pictures):
            return self.pictures[value]
        # A text with escapes was left where it stood: MIME's base64 has line ends, which are no part of it (RFC 2045).
        return value.encode("ascii", "replace").translate(None, _LINE_ENDS) if isinstance(value, str) else None


def parse(body: bytes | bytearray) -> Document:
    """`body` with its pictures apart. Raises NotJson.

    Inside a JSON string every quote is escaped, so that `"b64_json"` in a prompt is never taken for a key.
    """
    kept, pictures = list[Text](), list[memoryview]()
    view, at = memoryview(body).toreadonly(), 0
    while (found := _value(body, at)) is not None:
        start, end = found
        if body.find(b"\\", start, end) >= 0:
            kept.append(view[at : end + 1])
        else:
            kept += [view[at : start - 1], str(len(pictures)).encode()]
            pictures.append(view[start:end])
        at = end + 1
    kept.append(view[at:])
    try:
        return Document(orjson.loads(b"".join(kept)), tuple(pictures))
    except orjson.JSONDecodeError as error:
        raise NotJson from error


def _value(body: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Where the next text under the key begins and ends, without its quotes; None when there is no more."""
    while (key := body.find(_KEY, at)) >= 0:
        at = key + len(_KEY)
        colon = _after_blanks(body, at)
        quote = _after_blanks(body, colon + 1)
        if body[colon : colon + 1] == b":" and body[quote : quote + 1] == b'"':
            end = _closing_quote(body, quote + 1)
            return None if end < 0 else (quote + 1, end)
    return None


def _after_blanks(body: bytes | bytearray, at: int) -> int:
    while at < len(body) and body[at] in _BLANK:
        at += 1
    return at


def _closing_quote(body: bytes | bytearray, at: int) -> int:
    """Index of the quote that ends the string, or -1. A quote after an odd number of backslashes is part of it."""
    while (quote := body.find(b'"', at)) >= 0:
        escapes = quote
        while body[escapes - 1 : escapes] == b"\\":
            escapes -= 1
        if (quote - escapes) % 2 == 0:
            return quote
        at = quote + 1
    return -1
