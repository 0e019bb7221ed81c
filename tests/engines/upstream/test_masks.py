"""Masks on their way to every kind of server: what it takes for the part to repaint is what the caller meant."""

from __future__ import annotations

from contextlib import aclosing

import numpy as np
import pytest
from tests.engines.upstream.emulator import emulating
from tests.engines.upstream.enforcement import KEY, MASKLESS

from limner import exactness
from limner.blobs import Blob
from limner.clock import SystemClock
from limner.engine import Event, Finished
from limner.engines.upstream.dialects import DIALECTS, DialectName
from limner.engines.upstream.engine import UpstreamEngine
from limner.engines.upstream.settings import UpstreamSettings
from limner.imaging.codec import decode, encode
from limner.imaging.pixels import PIXELS_MAX, Pixels
from limner.job import COMPRESSION_DEFAULT, Format, ImageRequest, Kind, Size

SIZE = Size(768, 512)
EDITING = [name for name, dialect in DIALECTS.items() if Kind.EDIT in dialect.ability.kinds]
CORNERS = {
    "top-left": (slice(0, 200), slice(0, 300)),
    "top-right": (slice(0, 200), slice(468, 768)),
    "bottom-left": (slice(312, 512), slice(0, 300)),
    "bottom-right": (slice(312, 512), slice(468, 768)),
}


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("dialect", EDITING)
async def test_only_the_corner_that_was_meant_is_repainted(dialect: DialectName, corner: str) -> None:
    """Every pixel outside is the caller's, and a server that knows masks takes it for that very corner, in its reading.

    A server that knows none is sent none, and Limner keeps what it must not touch.
    """
    async with emulating(dialect) as server:
        knows_masks = dialect not in MASKLESS
        settings = {"dialect": dialect, "base_url": server.url, "key": KEY, "model": "served"}
        engine = UpstreamEngine(
            UpstreamSettings.model_validate({**settings, **({"mask": True} if knows_masks else {})}), SystemClock()
        )
        base = _photo()
        result = await _edited(engine, base, corner)
        await engine.close()
    [asked] = server.asked
    assert asked.repainted == (corner if knows_masks else None)
    assert (asked.mask is not None) == knows_masks
    outside = np.ones(base.shape[:2], bool)
    outside[CORNERS[corner]] = False
    assert (result[outside] == base[outside]).all()
    assert (result[~outside] != base[~outside]).any()


async def _edited(engine: UpstreamEngine, base: Pixels, corner: str) -> Pixels:
    """The pixels of an edit of `base` whose mask is transparent in one corner."""
    mask = base.copy()
    mask[..., 3][CORNERS[corner]] = 0
    request = ImageRequest(
        kind=Kind.EDIT, model="gpt-image-2", prompt="a sun", size=SIZE, images=(_png(base),), mask=_png(mask)
    )
    plan = exactness.fit(request, given=("image", "mask", "size"), unknown=(), ability=engine.ability)
    events = list[Event]()
    async with aclosing(exactness.events(engine, plan)) as running:
        events += [event async for event in running]
    [last] = events
    assert isinstance(last, Finished)
    return decode(last.pictures[0].blob, PIXELS_MAX)


def _photo() -> Pixels:
    """Pixels no two neighbours of which agree, so that a shifted or recoded copy is noticed."""
    y, x = np.mgrid[0 : SIZE.height_px, 0 : SIZE.width_px]
    return np.stack((x % 256, y % 256, (x * y) % 251, np.full_like(x, 255)), axis=-1).astype(np.uint8)


def _png(pixels: Pixels) -> Blob:
    return encode(pixels, Format.PNG, COMPRESSION_DEFAULT, opaque=False)
