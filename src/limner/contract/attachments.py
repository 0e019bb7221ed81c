"""Which pictures a body brings: file parts, data: URLs, addresses and file ids, as references in the caller's order."""

from __future__ import annotations

from collections.abc import Sequence

from limner.contract import refusals
from limner.contract.body import Body
from limner.contract.draft import Attached, ImageRef
from limner.contract.families import Family
from limner.contract.fields import Endpoint
from limner.contract.form import File
from limner.contract.references import from_url, reference
from limner.errors import InvalidRequest, TooLarge
from limner.job import Json, Kind, Strictness


def images_of(body: Body, family: Family, strictness: Strictness) -> tuple[ImageRef, ...]:
    """The pictures to work on, at least one unless a task is to make a new one.

    Raises InvalidRequest, InvalidImageRequest or TooLarge.
    """
    if body.endpoint is Endpoint.TASKS:
        return _task_images(body, family, strictness)
    return _form_images(body, family, strictness) if body.is_form else _json_images(body, family, strictness)


def picture_of(body: Body, name: str, family: Family, strictness: Strictness) -> ImageRef | None:
    """The mask or the markup, if there is one. Raises as `images_of` does."""
    files = body.files_of(name)
    raw = body.values.get(name)
    if len(files) > 1:
        raise refusals.duplicate(name)
    if files:
        return _attached(files[0], name, family)
    if raw is None:
        return None
    if body.is_form and not (strictness is Strictness.LIMNER and isinstance(raw, dict)):
        raise _not_a_file(name, raw)
    if body.endpoint is Endpoint.TASKS:
        return _task_picture(raw, name, strictness)
    return reference(raw, name, strictness)


def _task_images(body: Body, family: Family, strictness: Strictness) -> tuple[ImageRef, ...]:
    name = "image"
    raw = body.values.get(name)
    if raw is None:
        # A mask that was overlooked would be a new picture, paid for, where a changed one was meant.
        if any(body.values.get(other) is not None for other in ("mask", "markup")):
            raise refusals.missing(name)
        return ()
    if not isinstance(raw, list):
        return (_task_picture(raw, name, strictness),)
    _check_count(name, len(raw), family)
    return tuple(_task_picture(one, f"{name}[{at}]", strictness) for at, one in enumerate(raw))


def _task_picture(raw: Json, param: str, strictness: Strictness) -> ImageRef:
    """A picture of a task: an address or a data: URL by itself, or an object as edits have it."""
    return from_url(raw, param) if isinstance(raw, str) else reference(raw, param, strictness)


def _check_count(name: str, count: int, family: Family) -> None:
    if not count:
        raise refusals.empty_array(name)
    if count > family.images_max:
        raise refusals.array_too_long(name, count, family.images_max)


def _json_images(body: Body, family: Family, strictness: Strictness) -> tuple[ImageRef, ...]:
    name = "images"
    if name not in body.values:
        raise refusals.missing(name)
    listed = body.values[name]
    if not isinstance(listed, list):
        raise refusals.wrong_type(name, "an array of objects", refusals.json_type(listed))
    _check_count(name, len(listed), family)
    return tuple(reference(raw, f"{name}[{at}]", strictness) for at, raw in enumerate(listed))


def _form_images(body: Body, family: Family, strictness: Strictness) -> tuple[ImageRef, ...]:
    name = "image"
    text = body.values.get(name)
    if text is not None:
        raise _not_a_file(name, text)
    files = body.files_of(name)
    if strictness is Strictness.OPENAI:
        _refuse_strange_names(files)
    named = _named_in_form(body)
    count = len(files) + len(named)
    images_max = 1 if body.kind is Kind.VARIATION else family.images_max
    if not count:
        raise refusals.missing(name)
    if count > images_max:
        raise refusals.array_too_long(f"{name}[]", count, images_max)
    is_plain = count == 1 and bool(files) and files[0].name == name
    attached = [_attached(file, name if is_plain else f"{name}[{at}]", family) for at, file in enumerate(files)]
    return (*attached, *(reference(raw, f"images[{at}]", strictness) for at, raw in enumerate(named)))


def _named_in_form(body: Body) -> list[Json]:
    """Pictures a form names in JSON's way: `images[][image_url]` and `images[][file_id]`, one part each.

    So the Python SDK writes a list of objects that a caller put in `extra_body`; where one object ends and the next
    begins is lost, but each has only one key.
    """
    listed = body.values.get("images") if body.endpoint is Endpoint.EDITS_FORM else None
    named: list[Json] = []
    for raw in listed if isinstance(listed, list) else []:
        named += [{key: value} for key, value in raw.items()] if isinstance(raw, dict) else [raw]
    return named


def _refuse_strange_names(files: Sequence[File]) -> None:
    """Of the live API alone: `image` comes once, and a list is called `image[]`."""
    for file in files:
        if file.name not in {"image", "image[]"}:
            raise refusals.unknown(file.name)
    if sum(file.name == "image" for file in files) > 1:
        raise refusals.duplicate("image")


def _attached(file: File, param: str, family: Family) -> Attached:
    """An uploaded file within its limit. OpenAI's own words for a larger one are not known."""
    if file.blob.size_bytes > family.image_bytes_max:
        raise TooLarge(
            f"Invalid file '{param}': file too large. "
            f"Expected at most {family.image_bytes_max} bytes, but got {file.blob.size_bytes} instead.",
            param=param,
            code="file_too_large",
        )
    return Attached(file.blob, param)


def _not_a_file(name: str, raw: Json) -> InvalidRequest:
    error = refusals.wrong_type(name, "a file", refusals.json_type(raw))
    if isinstance(raw, str):
        return error
    # What the Node.js SDK makes of a bare Buffer: one text part per byte.
    return InvalidRequest(
        f"{error.message} Send the picture as a file part; a Buffer needs a name, as in `toFile(buffer, 'image.png')`.",
        param=error.param,
        code=error.code,
    )
