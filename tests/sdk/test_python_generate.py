"""The official Python SDK asks a running server for pictures."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import openai
import pytest
from PIL import Image
from tests.serving import Server

Pixels = Callable[[bytes], Image.Image]

EVERYTHING: dict[str, Any] = {
    "model": "gpt-image-2.6-flare",
    "prompt": "a lighthouse on a cliff",
    "background": "opaque",
    "complexity": "low",
    "frame_count": 2,
    "frame_duration_ms": 20,
    "moderation": "low",
    "n": 1,
    "output_compression": 100,
    "output_format": "png",
    "partial_images": 1,
    "quality": "low",
    "response_format": "b64_json",
    "safety_identifier": "someone",
    "size": "1024x1024",
    "stream": False,
    "style": "vivid",
    "user": "somebody",
}
"""Every parameter of `images.generate` but `svg`, which asks for another format."""


def decoded(image: openai.types.Image) -> bytes:
    """The bytes of one picture of an answer."""
    assert image.b64_json is not None
    return base64.b64decode(image.b64_json, validate=True)


def test_a_prompt_alone_is_enough(client: openai.OpenAI, pixels: Pixels) -> None:
    """The one line of OpenAI's quick start gives a PNG, without `url` and `revised_prompt`."""
    answer = client.images.generate(prompt="a red bicycle under an oak tree")
    assert answer.data is not None
    [image] = answer.data
    assert (image.url, image.revised_prompt) == (None, None)
    assert pixels(decoded(image)).format == "PNG"
    assert "auto" not in {answer.size, answer.quality, answer.background}


def test_number_size_format_and_compression_are_exact(client: openai.OpenAI, pixels: Pixels) -> None:
    """Two WebP pictures of 1536x1024, and usage that adds up."""
    answer = client.images.generate(
        model="gpt-image-2",
        prompt="a harbour at dusk",
        n=2,
        size="1536x1024",
        quality="low",
        output_format="webp",
        output_compression=60,
    )
    assert answer.data is not None
    opened = [pixels(decoded(image)) for image in answer.data]
    assert [(image.format, image.size) for image in opened] == [("WEBP", (1536, 1024))] * 2
    assert (answer.size, answer.quality, answer.output_format) == ("1536x1024", "low", "webp")
    assert answer.usage is not None
    assert answer.usage.output_tokens_details is not None
    assert answer.usage.output_tokens_details.image_tokens == 2 * 158  # the published figure for low 1536x1024
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_compression_changes_the_bytes(client: openai.OpenAI) -> None:
    """A lower `output_compression` makes a smaller file of the same picture."""
    sizes = []
    for compression in (10, 95):
        answer = client.images.generate(
            model="scripted-fast", prompt="x", output_format="jpeg", output_compression=compression
        )
        assert answer.data is not None
        sizes.append(len(decoded(answer.data[0])))
    assert sizes[0] < sizes[1] / 2


@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_transparent_means_an_alpha_channel(client: openai.OpenAI, pixels: Pixels, output_format: Any) -> None:
    """A transparent background has pixels that show nothing and pixels that show the thing."""
    answer = client.images.generate(
        model="gpt-image-2",
        prompt="a yellow star sticker",
        background="transparent",
        output_format=output_format,
        size="1024x1024",
    )
    assert answer.data is not None
    assert answer.background == "transparent"
    image = pixels(decoded(answer.data[0]))
    assert image.mode == "RGBA"
    assert image.getchannel("A").getextrema() == (0, 255)


def test_every_parameter_is_taken(client: openai.OpenAI, pixels: Pixels) -> None:
    """All parameters of the method at once are served; what is not for this model is told, not refused."""
    answer = client.images.with_raw_response.generate(**EVERYTHING)
    parsed = answer.parse()
    assert parsed.data is not None
    assert pixels(decoded(parsed.data[0])).size == (1024, 1024)
    assert parsed.safety_identifier == "someone"
    report = answer.headers["limner-parameters"]
    assert {"size=honoured", "style=ignored"} <= set(report.split(", "))


