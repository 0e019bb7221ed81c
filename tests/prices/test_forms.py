"""Forms of prices: what each is a function of, and that a hold covers whatever the request allows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.job import AREA_PX_MAX, Answer, Background, Format, ImageFacts, ImageRequest, Kind, Quality, Size, Usage
from limner.money import BASIS_POINTS
from limner.prices import PriceBook, PriceSetting, Step, Work, published
from limner.prices.written import read

QUALITIES = [quality for quality in Quality if quality is not Quality.AUTO]
SQUARE = Size(1024, 1024)

USD = st.integers(0, 10**12).map(lambda nusd: f"{nusd // 10**9}.{nusd % 10**9:09d}")
RATE = st.integers(0, 10**6).map(lambda nusd: f"{nusd // 1000}.{nusd % 1000:03d}")
SIZES = st.builds(Size, st.integers(1, 2880), st.integers(1, 2880))
TOKENS = st.integers(0, 10**6)
USAGES = st.builds(
    Usage,
    text_input_tokens=TOKENS,
    image_input_tokens=TOKENS,
    text_output_tokens=TOKENS,
    image_output_tokens=TOKENS,
)


def bands_of(sizes: list[Size], usd: list[Any]) -> PriceSetting:
    """A price by size: growing bands, then the rest."""
    growing = sorted({size.area_px: size for size in sizes}.items())
    bands = [{"up_to": str(size), "usd": price} for (_, size), price in zip(growing, usd, strict=False)]
    return {"bands": [*bands, {"usd": usd[-1]}], "input_image_usd": "0.001"}


BY_QUALITY = st.dictionaries(st.sampled_from([quality.value for quality in QUALITIES]), USD, min_size=1)
SETTINGS: st.SearchStrategy[PriceSetting] = st.one_of(
    st.just("free"),
    st.fixed_dictionaries({"per_image_usd": USD}, optional={"input_image_usd": USD}),
    st.builds(bands_of, st.lists(SIZES, max_size=4), st.lists(USD | BY_QUALITY, min_size=5, max_size=5)),
    st.fixed_dictionaries(dict.fromkeys(("first_megapixel_usd", "further_megapixel_usd", "input_megapixel_usd"), USD)),
    st.fixed_dictionaries(
        dict.fromkeys(("text_input_usd", "image_input_usd", "text_output_usd", "image_output_usd"), RATE)
    ),
)
ASKED = st.builds(
    Work,
    n=st.integers(1, 10),
    size=st.none() | SIZES,
    quality=st.sampled_from(Quality),
    usage=USAGES,
    inputs=st.lists(st.none() | SIZES, max_size=16).map(tuple),
)


@st.composite
def delivered_of(draw: st.DrawFn, asked: Work) -> Work:
    """Something that an engine may make of a request: what was open is chosen, no count is above its bound."""
    bound = asked.usage
    return Work(
        n=asked.n,
        size=asked.size or draw(SIZES),
        quality=draw(st.sampled_from(QUALITIES)) if asked.quality is Quality.AUTO else asked.quality,
        usage=Usage(
            text_input_tokens=draw(st.integers(0, bound.text_input_tokens)),
            image_input_tokens=draw(st.integers(0, bound.image_input_tokens)),
            text_output_tokens=draw(st.integers(0, bound.text_output_tokens)),
            image_output_tokens=draw(st.integers(0, bound.image_output_tokens)),
        ),
        inputs=asked.inputs,
    )


@given(SETTINGS, ASKED, st.integers(0, 10 * BASIS_POINTS), st.data())
def test_a_hold_covers_whatever_the_request_allows(
    setting: PriceSetting, asked: Work, markup_bp: int, data: st.DataObject
) -> None:
    """Whichever size and quality an engine chooses where it may, the charge is never above the hold."""
    book = PriceBook.load(published(), {"mine": setting})
    delivered = data.draw(delivered_of(asked))
    charge_nusd = book.charge_nusd("mine", delivered, markup_bp)
    assert 0 <= charge_nusd <= book.hold_nusd("mine", asked, markup_bp)


@given(SETTINGS, ASKED, st.integers(0, 10 * BASIS_POINTS))
def test_a_bill_adds_up_to_the_nano_dollar(setting: PriceSetting, asked: Work, markup_bp: int) -> None:
    """The steps and the markup are the total; the markup is what it should be, or a part of a nano-dollar more."""
    bill = PriceBook.load(published(), {"mine": setting}).bill("mine", asked, markup_bp)
    net_nusd = sum(step.count * step.each_nusd for step in bill.steps)
    assert bill.total_nusd == net_nusd + bill.markup_nusd
    assert 0 <= bill.markup_nusd * BASIS_POINTS - net_nusd * markup_bp < BASIS_POINTS
    assert all(step.count > 0 for step in bill.steps)


def steps(setting: PriceSetting, **work: Any) -> list[tuple[str, int, int]]:
    """What a bill of medium quality, unless it says otherwise, has: what, how many, nano-dollars each."""
    given: dict[str, Any] = {"n": 1, "size": SQUARE, "quality": Quality.MEDIUM, "usage": Usage()} | work
    return [(step.what, step.count, step.each_nusd) for step in read(setting, {}).steps(Work(**given))]


BANDS = {
    "bands": [
        {"up_to": "512x512", "usd": "0.01"},
        {"up_to": "1024x1024", "usd": {"low": "0.02", "high": "0.03"}},
        {"usd": {"medium": "0.015"}},
    ]
}


@pytest.mark.parametrize(
    ("size", "quality", "what", "each_nusd"),
    [
        (Size(512, 512), Quality.HIGH, "pictures up to 512x512", 10_000_000),
        (Size(1024, 256), Quality.LOW, "pictures up to 512x512", 10_000_000),
        (Size(513, 512), Quality.LOW, "pictures up to 1024x1024, low", 20_000_000),
        (SQUARE, Quality.MEDIUM, "pictures up to 1024x1024, medium", 20_000_000),
        (SQUARE, Quality.MAX, "pictures up to 1024x1024, max", 30_000_000),
        (Size(1025, 1024), Quality.LOW, "pictures over 1024x1024", 15_000_000),
    ],
)
def test_a_band_is_found_by_the_number_of_pixels(size: Size, quality: Quality, what: str, each_nusd: int) -> None:
    """Whatever its sides; a quality without a price of its own costs what the next lower one does, or the lowest."""
    assert steps(BANDS, n=2, size=size, quality=quality) == [(what, 2, each_nusd)]


def test_an_open_size_or_quality_costs_its_dearest() -> None:
    """Dearest is not largest: the hold looks at every band and quality the engine may choose."""
    assert steps(BANDS, size=None, quality=Quality.AUTO) == [("pictures up to 1024x1024, high", 1, 30_000_000)]
    assert steps(BANDS, size=None, quality=Quality.LOW) == [("pictures up to 1024x1024, low", 1, 20_000_000)]
    assert steps(BANDS, size=Size(2048, 2048), quality=Quality.AUTO) == [("pictures over 1024x1024", 1, 15_000_000)]


def test_a_single_band_is_a_price_by_quality() -> None:
    """Its name says nothing of sizes."""
    setting = {"bands": [{"usd": {"low": "0.04", "medium": "0.06"}}]}
    assert steps(setting, quality=Quality.LOW) == [("pictures, low", 1, 40_000_000)]
    assert steps(setting, quality=Quality.HIGH) == [("pictures, high", 1, 60_000_000)]


MEGAPIXELS = {"first_megapixel_usd": "0.03", "further_megapixel_usd": "0.015", "input_megapixel_usd": "0.015"}


@pytest.mark.parametrize(
    ("size", "further"),
    [(Size(512, 512), 0), (SQUARE, 0), (Size(1025, 1024), 1), (Size(2048, 1024), 1), (Size(2048, 2048), 3), (None, 7)],
)
def test_a_megapixel_begun_counts_whole(size: Size | None, further: int) -> None:
    """1024x1024 is one; a size left open is the largest there is."""
    assert sum(count for what, count, _ in steps(MEGAPIXELS, size=size) if what == "further megapixels") == further


def test_inputs_are_paid_for_each_picture_drawn_of_them() -> None:
    """One of unknown size counts as the largest result."""
    inputs = (Size(10, 10), Size(2000, 1000), None)
    assert steps(MEGAPIXELS, n=3, inputs=inputs) == [
        ("first megapixels", 3, 30_000_000),
        ("input megapixels", 3 * (1 + 2 + 8), 15_000_000),
    ]
    assert steps({"per_image_usd": "1", "input_image_usd": "0.1"}, n=3, inputs=inputs)[1] == (
        "input pictures",
        9,
        100_000_000,
    )
    assert steps({"per_image_usd": "1"}, inputs=inputs) == [("pictures", 1, 10**9)]
    assert AREA_PX_MAX < 8 * 1_048_576


def test_a_step_is_a_count_at_a_price() -> None:
    """So many, each for so much."""
    assert Step("pictures", 3, 20_000_000).amount_nusd == 60_000_000


def test_a_job_is_priced_by_what_was_asked_and_by_what_was_delivered() -> None:
    """Before, what the request leaves open is open; after, everything is as it came out."""
    facts = (ImageFacts(Format.PNG, Size(64, 32), has_alpha=False, frames=1), None)
    request = ImageRequest(kind=Kind.EDIT, model="m", prompt="x", n=2)
    asked = Work.asked(request, facts, Usage(image_output_tokens=9))
    inputs = (Size(64, 32), None)
    assert asked == Work(n=2, size=None, quality=Quality.AUTO, usage=Usage(image_output_tokens=9), inputs=inputs)
    answer = Answer(
        blobs=(),
        revised_prompts=(),
        created_s=0,
        size=SQUARE,
        quality=Quality.LOW,
        background=Background.OPAQUE,
        output_format=Format.PNG,
        usage=Usage(image_output_tokens=5),
        report={},
    )
    delivered = Work.delivered(answer, facts)
    assert delivered == Work(n=0, size=SQUARE, quality=Quality.LOW, usage=Usage(image_output_tokens=5), inputs=inputs)
    assert (asked.is_open, delivered.is_open) == (True, False)
