"""Pictures named in JSON: data: URLs, addresses and file ids, from OpenAI's wire shape to references.

Nothing is fetched and nothing decoded to keep; a data: URL stays the base64 text it came as.
Sources: OpenAI's OpenAPI document, EditImageBodyJsonParam; refusals observed August 2026 where `refusals.py` says so.
"""

from __future__ import annotations

import binascii
import re
from typing import Final
from urllib.parse import urlsplit

import pybase64

from limner.blobs import Blob
from limner.contract import refusals
from limner.contract.draft import Attached, FileId, ImageRef, RemoteUrl
from limner.contract.fields import IMAGE_URL_CHARS_MAX
from limner.errors import InvalidImageRequest, InvalidRequest
from limner.job import Json, Strictness

_KEYS: Final = ("image_url", "file_id")
_DATA_SCHEME: Final = "data:"
_DATA_HEADER: Final = re.compile(r"data:([a-z0-9.+-]+/[a-z0-9.+-]+)?(?:;[a-z0-9_.=+-]+)*;base64", re.IGNORECASE)
_DATA_HEADER_CHARS_MAX: Final = 256
_MEDIA_TYPE_DEFAULT: Final = "application/octet-stream"


def reference(raw: Json, param: str, strictness: Strictness) -> ImageRef:
    """The picture that the object `raw`, found at `param`, names. Raises InvalidRequest or InvalidImageRequest."""
    if not isinstance(raw, dict):
        raise refusals.wrong_type(param, "an object", refusals.json_type(raw))
    if strictness is Strictness.OPENAI:
        for key in raw:
            if key not in _KEYS:
                raise refusals.unknown(f"{param}.{key}")
    named = [key for key in _KEYS if raw.get(key) is not None]
    if len(named) != 1:
        raise InvalidRequest(
            f"Invalid value for '{param}': expected exactly one of 'image_url' and 'file_id'.",
            param=param,
            code="invalid_value",
        )
    key = named[0]
    value = raw[key]
    where = f"{param}.{key}"
    if not isinstance(value, str):
        raise refusals.wrong_type(where, "a string", refusals.json_type(value))
    if key == "image_url":
        return from_url(value, where)
    if not value:
        raise refusals.empty_string(where)
    return FileId(value, where)


def from_url(url: str, param: str) -> ImageRef:
    """The picture that an address or a data: URL found at `param` names. Raises as `reference` does."""
    if not url:
        raise refusals.empty_string(param)
    if len(url) > IMAGE_URL_CHARS_MAX:
        raise refusals.string_too_long(param, len(url), IMAGE_URL_CHARS_MAX)
    if url[: len(_DATA_SCHEME)].lower() == _DATA_SCHEME:
        return Attached(_from_data_url(url, param), param, in_json=True)
    if not _is_web_address(url):
        # The words OpenAI's Responses endpoint uses; images were not observed.
        raise InvalidRequest(
            f"Invalid '{param}'. Expected a valid URL, but got a value with an invalid format.",
            param=param,
            code="invalid_value",
        )
    return RemoteUrl(url, param)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 host that is none
        return False


def _from_data_url(url: str, param: str) -> Blob:
    comma = url.find(",", 0, _DATA_HEADER_CHARS_MAX)
    header = _DATA_HEADER.fullmatch(url, 0, comma) if comma > 0 else None
    try:
        text = url[comma + 1 :].encode("ascii")
        # Decoding and throwing the bytes away is the cheapest exact check there is: 15 MB in a few milliseconds.
        is_base64 = bool(pybase64.b64decode(text, validate=True))
    except (UnicodeEncodeError, binascii.Error):
        is_base64 = False
    if header is None or not is_base64:
        raise InvalidImageRequest("Invalid image data.", param=param, code="invalid_image_file")
    return Blob.from_base64(text, (header[1] or _MEDIA_TYPE_DEFAULT).lower())
