"""From an `ImageRequest` to what a server is sent. Pure, but for files of pictures that are read here.

Decodes masks and reads files: call `written` in a worker thread.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import numpy as np
import orjson

from limner.blobs import Blob
from limner.engines.upstream import forward
from limner.engines.upstream.dialect import SIZE_USUAL, Dialect, Encoding, Endpoint, ImageForm, Polarity, SizeForm
from limner.imaging.codec import decode_input, encode, encode_grey, sniff, upright
from limner.imaging.mask import canonical
from limner.job import COMPRESSION_DEFAULT, Background, Format, ImageRequest, Json, Kind, Moderation, Quality, Size

_HALF: Final = 128
"""From this much on a pixel of a mask is repainted, where a server knows only yes and no."""
_JSON: Final = "application/json"
_CRLF: Final = b"\r\n"
_SNIFFED_BYTES: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A request as it goes out.

    path: below the base, fit for a URL. accept: the media type of the answer. body: in order; pictures are blobs, which
    may lie in files of many megabytes. ignored: wire names of what the caller asked for and this address does not take.
    """

    path: str
    accept: str
    content_type: str
    body: tuple[bytes | Blob, ...]
    streamed: bool
    ignored: tuple[str, ...]


def written(request: ImageRequest, dialect: Dialect, *, model: str | None) -> Written:
    """`request`, fitted to the dialect's ability, in the server's own form. model: its name there.

    Raises InvalidImageRequest for a mask that cannot be decoded, for a picture that cannot be turned upright, and for
    fields beyond OpenAI's that hold too much.
    """
    forward.check(request.extra)
    if not dialect.reads_exif:
        # What a mask keeps has to come back as it was.
        exact = request.mask is not None
        images = (upright(image, f"image {at}", lossless=exact) for at, image in enumerate(request.images, start=1))
        request = replace(request, images=tuple(images))
    endpoint = _endpoint(request, dialect)
    streamed = dialect.ability.partial_images and request.stream and request.partial_images > 0 and request.n == 1
    wishes = _wishes(request, model=model, streamed=streamed)
    wishes["prompt"] = _harmless(request.prompt, dialect)
    if request.n == dialect.ability.n_max == 1:
        del wishes["n"]
    taken = {name: value for name, value in wishes.items() if name in endpoint.names and name != "size"}
    fields: dict[str, Json] = {
        **{endpoint.names[name]: _theirs(name, value, endpoint) for name, value in taken.items()},
        **(_size(request, dialect, endpoint) if "size" in endpoint.names else {}),
        **endpoint.constants,
    }
    content_type, body = _form(request, fields, endpoint) if _is_form(endpoint) else _json(request, fields, endpoint)
    markup_lost = request.markup is not None and "markup" not in endpoint.names
    return Written(
        path=_path(endpoint.path, model or request.model),
        accept=request.output_format.media_type if endpoint.format_accepted else _JSON,
        content_type=content_type,
        body=body,
        streamed=streamed,
        ignored=(*(name for name in wishes if name not in endpoint.names and name in _TOLD), *["markup"] * markup_lost),
    )


_TOLD: Final = frozenset({"moderation", "input_fidelity", "style", "negative_prompt", "seed"})
"""Parameters that one address of a server takes and another may not."""


def _endpoint(request: ImageRequest, dialect: Dialect) -> Endpoint:
    if request.kind is Kind.GENERATION:
        return dialect.generation
    assert dialect.edit is not None, "an edit reaches only an engine that can edit"
    # An address for inpainting takes one picture.
    inpaints = request.mask is not None and len(request.images) == 1
    return dialect.inpainting if inpaints and dialect.inpainting is not None else dialect.edit


@lru_cache
def _path(template: str, model: str) -> str:
    return template.format(model=quote(model, safe=""))


def _is_form(endpoint: Endpoint) -> bool:
    return endpoint.encoding is Encoding.FORM


def _wishes(request: ImageRequest, *, model: str | None, streamed: bool) -> dict[str, Json]:
    """Every parameter that differs from what a server does unasked, by our wire name."""
    wishes: dict[str, Json] = {"model": model or request.model, "prompt": request.prompt, "n": request.n}
    if request.quality is not Quality.AUTO:
        wishes["quality"] = request.quality.value
    if request.background is not Background.AUTO:
        wishes["background"] = request.background.value
    wishes["output_format"] = request.output_format.value
    if request.compression != COMPRESSION_DEFAULT:
        wishes["output_compression"] = request.compression
    if request.moderation is not Moderation.AUTO:
        wishes["moderation"] = request.moderation.value
    if streamed:
        wishes |= {"stream": True, "partial_images": request.partial_images}
    return wishes | dict(request.extra)


def _theirs(name: str, value: Json, endpoint: Endpoint) -> Json:
    """A value as the server writes it."""
    return endpoint.values.get(name, {}).get(value, value) if isinstance(value, str) else value


def _harmless(prompt: str, dialect: Dialect) -> str:
    """`prompt` without what a server would take for anything but a part of it."""
    for command, words in dialect.prompt_commands.items():
        prompt = prompt.replace(command, words)
    return prompt


