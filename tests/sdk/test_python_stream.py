"""The official Python SDK reads streams of a running server."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import openai
import pytest
from openai.types import (
    ImageEditCompletedEvent,
    ImageEditPartialImageEvent,
    ImageEditStreamEvent,
    ImageGenCompletedEvent,
    ImageGenPartialImageEvent,
)
from PIL import Image

Pixels = Callable[[bytes], Image.Image]


@pytest.mark.parametrize("model", ["gpt-image-2", "scripted-slow"])
def test_three_partial_pictures_come_before_the_finished_one(client: openai.OpenAI, pixels: Pixels, model: str) -> None:
    """Indices from 0 upward, whole pictures, and the completed event last; keep-alives in between are not seen."""
    with client.images.generate(
        model=model, prompt="a lighthouse", size="1024x1024", stream=True, partial_images=3
    ) as stream:
        *partials, last = list(stream)
    assert isinstance(last, ImageGenCompletedEvent)
    assert last.type == "image_generation.completed"
    assert last.usage.total_tokens == last.usage.input_tokens + last.usage.output_tokens
    for index, partial in enumerate(partials):
        assert isinstance(partial, ImageGenPartialImageEvent)
        assert (partial.type, partial.partial_image_index) == ("image_generation.partial_image", index)
    assert len(partials) == 3
    for event in (*partials, last):
        assert pixels(base64.b64decode(event.b64_json, validate=True)).size == (1024, 1024)
        assert "auto" not in {event.size, event.quality, event.background}


def test_without_partial_pictures_there_is_one_event(client: openai.OpenAI) -> None:
    """`partial_images` left out means 0."""
    with client.images.generate(model="scripted-fast", prompt="x", stream=True) as stream:
        [event] = list(stream)
    assert isinstance(event, ImageGenCompletedEvent)


def test_partial_pictures_have_the_format_asked_for(client: openai.OpenAI, pixels: Pixels) -> None:
    """Format and size of partial pictures are those of the finished one, emulated or not."""
    with client.images.generate(
        model="scripted-fast", prompt="x", size="1536x1024", output_format="webp", stream=True, partial_images=2
    ) as stream:
        events = list(stream)
    opened = [pixels(base64.b64decode(event.b64_json)) for event in events]
    assert [(image.format, image.size) for image in opened] == [("WEBP", (1536, 1024))] * 3


def test_an_edit_streams_its_own_events(client: openai.OpenAI, picture_files: Path) -> None:
    """Edits have event types of their own."""
    with client.images.edit(
        model="gpt-image-2",
        image=picture_files / "photo.png",
        mask=picture_files / "mask.png",
        prompt="a red balloon",
        stream=True,
        partial_images=3,
    ) as stream:
        *partials, last = list(stream)
    assert isinstance(last, ImageEditCompletedEvent)
    assert last.usage.input_tokens_details.image_tokens > 0
    assert [partial.type for partial in partials] == ["image_edit.partial_image"] * len(partials)
    for index, partial in enumerate(partials):
        assert isinstance(partial, ImageEditPartialImageEvent)
        assert partial.partial_image_index == index


def test_a_json_edit_streams(client: openai.OpenAI, picture_files: Path) -> None:
    """The JSON form of an edit streams too."""
    url = "data:image/png;base64," + base64.b64encode((picture_files / "photo.png").read_bytes()).decode()
    with client.post(
        "/images/edits",
        body={"model": "scripted-fast", "prompt": "x", "images": [{"image_url": url}], "stream": True},
        cast_to=ImageEditCompletedEvent,
        stream=True,
        stream_cls=openai.Stream[ImageEditStreamEvent],
    ) as stream:
        [event] = list(stream)
    assert event.type == "image_edit.completed"


def test_a_failure_in_midstream_raises(client: openai.OpenAI) -> None:
    """After partial pictures the error comes inside the stream and the SDK raises it with its code."""
    with client.images.generate(model="scripted-midway", prompt="x", stream=True, partial_images=2) as stream:
        assert next(stream).type == "image_generation.partial_image"
        assert next(stream).type == "image_generation.partial_image"
        with pytest.raises(openai.APIError) as caught:
            next(stream)
    assert caught.value.code == "image_generation_failed"
    assert caught.value.type == "image_generation_server_error"


def test_a_refusal_before_the_first_event_is_a_plain_error(client: openai.OpenAI) -> None:
    """What is wrong with the request is told by its status, also with `stream`."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="scripted-fast", prompt="x", stream=True, partial_images=4)
    assert (caught.value.param, caught.value.code) == ("partial_images", "integer_above_max_value")


async def test_the_asynchronous_client_streams(async_client: openai.AsyncOpenAI) -> None:
    """The same events, awaited."""
    stream = await async_client.images.generate(model="scripted-fast", prompt="x", stream=True, partial_images=3)
    async with stream:
        types = [event.type async for event in stream]
    assert types == ["image_generation.partial_image"] * 3 + ["image_generation.completed"]
