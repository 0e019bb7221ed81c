"""From references to pictures: fetch what a draft names, and check it before anything is held or drawn.

The last step before admission: nothing here costs the caller anything.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Protocol

from limner.blobs import Blob
from limner.contract.draft import Attached, Draft, FileId, ImageRef
from limner.contract.pictures import check_declared_types, check_pictures
from limner.contract.refusals import echo
from limner.errors import InvalidImageRequest, InvalidRequest, NotFound
from limner.imaging.codec import UnreadableImage, inspect
from limner.job import ImageFacts, ImageRequest, Strictness


class FileContents(Protocol):
    """Where uploaded files are read from."""

    async def content(self, account_id: str, file_id: str) -> Blob | None:
        """The content of one of the account's files, or None when it has no such file."""
        ...


class Downloads(Protocol):
    """Where remote pictures are downloaded."""

    async def fetch(self, url: str) -> Blob:
        """The picture at `url`. Raises InvalidRequest when it cannot be had."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """A request with its pictures, and what is known of them; facts are None when the server does not verify."""

    request: ImageRequest
    image_facts: tuple[ImageFacts | None, ...]


class InputReader:
    """Turns drafts into requests.

    downloads: None refuses remote URLs. verify: whether pictures are checked at all. pixels_max: of each picture, told
    by its header, so that a file of a few kilobytes cannot ask for gigabytes.
    """

    def __init__(self, files: FileContents, downloads: Downloads | None, *, verify: bool, pixels_max: int) -> None:
        self._files = files
        self._downloads = downloads
        self._verify = verify
        self._pixels_max = pixels_max

    async def read(self, draft: Draft, account_id: str, strictness: Strictness) -> Inputs:
        """Fetch and check the pictures of `draft`.

        Raises InvalidRequest or InvalidImageRequest for a picture that cannot be had or used.
        """
        check_declared_types(draft, strictness)
        images = tuple([await self._blob(ref, account_id) for ref in draft.images])
        mask = await self._blob(draft.mask, account_id) if draft.mask else None
        markup = await self._blob(draft.markup, account_id) if draft.markup else None
        if not images:
            return Inputs(request=draft.request, image_facts=())
        request = replace(draft.request, images=images, mask=mask, markup=markup)
        blobs = (*images, mask, markup)
        on_disk = any(blob is not None and blob.in_file for blob in blobs)
        facts = await asyncio.to_thread(_facts, blobs) if on_disk else _facts(blobs)
        if self._verify:
            self._check_pixels(draft, facts)
            check_pictures(draft, facts[: len(images)], mask=facts[-2], markup=facts[-1], strictness=strictness)
        return Inputs(request=request, image_facts=facts[: len(images)])

    def _check_pixels(self, draft: Draft, facts: tuple[ImageFacts | None, ...]) -> None:
        for ref, fact in zip((*draft.images, draft.mask, draft.markup), facts, strict=True):
            if ref and fact and fact.size.area_px > self._pixels_max:
                raise InvalidImageRequest(
                    f"The image is too large: it has {fact.size} pixels, and at most {self._pixels_max} in all are "
                    "accepted.",
                    param=ref.param,
                    code="image_too_large",
                )

    async def _blob(self, ref: ImageRef, account_id: str) -> Blob:
        if isinstance(ref, Attached):
            return ref.blob
        if isinstance(ref, FileId):
            content = await self._files.content(account_id, ref.id)
            if content is None:
                raise NotFound(f"No such File object: {echo(ref.id)}", param=ref.param)
            return content
        if self._downloads is None:
            raise InvalidRequest(
                "This server does not download images: send a data: URL or a file_id, or ask its operator to turn on "
                "`remote_images`.",
                param=ref.param,
                code="invalid_value",
            )
        return await self._downloads.fetch(ref.url)


def _facts(blobs: tuple[Blob | None, ...]) -> tuple[ImageFacts | None, ...]:
    """What each file's header says, None for one that is absent or unreadable. Reads the disk: runs in a thread."""
    facts: list[ImageFacts | None] = []
    for blob in blobs:
        try:
            facts.append(inspect(blob) if blob else None)
        except UnreadableImage:
            facts.append(None)
    return tuple(facts)
