"""A fingerprint of what a request asks for: the same for a request sent again, whatever its encoding made of it.

Counts every parsed field, defaults included, every parameter beyond the contract, and the bytes of every picture that
came along; one named by its file id or address counts by that name. Field order, boundaries and file names do not.
"""

from __future__ import annotations

import hashlib
from typing import Final

import orjson

from limner.contract.draft import Attached, Draft, FileId, ImageRef

_PIECE_BYTES: Final = 256 * 1024
"""Hashed at a time: few enough to be still in the processor's cache when they have been read or decoded."""


def fingerprint(draft: Draft, *, told_apart_by: str = "") -> bytes:
    """SHA-256, 32 bytes. told_apart_by: what else has to be the same, beside the content.

    Reads the pictures that came along: to be called in a worker thread when there are any.
    """
    content = (
        draft.request,
        draft.delivery,
        [_named(picture) for picture in draft.images],
        _named(draft.mask),
        _named(draft.markup),
        told_apart_by,
    )
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def has_files(draft: Draft) -> bool:
    """Whether pictures came along with the request."""
    return any(isinstance(picture, Attached) for picture in (*draft.images, draft.mask, draft.markup))


def _named(picture: ImageRef | None) -> tuple[str, str] | None:
    if picture is None:
        return None
    if isinstance(picture, FileId):
        return "file_id", picture.id
    if isinstance(picture, Attached):
        digest = hashlib.sha256()
        for piece in picture.blob.pieces(_PIECE_BYTES):
            digest.update(piece)
        return "sha256", digest.hexdigest()
    return "url", picture.url
