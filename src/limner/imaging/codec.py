"""Files to pixels and back, and what a file says of itself. The one place that opens pictures of strangers.

Formats come from the first bytes, never from a name or a media type, and only those in `_READERS` are opened at all.
Everything here blocks: call it in a worker thread. Colour profiles are not applied: numbers are taken for sRGB.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt
from isal import isal_zlib
from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from limner.blobs import Blob
from limner.errors import unreadable_input
from limner.imaging import svg
from limner.imaging.arrays import array_of
from limner.imaging.pixels import PIXELS_MAX, Pixels, flatten, is_opaque, size_of
from limner.job import Format, ImageFacts, Size

HEAD_BYTES: Final = 128 * 1024
"""As much of a PNG or JPEG as `inspect` reads at first: beyond a 64 KiB EXIF block, before any pixels."""

_READERS: Final[Mapping[Format, Callable[[BytesIO], ImageFile]]] = {
    Format.PNG: PngImageFile,
    Format.JPEG: JpegImageFile,
    Format.WEBP: WebPImageFile,
    Format.GIF: GifImageFile,
}

_HEAD_SUFFICES: Final = frozenset({Format.PNG, Format.JPEG})
"""Formats whose facts come before the pixels. Pillow reads a WebP whole, and a GIF's second frame may be anywhere."""

