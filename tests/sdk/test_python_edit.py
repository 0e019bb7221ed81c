"""The official Python SDK sends pictures to a running server, in every way it can."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from openai.types import ImagesResponse
from PIL import Image

Pixels = Callable[[bytes], Image.Image]
Upload = Callable[[Path], Any]

TOKENS_OF_PHOTO = 1024
"""Input tokens of a picture of 1024x1024 by gpt-image-2's published formula."""


def named(data: bytes, name: str) -> io.BytesIO:
    """A file object in memory that has a name."""
    file = io.BytesIO(data)
    file.name = name
    return file


UPLOADS: dict[str, Upload] = {
    "bytes": lambda folder: (folder / "photo.png").read_bytes(),
    "BytesIO": lambda folder: io.BytesIO((folder / "photo.png").read_bytes()),
    "named BytesIO": lambda folder: named((folder / "photo.png").read_bytes(), "photo.png"),
    "Path": lambda folder: folder / "photo.png",
    "name and bytes": lambda folder: ("photo.png", (folder / "photo.png").read_bytes()),
    "name, bytes and type": lambda folder: ("photo", (folder / "photo.png").read_bytes(), "image/png"),
    "name, bytes, type and headers": lambda folder: (
        "photo", (folder / "photo.png").read_bytes(), "image/png", {"x-note": "kept out of the way"}
    ),
    "wrong type": lambda folder: ("photo.jpg", (folder / "photo.png").read_bytes(), "image/jpeg"),
    "name that is not ASCII": lambda folder: ('фото "1".png', (folder / "photo.png").read_bytes()),
    "list of one": lambda folder: [folder / "photo.png"],
}  # fmt: skip
"""What a user may give as `image`: how it looks -> the value."""


def decoded(answer: ImagesResponse) -> bytes:
    """The bytes of the only picture of an answer."""
    assert answer.data is not None
    [image] = answer.data
    assert image.b64_json is not None
    return base64.b64decode(image.b64_json, validate=True)


def image_tokens(answer: ImagesResponse) -> int:
    """How much of the input was pictures."""
    assert answer.usage is not None
    return answer.usage.input_tokens_details.image_tokens


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS.keys())
def test_every_form_of_upload_arrives(client: openai.OpenAI, picture_files: Path, upload: Upload) -> None:
    """However the file is given, it is seen as the picture it is."""
    answer = client.images.edit(model="scripted-fast", image=upload(picture_files), prompt="make it snow")
    assert image_tokens(answer) == TOKENS_OF_PHOTO


def test_an_open_file_arrives(client: openai.OpenAI, picture_files: Path) -> None:
    """The form of upload in OpenAI's own examples."""
    with (picture_files / "photo.png").open("rb") as file:
        answer = client.images.edit(model="scripted-fast", image=file, prompt="make it snow")
    assert image_tokens(answer) == TOKENS_OF_PHOTO


def test_several_pictures_of_different_kinds_arrive(client: openai.OpenAI, picture_files: Path) -> None:
    """PNG, JPEG and WebP together, each counted."""
    answer = client.images.edit(
        model="scripted-fast",
        image=[picture_files / "photo.png", picture_files / "photo.jpg", (picture_files / "photo.webp").read_bytes()],
        prompt="all of them on one table",
    )
    assert image_tokens(answer) > TOKENS_OF_PHOTO


def test_sixteen_pictures_arrive(client: openai.OpenAI, picture_files: Path) -> None:
    """As many as OpenAI takes."""
    answer = client.images.edit(
        model="scripted-fast", image=[picture_files / "photo.png"] * 16, prompt="a wall of them"
    )
    assert image_tokens(answer) == 16 * TOKENS_OF_PHOTO


