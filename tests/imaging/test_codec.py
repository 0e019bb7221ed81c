"""Opening pictures of strangers, and writing our own."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from limner.blobs import Blob
from limner.imaging.codec import (
    HEAD_BYTES,
    TooManyPixels,
    UnreadableImage,
    decode,
    encode,
    encode_grey,
    inspect,
    sniff,
    upright,
)
from limner.imaging.pixels import PIXELS_MAX, Pixels, flatten
from limner.job import Format, ImageFacts, Size

RASTER = [Format.PNG, Format.JPEG, Format.WEBP, Format.GIF]


def blob(data: bytes) -> Blob:
    """A file of unknown type."""
    return Blob.from_bytes(data, "application/octet-stream")


def orientation_of(orientation: int) -> Image.Exif:
    """EXIF that says nothing else."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def saved(image: Image.Image, file_format: str, **options: Any) -> Blob:
    """`image` as a file, written by Pillow."""
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return blob(buffer.getvalue())


def png_header(width_px: int, height_px: int) -> bytes:
    """A PNG that announces a size and has next to no pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("output_format", RASTER)
def test_sniffing_knows_what_we_encode(output_format: Format, opaque: Pixels) -> None:
    """The first 32 bytes of a file show its format."""
    assert sniff(encode(opaque, output_format, 100, opaque=True).head(32)) is output_format


@pytest.mark.parametrize(
    ("head", "shown"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg">', Format.SVG),
        (b'\xef\xbb\xbf <?xml version="1.0"?>\n<svg>', Format.SVG),
        (b"<!-- drawn --><svg>", Format.SVG),
        (b"<?xml version='1.0'?><html>", None),
        (b"<html><svg>", None),
        (b"Example data", None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\x89PNG\n", None),
        (b"", None),
    ],
)
def test_sniffing_goes_by_the_bytes_alone(head: bytes, shown: Format | None) -> None:
    """Drawings are known by their first element, and anything else is nothing."""
    assert sniff(head) is shown


@pytest.mark.parametrize("output_format", [Format.PNG, Format.WEBP])
def test_facts_tell_format_size_and_alpha(output_format: Format, opaque: Pixels, translucent: Pixels) -> None:
    """A header alone says all that the contract checks."""
    facts = ImageFacts(format=output_format, size=Size(48, 32), has_alpha=False, frames=1)
    assert inspect(encode(opaque, output_format, 100, opaque=True)) == facts
    assert inspect(encode(translucent, output_format, 100, opaque=False)).has_alpha


def test_facts_see_transparency_without_an_alpha_channel(translucent: Pixels) -> None:
    """A palette with a transparent entry counts as alpha."""
    assert inspect(encode(translucent, Format.GIF, 100, opaque=False)).has_alpha
    grey = Image.new("L", (4, 4))
    assert inspect(saved(grey, "PNG", transparency=7)).has_alpha
    assert not inspect(saved(grey, "PNG")).has_alpha


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
@pytest.mark.parametrize("more", [{}, {"icc_profile": bytes(300)}, {"dpi": (72, 72)}], ids=str)
def test_facts_of_a_png_are_those_of_its_decoder(mode: str, more: dict[str, Any]) -> None:
    """Whatever its kind of pixels and whatever stands before them."""
    facts = ImageFacts(format=Format.PNG, size=Size(7, 5), has_alpha=mode in {"RGBA", "LA"}, frames=1)
    assert inspect(saved(Image.new(mode, (7, 5)), "PNG", **more)) == facts


@pytest.mark.parametrize(("mode", "colour"), [("RGB", (1, 2, 3)), ("P", 1), ("L", 7)])
def test_facts_see_a_transparent_colour_of_a_png(mode: str, colour: Any) -> None:
    """Colours without an alpha channel may still leave one out."""
    assert inspect(saved(Image.new(mode, (7, 5)), "PNG", transparency=colour)).has_alpha


def test_a_png_with_a_damaged_header_is_unreadable() -> None:
    """Its checksum does not fit its size."""
    data = bytearray(saved(Image.new("RGB", (7, 5)), "PNG").read())
    data[19] ^= 1
    with pytest.raises(UnreadableImage):
        inspect(Blob.from_bytes(bytes(data), "image/png"))


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_facts_count_an_animation_as_two_frames(file_format: str) -> None:
    """The contract can refuse animations; decoding takes their first frame."""
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    animation = saved(frames[0], file_format, save_all=True, append_images=frames[1:], lossless=True)
    assert inspect(animation).frames == 2
    assert decode(animation, PIXELS_MAX)[0, 0].tolist() == [255, 0, 0, 255]


def test_a_photograph_with_a_second_picture_inside_is_one_frame() -> None:
    """Phones append previews to a JPEG (MPO); that is no animation."""
    photo = Image.new("RGB", (8, 8), "red")
    facts = inspect(saved(photo, "MPO", save_all=True, append_images=[photo]))
    assert (facts.format, facts.frames) == (Format.JPEG, 1)


def test_facts_of_a_large_file_need_only_its_head(tmp_path: Path) -> None:
    """A picture is inspected although everything behind its head is missing."""
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 4), np.uint8)
    whole = encode(noise, Format.PNG, 100, opaque=False)
    assert whole.size_bytes > HEAD_BYTES
    path = tmp_path / "head.png"
    path.write_bytes(whole.head(HEAD_BYTES))
    assert inspect(Blob.from_file(path, whole.size_bytes, "image/png")).size == Size(400, 400)


def test_facts_of_a_file_with_a_long_preamble_are_read_from_the_whole() -> None:
    """A colour profile larger than the head does not make a picture unreadable."""
    profile = np.random.default_rng(1).bytes(HEAD_BYTES)
    photo = saved(Image.new("RGB", (40, 20)), "JPEG", icc_profile=profile)
    assert inspect(photo).size == Size(40, 20)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_put_upright(file_format: str, orientation: int) -> None:
    """For every EXIF orientation, facts have the upright size and decoding puts the marked corner where EXIF says."""
    image = Image.new("RGB", (64, 32), "white")
    image.paste("red", (0, 0, 16, 16))
    turned = saved(image, file_format, exif=orientation_of(orientation))
    size = Size(64, 32) if orientation < 5 else Size(32, 64)
    assert inspect(turned).size == size
    pixels = decode(turned, PIXELS_MAX)
    assert pixels.shape == (size.height_px, size.width_px, 4)
    # EXIF 2.32, tag 0x0112: which side of the upright picture the first row and the first column are.
    row, column = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}[
        orientation
    ]
    assert pixels[row, column, 1] < 128
    assert (pixels[..., 1] < 128).mean() == pytest.approx(1 / 8, abs=0.02)


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_a_copy_needs_no_turning(file_format: str, orientation: int) -> None:
    """It shows without EXIF what the picture shows with it; one that is upright, or is none, stays the very file."""
    image = Image.new("RGB", (64, 32), "white")
    image.paste("black", (0, 0, 32, 16))
    blob = saved(image, file_format, exif=orientation_of(orientation))
    copy = upright(blob, "image 1", lossless=False)
    assert (copy is blob) is (orientation == 1)
    with Image.open(BytesIO(copy.read())) as raw:
        assert raw.getexif().get(0x0112, 1) == 1
        assert raw.format == ("JPEG" if file_format == "JPEG" else file_format if orientation == 1 else "PNG")
        shown = np.asarray(raw.convert("RGBA")).astype(int)
    assert np.abs(shown - decode(blob, PIXELS_MAX)).mean() < 3
    none = Blob.from_bytes(b"no picture", "image/png")
    assert upright(none, "image 1", lossless=False) is none
    assert np.array_equal(decode(upright(blob, "image 1", lossless=True), PIXELS_MAX), decode(blob, PIXELS_MAX))


def test_a_senseless_orientation_means_upright() -> None:
    """An orientation outside 1 to 8 is as good as none."""
    assert inspect(saved(Image.new("RGB", (6, 4)), "PNG", exif=orientation_of(99))).size == Size(6, 4)


@pytest.mark.filterwarnings("ignore:.*EXIF.*:UserWarning")
@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_broken_exif_does_not_spoil_a_picture(exif: bytes) -> None:
    """What cannot be read of the metadata is left out of account."""
    assert inspect(saved(Image.new("RGB", (6, 4)), "PNG", exif=exif)).size == Size(6, 4)


MODES: list[tuple[str, str, Any, list[int]]] = [
    ("1", "PNG", 1, [255, 255, 255, 255]),
    ("L", "PNG", 90, [90, 90, 90, 255]),
    ("LA", "PNG", (90, 40), [90, 90, 90, 40]),
    ("RGB", "PNG", (1, 2, 3), [1, 2, 3, 255]),
    ("RGBA", "PNG", (1, 2, 3, 4), [1, 2, 3, 4]),
    ("I;16", "PNG", 0x8080, [128, 128, 128, 255]),
    ("I;16", "PNG", 65535, [255, 255, 255, 255]),
    ("L", "JPEG", 90, [90, 90, 90, 255]),
    ("CMYK", "JPEG", (0, 0, 0, 255), [0, 0, 0, 255]),
    ("CMYK", "JPEG", (0, 0, 0, 0), [255, 255, 255, 255]),
    ("RGB", "WEBP", (0, 0, 0), [0, 0, 0, 255]),
]


@pytest.mark.parametrize(("mode", "file_format", "colour", "expected"), MODES)
def test_every_mode_becomes_eight_bit_rgba(mode: str, file_format: str, colour: Any, expected: list[int]) -> None:
    """Whatever a file's channels and depth, its colours survive as sRGB with alpha."""
    pixels = decode(saved(Image.new(mode, (5, 3), colour), file_format), PIXELS_MAX)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (3, 5, 4)
    assert pixels[1, 1].tolist() == expected