def _size(request: ImageRequest, dialect: Dialect, endpoint: Endpoint) -> Mapping[str, Json]:
    """The fields that ask for the size; none when it is left to the server."""
    size = request.size or (_usual(dialect) if dialect.size_needed else None)
    if size is None:
        return {}
    if dialect.sizes:
        return dialect.sizes[size]
    if dialect.size_form is SizeForm.SIDES:
        return {"width": size.width_px, "height": size.height_px}
    return {endpoint.names["size"]: str(size)}


def _usual(dialect: Dialect) -> Size:
    """What stands for `auto` at a server that has to be told a size: OpenAI's square, or what is nearest in area."""
    sizes = dialect.ability.sizes or {SIZE_USUAL}
    return min(sizes, key=lambda size: (abs(size.area_px - SIZE_USUAL.area_px), size))


def _json(request: ImageRequest, fields: dict[str, Json], endpoint: Endpoint) -> tuple[str, tuple[bytes]]:
    if request.images:
        fields = {**fields, **_embedded(request.images, endpoint)}
    return _JSON, (orjson.dumps(fields),)


def _embedded(images: tuple[Blob, ...], endpoint: Endpoint) -> dict[str, Json]:
    """Pictures inside a JSON body."""
    texts = [str(image.base64(), "ascii") for image in images]
    if endpoint.image_form is ImageForm.BASE64S:
        return {endpoint.image_name: [*texts]}
    if endpoint.image_form is ImageForm.BASE64:
        return {endpoint.image_name: texts[0]}
    urls = [f"data:{_format(image).media_type};base64,{text}" for image, text in zip(images, texts, strict=True)]
    match endpoint.image_form:
        case ImageForm.DATA_URL:
            return {endpoint.image_name: urls[0]}
        case ImageForm.OBJECTS:
            objects: list[Json] = [{"url": url, "type": "image_url"} for url in urls]
            return {"image": objects[0]} if len(objects) == 1 else {"images": objects}
        case ImageForm.NUMBERED:
            return {f"{endpoint.image_name}{at if at > 1 else ''}": url for at, url in enumerate(urls, start=1)}
        case _:
            return {endpoint.image_name: [*urls]}


def _form(
    request: ImageRequest, fields: Mapping[str, Json], endpoint: Endpoint
) -> tuple[str, tuple[bytes | Blob, ...]]:
    """A multipart body (RFC 7578): text parts first, then files, as the official SDKs order them."""
    boundary = secrets.token_hex(16).encode()
    texts = [
        _part_head(boundary, f'name="{_quoted(inner)}"', "") + text.encode() + _CRLF
        for name, value in fields.items()
        for inner, text in _texts(name, value)
    ]
    body: list[bytes | Blob] = [b"".join(texts)]
    for name, blob in _files(request, endpoint):
        shown = _format(blob)
        disposition = f'name="{name}"; filename="{name.rstrip("[]")}.{shown.value}"'
        body += (_part_head(boundary, disposition, shown.media_type), blob, _CRLF)
    body.append(b"--" + boundary + b"--" + _CRLF)
    return f"multipart/form-data; boundary={boundary.decode()}", tuple(body)


def _texts(name: str, value: Json) -> Iterator[tuple[str, str]]:
    """A value as text fields; an object's under bracketed names, as the official SDKs write them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(f"{name}[{key}]", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(f"{name}[]", inner)
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif value is not None:
        yield name, str(value)


def _quoted(name: str) -> str:
    """A part's name as browsers write it (WHATWG HTML, section 4.10.21.8): keys of a caller's object stand in it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _part_head(boundary: bytes, disposition: str, media_type: str) -> bytes:
    head = f"Content-Disposition: form-data; {disposition}".encode()
    kind = [f"Content-Type: {media_type}".encode()] if media_type else []
    return _CRLF.join([b"--" + boundary, head, *kind, b"", b""])


def _files(request: ImageRequest, endpoint: Endpoint) -> Iterator[tuple[str, Blob]]:
    for image in request.images:
        yield endpoint.image_name, image
    if request.mask is not None:
        yield endpoint.mask_name, mask_for(endpoint.polarity, request.mask)
    if request.markup is not None and "markup" in endpoint.names:
        yield endpoint.names["markup"], request.markup


def mask_for(polarity: Polarity, mask: Blob) -> Blob:
    """A caller's mask as a server of that polarity reads it: a PNG with alpha as it came, or a grey one without.

    Raises InvalidImageRequest when it cannot be decoded.
    """
    if polarity is Polarity.ALPHA and _format(mask) is Format.PNG:
        return mask
    pixels = decode_input(mask, "mask")
    if polarity is Polarity.ALPHA:
        return encode(pixels, Format.PNG, COMPRESSION_DEFAULT, opaque=False)
    repaint = canonical(pixels) >= _HALF
    white = repaint if polarity is Polarity.WHITE else ~repaint
    return encode_grey(np.where(white, np.uint8(255), np.uint8(0)))


def _format(blob: Blob) -> Format:
    """What the file is; PNG when it does not show, so that the server says what is wrong with it."""
    return sniff(blob.head(_SNIFFED_BYTES)) or Format.PNG
