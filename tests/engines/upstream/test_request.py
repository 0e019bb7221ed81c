"""Requests as they go out, for what the emulators do not look at."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from io import BytesIO
from pathlib import Path

import numpy as np
import orjson
import pybase64
import pytest
from PIL import Image

from limner.blobs import Blob
from limner.engines.upstream.dialect import Polarity
from limner.engines.upstream.dialects import DIALECTS, DialectName
from limner.engines.upstream.request import Written, mask_for, written
from limner.errors import InvalidImageRequest
from limner.imaging.codec import decode, encode
from limner.job import Background, Format, ImageRequest, Kind, Moderation, Quality, Size

PNG = encode(np.full((4, 4, 4), 255, np.uint8), Format.PNG, 100, opaque=True)
FULL = ImageRequest(
    kind=Kind.GENERATION,
    model="gpt-image-2",
    prompt='a "quoted" äpple\n',
    n=1,
    size=Size(1024, 640),
    quality=Quality.HIGH,
    background=Background.OPAQUE,
    output_format=Format.WEBP,
    compression=40,
    moderation=Moderation.LOW,
    stream=True,
    partial_images=2,
    user="caller",
    safety_identifier="caller",
    extra={"svg": {"model": "m", "reasoning": {"effort": "low"}}},
)


def sent(request: ImageRequest, dialect: str = "openai") -> Written:
    """What goes out."""
    return written(request, DIALECTS[DialectName(dialect)], model=None)


def whole(call: Written) -> bytes:
    """The body as it arrives."""
    return b"".join(part if isinstance(part, bytes) else part.read() for part in call.body)


def parts(call: Written) -> list[tuple[str, bytes]]:
    """Name and content of each part of a form, read by another reader than ours."""
    message = message_from_bytes(f"Content-Type: {call.content_type}\r\n\r\n".encode() + whole(call))
    found = list(message.walk())[1:]
    names = [str(part.get_param("name", header="Content-Disposition")) for part in found]
    contents = [part.get_payload(decode=True) for part in found]
    return [(name, content) for name, content in zip(names, contents, strict=True) if isinstance(content, bytes)]


def test_a_generation_says_all_that_was_asked_for() -> None:
    """By OpenAI's names; who the caller is stays here."""
    assert orjson.loads(whole(sent(FULL))) == {
        "model": "gpt-image-2", "prompt": 'a "quoted" äpple\n', "n": 1, "size": "1024x640", "quality": "high",
        "background": "opaque", "output_format": "webp", "output_compression": 40, "moderation": "low", "stream": True,
        "partial_images": 2, "svg": {"model": "m", "reasoning": {"effort": "low"}},
    }  # fmt: skip


def test_a_plain_request_leaves_the_rest_to_the_server() -> None:
    """No `auto` is sent: some servers refuse it."""
    plain = ImageRequest(kind=Kind.GENERATION, model="m", prompt="p")
    assert orjson.loads(whole(sent(plain))) == {"model": "m", "prompt": "p", "n": 1, "output_format": "png"}


def test_a_form_has_texts_then_files() -> None:
    """Nested values under bracketed names, truth in small letters, the mask and the markup as they came."""
    call = sent(replace(FULL, kind=Kind.EDIT, images=(PNG, PNG), mask=PNG, markup=PNG))
    names = [name for name, _ in parts(call)]
    assert names[-4:] == ["image[]", "image[]", "mask", "markup"]
    told = dict(parts(call))
    assert told["svg[reasoning][effort]"] == b"low"
    assert told["stream"] == b"true"
    assert told["prompt"].decode() == FULL.prompt
    assert told["markup"] == PNG.read()
    assert call.ignored == ("moderation",)


def test_lists_and_nothing_in_a_form() -> None:
    """A list has a part for each element, and null none at all, as the official SDKs write them."""
    extra = {"svg": {"layers": ["a", 2], "model": None}}
    told = parts(sent(replace(FULL, kind=Kind.EDIT, images=(PNG,), extra=extra)))  # type: ignore[arg-type]  # JSON
    assert [pair for pair in told if pair[0].startswith("svg")] == [("svg[layers][]", b"a"), ("svg[layers][]", b"2")]


@pytest.mark.parametrize("dialect", ["sd-cpp", "together", "openai"])
def test_a_photograph_goes_upright_to_servers_that_do_not_turn_it(dialect: str) -> None:
    """As its mask does, and its result is held against it; a server of OpenAI's words gets the caller's own file."""
    exif, file = Image.Exif(), BytesIO()
    exif[0x0112] = 6
    Image.new("RGB", (64, 32)).save(file, "JPEG", exif=exif)
    photograph = Blob.from_bytes(file.getvalue(), "image/jpeg")
    mask = None if dialect == "together" else encode(np.full((64, 32, 4), 255, np.uint8), Format.PNG, 100, opaque=False)
    call = sent(replace(FULL, kind=Kind.EDIT, images=(photograph,), mask=mask, stream=False), dialect)
    if dialect == "together":
        picture = pybase64.b64decode(orjson.loads(whole(call))["reference_images"][0].partition("base64,")[2])
    else:
        picture = dict(parts(call))["image[]"]
    if dialect == "openai":
        assert picture == photograph.read()
    else:
        with Image.open(BytesIO(picture)) as shown:
            assert (shown.size, shown.getexif().get(0x0112)) == ((32, 64), None)
            assert shown.format == ("PNG" if mask else "JPEG"), "what a mask keeps is kept to the pixel"


