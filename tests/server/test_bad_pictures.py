"""Pictures that are none, or that few programs make, sent to a running server: refused or served, in bounded memory."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from itertools import repeat
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.server.wire import FORM_END, FORM_TYPE, Caller, Value, picture, text

MIB = 1024 * 1024
EDITS = "/images/edits"
SCHEMA = "invalid_request_error"
BACKEND = "image_generation_user_error"


def encoded(image: Image.Image, encoding: str, **options: Any) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    image.save(out, encoding, **options)
    return out.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb_png(width_px: int, height_px: int) -> bytes:
    """A few kilobytes that unpack to width times height pixels."""
    rows = zlib.compressobj()
    row = bytes(1 + width_px)
    packed = b"".join(rows.compress(row) for _ in range(height_px)) + rows.flush()
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def padded(png: bytes, size_bytes: int) -> bytes:
    """A PNG with a private chunk that makes it `size_bytes` long."""
    return png[:-12] + chunk(b"liMn", bytes(size_bytes - len(png) - 12)) + png[-12:]


Spoiled = Callable[[Image.Image], bytes]

UNUSABLE: dict[str, tuple[Spoiled, str]] = {
    "text": (lambda _: b"just some text", "invalid_image_file"),
    "nothing": (lambda _: b"", "invalid_image_file"),
    "truncated PNG": (lambda photo: encoded(photo, "PNG")[:5000], "invalid_image_file"),
    "truncated JPEG head": (lambda photo: encoded(photo, "JPEG")[:100], "invalid_image_file"),
    "animated PNG": (
        lambda photo: encoded(photo, "PNG", save_all=True, append_images=[photo.rotate(180)]),
        "invalid_image_file",
    ),
    "animated WebP": (
        lambda photo: encoded(photo, "WEBP", save_all=True, append_images=[photo.rotate(180)]),
        "invalid_image_file",
    ),
    "GIF": (lambda photo: encoded(photo, "GIF"), "unsupported_file_mimetype"),
    "TIFF": (lambda photo: encoded(photo, "TIFF"), "invalid_image_file"),
    "SVG": (lambda _: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "invalid_image_file"),
    "bomb": (lambda _: bomb_png(20_000, 20_000), "image_too_large"),
    "damaged pixels": (lambda photo: encoded(photo, "PNG").replace(b"IDAT", b"IDAT\0", 1), "invalid_image_file"),
}
"""What is sent as a picture and cannot be one -> the error's code."""

UNUSUAL: dict[str, Spoiled] = {
    "16-bit grey": lambda photo: encoded(
        Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257), "PNG"
    ),
    "palette": lambda photo: encoded(photo.convert("P"), "PNG"),
    "one bit": lambda photo: encoded(photo.convert("1"), "PNG"),
    "grey with alpha": lambda photo: encoded(photo.convert("LA"), "PNG"),
    "CMYK": lambda photo: encoded(photo.convert("CMYK"), "JPEG"),
    "progressive": lambda photo: encoded(photo, "JPEG", progressive=True),
    "one pixel": lambda photo: encoded(photo.resize((1, 1)), "PNG"),
    "very long": lambda photo: encoded(photo.resize((4000, 2)), "PNG"),
}
"""Pictures few programs make, but good ones."""


