"""Tokens: every published or measured point, and bounds that hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.job import Format, ImageFacts, ImageRequest, Kind, Quality, Size, Usage
from limner.tokens import count_text, usage_bound, usage_of, warm_up

LOW, MEDIUM, HIGH, XHIGH, MAX = Quality.LOW, Quality.MEDIUM, Quality.HIGH, Quality.XHIGH, Quality.MAX


def size(text: str) -> Size:
    """WIDTHxHEIGHT as a size."""
    width, height = text.split("x")
    return Size(int(width), int(height))


def facts(text: str) -> ImageFacts:
    """A picture of that size."""
    return ImageFacts(Format.PNG, size(text), has_alpha=False, frames=1)


def request(text: str | None = "1024x1024", quality: Quality = LOW, **more: object) -> ImageRequest:
    """A request for that size and quality."""
    given = {"kind": Kind.GENERATION, "model": "m", "prompt": "a cat", "size": size(text) if text else None} | more
    return ImageRequest(**given, quality=quality)  # type: ignore[arg-type]  # a row of a table


def drawn(family: str, text: str, quality: Quality) -> int:
    """Output tokens of one picture."""
    return usage_of(family, request(text, quality), (), partials=0).image_output_tokens


@pytest.mark.parametrize(
    ("text", "low", "medium", "high"),
    [
        ("1024x1024", 196, 1756, 7024),
        ("1536x1024", 158, 1372, 5488),
        ("1024x1536", 158, 1372, 5488),
        ("2048x2048", 397, 3568, 14272),
        ("2048x1152", 157, 1413, 5650),
        ("3840x2160", 371, 3336, 13342),
        ("2160x3840", 371, 3336, 13342),
        ("1536x864", 120, 1078, 4312),
        ("1280x720", 106, 947, 3787),
    ],
)
def test_output_of_gpt_image_2(text: str, low: int, medium: int, high: int) -> None:
    """Published and measured points, July 2026; newer qualities count as the highest it has."""
    assert [drawn("gpt-image-2", text, quality) for quality in (LOW, MEDIUM, HIGH)] == [low, medium, high]
    assert drawn("gpt-image-2", text, XHIGH) == drawn("gpt-image-2", text, MAX) == high


@pytest.mark.parametrize("family", ["gpt-image-2.5", "gpt-image-2.6"])
def test_output_of_gpt_image_2_5(family: str) -> None:
    """Five qualities, measured in 2026; 2.6 is taken to count alike."""
    found = [drawn(family, "1024x1024", quality) for quality in (LOW, MEDIUM, HIGH, XHIGH, MAX)]
    assert found == [196, 439, 1756, 3122, 7024]


@pytest.mark.parametrize("family", ["gpt-image-1", "gpt-image-1.5", "gpt-image-1-mini"])
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("1024x1024", (272, 1056, 4160)),
        ("1024x1536", (408, 1584, 6240)),
        ("1536x1024", (400, 1568, 6208)),
        ("256x256", (272, 1056, 4160)),
        ("500x900", (408, 1584, 6240)),
    ],
)
def test_output_of_gpt_image_1(family: str, text: str, tokens: tuple[int, int, int]) -> None:
    """The guide's table; another size counts as the one of its orientation."""
    assert tuple(drawn(family, text, quality) for quality in (LOW, MEDIUM, HIGH)) == tokens
    assert drawn(family, text, MAX) == tokens[2]


def test_a_family_nobody_measured_counts_as_gpt_image_2() -> None:
    """So that usage is always filled."""
    assert usage_of("dall-e-3", request(), (), partials=0) == usage_of("gpt-image-2", request(), (), partials=0)


def test_each_picture_and_each_partial_counts() -> None:
    """The picture n times, and 100 for each partial delivered: 4460 was recorded for three."""
    assert usage_of("gpt-image-2", request(n=3), (), partials=0).image_output_tokens == 3 * 196
    assert usage_of("gpt-image-1", request(quality=HIGH), (), partials=3).image_output_tokens == 4460


@pytest.mark.parametrize(
    ("text", "patches"),
    [
        ("128x128", 64),
        ("256x256", 256),
        ("512x512", 1024),
        ("1024x1024", 1024),
        ("1280x720", 920),
        ("1536x1536", 1521),
        ("2048x1152", 1508),
        ("768x768", 1024),
    ],
)
def test_input_of_gpt_image_2(text: str, patches: int) -> None:
    """Measured points, July 2026; 768x768 is enlarged to 1024 and no further."""
    assert usage_of("gpt-image-2", request(), (facts(text),), partials=0).image_input_tokens == patches