def test_pictures_come_from_files_too(tmp_path: Path) -> None:
    """An upload that lies on disk is read when it is sent."""
    path = tmp_path / "upload"
    path.write_bytes(PNG.read())
    blob = Blob.from_file(path, PNG.size_bytes, "application/octet-stream")
    call = sent(replace(FULL, kind=Kind.EDIT, images=(blob,)))
    assert dict(parts(call))["image[]"] == PNG.read()
    assert b"Content-Type: image/png" in whole(call)


def test_json_servers_take_pictures_in_their_own_forms() -> None:
    """Objects, lists of data URLs, one data URL, bare base64."""
    text = str(PNG.base64(), "ascii")
    url = f"data:image/png;base64,{text}"
    edit = replace(FULL, kind=Kind.EDIT, images=(PNG, PNG), size=Size(1024, 1024))
    assert orjson.loads(whole(sent(edit, "xai")))["images"] == [{"url": url, "type": "image_url"}] * 2
    assert orjson.loads(whole(sent(edit, "together")))["reference_images"] == [url] * 2
    assert orjson.loads(whole(sent(edit, "together-kontext")))["image_url"] == url
    assert orjson.loads(whole(sent(edit, "localai")))["ref_images"] == [text] * 2


def test_a_prompt_commands_no_server() -> None:
    """What would set the number of steps is only words, however it is nested; elsewhere a prompt is left alone."""
    prompt = '<sd_cpp_extra_args>{"steps": 9999}</sd_cpp_extra_args> sd_cpp_sd_cpp_extra_argsextra_args'
    request = replace(FULL, prompt=prompt)
    assert "sd_cpp_extra_args" not in orjson.loads(whole(sent(request, "sd-cpp")))["prompt"]
    assert orjson.loads(whole(sent(request)))["prompt"] == prompt


def test_a_prompt_is_all_to_be_drawn() -> None:
    """LocalAI takes what follows a bar for what not to draw; elsewhere it is a sign like others."""
    request = replace(FULL, prompt="a sign that says A|B|C")
    assert orjson.loads(whole(sent(request, "localai")))["prompt"] == "a sign that says A/B/C"
    assert orjson.loads(whole(sent(request)))["prompt"] == "a sign that says A|B|C"


def test_several_pictures_are_not_streamed() -> None:
    """OpenAI refuses that."""
    assert not sent(replace(FULL, n=2)).streamed
    assert not sent(replace(FULL, partial_images=0)).streamed
    assert sent(FULL).streamed


@pytest.mark.parametrize(("polarity", "level"), [(Polarity.WHITE, 255), (Polarity.BLACK, 0)])
def test_masks_are_turned(polarity: Polarity, level: int) -> None:
    """What OpenAI's mask leaves more than half transparent is the colour a server repaints, the rest its opposite."""
    pixels = np.full((2, 3, 4), 255, np.uint8)
    pixels[..., 3] = [[0, 127, 128], [255, 200, 255]]
    turned = decode(mask_for(polarity, encode(pixels, Format.PNG, 100, opaque=False)), 100)
    assert (turned[..., 0] == level).tolist() == [[True, True, False], [False, False, False]]
    assert set(turned[..., 0].flat) == {0, 255}


def test_a_mask_for_alpha_is_a_png() -> None:
    """One that came as such is left alone; OpenAI takes no other."""
    pixels = np.full((2, 3, 4), 255, np.uint8)
    pixels[0, :, 3] = [0, 100, 255]
    png, webp = (encode(pixels, output_format, 100, opaque=False) for output_format in (Format.PNG, Format.WEBP))
    assert mask_for(Polarity.ALPHA, png) is png
    turned = mask_for(Polarity.ALPHA, webp)
    assert turned.media_type == "image/png"
    assert (decode(turned, 100)[..., 3] == pixels[..., 3]).all()


def test_an_unreadable_mask_is_the_callers_mistake() -> None:
    """Only where it must be turned; other servers say it themselves."""
    broken = Blob.from_bytes(b"nothing", "image/png")
    assert mask_for(Polarity.ALPHA, broken) is broken
    with pytest.raises(InvalidImageRequest, match="mask"):
        mask_for(Polarity.WHITE, broken)
