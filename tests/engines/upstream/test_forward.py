"""Fields that an operator has forwarded to a server that knows them."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from limner import exactness
from limner.engines.upstream.dialects import DIALECTS, DialectName
from limner.engines.upstream.forward import BYTES_MAX, DEPTH_MAX, VALUES_MAX
from limner.engines.upstream.request import Written, written
from limner.engines.upstream.settings import UpstreamSettings
from limner.errors import InvalidImageRequest
from limner.imaging.codec import encode
from limner.job import Fate, Format, ImageRequest, Json, Kind

WISH = ImageRequest(kind=Kind.GENERATION, model="m", prompt="p")
PNG = encode(np.full((4, 4, 4), 255, np.uint8), Format.PNG, 100, opaque=True)
EDIT = replace(WISH, kind=Kind.EDIT, images=(PNG,))
VALUES: dict[str, Json] = {
    "seed": 7, "guidance_scale": 3.5, "tiled": False, "loras": [{"path": "a", "scale": 0.5}, {"path": "b"}],
    "note": "7",
}  # fmt: skip


def settings(*names: str, dialect: str = "openai", **more: Any) -> UpstreamSettings:
    """An engine that forwards `names`."""
    address = {} if DIALECTS[DialectName(dialect)].base_url else {"base_url": "http://host/v1"}
    return UpstreamSettings.model_validate({"dialect": dialect, "forward": list(names), **address, **more})


def sent(request: ImageRequest, *names: str, dialect: str = "openai") -> Written:
    """What goes out, after what the engine cannot honour has been left out."""
    deviations = settings(*names, dialect=dialect).deviations
    plan = exactness.fit(request, given=(), unknown=tuple(request.extra), ability=deviations.ability)
    return written(plan.calls[0], deviations, model=None)


def whole(call: Written) -> bytes:
    """The body as it arrives."""
    return b"".join(part if isinstance(part, bytes) else part.read() for part in call.body)


def texts(call: Written) -> list[tuple[str, str]]:
    """Names and texts of a form's fields."""
    message = message_from_bytes(f"Content-Type: {call.content_type}\r\n\r\n".encode() + whole(call))
    parts = [part for part in list(message.walk())[1:] if part.get_filename() is None]
    return [
        (str(part.get_param("name", header="Content-Disposition")), bytes(part.get_payload(decode=True)).decode())
        for part in parts
    ]


def test_named_fields_reach_the_server_as_they_came() -> None:
    """In JSON with their types, and no other field does."""
    body = orjson.loads(whole(sent(replace(WISH, extra={**VALUES, "other": 1}), *VALUES)))
    assert {name: body[name] for name in VALUES} == VALUES
    assert "other" not in body


def test_named_fields_reach_a_form_as_the_sdks_write_them() -> None:
    """Numbers and truth as text, what is nested under bracketed names."""
    fields = texts(sent(replace(EDIT, extra=VALUES), *VALUES))
    assert [field for field in fields if field[0].partition("[")[0] in VALUES] == [
        ("seed", "7"), ("guidance_scale", "3.5"), ("tiled", "false"), ("loras[][path]", "a"), ("loras[][scale]", "0.5"),
        ("loras[][path]", "b"), ("note", "7"),
    ]  # fmt: skip


def test_a_callers_keys_stay_within_their_names() -> None:
    """A quote or a line end in one begins no other field, of a name that Limner sets, and no header."""
    keys: Json = {'a"; name="model': "b", "c\r\nContent-Type: image/png\r\n\r\n": "d"}
    call = sent(replace(EDIT, extra={"loras": keys, "svg": keys}), "loras")
    assert [name for name, _ in texts(call)].count("model") == 1
    assert ("loras[a%22; name=%22model]", "b") in texts(call)
    assert ("svg[c%0D%0AContent-Type: image/png%0D%0A%0D%0A]", "d") in texts(call)


def test_forwarded_fields_are_honoured() -> None:
    """Here, and told as without effect on an engine that does not forward them."""
    for names, fate in ((["negative_prompt"], Fate.HONOURED), ([], Fate.IGNORED)):
        ability = settings(*names).deviations.ability
        plan = exactness.fit(WISH, given=(), unknown=("negative_prompt",), ability=ability)
        assert plan.report["negative_prompt"].fate is fate


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "name",
    ["model", "prompt", "n", "image", "images", "mask", "stream", "size", "user", "moderation", "response_format"],
)
def test_what_limner_sets_is_not_forwarded(name: str, dialect: str) -> None:
    """A caller could otherwise ask for another model, or for more than was paid."""
    with pytest.raises(ValidationError, match=f"`{name}`, which Limner sets itself"):
        settings(name, dialect=dialect)


@pytest.mark.parametrize(
    ("dialect", "name"),
    [("together", "width"), ("xai", "aspect_ratio"), ("seedream", "watermark"), ("recraft", "strength"),
     ("siliconflow", "batch_size"), ("nebius", "response_extension"), ("together-kontext", "image_url"),
     ("vllm-omni", "mask_image"), ("localai", "ref_images")],
)  # fmt: skip
def test_a_servers_own_names_for_it_are_not_forwarded_either(dialect: str, name: str) -> None:
    """Whatever the dialect calls sizes, counts, pictures and what it always sends."""
    with pytest.raises(ValidationError, match="which Limner sets itself"):
        settings(name, dialect=dialect)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(['a"b'], "no field's name"), (["a[b]"], "no field's name"), ([""], "no field's name"),
     (["a\r\nb"], "no field's name"), ([f"f{number}" for number in range(65)], "at most 64")],
)  # fmt: skip
def test_names_are_plain_and_few(names: list[str], sentence: str) -> None:
    """They stand in forms' headers."""
    with pytest.raises(ValidationError, match=sentence):
        settings(*names)


def test_what_is_dropped_is_not_forwarded() -> None:
    """One of the two is a mistake."""
    with pytest.raises(ValidationError, match="both `forward` and `drop`"):
        settings("style", drop=["style"])


def nested(depth: int) -> Json:
    """Lists within each other."""
    value: Json = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [("x" * BYTES_MAX, "bytes"), ([1] * (VALUES_MAX + 1), "values"), (nested(DEPTH_MAX + 1), "deeper"),
     (nested(900), "deeper")],
    ids=["bytes", "values", "depth", "far too deep"],
)  # fmt: skip
@pytest.mark.parametrize("request_", [WISH, EDIT], ids=["json", "form"])
def test_a_request_holds_only_so_much(request_: ImageRequest, value: Json, reason: str) -> None:
    """The caller hears which field, and nothing is sent."""
    with pytest.raises(InvalidImageRequest, match=reason) as refused:
        sent(replace(request_, extra={"small": 1, "big": value}), "small", "big")
    assert refused.value.param == "big"
    with pytest.raises(InvalidImageRequest, match=reason):
        sent(replace(request_, extra={"svg": {"model": value}}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=9,
)  # fmt: skip


@given(value=JSON)
def test_any_value_within_bounds_comes_through_json(value: Any) -> None:
    """Whatever it is."""
    try:
        body = orjson.loads(whole(sent(replace(WISH, extra={"thing": value}), "thing")))
    except InvalidImageRequest:
        return
    assert body["thing"] == value