def test_sixteen_bit_colour_becomes_eight_bit() -> None:
    """16-bit RGB keeps its high bytes."""
    rows = b"".join(b"\0" + struct.pack(">HHH", 0x1234, 0x8000, 0xFFFF) * 2 for _ in range(2))
    header = struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    assert decode(blob(data), PIXELS_MAX)[0, 0].tolist() == [0x12, 0x80, 0xFF, 255]


def test_palettes_keep_their_transparent_entries() -> None:
    """A tRNS chunk makes one entry transparent and leaves the others."""
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    pixels = decode(saved(image, "PNG", transparency=1), PIXELS_MAX)
    assert pixels[0].tolist() == [[255, 0, 0, 255], [0, 255, 0, 0]]


@pytest.mark.parametrize(("mode", "colour", "other"), [("L", 7, 8), ("RGB", (1, 2, 3), (3, 2, 1)), ("I;16", 700, 800)])
def test_a_transparent_colour_becomes_alpha(mode: str, colour: Any, other: Any) -> None:
    """The tRNS chunk of a picture without a palette names one colour that is transparent."""
    image = Image.new(mode, (2, 1), other)
    image.putpixel((0, 0), colour)
    alphas = decode(saved(image, "PNG", transparency=colour), PIXELS_MAX)[0, :, 3]
    assert alphas.tolist() == [0, 255]


