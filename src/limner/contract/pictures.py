"""What the live API demands of the pictures themselves, once somebody has read their headers.

Takes facts, never pixels. Messages count pictures from 1, fields from 0, as OpenAI's do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from limner.contract import refusals
from limner.contract.draft import Attached, Draft, ImageRef, RemoteUrl
from limner.contract.families import FAMILIES
from limner.errors import InvalidImageRequest, InvalidRequest, unreadable_input
from limner.job import Format, ImageFacts, Strictness

DECLARED_TYPES: Final = ("image/jpeg", "image/png", "image/webp")
"""In the order of OpenAI's refusal. Observed September 2025: only the part's Content-Type is looked at."""
INPUT_FORMATS: Final = frozenset({Format.PNG, Format.JPEG, Format.WEBP})
"""Source: OpenAI API reference, images/edits, parameter `image`."""


def check_declared_types(draft: Draft, strictness: Strictness) -> None:
    """Refuse a file part whose Content-Type is no picture's. Raises InvalidRequest.

    The lenient rules judge a file by its bytes instead, and pictures in data: URLs are never looked at.
    """
    if strictness is Strictness.LIMNER:
        return
    for reference in (*draft.images, draft.mask, draft.markup):
        if isinstance(reference, Attached) and not _is_from_json(reference):
            declared = reference.blob.media_type
            if declared not in DECLARED_TYPES:
                raise _unsupported(reference.param, declared)


def check_pictures(
    draft: Draft,
    images: Sequence[ImageFacts | None],
    mask: ImageFacts | None,
    strictness: Strictness,
    markup: ImageFacts | None = None,
) -> None:
    """Refuse pictures that cannot be worked on.

    images: the facts of each of `draft.images`, None for what is no picture. mask, markup: the same, and None too when
    the draft has none. Raises InvalidRequest or InvalidImageRequest.
    """
    family = FAMILIES[draft.model.family]
    for at, (reference, facts) in enumerate(zip(draft.images, images, strict=True)):
        read = _readable(reference, facts, f"image {at + 1}")
        if family.legacy and strictness is Strictness.OPENAI and read.format is not Format.PNG:
            # The older models' own text, from before they were retired in May 2026.
            raise InvalidRequest("Uploaded image must be a PNG and less than 4 MB.", param=reference.param)
    first = images[0]
    assert first is not None
    if draft.mask is not None:
        _check_mask(_readable(draft.mask, mask, "mask"), first)
    if draft.markup is not None and "markup" in family.fields:
        _check_markup(_readable(draft.markup, markup, "markup"), first)


def _readable(reference: ImageRef, facts: ImageFacts | None, name: str) -> ImageFacts:
    """The facts of a still picture in a format OpenAI takes."""
    if facts is None or (facts.format in INPUT_FORMATS and facts.frames > 1):
        raise _unreadable(reference, name)
    if facts.format not in INPUT_FORMATS:
        raise _unsupported(reference.param, facts.format.media_type)
    return facts


def _unreadable(reference: ImageRef, name: str) -> InvalidImageRequest:
    if _is_from_json(reference):
        # Recorded August 2026.
        return InvalidImageRequest("Invalid image data.", param=reference.param, code="invalid_image_file")
    return unreadable_input(name)


def _unsupported(param: str, media_type: str) -> InvalidRequest:
    """Recorded September 2025."""
    return InvalidRequest(
        f"Invalid file '{param}': unsupported mimetype ('{refusals.echo(media_type)}'). "
        f"Supported file formats are {refusals.quoted(DECLARED_TYPES, 'and')}.",
        param=param,
        code="unsupported_file_mimetype",
    )


def _check_mask(mask: ImageFacts, first: ImageFacts) -> None:
    """Texts and code seen in many bug reports, 2025 and 2026."""
    if mask.size != first.size:
        raise _bad_mask("mask size does not match image size")
    if not mask.has_alpha:
        raise _bad_mask("mask image missing alpha channel")


def _bad_mask(why: str) -> InvalidImageRequest:
    return InvalidImageRequest(f"Invalid mask image format - {why}", code="invalid_mask_image_format")


def _check_markup(markup: ImageFacts, first: ImageFacts) -> None:
    """Source: OpenAI API reference, images/edits, parameter `markup`; the words are ours."""
    if markup.size != first.size:
        raise _bad_markup("markup size does not match image size")
    if not markup.has_alpha:
        raise _bad_markup("markup image missing alpha channel")


def _bad_markup(why: str) -> InvalidImageRequest:
    return InvalidImageRequest(f"Invalid markup image format - {why}", param="markup", code="invalid_value")


def _is_from_json(reference: ImageRef) -> bool:
    """Whether the picture came by address or inside the JSON, rather than as a file."""
    return isinstance(reference, RemoteUrl) or (isinstance(reference, Attached) and reference.in_json)
