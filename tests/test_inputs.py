"""References become pictures, or an error before anything is held."""

from __future__ import annotations

import numpy as np
import pytest

from limner.blobs import Blob
from limner.contract.catalog import Delivery, Model
from limner.contract.draft import Attached, Draft, FileId, ImageRef, RemoteUrl
from limner.errors import CallerError, InvalidImageRequest, InvalidRequest, NotFound
from limner.imaging.codec import encode
from limner.inputs import InputReader
from limner.job import COMPRESSION_DEFAULT, Format, ImageRequest, Kind, Size, Strictness

MODEL = Model(id="gpt-image-2", family="gpt-image-2", created_s=0, delivery=Delivery.B64_JSON)
PNG = encode(np.full((64, 96, 4), 200, np.uint8), Format.PNG, COMPRESSION_DEFAULT, opaque=True)
JUNK = Blob.from_bytes(b"this is no picture", "image/png")


class OneFile:
    """A file store that has a single file of the account `mine`."""

    async def content(self, account_id: str, file_id: str) -> Blob | None:
        """The file, for its owner."""
        return PNG if (account_id, file_id) == ("mine", "file-1") else None


class OnePage:
    """A network with a single picture in it."""

    async def fetch(self, url: str) -> Blob:
        """The picture, at its address."""
        if url != "https://example.com/a.png":
            raise InvalidRequest("Error while downloading file. Upstream status code: 404.", param="url")
        return PNG


def draft(*images: ImageRef, mask: ImageRef | None = None) -> Draft:
    """An edit of the pictures named."""
    request = ImageRequest(kind=Kind.EDIT, model=MODEL.id, prompt="a fox")
    return Draft(request=request, model=MODEL, delivery=Delivery.B64_JSON, images=images, mask=mask)


def reader(*, downloads: bool = True, verify: bool = True) -> InputReader:
    """An input reader on the fakes above."""
    return InputReader(OneFile(), OnePage() if downloads else None, verify=verify, pixels_max=64 * 96)


@pytest.mark.parametrize(
    "ref",
    [
        Attached(PNG, "image"),
        FileId("file-1", "images[0].file_id"),
        RemoteUrl("https://example.com/a.png", "images[0].image_url"),
    ],
    ids=["attached", "file id", "address"],
)
async def test_every_kind_of_reference_becomes_the_picture(ref: ImageRef) -> None:
    """However it was named, the request holds the blob and its facts are known."""
    inputs = await reader().read(draft(ref), "mine", Strictness.LIMNER)
    assert inputs.request.images[0].read() == PNG.read()
    assert inputs.image_facts[0] is not None
    assert inputs.image_facts[0].size == Size(96, 64)


async def test_a_file_of_another_account_does_not_exist() -> None:
    """404 with the place the caller named it, not 403: ids of others are not confirmed."""
    with pytest.raises(NotFound) as refusal:
        await reader().read(draft(FileId("file-1", "images[0].file_id")), "other", Strictness.LIMNER)
    assert refusal.value.param == "images[0].file_id"


async def test_addresses_are_refused_unless_the_server_downloads() -> None:
    """The setting is off by default, and the message says what to do instead."""
    ref = RemoteUrl("https://example.com/a.png", "images[0].image_url")
    with pytest.raises(InvalidRequest, match="data: URL or a file_id") as refusal:
        await reader(downloads=False).read(draft(ref), "mine", Strictness.LIMNER)
    assert refusal.value.param == "images[0].image_url"


@pytest.mark.parametrize("position", ["image", "mask"])
async def test_what_is_no_picture_is_refused(position: str) -> None:
    """Before anything is held, with the live API's code."""
    good, bad = Attached(PNG, "image"), Attached(JUNK, position)
    wanted = draft(bad) if position == "image" else draft(good, mask=bad)
    with pytest.raises(CallerError):
        await reader().read(wanted, "mine", Strictness.LIMNER)


async def test_a_picture_of_too_many_pixels_is_refused_by_its_header() -> None:
    """One pixel row too many, and the message says what is allowed."""
    large = encode(np.full((65, 96, 4), 200, np.uint8), Format.PNG, COMPRESSION_DEFAULT, opaque=True)
    with pytest.raises(InvalidImageRequest, match="96x65") as refusal:
        await reader().read(draft(Attached(PNG, "image"), mask=Attached(large, "mask")), "mine", Strictness.LIMNER)
    assert (refusal.value.param, refusal.value.code) == ("mask", "image_too_large")


async def test_an_unreadable_picture_has_openais_code() -> None:
    """`invalid_image_file`, naming the first picture."""
    with pytest.raises(InvalidImageRequest, match="image 1") as refusal:
        await reader().read(draft(Attached(JUNK, "image")), "mine", Strictness.LIMNER)
    assert refusal.value.code == "invalid_image_file"


async def test_a_server_that_does_not_verify_takes_placeholders() -> None:
    """Client test suites upload bytes that are no pictures; facts are then unknown."""
    inputs = await reader(verify=False).read(draft(Attached(JUNK, "image")), "mine", Strictness.LIMNER)
    assert inputs.request.images == (JUNK,)
    assert inputs.image_facts == (None,)


async def test_a_generation_needs_no_pictures() -> None:
    """Nothing is fetched and nothing is refused."""
    inputs = await reader().read(draft(), "mine", Strictness.LIMNER)
    assert inputs.request.images == ()
    assert inputs.image_facts == ()
