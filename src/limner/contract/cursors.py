"""Cursors: where a page ended, signed, so that only what this server said leads anywhere. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

import orjson

from limner.errors import InvalidRequest
from limner.job import Json

_TAG_BYTES: Final = 16
"""128 bits: a forger would have to try for longer than anyone's pages last."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """Makes cursors and reads them. secret: of this installation, at least 32 bytes."""

    secret: bytes = field(repr=False)

    def write(self, question: Json, place: Json) -> str:
        """A cursor to `place` in the answer to `question`, which only the same question can use."""
        body = orjson.dumps(place)
        return base64.urlsafe_b64encode(self._tag(question, body) + body).rstrip(b"=").decode()

    def read(self, question: Json, text: str, *, param: str) -> Json:
        """The place. Raises InvalidRequest for a text that `write` did not make for this question."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            raw = b""
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(question, body)):
            raise InvalidRequest(
                f"Invalid '{param}': not a cursor from the previous page of this request.",
                param=param,
                code="invalid_value",
            )
        place: Json = orjson.loads(body)
        return place

    def _tag(self, question: Json, body: bytes) -> bytes:
        said = orjson.dumps(["cursor", question], option=orjson.OPT_SORT_KEYS) + b"\n" + body
        return hmac.digest(self.secret, said, hashlib.sha256)[:_TAG_BYTES]