@pytest.mark.parametrize(("spoil", "code"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_file_that_is_no_usable_picture_is_refused(
    caller: Caller, photo: Image.Image, spoil: Spoiled, code: str
) -> None:
    """400 with OpenAI's code, before or while it is decoded, and never at the price of its pixels."""
    caller.server.forget_memory_peak()
    before = caller.server.memory_bytes()
    answer = caller.post_form(EDITS, picture(spoil(photo)), text("prompt", "make it snow"))
    assert answer.status == 400
    assert answer.error["code"] == code
    assert caller.server.memory_peak_bytes() - before < 192 * MIB


@pytest.mark.parametrize("make", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_an_unusual_picture_is_edited(caller: Caller, photo: Image.Image, make: Spoiled) -> None:
    """Any colour model and depth of the three formats works."""
    answer = caller.post_form(EDITS, picture(make(photo)), text("prompt", "a red frame"), text("size", "1024x640"))
    assert answer.status == 200, answer.body[:300]


def test_a_turned_photo_is_upright(caller: Caller, photo: Image.Image) -> None:
    """The EXIF orientation counts: a mask of the upright size fits, one of the stored size does not."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(photo, "JPEG", exif=exif)
    clear = {size: encoded(Image.new("RGBA", size), "PNG") for size in (photo.size, photo.size[::-1])}
    wish = (picture(turned, media_type="image/jpeg"), text("prompt", "x"), text("model", "scripted-fast"))
    assert caller.post_form(EDITS, *wish, picture(clear[240, 320], "mask")).status == 200
    assert caller.post_form(EDITS, *wish, picture(clear[320, 240], "mask")).status == 400


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (lambda photo: encoded(photo.resize((100, 100)).convert("RGBA"), "PNG"), "mask size does not match"),
        (lambda photo: encoded(photo, "PNG"), "missing alpha channel"),
        (lambda _: b"no picture", "mask"),
        (lambda photo: encoded(photo.convert("RGBA"), "PNG")[:3000], "mask"),
    ],
    ids=["another size", "without alpha", "text", "truncated"],
)
def test_a_mask_that_cannot_be_used_is_refused(
    caller: Caller, photo: Image.Image, photo_png: bytes, mask: Spoiled, message: str
) -> None:
    """400 and a message that names the mask."""
    answer = caller.post_form(EDITS, picture(photo_png), picture(mask(photo), "mask"), text("prompt", "x"))
    assert answer.status == 400
    assert message in str(answer.error["message"])


def test_seventeen_pictures_are_one_too_many(caller: Caller, photo_png: bytes) -> None:
    """Sixteen are OpenAI's limit."""
    answer = caller.post_form(EDITS, *[picture(photo_png, "image[]")] * 17, text("prompt", "x"))
    assert answer.status == 400
    assert answer.error["code"] == "array_above_max_length"


def test_a_file_one_byte_over_the_limit_is_refused(caller: Caller, photo_png: bytes) -> None:
    """50 MiB pass, one byte more is 413."""
    wish = (text("prompt", "x"), text("model", "scripted-fast"))
    assert caller.post_form(EDITS, picture(padded(photo_png, 50 * MIB)), *wish).status == 200
    answer = caller.post_form(EDITS, picture(padded(photo_png, 50 * MIB + 1)), *wish)
    assert answer.status == 413
    assert answer.error["param"] == "image"


def test_an_announced_length_over_the_limit_is_refused_at_once(caller: Caller) -> None:
    """Nobody has to send a terabyte to be told that it is too much."""
    head = caller.head("POST", f"/openai/v1{EDITS}", {"Content-Type": FORM_TYPE, "Content-Length": str(10**12)})
    answer = caller.send([head])
    assert answer.status == 413
    assert answer.error["type"] == SCHEMA


def test_sixteen_large_pictures_cost_little_memory(caller: Caller, photo_png: bytes) -> None:
    """320 MB of uploads lie on disk, not in memory, and are gone from it afterwards."""
    part = picture(padded(photo_png, 20_000_000), "image[]").encoded()
    texts = [text("prompt", "x").encoded(), text("model", "scripted-fast").encoded()]
    length = 16 * len(part) + sum(map(len, texts)) + len(FORM_END)
    head = caller.head("POST", f"/openai/v1{EDITS}", {"Content-Type": FORM_TYPE, "Content-Length": str(length)})
    caller.server.forget_memory_peak()
    before = caller.server.memory_bytes()
    answer = caller.send([head, *texts, *repeat(part, 16), FORM_END])
    assert answer.status == 200, answer.body[:300]
    assert caller.server.memory_peak_bytes() - before < 64 * MIB
    assert sum(file.stat().st_size for file in caller.server.data.rglob("*") if file.is_file()) < 100 * MIB


JSON_PICTURES: dict[str, tuple[Value, int]] = {
    "a word": ("cat.png", 400),
    "an empty object": ({}, 400),
    "both": ({"file_id": "file-1", "image_url": "data:image/png;base64,AAAA"}, 400),
    "an unknown key": ({"file_id": "file-1", "detail": "high"}, 404),
    "no base64": ({"image_url": "data:image/png;base64,!!!!"}, 400),
    "base64 without padding": ({"image_url": "data:image/png;base64,AAA"}, 400),
    "a data URL without data": ({"image_url": "data:image/png;base64,"}, 400),
    "a data URL of text": ({"image_url": "data:text/plain,hello"}, 400),
    "a file of the machine": ({"image_url": "file:///etc/passwd"}, 400),
    "the machine itself": ({"image_url": "http://127.0.0.1:1/x.png"}, 400),
    "a cloud's own address": ({"image_url": "http://169.254.169.254/latest/meta-data"}, 400),
    "a file id with a path": ({"file_id": "../../limner.db"}, 404),
    "a file id with NUL": ({"file_id": "file-\u0000"}, 404),
    "a very long file id": ({"file_id": "f" * 100_000}, 404),
}


@pytest.mark.parametrize(("image", "status"), JSON_PICTURES.values(), ids=JSON_PICTURES.keys())
def test_a_json_picture_that_cannot_be_had_is_refused(caller: Caller, image: Value, status: int) -> None:
    """No file, address or rubbish is followed."""
    answer = caller.post_json(EDITS, {"model": "scripted-fast", "prompt": "x", "images": [image]})
    assert answer.status == status
    assert answer.error["type"] in {SCHEMA, BACKEND}
    assert len(answer.body) < 2000