@given(st.integers(1, 100_000), st.integers(1, 100_000))
def test_no_input_picture_counts_more_than_its_limit(width: int, height: int) -> None:
    """1536 patches at most, of any shape, and never none."""
    picture = ImageFacts(Format.PNG, Size(width, height), has_alpha=False, frames=1)
    assert 1 <= usage_of("gpt-image-2", request(), (picture,), partials=0).image_input_tokens <= 1536


@pytest.mark.parametrize(
    ("text", "fidelity", "tokens"),
    [
        ("512x512", None, 194),
        ("64x64", "low", 194),
        ("1536x1024", None, 323),
        ("512x512", "high", 194 + 4160),
        ("1536x1024", "high", 323 + 6240),
    ],
)
def test_input_of_gpt_image_1(text: str, fidelity: str | None, tokens: int) -> None:
    """194 was recorded for a square; high fidelity adds what the guide says."""
    extra = {"input_fidelity": fidelity} if fidelity else {}
    assert usage_of("gpt-image-1.5", request(extra=extra), (facts(text),), partials=0).image_input_tokens == tokens


def test_inputs_add_up_and_unknown_ones_count_in_full() -> None:
    """Recorded: two squares 388 on gpt-image-1.5. A picture nobody looked at counts as much as one can."""
    two = (facts("512x512"), facts("512x512"))
    assert usage_of("gpt-image-1.5", request(), two, partials=0).image_input_tokens == 388
    assert usage_of("gpt-image-2", request(), (None,), partials=0).image_input_tokens == 1536


@pytest.mark.parametrize(
    ("family", "pictures", "added"),
    [
        ("gpt-image-1", 0, 6),
        ("gpt-image-2", 0, 6),
        ("gpt-image-2", 1, 7),
        ("gpt-image-2.5", 0, 10),
        ("gpt-image-1.5", 1, 22),
        ("gpt-image-1.5", 2, 38),
    ],
)
def test_what_a_model_adds_to_the_prompt(family: str, pictures: int, added: int) -> None:
    """Recorded 2025 to August 2026."""
    usage = usage_of(family, request(), (facts("64x64"),) * pictures, partials=0)
    assert usage.text_input_tokens == count_text("a cat") + added


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("hello world", 2),
        ("tiktoken is great!", 6),
        ("A cute baby sea otter wearing a beret", 10),
        ("antidisestablishmentarianism", 6),
        ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 8),
        ("<|endoftext|>", 7),
    ],
)
def test_text_is_counted_as_o200k_base(text: str, tokens: int) -> None:
    """Counts from OpenAI's cookbook on tiktoken and its tokenizer; special tokens are plain text."""
    warm_up()
    assert count_text(text) == tokens


@pytest.mark.parametrize("text", ["a", " ", "\n", "\U0001f600", "aB", "'s", "\u200d", "e\u0301", "!", "1", "\0", "漢"])
def test_hostile_text_is_counted(text: str) -> None:
    """32,000 characters of anything are counted, and come to no more than their bytes."""
    hostile = text * (32_000 // len(text))
    assert 0 < count_text(hostile) <= len(hostile.encode())


def test_the_bound_of_an_open_request() -> None:
    """Size and quality left open count as the most their family can draw."""
    bound = usage_bound("gpt-image-2", request(None, Quality.AUTO, n=2), ())
    assert bound == Usage(text_input_tokens=len("a cat") + 6, image_output_tokens=2 * 23_719)
    assert usage_bound("gpt-image-1", request(None, Quality.AUTO), ()).image_output_tokens == 6240
    assert usage_bound("gpt-image-2.5", request(quality=Quality.AUTO), ()).image_output_tokens == 7024


def test_the_bound_of_a_stream_has_all_its_partials() -> None:
    """They are only made for a stream."""
    assert usage_bound("gpt-image-2", request(stream=True, partial_images=3), ()).image_output_tokens == 196 + 300
    assert usage_bound("gpt-image-2", request(partial_images=3), ()).image_output_tokens == 196


@given(
    family=st.sampled_from(["gpt-image-2", "gpt-image-2.5", "gpt-image-1", "gpt-image-1-mini", "dall-e-2"]),
    width=st.integers(16, 240).map(lambda step: step * 16),
    height=st.integers(16, 240).map(lambda step: step * 16),
    quality=st.sampled_from([LOW, MEDIUM, HIGH, XHIGH, MAX]),
    partials=st.integers(0, 3),
)
def test_no_job_exceeds_its_bound(family: str, width: int, height: int, quality: Quality, partials: int) -> None:
    """Whatever an engine draws within the contract's sizes, the hold covers it."""
    if width * height > 8_294_400:
        width = height = 2880
    asked = request(None, Quality.AUTO, stream=True, partial_images=3)
    used = request(f"{width}x{height}", quality)
    bound = usage_bound(family, asked, ())
    assert usage_of(family, used, (), partials=partials).total_tokens <= bound.total_tokens
