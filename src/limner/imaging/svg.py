"""Drawings as SVG files: a picture put into one, and how large one says it is. They are never drawn here."""

from __future__ import annotations

import re
from typing import Final

import pybase64

from limner.job import Size

_ROOT_WITHIN_BYTES: Final = 64 * 1024
"""Of a file in which its first element is looked for."""
_SIDE_PX_MAX: Final = 65_535
_ROOT: Final = re.compile(rb"<svg(?=[\s>])[^<>]*>")
_SIDES: Final = tuple(
    re.compile(rb"\s" + name + rb"""\s*=\s*["']\s*([0-9]{1,6}(?:\.[0-9]{1,9})?)(?:px)?\s*["']""")
    for name in (b"width", b"height")
)
_NUMBER: Final = rb"-?[0-9]{1,6}(?:\.[0-9]{1,9})?"
_VIEW_BOX: Final = re.compile(
    rb"\sviewBox\s*=\s*[\"']\s*" + rb"[\s,]+".join([_NUMBER, _NUMBER, rb"(" + _NUMBER + rb")", rb"(" + _NUMBER + rb")"])
)


def holding(png: bytes, size: Size) -> bytes:
    """A drawing whose only element is a picture of that size. SVG 2, section 12.3."""
    width, height = size.width_px, size.height_px
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{pybase64.b64encode(png).decode()}"/>'
        "</svg>"
    ).encode()


def size_told(data: bytes) -> Size | None:
    """What a drawing's first element says of its size in pixels, or of its view box; None when it says neither.

    Source: SVG 2, sections 8.2 and 8.6.
    """
    root = _ROOT.search(data, 0, _ROOT_WITHIN_BYTES)
    if root is None:
        return None
    width, height = (side.search(root[0]) for side in _SIDES)
    if width and height:
        return _size(width[1], height[1])
    box = _VIEW_BOX.search(root[0])
    return _size(box[1], box[2]) if box else None


def _size(width: bytes, height: bytes) -> Size | None:
    sides = [round(float(side)) for side in (width, height)]
    return Size(*sides) if all(0 < side <= _SIDE_PX_MAX for side in sides) else None