@pytest.mark.parametrize("data", [b"", b"Example data", b"GIF89a", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"<svg/>"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    """Neither inspecting nor decoding gets anything out of it but UnreadableImage."""
    with pytest.raises(UnreadableImage):
        inspect(blob(data))
    with pytest.raises(UnreadableImage):
        decode(blob(data), PIXELS_MAX)


def test_other_formats_are_refused_although_pillow_reads_them() -> None:
    """Only the four formats of the contract are ever handed to a decoder."""
    for file_format in ("BMP", "TIFF", "ICO", "PPM"):
        with pytest.raises(UnreadableImage, match="no PNG"):
            decode(saved(Image.new("RGB", (16, 16)), file_format), PIXELS_MAX)


@pytest.mark.parametrize("output_format", [Format.PNG, Format.JPEG, Format.WEBP])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_files_are_refused(output_format: Format, share: float) -> None:
    """A file that ends early is never taken for a picture with a grey rest."""
    noise = np.random.default_rng(2).integers(0, 255, (64, 64, 4), np.uint8)
    whole = encode(noise, output_format, 90, opaque=True)
    with pytest.raises(UnreadableImage):
        decode(blob(whole.head(int(whole.size_bytes * share))), PIXELS_MAX)


def test_a_truncated_gif_is_refused() -> None:
    """The same for a GIF cut within its pixels."""
    whole = encode(np.random.default_rng(2).integers(0, 255, (64, 64, 4), np.uint8), Format.GIF, 90, opaque=True)
    with pytest.raises(UnreadableImage):
        decode(blob(whole.head(whole.size_bytes // 2)), PIXELS_MAX)


def test_a_gif_broken_behind_its_first_frame_is_refused_by_its_header() -> None:
    """Looking for a second frame must not end in an error of its own."""
    whole = encode(np.zeros((4, 4, 4), np.uint8), Format.GIF, 90, opaque=True).read()
    with pytest.raises(UnreadableImage, match="frames"):
        inspect(blob(whole[:-1] + b"!\xf9\x01\0"))


@pytest.mark.parametrize("announced", [(30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(announced: tuple[int, int]) -> None:
    """A file that announces too many pixels is refused before anything is decoded, but can be inspected."""
    bomb = blob(png_header(*announced))
    assert inspect(bomb).size == Size(*announced)
    with pytest.raises(TooManyPixels):
        decode(bomb, PIXELS_MAX)


def test_the_limit_is_the_last_size_that_passes(opaque: Pixels) -> None:
    """Exactly as many pixels as allowed are decoded, one more is refused."""
    picture = encode(opaque, Format.PNG, 100, opaque=True)
    assert decode(picture, 48 * 32).shape == opaque.shape
    with pytest.raises(TooManyPixels, match="48x32 has more than 1535 pixels"):
        decode(picture, 48 * 32 - 1)


SAMPLES = [
    encode(np.random.default_rng(3).integers(0, 255, (9, 11, 4), np.uint8), output_format, 80, opaque=opaque).read()
    for output_format in RASTER
    for opaque in (True, False)
]


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 10_000),
)
def test_broken_files_raise_nothing_but_unreadable(sample: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    """Whatever happened to a file on its way, it is a picture or it is UnreadableImage."""
    data = bytearray(sample)
    for place, value in changes:
        data[place % len(data)] = value
    broken = blob(bytes(data[: len(data) - cut % len(data)] if cut % 2 else data))
    try:
        inspect(broken)
        pixels = decode(broken, 1_000_000)
    except UnreadableImage:
        return
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 4


@given(data=st.data())
def test_png_loses_nothing(data: Any) -> None:
    """A PNG decodes to the very pixels it was made of, at any size, with or without alpha."""
    height_px, width_px = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 20))
    raw = data.draw(st.binary(min_size=height_px * width_px * 4, max_size=height_px * width_px * 4))
    pixels = np.frombuffer(raw, np.uint8).reshape(height_px, width_px, 4)
    assert np.array_equal(decode(encode(pixels, Format.PNG, 100, opaque=False), PIXELS_MAX), pixels)
    assert np.array_equal(decode(encode(pixels, Format.PNG, 100, opaque=True), PIXELS_MAX), flatten(pixels))


def test_a_large_png_loses_nothing_either() -> None:
    """Above the size where the fast deflate takes over, pixels still survive."""
    pixels = np.random.default_rng(4).integers(0, 255, (600, 700, 4), np.uint8)
    assert np.array_equal(decode(encode(pixels, Format.PNG, 100, opaque=False), PIXELS_MAX), pixels)


@pytest.mark.parametrize("output_format", RASTER)
@pytest.mark.parametrize("opaque_", [True, False])
def test_encoding_is_deterministic(output_format: Format, opaque_: bool, translucent: Pixels) -> None:  # noqa: FBT001
    """The same pixels give the same bytes."""
    first, second = (encode(translucent, output_format, 80, opaque=opaque_) for _ in range(2))
    assert first.read() == second.read()
    assert first.media_type == output_format.media_type


@pytest.mark.parametrize("output_format", [Format.JPEG, Format.WEBP])
def test_compression_is_the_quality(output_format: Format, opaque: Pixels) -> None:
    """0 is the smallest and worst file, 100 the largest and best; nothing in between is out of order."""
    blobs = [encode(opaque, output_format, compression, opaque=True) for compression in (0, 50, 100)]
    sizes = [one.size_bytes for one in blobs]
    assert sizes == sorted(set(sizes))
    errors = [np.abs(decode(one, PIXELS_MAX).astype(int) - opaque).mean() for one in blobs]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 4


def test_a_jpeg_of_transparent_pixels_is_laid_on_white() -> None:
    """A JPEG has no alpha: what was transparent is white, not the colour that happened to lie there."""
    nothing = np.zeros((8, 8, 4), np.uint8)
    assert decode(encode(nothing, Format.JPEG, 100, opaque=False), PIXELS_MAX)[4, 4].tolist() == [255, 255, 255, 255]


def test_webp_and_gif_keep_transparency(translucent: Pixels) -> None:
    """Alpha survives as far as the format has it."""
    webp = decode(encode(translucent, Format.WEBP, 100, opaque=False), PIXELS_MAX)
    assert np.array_equal(webp[..., 3], translucent[..., 3])
    gif = decode(encode(translucent, Format.GIF, 100, opaque=False), PIXELS_MAX)
    assert np.array_equal(gif[..., 3] == 255, translucent[..., 3] >= 128)
    assert set(np.unique(gif[..., 3])) == {0, 255}


@pytest.mark.parametrize("output_format", RASTER)
def test_opaque_files_have_no_alpha_channel(output_format: Format, translucent: Pixels) -> None:
    """An opaque answer says so in its own header."""
    assert not inspect(encode(translucent, output_format, 100, opaque=True)).has_alpha


def test_encodings_carry_no_metadata(opaque: Pixels) -> None:
    """Nothing but the picture leaves: no EXIF, no profile, no text."""
    for output_format in RASTER:
        with Image.open(BytesIO(encode(opaque, output_format, 80, opaque=True).read())) as image:
            assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)


def test_pixels_as_svg_are_a_drawing_that_holds_them(opaque: Pixels) -> None:
    """Well-formed XML of the picture's size, with the very pixels as a PNG inside."""
    blob = encode(opaque, Format.SVG, 100, opaque=True)
    assert (blob.media_type, sniff(blob.head(300))) == ("image/svg+xml", Format.SVG)
    drawing = ET.fromstring(blob.read())  # noqa: S314 - our own bytes
    height_px, width_px = opaque.shape[:2]
    assert drawing.get("viewBox") == f"0 0 {width_px} {height_px}"
    address = drawing[0].get("href", "")
    assert address.startswith("data:image/png;base64,")
    png = Blob.from_base64(address.partition(",")[2].encode(), "image/png")
    assert np.array_equal(decode(png, PIXELS_MAX), opaque)


def test_levels_are_a_png_of_one_channel() -> None:
    """Without alpha and without a palette: what servers call a greyscale mask."""
    levels = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    with Image.open(BytesIO(encode_grey(levels).read())) as image:
        assert (image.mode, image.size) == ("L", (4, 3))
        assert np.array_equal(np.asarray(image), levels)
