"""Links to results, for models that answer with addresses: whoever has the link may read that picture until it ends.

PUBLIC_URL/results/<job id>/<index>.<format>?expires=<Unix seconds>&signature=<64 hexadecimal digits>
"""

from __future__ import annotations

import hashlib
import hmac
from asyncio import to_thread
from typing import Final

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.clock import Clock
from limner.errors import NotFound, NotPermitted
from limner.http.exchange import Exchange
from limner.http.surface import Surface
from limner.job import Answer, Format
from limner.record import result_key

PATH: Final = "/results/{job_id}/{index:int}.{extension}"
_SANDBOX: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""An SVG opened by its link may style itself, but runs no script and loads nothing."""


class Links:
    """Makes links and tells good ones from forged and expired ones."""

    def __init__(self, secret: bytes, lifetime_s: int, public_url: str | None, clock: Clock) -> None:
        self._secret = secret
        self._lifetime_s = lifetime_s
        self._public_url = public_url
        self._clock = clock

    @classmethod
    def of(cls, surface: Surface) -> Links:
        """Those of a surface."""
        return cls(surface.link_secret, surface.link_lifetime_s, surface.public_url, surface.clock)

    def base_url(self, scope: Scope) -> str:
        """The server's address for links, as seen from the request that `scope` describes."""
        return self._public_url or request_url(scope)

    def of_answer(self, base_url: str, job_id: str, answer: Answer) -> tuple[str, ...]:
        """One link for each picture of an answer, from the server's address."""
        return tuple(
            f"{base_url}{self._signed(f'/results/{job_id}/{index}.{answer.output_format}')}"
            for index in range(len(answer.blobs))
        )

    def check(self, path: str, query: QueryParams) -> None:
        """Raise NotPermitted unless `query` carries an unexpired signature for `path`."""
        expires, signature = query.get("expires", ""), query.get("signature", "")
        genuine = signature.isascii() and hmac.compare_digest(signature, self._signature(path, expires))
        if not genuine or int(expires) < self._clock.now_s():
            raise NotPermitted("This link to a result is not valid, or no longer.")

    def _signed(self, path: str) -> str:
        expires = str(int(self._clock.now_s()) + self._lifetime_s)
        return f"{path}?expires={expires}&signature={self._signature(path, expires)}"

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._secret, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


class Results:
    """GET a result by its link."""

    def __init__(self, surface: Surface, links: Links) -> None:
        self._store = surface.results
        self._links = links

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one picture. Raises NotPermitted for a bad link and NotFound for a picture no longer kept."""
        self._links.check(scope["path"], QueryParams(scope["query_string"]))
        params = scope["path_params"]
        picture = Format(params["extension"])
        blob = await self._store.read(result_key(params["job_id"], params["index"], picture), picture.media_type)
        if blob is None:
            raise NotFound("This result is no longer kept.")
        data = await to_thread(blob.read)
        headers = {"cache-control": "private, max-age=3600", "content-security-policy": _SANDBOX}
        await Response(data, media_type=picture.media_type, headers=headers)(scope, receive, send)


def request_url(scope: Scope) -> str:
    """The server's address as the caller of a request sees it, without a trailing slash."""
    return f"{scope['scheme']}://{Exchange.of(scope).headers.get('host', 'localhost')}"