def test_a_gif_has_the_frames_that_the_report_speaks_of(client: openai.OpenAI, pixels: Pixels) -> None:
    """As many as were asked for where they are honoured, and one where a picture was made a GIF on its way."""
    answer = client.images.with_raw_response.generate(
        model="gpt-image-2.6-flare",
        prompt="a balloon over the sea",
        size="1024x640",
        output_format="gif",
        extra_body={"frame_count": 4, "frame_duration_ms": 80},
    )
    parsed = answer.parse()
    assert parsed.data is not None
    gif = pixels(decoded(parsed.data[0]))
    assert (gif.format, gif.size) == ("GIF", (1024, 640))
    report = answer.headers["limner-parameters"].split(", ")
    told = {4: {"frame_count=honoured", "output_format=honoured"}, 1: {"frame_count=ignored", "output_format=emulated"}}
    assert told[getattr(gif, "n_frames", 1)] <= {*report}


def test_a_drawing_is_shapes_where_the_report_says_so(client: openai.OpenAI) -> None:
    """An SVG that was not made of a picture holds none; a style that it leaves out is told of the prompt."""
    answer = client.images.with_raw_response.generate(
        model="gpt-image-2.6-flare", prompt="a red fox, stained glass", size="1024x1024", output_format="svg"
    )
    parsed = answer.parse()
    assert parsed.data is not None
    report = answer.headers["limner-parameters"].split(", ")
    drawn = "output_format=honoured" in report
    assert (b"<image" in decoded(parsed.data[0])) is not drawn
    assert ('prompt=adapted;to="without its style stainedglass"' in report) is drawn


def test_extra_parameters_do_no_harm(client: openai.OpenAI) -> None:
    """A parameter nobody knows is ignored and told."""
    answer = client.images.with_raw_response.generate(
        model="scripted-fast", prompt="x", extra_body={"negative_prompt": "rain", "nested": {"a": [1]}}
    )
    report = answer.headers["limner-parameters"].split(", ")
    assert {"negative_prompt=ignored", "nested=ignored"} <= set(report)


def test_the_same_seed_draws_the_same_picture(client: openai.OpenAI) -> None:
    """`seed` in `extra_body` reaches the embedded engine."""
    drawn = set()
    for seed in (7, 7, 8):
        answer = client.images.generate(prompt="a forest", size="1024x640", quality="low", extra_body={"seed": seed})
        assert answer.data is not None
        drawn.add(answer.data[0].b64_json)
    assert len(drawn) == 2


def test_explicit_nulls_count_as_not_given(client: openai.OpenAI) -> None:
    """The SDK sends None as null, which means the default."""
    answer = client.images.generate(
        model="scripted-fast", prompt="x", n=None, size=None, quality=None, output_compression=None, partial_images=None
    )
    assert answer.data is not None
    assert len(answer.data) == 1


def test_raw_responses_have_openais_headers(client: openai.OpenAI) -> None:
    """The headers SDK users read are there."""
    answer = client.images.with_raw_response.generate(model="scripted-fast", prompt="x", size="1024x1024")
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.parse()._request_id == answer.headers["x-request-id"]
    assert int(answer.headers["openai-processing-ms"]) >= 0
    assert answer.headers["openai-version"] == "2020-10-01"
    assert answer.headers["openai-organization"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["limner-parameters"] == "size=honoured"


@pytest.mark.parametrize("prefix", ["/v1", "/openai/v1"])
def test_both_base_urls_answer(server: Server, key: str, prefix: str) -> None:
    """OpenAI's own path and ours are one API."""
    with openai.OpenAI(api_key=key, base_url=server.url + prefix) as client:
        assert client.images.generate(model="scripted-fast", prompt="x").data


async def test_the_asynchronous_client_draws_side_by_side(async_client: openai.AsyncOpenAI, pixels: Pixels) -> None:
    """Several awaited at once all arrive."""
    answers = await asyncio.gather(
        *(async_client.images.generate(model="scripted-fast", prompt=f"number {i}") for i in range(8))
    )
    for answer in answers:
        assert answer.data is not None
        assert pixels(decoded(answer.data[0])).size == (1024, 1024)


async def test_the_asynchronous_client_reads_raw_responses(async_client: openai.AsyncOpenAI) -> None:
    """Headers and parsed answer, as with the synchronous client."""
    answer = await async_client.images.with_raw_response.generate(model="scripted-fast", prompt="x", n=2)
    parsed = answer.parse()
    assert parsed.data is not None
    assert len(parsed.data) == 2
    assert answer.headers["x-request-id"] == parsed._request_id
