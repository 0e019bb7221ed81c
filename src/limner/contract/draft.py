"""What parsing yields: a checked request whose pictures may still have to be fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from limner.blobs import Blob
from limner.contract.catalog import Delivery, Model
from limner.job import ImageRequest, Report


@dataclass(frozen=True, slots=True)
class FileId:
    """A picture uploaded before through `/files`. param: where the caller named it, such as `images[0].file_id`."""

    id: str
    param: str


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    """A picture to download. param: where the caller named it, such as `images[0].image_url`."""

    url: str
    param: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A picture that came with the request. param: the field or part it came in, such as `image[0]` or `mask`.

    in_json: whether it came as a data: URL rather than as a file.
    """

    blob: Blob
    param: str
    in_json: bool = False


ImageRef: TypeAlias = Attached | FileId | RemoteUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A parsed request. `request` has no pictures yet: they are the references beside it, in the caller's order.

    delivery: how the answer carries its pictures. given: wire names of the parameters the caller sent and the contract
    knows, without `model`, `prompt` and pictures. unknown: names it does not know (lenient rules only), in the
    order sent; their JSON values are in `request.extra`. told: what the contract itself did with a parameter (`quality`
    `standard` taken for `auto`, `response_format` without effect); it outweighs what later layers find.
    """

    request: ImageRequest
    model: Model
    delivery: Delivery
    images: tuple[ImageRef, ...] = ()
    mask: ImageRef | None = None
    markup: ImageRef | None = None
    given: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    told: Report = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDraft:
    """A parsed task: what to draw, and where to tell of it, unless nobody wants to be told."""

    draft: Draft
    webhook: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a multipart body: a text field, or a file when it has a file name or an image's content type.

    name: the field name as sent, brackets included. content_type: as sent, lower-case, without parameters, or None.
    text: a text part's value, line breaks as sent. blob: a file part's content, whose media type is `content_type` or
    `application/octet-stream`.
    """

    name: str
    filename: str | None = None
    content_type: str | None = None
    text: str | None = None
    blob: Blob | None = None