@pytest.mark.parametrize("model", ["gpt-image-2", "scripted-fast"])
def test_pixels_outside_the_mask_stay_the_same(
    client: openai.OpenAI, picture_files: Path, pixels: Pixels, model: str
) -> None:
    """Inpainting changes what the mask shows and not one pixel more, whether or not the engine knows masks."""
    answer = client.images.edit(
        model=model,
        image=picture_files / "photo.png",
        mask=picture_files / "mask.png",
        prompt="a red balloon",
        size="1024x1024",
    )
    before = np.asarray(pixels((picture_files / "photo.png").read_bytes()).convert("RGB"))
    after = np.asarray(pixels(decoded(answer)).convert("RGB"))
    repaint = np.asarray(pixels((picture_files / "mask.png").read_bytes()))[..., 3] == 0
    assert np.array_equal(after[~repaint], before[~repaint])
    assert not np.array_equal(after[repaint], before[repaint])


def test_all_parameters_of_an_edit_are_taken(client: openai.OpenAI, picture_files: Path, pixels: Pixels) -> None:
    """Every parameter of the method at once, in a multipart form."""
    answer = client.images.edit(
        model="gpt-image-1.5",
        image=[picture_files / "photo.png"],
        mask=picture_files / "mask.png",
        prompt="a red balloon",
        background="opaque",
        input_fidelity="high",
        n=1,
        output_compression=70,
        output_format="jpeg",
        partial_images=1,
        quality="low",
        response_format="b64_json",
        safety_identifier="someone",
        size="1024x1024",
        stream=False,
        user="somebody",
        extra_body={"moderation": "low", "nonsense": [{"a": 1}, {"b": 2}]},
    )
    assert (answer.output_format, answer.quality, answer.size) == ("jpeg", "low", "1024x1024")
    assert answer.safety_identifier == "someone"
    assert pixels(decoded(answer)).format == "JPEG"


def test_an_uploaded_file_can_be_edited_by_its_id(client: openai.OpenAI, picture_files: Path) -> None:
    """Files API, then the JSON form of an edit; picture and mask by id."""
    photo = client.files.create(file=picture_files / "photo.png", purpose="vision")
    mask = client.files.create(file=picture_files / "mask.png", purpose="vision")
    answer = client.post(
        "/images/edits",
        body={
            "model": "scripted-fast",
            "prompt": "a red balloon",
            "images": [{"file_id": photo.id}],
            "mask": {"file_id": mask.id},
        },
        cast_to=ImagesResponse,
    )
    assert image_tokens(answer) == TOKENS_OF_PHOTO


def test_a_data_url_can_be_edited(client: openai.OpenAI, picture_files: Path) -> None:
    """The JSON form of an edit with the picture inside it."""
    url = "data:image/png;base64," + base64.b64encode((picture_files / "photo.png").read_bytes()).decode()
    answer = client.post(
        "/images/edits",
        body={"model": "scripted-fast", "prompt": "x", "images": [{"image_url": url}, {"image_url": url}]},
        cast_to=ImagesResponse,
    )
    assert image_tokens(answer) == 2 * TOKENS_OF_PHOTO


def test_variations_still_work(client: openai.OpenAI, picture_files: Path, pixels: Pixels) -> None:
    """The method OpenAI retired gives a picture of the size asked for."""
    with pytest.warns(DeprecationWarning, match="deprecated"):
        answer = client.images.create_variation(
            model="gpt-image-2",
            image=picture_files / "photo.png",
            size="1024x1024",
            response_format="b64_json",
        )
    assert pixels(decoded(answer)).size == (1024, 1024)


async def test_the_asynchronous_client_edits(
    async_client: openai.AsyncOpenAI, picture_files: Path, pixels: Pixels
) -> None:
    """An edit with a mask, awaited."""
    answer = await async_client.images.edit(
        model="gpt-image-2",
        image=(picture_files / "photo.png").read_bytes(),
        mask=(picture_files / "mask.png").read_bytes(),
        prompt="a red balloon",
        size="1024x1024",
    )
    assert pixels(decoded(answer)).size == (1024, 1024)
