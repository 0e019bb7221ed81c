"""Answers and events, for shapes that the emulated servers do not give."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.blobs import Blob
from limner.engine import Finished, Partial
from limner.engines.upstream.dialects import DIALECTS, DialectName
from limner.engines.upstream.response import Reply, delivery, finished, streamed
from limner.errors import EngineError, EngineFailed, InvalidImageRequest, ModerationBlocked
from limner.imaging.codec import encode
from limner.job import Format, ImageRequest, Kind, Quality, Size, Usage

OPENAI = DIALECTS[DialectName.OPENAI]
WISH = ImageRequest(kind=Kind.GENERATION, model="m", prompt="p", size=Size(8, 8), quality=Quality.LOW)
PNG = encode(np.full((4, 6, 4), 255, np.uint8), Format.PNG, 100, opaque=True)
CLEAR = encode(np.zeros((4, 6, 4), np.uint8), Format.PNG, 100, opaque=False)
SVG = Blob.from_bytes(b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "image/svg+xml")


def answered(body: Any, dialect: DialectName = DialectName.OPENAI, request: ImageRequest = WISH) -> Finished:
    """What an answer of status 200 becomes."""
    reply = Reply(status=200, headers={"content-type": "application/json"}, body=json.dumps(body).encode())
    found = delivery(reply, DIALECTS[dialect], n=request.n, now_s=0)
    blobs = [item.picture for item in found.items if isinstance(item.picture, Blob)]
    return finished(blobs, found, request, DIALECTS[dialect])


def item(blob: Blob = PNG, **more: Any) -> dict[str, Any]:
    """One result."""
    return {"b64_json": str(blob.base64(), "ascii"), **more}


def event(**fields: Any) -> Partial | Finished | None:
    """What one event of a stream becomes."""
    return streamed(json.dumps(fields).encode(), WISH, OPENAI, 1, now_s=0)


def test_a_picture_may_be_the_whole_answer() -> None:
    """Some servers answer the file itself."""
    found = delivery(Reply(status=200, headers={"content-type": "image/webp"}, body=PNG.read()), OPENAI, n=1, now_s=0)
    [one] = found.items
    assert isinstance(one.picture, Blob)
    assert one.picture.media_type == "image/png"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_base64_may_be_in_lines(end: str) -> None:
    """As MIME writes it; what goes out of it has none, in an answer and in a stream."""
    text = str(PNG.base64(), "ascii")
    lines = end.join((text[:76], text[76:], ""))
    for told in (lines, f"data:image/png;base64,{lines}"):
        shown = event(type="image_generation.completed", b64_json=told)
        assert isinstance(shown, Finished)
        for last in (answered({"data": [{"b64_json": told}]}), shown):
            assert last.pictures[0].blob.base64() == PNG.base64()


def test_what_an_answer_does_not_tell_is_what_was_asked_for() -> None:
    """Quality; a picture without alpha is not transparent, one with alpha may be."""
    last = answered({"data": [item()]})
    assert (last.quality, last.usage, last.pictures[0].transparent) == (Quality.LOW, None, False)
    assert answered({"data": [item()]}, request=replace(WISH, quality=Quality.AUTO)).quality is Quality.MEDIUM
    assert answered({"data": [item(CLEAR)]}).pictures[0].transparent
    assert not answered({"data": [item(CLEAR)], "background": "opaque"}).pictures[0].transparent
    assert answered({"data": [item()], "quality": "auto"}).quality is Quality.LOW


def test_more_pictures_than_asked_for_are_dropped() -> None:
    """And the prompt each was made with stays with it."""
    last = answered({"data": [item(revised_prompt="first"), item(revised_prompt=3)]})
    assert [picture.revised_prompt for picture in last.pictures] == ["first"]


def test_a_drawing_that_nobody_asked_for_is_no_picture() -> None:
    """It has no pixels to make the right picture from."""
    with pytest.raises(EngineFailed):
        answered({"data": [item(SVG)]})


@pytest.mark.parametrize(
    ("said", "size"),
    [(b'width="30" height="20"', Size(30, 20)), (b"viewBox='0 0 12 9'", Size(12, 9)), (b"", Size(8, 8))],
)
def test_a_drawing_that_was_asked_for_is_passed_as_it_is(said: bytes, size: Size) -> None:
    """Its size is what it says itself, else what was asked for."""
    drawing = Blob.from_bytes(b"<svg " + said + b"><path/></svg>", "image/svg+xml")
    [picture] = answered({"data": [item(drawing)]}, request=replace(WISH, output_format=Format.SVG)).pictures
    assert (picture.blob.read(), picture.blob.media_type) == (drawing.read(), "image/svg+xml")
    assert (picture.size, picture.transparent) == (size, True)


@pytest.mark.parametrize("output_format", [Format.GIF, Format.SVG])
def test_a_file_that_was_cut_off_is_no_picture(output_format: Format) -> None:
    """Whatever its beginning says."""
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 4), np.uint8)
    whole = encode(noise, output_format, 100, opaque=True)
    request = replace(WISH, output_format=output_format)
    assert answered({"data": [item(whole)]}, request=request).pictures
    cut = Blob.from_bytes(whole.read()[:-8], whole.media_type)
    with pytest.raises(EngineFailed):
        answered({"data": [item(cut)]}, request=request)


def test_results_may_stand_under_another_name() -> None:
    """Addresses under `images`, as one service has it."""
    reply = Reply(status=200, headers={}, body=b'{"images": [{"url": "https://a.example/x"}], "seed": 1}')
    [one] = delivery(reply, DIALECTS[DialectName.SILICONFLOW], n=1, now_s=0).items
    assert one.picture == "https://a.example/x"


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"input_tokens": 5, "output_tokens": 9}, Usage(text_input_tokens=5, image_output_tokens=9)),
        ({"input_tokens": 5, "output_tokens": 9, "input_tokens_details": {"image_tokens": 99}},
         Usage(image_input_tokens=5, image_output_tokens=9)),
        ({"input_tokens": 0, "output_tokens": 0}, None),
        ({"input_tokens": True, "output_tokens": 9}, None),
        ({"input_tokens": -1, "output_tokens": 9}, None),
        ({"input_tokens": 1, "output_tokens": 10**6}, None),
        ({"input_tokens": 1, "output_tokens": 10**18}, None),
        ({"prompt_tokens": 5}, None),
        ([], None),
        (None, None),
    ],
)  # fmt: skip
def test_usage_is_believed_only_where_it_makes_sense(usage: Any, counted: Usage | None) -> None:
    """Otherwise the published formula counts."""
    assert answered({"data": [item()], "usage": usage}).usage == counted


@pytest.mark.parametrize(
    ("ticks", "cost_nusd"),
    [(1, 1), (400_000_001, 40_000_001), (0, 0), (2.5, 1), ("5", None), (-1, None), (True, None), (10**16, 10**15),
     (10**16 + 1, None), (1e17, None)],
)  # fmt: skip
def test_a_cost_is_rounded_up(ticks: Any, cost_nusd: int | None) -> None:
    """To whole nano-dollars; nonsense is no cost."""
    body = {"data": [item()], "usage": {"cost_in_usd_ticks": ticks}}
    assert answered(body, DialectName.XAI).cost_nusd == cost_nusd
    assert answered({"data": [item()], "usage": 3}, DialectName.XAI).cost_nusd is None


def test_an_item_may_be_a_refusal() -> None:
    """By the safety system, or another failure."""
    for code, error in (
        ("OutputImageSensitiveContentDetected", ModerationBlocked),
        ("InternalServiceError", EngineFailed),
    ):
        with pytest.raises(error):
            answered({"data": [{"error": {"code": code, "message": "no"}}]}, DialectName.SEEDREAM)


def test_fewer_pictures_than_asked_for_are_a_failure() -> None:
    """Nothing is delivered by halves."""
    with pytest.raises(EngineFailed):
        answered({"data": [item()]}, request=replace(WISH, n=2))


@pytest.mark.parametrize(
    "blob", [Blob.from_bytes(PNG.read()[:-20], "x"), Blob.from_bytes(PNG.read()[:12] + b"IEND", "x")]
)
def test_broken_pictures_are_a_failure(blob: Blob) -> None:
    """Cut off, or with a header that says nothing."""
    with pytest.raises(EngineFailed):
        answered({"data": [item(blob)]})


KEYS = st.sampled_from(
    ["data", "images", "error", "detail", "code", "param", "message", "b64_json", "url", "usage", "type", "inner_error",
     "moderation_details", "categories", "content_filter_results", "credits", "revised_prompt", "background", "quality"]
)  # fmt: skip
LEAVES = st.sampled_from(
    ["moderation_blocked", "data:image/png;base64,AAAA", "data:", "x.completed", "error", "size", "aGVs", "\x00", "é"]
)
BODIES = st.recursive(
    LEAVES | st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(body=BODIES, status=st.sampled_from([200, 400, 401, 422, 429, 500]), dialect=st.sampled_from(DialectName))
def test_no_answer_breaks_anything(body: Any, status: int, dialect: DialectName) -> None:
    """Whatever JSON a server makes up, it ends in pictures or in one of our errors."""
    text = json.dumps(body).encode()
    reply = Reply(status=status, headers={"retry-after": str(body)[:20]}, body=text)
    with suppress(EngineError, InvalidImageRequest):
        delivery(reply, DIALECTS[dialect], n=1, now_s=0)
    with suppress(EngineError, InvalidImageRequest):
        streamed(text, WISH, DIALECTS[dialect], 0, now_s=0)


def test_events_become_ours() -> None:
    """Unfinished pictures carry our number; events of other servers' making are passed over."""
    told = item(quality="high", size="9x9", background="opaque")
    shown = event(type="image_edit.partial_image", partial_image_index=7, **told)
    assert isinstance(shown, Partial)
    assert (shown.index, shown.size, shown.quality) == (1, Size(6, 4), Quality.HIGH)
    assert isinstance(event(type="image_generation.completed", **told), Finished)
    assert event(type="image.edit.chunk") is None
    assert event() is None
    assert streamed(b"[1]", WISH, OPENAI, 0, now_s=0) is None


def test_events_may_be_errors() -> None:
    """Nested or flat, in the words of a plain answer."""
    with pytest.raises(ModerationBlocked):
        event(type="error", error={"code": "moderation_blocked"})
    with pytest.raises(EngineFailed):
        event(type="error", code="image_generation_failed", message="Image generation failed")
    with pytest.raises(InvalidImageRequest):
        event(type="error", error={"message": "bad", "param": "size"})
    for broken in (b"{", b'{"type": "x.completed"}', b'{"type": "x.partial_image", "b64_json": null}'):
        with pytest.raises(EngineFailed):
            streamed(broken, WISH, OPENAI, 0, now_s=0)