_UNREADABLE: Final = (
    SyntaxError,
    OSError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    MemoryError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow's readers raise over broken files; the tests break thousands."""

_SMALL_PX: Final = 512 * 512
"""Up to here the slow, dense encoders take below 30 ms; above, the quick ones do."""

_JPEG_FULL_CHROMA_FROM: Final = 90
"""From this quality on colours are stored at full resolution: the caller asked for the best there is."""

_UPRIGHT_QUALITY: Final = 95
"""Of a photograph that is written anew: hardly larger than it was, and nothing to be seen."""

_GIF_ALPHA_MIN: Final = 128
"""From this alpha on a pixel is solid in a GIF."""

_ORIENTATION_TAG: Final = 0x0112
_TURNS: Final[Mapping[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> what puts the picture upright. EXIF 2.32, tag 0x0112."""
_ORIENTATIONS_SIDEWAYS: Final = frozenset({5, 6, 7, 8})

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_START: Final = _PNG_SIGNATURE + b"\0\0\0\rIHDR"
_PNG_HEADER: Final = struct.Struct(">IIBBBBBI")
_PNG_HEADER_END: Final = len(_PNG_START) + _PNG_HEADER.size
_PNG_DEPTH: Final = 8
_PNG_TRUE_COLOUR: Final[Mapping[int, bool]] = {2: False, 6: True}
"""Colour types without a palette, and whether they have an alpha channel."""
_PNG_TELLING: Final = frozenset({b"eXIf", b"tRNS", b"acTL"})
"""Chunks before the pixels that say more of the picture: which way is up, what is transparent, that it moves."""
_PNG_FILTER_UP: Final = 2
_PNG_ROWS: Final = 128
_PNG_COLOUR_TYPE: Final[Mapping[int, int]] = {1: 0, 3: 2, 4: 6}
"""Channels -> IHDR colour type. PNG (third edition), section 11.2.1."""


class UnreadableImage(Exception):
    """A file is no picture we read, is broken, or is too large. `reason` is one clause without the file's content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooManyPixels(UnreadableImage):
    """A picture's header announces more pixels than we decode."""


def sniff(head: bytes) -> Format | None:
    """The format that the first bytes of a file (32 suffice, a few hundred for SVG) show, or None."""
    if head.startswith(_PNG_SIGNATURE):
        return Format.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Format.GIF
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in text):
        return Format.SVG
    return None


def inspect(blob: Blob) -> ImageFacts:
    """What the file says of itself, from its header; nothing is decoded, so a truncated file passes.

    `frames` is 1, or 2 for anything animated: counting them all would walk the whole file. `has_alpha` means a place
    for transparency, not that a pixel is transparent. Raises UnreadableImage.
    """
    head = blob.head(HEAD_BYTES)
    if facts := _plain_png_facts(head):
        return facts
    if sniff(head) in _HEAD_SUFFICES and blob.size_bytes > HEAD_BYTES:
        try:
            return _facts(_open(head))
        except UnreadableImage:
            pass  # Colour profiles and comments may fill the head: then the whole file tells.
    return _facts(_open(blob.read()))


def decode(blob: Blob, pixels_max: int) -> Pixels:
    """The picture, upright by its EXIF orientation; an animation's first frame. May be read-only.

    Sixteen bits become eight. Raises TooManyPixels from the header, before anything is decoded, and UnreadableImage for
    a file that is no PNG, JPEG, WebP or GIF, is empty, truncated or broken.
    """
    image = _open(blob.read())
    if image.width * image.height > pixels_max:
        raise TooManyPixels(f"{image.width}x{image.height} has more than {pixels_max} pixels")
    turn = _TURNS.get(_orientation(image))
    try:
        image.load()
        upright = image.transpose(turn) if turn is not None else image
        return _rgba(upright)
    except _UNREADABLE as error:
        raise UnreadableImage("its pixels cannot be decoded") from error


def decode_input(blob: Blob, name: str) -> Pixels:
    """A caller's picture. Its header was read before, so only a damaged file is refused here, in OpenAI's words.

    name: as `unreadable_input` takes it. Raises InvalidImageRequest.
    """
    try:
        return decode(blob, PIXELS_MAX)
    except UnreadableImage as error:
        raise unreadable_input(name) from error


def upright(blob: Blob, name: str, *, lossless: bool) -> Blob:
    """A caller's picture for readers that know nothing of EXIF: itself, or a copy that needs no turning.

    A copy is a PNG, or of a JPEG a JPEG unless `lossless`. name: as `unreadable_input` takes it. What is no picture
    comes back as it is. Raises InvalidImageRequest for a damaged one that would have to be turned.
    """
    head = blob.head(HEAD_BYTES)
    try:
        # EXIF comes before the pixels wherever it counts at all.
        image = _open(head if sniff(head) in _HEAD_SUFFICES else blob.read())
    except UnreadableImage:
        return blob
    if _orientation(image) not in _TURNS:
        return blob
    pixels = decode_input(blob, name)
    output_format = Format.JPEG if isinstance(image, JpegImageFile) and not lossless else Format.PNG
    return encode(pixels, output_format, _UPRIGHT_QUALITY, opaque=is_opaque(pixels))


def encode(pixels: Pixels, output_format: Format, compression: int, *, opaque: bool) -> Blob:
    """`pixels` as a file without metadata; the same input gives the same bytes.

    compression: 0 to 100 as on the wire, the quality of a JPEG or WebP (100 best); PNG and GIF have no use for it.
    opaque: whether the file has no alpha channel; transparent pixels are then laid on white, as always in a JPEG. An
    SVG holds the picture as a PNG: it shows what it should at any size, but has no shapes to edit.
    """
    bare = opaque or output_format is Format.JPEG
    shown = flatten(pixels) if bare else pixels
    if output_format is Format.PNG:
        return Blob.from_bytes(_png(shown, 3 if bare else 4), output_format.media_type)
    if output_format is Format.SVG:
        return Blob.from_bytes(svg.holding(_png(shown, 3 if bare else 4), size_of(pixels)), output_format.media_type)
    if output_format is Format.GIF and not bare:
        shown = _with_hard_alpha(pixels)
    channels = _without_alpha(shown) if bare else shown
    buffer = BytesIO()
    Image.fromarray(channels).save(buffer, output_format.value, **_options(channels, output_format, compression))
    return Blob.from_bytes(buffer.getvalue(), output_format.media_type)


def encode_grey(levels: npt.NDArray[np.uint8]) -> Blob:
    """(H, W) uint8 sRGB `levels` as a PNG of one channel, for servers that read a mask's brightness."""
    return Blob.from_bytes(_png(levels[..., None], 1), Format.PNG.media_type)


def _open(data: bytes) -> ImageFile:
    """A lazily opened picture: its header is read, its pixels are not."""
    reader = _READERS.get(sniff(data[:HEAD_BYTES]) or Format.SVG)
    if reader is None:
        raise UnreadableImage("it is no PNG, JPEG, WebP or GIF")
    try:
        return reader(BytesIO(data))
    except _UNREADABLE as error:
        raise UnreadableImage("its header cannot be read") from error


def _facts(image: ImageFile) -> ImageFacts:
    width_px, height_px = image.size
    if _orientation(image) in _ORIENTATIONS_SIDEWAYS:
        width_px, height_px = height_px, width_px
    try:
        animated = bool(getattr(image, "is_animated", False))
    except _UNREADABLE as error:
        raise UnreadableImage("its frames cannot be counted") from error
    return ImageFacts(
        format=Format(str(image.format).lower()),
        size=Size(width_px, height_px),
        has_alpha=image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info,
        frames=2 if animated else 1,
    )


def _plain_png_facts(head: bytes) -> ImageFacts | None:
    """The facts of a true-colour PNG from its first bytes; None for any other file, which Pillow is to read.

    Nearly every result is one, on its way to a caller untouched: this takes a tenth of Pillow's time. PNG section 11.2.
    """
    if len(head) < _PNG_HEADER_END or not head.startswith(_PNG_START):
        return None
    width_px, height_px, depth, colour_type, *methods, crc = _PNG_HEADER.unpack_from(head, len(_PNG_START))
    sound = zlib.crc32(head[len(_PNG_SIGNATURE) + 4 : _PNG_HEADER_END - 4]) == crc and width_px > 0 and height_px > 0
    if not sound or depth != _PNG_DEPTH or colour_type not in _PNG_TRUE_COLOUR or any(methods):
        return None
    at, name = _PNG_HEADER_END, b""
    while at + 8 <= len(head) and name != b"IDAT":
        name = head[at + 4 : at + 8]
        if name in _PNG_TELLING:
            return None
        at += int.from_bytes(head[at : at + 4]) + 12
    if name != b"IDAT":
        return None
    has_alpha = _PNG_TRUE_COLOUR[colour_type]
    return ImageFacts(format=Format.PNG, size=Size(width_px, height_px), has_alpha=has_alpha, frames=1)


def _orientation(image: ImageFile) -> int:
    """EXIF orientation from the header; 1 (upright) where there is none or it makes no sense.

    Pillow's own `getexif` decodes a PNG to look behind its pixels, so only what came before them counts.
    """
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif", b""))
        orientation = exif.get(_ORIENTATION_TAG, 1)
    except _UNREADABLE:
        return 1
    return orientation if orientation in _TURNS else 1


def _rgba(image: Image.Image) -> Pixels:
    if image.mode in {"I;16", "I"}:
        return _rgba_of_grey16(image)
    if image.mode == "CMYK":
        image = image.convert("RGB")
    return array_of(image, "RGBA")


def _rgba_of_grey16(image: Image.Image) -> Pixels:
    """Pillow clips 16-bit grey at 255 instead of scaling it."""
    levels = np.asarray(image).astype(np.uint32)
    alpha = np.full(levels.shape, 255, np.uint8)
    alpha[levels == image.info.get("transparency", -1)] = 0
    grey = ((levels * 255 + 32767) // 65535).astype(np.uint8)
    return np.stack([grey, grey, grey, alpha], axis=-1)


def _without_alpha(pixels: Pixels) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).convert("RGB"))


def _with_hard_alpha(pixels: Pixels) -> Pixels:
    """A GIF's pixel is transparent or it is not, and only one colour of the palette can stand for nothing."""
    solid = pixels | np.array([0, 0, 0, 255], np.uint8)
    return np.where(pixels[..., 3:] < _GIF_ALPHA_MIN, np.uint8(0), solid)


def _options(channels: npt.NDArray[np.uint8], output_format: Format, compression: int) -> dict[str, int]:
    if output_format is Format.JPEG:
        subsampling = 0 if compression >= _JPEG_FULL_CHROMA_FROM else 2
        # libjpeg's scale starts at 1.
        return {"quality": max(compression, 1), "subsampling": subsampling}
    if output_format is Format.WEBP:
        small = channels.shape[0] * channels.shape[1] <= _SMALL_PX
        return {"quality": compression, "method": 4 if small else 0}
    return {}


def _png(pixels: npt.NDArray[np.uint8], depth: int) -> bytes:
    """(H, W, 1 or 4) uint8 as a PNG of `depth` channels: every row as its difference from the one above, deflated fast.

    Forty times as fast as a search for each row's best filter with zlib, for a tenth more bytes on photographs. Some
    rows at a time, as a large picture's copies would fill the memory.
    """
    height_px, width_px, own_depth = pixels.shape
    small = height_px * width_px <= _SMALL_PX
    deflate = zlib.compressobj(6) if small else isal_zlib.compressobj(1)
    above = np.zeros((1, width_px * depth), np.uint8)
    stream = []
    for top in range(0, height_px, _PNG_ROWS):
        band = pixels[top : top + _PNG_ROWS]
        flat = (band if depth == own_depth else _without_alpha(band)).reshape(len(band), width_px * depth)
        rows = np.empty((len(band), 1 + width_px * depth), np.uint8)
        rows[:, 0] = _PNG_FILTER_UP
        np.subtract(flat[:1], above, out=rows[:1, 1:])
        np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
        above = flat[-1:]
        stream.append(deflate.compress(rows.data))
    stream.append(deflate.flush())
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, _PNG_COLOUR_TYPE[depth], 0, 0, 0)
    data = b"".join(stream)
    return b"".join([_PNG_SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", data), *_chunk(b"IEND", b"")])


def _chunk(name: bytes, data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    crc = isal_zlib.crc32(data, zlib.crc32(name))
    return struct.pack(">I", len(data)), name, data, struct.pack(">I", crc)
