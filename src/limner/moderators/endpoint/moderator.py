"""A moderator that asks a server which speaks OpenAI's `/moderations`.

One question holds the prompt and at most one picture, which is all that OpenAI's server takes (`too_many_images`,
observed April 2026); further pictures are questions of their own. What goes wrong is logged here, without the server's
words, and becomes the ruling that the operator chose for it.
"""

from __future__ import annotations

import asyncio
from typing import Final

import orjson
import structlog
from aiohttp import ClientError, ClientSession
from yarl import URL

from limner.blobs import Blob
from limner.engine import Probe
from limner.imaging.codec import decode_input, encode
from limner.imaging.pixels import size_of
from limner.imaging.resize import stretch
from limner.job import Format, Json, Moderation, Size
from limner.moderation import Ruling, Verdict
from limner.moderators.endpoint.scores import Judgement, Limits, NoJudgement, judgement
from limner.moderators.endpoint.settings import EndpointSettings, WhenUnjudged
from limner.outbound import Unreadable, models_probe, session, trust, whole

_log = structlog.get_logger(__name__)

ANSWER_BYTES_MAX: Final = 256 * 1024
"""An answer of OpenAI's has some 3 KB."""
EDGE_PX_MAX: Final = 1024
"""Pictures are judged at most this large: what they show stays to be seen, and a question stays small."""
_JPEG_QUALITY: Final = 85
_OK: Final = 200


class EndpointModerator:
    """Asks one server. Its session is opened by the first question."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self._base = URL(settings.address)
        self._limits = Limits(settings.threshold_auto, settings.threshold_low)
        self._tls = trust(settings.ca_file)
        self._session: ClientSession | None = None

    async def judge(self, prompt: str, images: tuple[Blob, ...], level: Moderation) -> Verdict:
        """Ask all there is to ask side by side; one refusal is enough, and so is one question nobody answered."""
        pictures = [
            await asyncio.to_thread(_data_url, blob, index)
            for index, blob in enumerate(images if self._settings.images else (), start=1)
        ]
        questions = _questions(prompt, pictures)
        found = await asyncio.gather(*(self._asked(question, level) for question in questions))
        answered = [one for one in found if one is not None]
        if any(one.refused for one in answered):
            categories = frozenset[str]().union(*(one.categories for one in answered))
            return Verdict(Ruling.BLOCKED, tuple(sorted(categories)))
        if len(answered) < len(found):
            refuse = self._settings.when_unjudged is WhenUnjudged.REFUSE
            return Verdict(Ruling.UNJUDGED if refuse else Ruling.WAIVED)
        return Verdict(Ruling.ALLOWED)

    async def probe(self) -> Probe:
        """Ask for the list of models."""
        return await models_probe(
            self._opened(),
            URL(f"{self._base}/models"),
            name=f"{self._settings.model} at {self._base.host}",
            headers=self._headers(),
            timeout_s=self._settings.timeout_s,
            why=lambda _: "",
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def _asked(self, question: list[Json], level: Moderation) -> Judgement | None:
        """What the server says to one question; None when it says nothing that can be relied on."""
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return judgement(await self._answer(question), level, self._limits)
        except NoJudgement as reason:
            _log.warning("moderator.no_judgement", server=self._base.host, reason=str(reason))
        except (ClientError, TimeoutError) as cause:
            _log.warning("moderator.no_judgement", server=self._base.host, reason=type(cause).__name__)
        return None

    async def _answer(self, question: list[Json]) -> bytes:
        """The answer's body. Raises NoJudgement for any but a plain one of status 200 within its bounds."""
        body = orjson.dumps({"model": self._settings.model, "input": question})
        response = await self._opened().post(
            URL(f"{self._base}/moderations"),
            data=body,
            headers={**self._headers(), "Content-Type": "application/json"},
            allow_redirects=False,
        )
        try:
            if response.status != _OK:
                raise NoJudgement(f"status {response.status}")
            return await whole(response, ANSWER_BYTES_MAX)
        except Unreadable as reason:
            raise NoJudgement(str(reason)) from None
        finally:
            # A whole answer's connection has gone back already; any other is of no further use.
            response.close()

    def _headers(self) -> dict[str, str]:
        key = self._settings.key
        return {"Authorization": f"Bearer {key.get_secret_value().strip()}"} if key else {}

    def _opened(self) -> ClientSession:
        if self._session is None:
            settings = self._settings
            self._session = session(
                tls=self._tls,
                proxy=settings.proxy_address,
                connect_timeout_s=settings.timeout_s,
                connections_max=settings.concurrency,
            )
        return self._session


def _questions(prompt: str, pictures: list[str]) -> list[list[Json]]:
    """What to ask: the prompt with the first picture, every other picture by itself; nothing when there is neither."""
    texts: list[Json] = [{"type": "text", "text": prompt}] if prompt.strip() else []
    shown: list[list[Json]] = [[{"type": "image_url", "image_url": {"url": url}}] for url in pictures]
    first = [*texts, *(shown[0] if shown else [])]
    return [question for question in (first, *shown[1:]) if question]


def _data_url(blob: Blob, number: int) -> str:
    """The picture number `number`, from 1, no larger than EDGE_PX_MAX. Raises InvalidImageRequest when it is none."""
    pixels = decode_input(blob, f"image {number}").copy()
    # An engine may see the colours under transparent pixels, so they are judged, too.
    pixels[..., 3] = 255
    own = size_of(pixels)
    scale = min(1.0, EDGE_PX_MAX / max(own.width_px, own.height_px))
    size = Size(max(1, round(own.width_px * scale)), max(1, round(own.height_px * scale)))
    shown = encode(stretch(pixels, size), Format.JPEG, _JPEG_QUALITY, opaque=True)
    return f"data:{shown.media_type};base64,{str(shown.base64(), 'ascii')}"
