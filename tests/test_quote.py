"""Quotes: every published price of a picture, and that a job comes to what its quote said."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.house import answer, house

from limner.errors import CallerError
from limner.job import Json, Quality, Size
from limner.money import usd_text
from limner.prices import Bill, PriceBook, PriceSetting, Unpriced, published
from limner.quote import Quote, prompt_of, quote
from limner.tokens import count_text

BOOK = PriceBook.load(published())
SQUARE, PORTRAIT, LANDSCAPE = "1024x1024", "1024x1536", "1536x1024"
INPUTS = {"text input tokens", "image input tokens"}


def quoted(model: str, inputs: tuple[Size, ...] = (), book: PriceBook = BOOK, **fields: Json) -> Quote:
    """The quote for a short prompt."""
    return quote(book, model, {"prompt": "a fox", **fields}, inputs)


def pictures_usd(bill: Bill) -> Decimal:
    """What the pictures of a bill cost, without what went in."""
    return Decimal(usd_text(sum(step.amount_nusd for step in bill.steps if step.what not in INPUTS)))


# Dollars a picture. Sources: OpenAI image generation guide and pricing page, November 2026; the figures at 1024x1024 of
# gpt-image-2.5 from fal.ai's list for the same models.
OPENAI = {
    "gpt-image-2": {
        SQUARE: {"low": "0.006", "medium": "0.053", "high": "0.211"},
        PORTRAIT: {"low": "0.005", "medium": "0.041", "high": "0.165"},
        LANDSCAPE: {"low": "0.005", "medium": "0.041", "high": "0.165"},
    },
    "gpt-image-2.5-sunburst": {
        SQUARE: {"low": "0.006", "medium": "0.013", "high": "0.053", "xhigh": "0.094", "max": "0.211"},
    },
    "gpt-image-2.5-flare": {
        SQUARE: {"low": "0.006", "medium": "0.013", "high": "0.053", "xhigh": "0.094", "max": "0.211"},
    },
    "gpt-image-1.5": {
        SQUARE: {"low": "0.009", "medium": "0.034", "high": "0.133"},
        PORTRAIT: {"low": "0.013", "medium": "0.05", "high": "0.2"},
        LANDSCAPE: {"low": "0.013", "medium": "0.05", "high": "0.2"},
    },
    "gpt-image-1": {
        SQUARE: {"low": "0.011", "medium": "0.042"},
        PORTRAIT: {"low": "0.016", "medium": "0.063", "high": "0.25"},
        LANDSCAPE: {"low": "0.016", "medium": "0.063", "high": "0.25"},
    },
    "dall-e-3": {
        SQUARE: {"standard": "0.04", "hd": "0.08"},
        "1792x1024": {"standard": "0.08", "hd": "0.12"},
        "1024x1792": {"standard": "0.08", "hd": "0.12"},
    },
}
OPENAI_ROWS = [
    (model, size, quality, usd)
    for model, sizes in OPENAI.items()
    for size, qualities in sizes.items()
    for quality, usd in qualities.items()
]


@pytest.mark.parametrize(("model", "size", "quality", "usd"), OPENAI_ROWS)
def test_openais_pictures_cost_what_is_published(model: str, size: str, quality: str, usd: str) -> None:
    """To as many decimals as are published; for models by tokens that is the tokens of the output."""
    charge = quoted(model, size=size, quality=quality).charge
    assert pictures_usd(charge).quantize(Decimal(usd)) == Decimal(usd)


@pytest.mark.parametrize(("size", "usd"), [("256x256", "0.016"), ("512x512", "0.018"), (SQUARE, "0.02")])
def test_dall_e_2_costs_what_is_published(size: str, usd: str) -> None:
    """Three sizes, three prices."""
    assert pictures_usd(quoted("dall-e-2", size=size).charge) == Decimal(usd)


@pytest.mark.parametrize(
    ("model", "size", "quality", "usd"),
    [
        ("gpt-image-1", SQUARE, "high", "0.167"),
        ("gpt-image-1-mini", SQUARE, "low", "0.005"),
        ("gpt-image-1-mini", SQUARE, "medium", "0.011"),
        ("gpt-image-1-mini", SQUARE, "high", "0.036"),
        ("gpt-image-1-mini", PORTRAIT, "low", "0.006"),
        ("gpt-image-1-mini", PORTRAIT, "medium", "0.015"),
        ("gpt-image-1-mini", PORTRAIT, "high", "0.052"),
        ("gpt-image-1-mini", LANDSCAPE, "low", "0.006"),
        ("gpt-image-1-mini", LANDSCAPE, "medium", "0.015"),
        ("gpt-image-1-mini", LANDSCAPE, "high", "0.052"),
    ],
)
def test_some_published_pictures_cost_more_than_their_tokens(model: str, size: str, quality: str, usd: str) -> None:
    """OpenAI's table is above its own rates times its own tokens there, by less than three tenths of a cent.

    What is billed are the tokens.
    """
    pictures = pictures_usd(quoted(model, size=size, quality=quality).charge)
    assert Decimal(0) < Decimal(usd) - pictures < Decimal("0.003")


SERVICES: list[tuple[str, dict[str, str], str]] = [
    ("gemini-2.5-flash-image", {"size": SQUARE}, "0.039"),
    ("gemini-3.1-flash-image", {"size": "512x512"}, "0.045"),
    ("gemini-3.1-flash-image", {"size": SQUARE}, "0.0672"),
    ("gemini-3.1-flash-image", {"size": LANDSCAPE}, "0.0672"),
    ("gemini-3.1-flash-image", {"size": "2048x2048"}, "0.101"),
    ("gemini-3.1-flash-lite-image", {"size": SQUARE}, "0.0336"),
    ("gemini-nano-banana-2.1", {"size": SQUARE}, "0.0336"),
    ("gemini-3-pro-image", {"size": SQUARE}, "0.134"),
    ("gemini-3-pro-image", {"size": "2048x2048"}, "0.134"),
    ("flux-2-klein-4b", {"size": SQUARE}, "0.014"),
    ("flux-2-klein-4b", {"size": "2048x1024"}, "0.015"),
    ("flux-2-klein-9b", {"size": SQUARE}, "0.015"),
    ("flux-2-pro", {"size": SQUARE}, "0.03"),
    ("flux-2-pro", {"size": "2048x2048"}, "0.075"),
    ("flux-2-max", {"size": SQUARE}, "0.07"),
    ("flux-2-flex", {"size": "2048x1024"}, "0.1"),
    ("flux-kontext-pro", {"size": SQUARE}, "0.04"),
    ("flux-kontext-max", {"size": SQUARE}, "0.08"),
    ("flux-pro-1.1", {"size": SQUARE}, "0.04"),
    ("flux-pro-1.1-ultra", {"size": SQUARE}, "0.06"),
    ("flux-pro-1.0-fill", {"size": SQUARE}, "0.05"),
    ("flux-dev", {"size": SQUARE}, "0.025"),
    ("fal-ai/flux/schnell", {"size": SQUARE}, "0.003"),
    ("fal-ai/flux/dev", {"size": "1280x800"}, "0.025"),
    ("fal-ai/flux/dev", {"size": LANDSCAPE}, "0.05"),
    ("fal-ai/flux-pro/v1.1", {"size": SQUARE}, "0.04"),
    ("fal-ai/flux-pro/v1.1-ultra", {"size": SQUARE}, "0.06"),
    ("fal-ai/ideogram/v3", {"size": SQUARE}, "0.06"),
    ("fal-ai/recraft/v3/text-to-image", {"size": SQUARE}, "0.04"),
    ("fal-ai/nano-banana", {"size": SQUARE}, "0.039"),
    ("fal-ai/nano-banana-2", {"size": "512x512"}, "0.06"),
    ("fal-ai/nano-banana-2", {"size": SQUARE}, "0.08"),
    ("fal-ai/nano-banana-2", {"size": "2048x2048"}, "0.12"),
    ("fal-ai/nano-banana-pro", {"size": SQUARE}, "0.15"),
    ("grok-imagine-image", {"size": SQUARE}, "0.02"),
    ("grok-imagine-image-2.0", {"size": SQUARE, "quality": "low"}, "0.04"),
    ("grok-imagine-image-2.0", {"size": SQUARE, "quality": "medium"}, "0.06"),
    ("recraftv2", {"size": SQUARE}, "0.022"),
    ("recraftv3", {"size": SQUARE}, "0.04"),
    ("qwen-image-3.0", {"size": SQUARE}, "0.03"),
    ("qwen-image-2.0", {"size": SQUARE}, "0.035"),
    ("qwen-image-2.0-pro", {"size": SQUARE}, "0.075"),
    ("Wan2.7-Image-Edit", {"size": SQUARE}, "0.03"),
    ("Qwen-Image-Edit-Max", {"size": SQUARE}, "0.075"),
    ("accounts/fireworks/models/flux-kontext-pro", {"size": SQUARE}, "0.04"),
    ("accounts/fireworks/models/flux-kontext-max", {"size": SQUARE}, "0.08"),
    ("stable-image-core", {"size": SQUARE}, "0.03"),
    ("stable-image-ultra", {"size": SQUARE}, "0.08"),
    ("sd3.5-large", {"size": SQUARE}, "0.065"),
    ("sd3.5-large-turbo", {"size": SQUARE}, "0.04"),
    ("sd3.5-medium", {"size": SQUARE}, "0.035"),
    ("stability.stable-image-core-v1:1", {"size": SQUARE}, "0.04"),
    ("stability.sd3-5-large-v1:0", {"size": SQUARE}, "0.08"),
    ("stability.stable-image-ultra-v1:1", {"size": SQUARE}, "0.14"),
]
"""Model, request and dollars a picture, as their services publish them."""


@pytest.mark.parametrize(("model", "fields", "usd"), SERVICES)
def test_services_pictures_cost_what_is_published(model: str, fields: dict[str, Json], usd: str) -> None:
    """One picture, and ten cost ten times as much."""
    family = "dall-e-2" if fields["size"] == "512x512" else None
    one = quote(BOOK, model, {"prompt": "a fox", **fields}, family=family)
    ten = quote(BOOK, model, {"prompt": "a fox", "n": 10, **fields}, family=family)
    assert pictures_usd(one.charge) == Decimal(usd)
    assert ten.charge.total_nusd == 10 * one.charge.total_nusd


def test_every_published_price_has_been_quoted() -> None:
    """No row of the list is without its example."""
    tested = {model for model, *_ in (*OPENAI_ROWS, *SERVICES)} | {"dall-e-2", "gpt-image-1-mini"}
    prices = {id(line.written): set[str]() for line in BOOK.listings}
    for line in BOOK.listings:
        prices[id(line.written)].add(line.model)
    assert [models for models in prices.values() if not models & tested] == []


def test_an_edit_pays_for_the_pictures_that_go_in() -> None:
    """Published: an edit of one megapixel with FLUX.2 [pro] is from 0.045 dollars; 1,024 tokens for a square."""
    square = Size(1024, 1024)
    assert quoted("flux-2-pro", (square,), size=SQUARE).charge.total_nusd == 45_000_000
    steps = {step.what: step.count for step in quoted("gpt-image-2", (square, square), size=SQUARE).charge.steps}
    assert steps["image input tokens"] == 2_048


def test_unfinished_pictures_are_paid() -> None:
    """A hundred output tokens each, in hold and charge."""
    more = quoted("gpt-image-2", size=SQUARE, quality="low", stream=True, partial_images=3)
    plain = quoted("gpt-image-2", size=SQUARE, quality="low")
    assert more.charge.total_nusd - plain.charge.total_nusd == 300 * 30_000
    assert more.hold.total_nusd - plain.hold.total_nusd == 300 * 30_000


def test_what_is_left_open_is_charged_as_drawn_and_held_at_its_dearest() -> None:
    """A quote says which size and quality its charge is for."""
    found = quoted("gpt-image-2")
    assert (found.size, found.quality) == (Size(1024, 1024), Quality.MEDIUM)
    assert pictures_usd(found.charge) == Decimal("0.05268")
    assert pictures_usd(found.hold) == Decimal("0.71157")


def test_a_prompt_can_be_any_number_of_tokens_long() -> None:
    """For who knows the length of a prompt and not its words."""
    assert [count_text(prompt_of(tokens)) for tokens in (1, 20, 1_000)] == [1, 20, 1_000]


def test_what_the_server_would_refuse_is_refused() -> None:
    """With the sentence a caller would get; a model without a price with that of the start."""
    with pytest.raises(CallerError, match="divisible by 16"):
        quoted("gpt-image-2", size="1000x1000")
    with pytest.raises(Unpriced, match="no price is published for nobodys"):
        quoted("nobodys")


FORMS: list[PriceSetting] = [
    {"like": "gpt-image-2"},
    {"per_image_usd": "0.02"},
    {"bands": [{"up_to": SQUARE, "usd": {"low": "0.01", "high": "0.04"}}, {"usd": "0.05"}]},
    {"first_megapixel_usd": "0.03", "further_megapixel_usd": "0.015", "input_megapixel_usd": "0"},
    "free",
]


@pytest.mark.parametrize("setting", FORMS)
@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "a fox", "size": SQUARE, "quality": "low"},
        {"prompt": "a fox", "size": LANDSCAPE, "quality": "high", "n": 2},
        {"prompt": "a fox in the snow", "size": SQUARE},
    ],
)
async def test_a_job_is_held_and_charged_what_its_quote_says(
    tmp_path: Path, setting: PriceSetting, fields: dict[str, Any]
) -> None:
    """The gateway and the quote are one calculation, whatever form the price has."""
    book = PriceBook.load(published(), {"gpt-image-2": setting})
    said = quote(book, "gpt-image-2", fields)
    async with house(tmp_path, prices=book) as home:
        run = await home.submit(json.dumps(fields))
        await answer(run)
        (record,) = home.records
        assert (record.size, record.quality) == (said.size, said.quality)
        assert (record.hold_nusd, record.charge_nusd) == (said.hold.total_nusd, said.charge.total_nusd)
        assert record.price_book == said.price_book
        assert await home.balance_nusd() == -said.charge.total_nusd
