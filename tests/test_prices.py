"""The price book against OpenAI's published prices, and the operator's own laid over it."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.contract.families import known_models
from limner.job import Usage
from limner.money import usd_text
from limner.prices import Free, InvalidPrice, PerImage, PriceBook, PriceSetting, Unpriced, published

BOOK = PriceBook.load(published())
TOKENS = st.integers(0, 10**6)
RATES = {"text_input_usd": "1", "image_input_usd": "2", "text_output_usd": "3", "image_output_usd": "4"}

# Output tokens and dollars a picture. Source: OpenAI image generation guide and pricing page, November 2026.
PER_PICTURE = [
    ("gpt-image-2", 196, "0.006"),
    ("gpt-image-2", 1756, "0.053"),
    ("gpt-image-2", 7024, "0.211"),
    ("gpt-image-2", 158, "0.005"),
    ("gpt-image-2", 1372, "0.041"),
    ("gpt-image-2", 5488, "0.165"),
    ("gpt-image-1.5", 272, "0.009"),
    ("gpt-image-1.5", 1056, "0.034"),
    ("gpt-image-1.5", 4160, "0.133"),
    ("gpt-image-1.5", 408, "0.013"),
    ("gpt-image-1.5", 1568, "0.05"),
    ("gpt-image-1.5", 6240, "0.2"),
    ("gpt-image-1", 272, "0.011"),
    ("gpt-image-1", 1056, "0.042"),
    ("gpt-image-1", 408, "0.016"),
    ("gpt-image-1", 1584, "0.063"),
    ("gpt-image-1", 6240, "0.25"),
]


@pytest.mark.parametrize(("model", "tokens", "usd"), PER_PICTURE)
def test_pictures_cost_what_is_published(model: str, tokens: int, usd: str) -> None:
    """Token rates times published token counts round to the published price of a picture."""
    charge_nusd = BOOK.charge_nusd(model, Usage(image_output_tokens=tokens), 1)
    assert Decimal(usd_text(charge_nusd)).quantize(Decimal("0.001")) == Decimal(usd)


@pytest.mark.parametrize("model", list(known_models()))
def test_every_known_model_has_a_price(model: str) -> None:
    """What a server offers without configuration is priced, and never at nothing."""
    BOOK.require([model])
    assert BOOK.charge_nusd(model, Usage(image_output_tokens=1), 1) > 0


def test_every_row_names_its_source_and_date() -> None:
    """A published price can be looked up again: each row says where and when it was read."""
    rows = tomllib.loads(published())["rates"]
    assert all(row["source"] and len(row["read_on"]) == len("2026-11-22") for row in rows)


def test_no_model_is_priced_twice() -> None:
    """A model stands in one row only, so that no row silently wins."""
    models = [model for row in tomllib.loads(published())["rates"] for model in row["models"]]
    assert len(models) == len(set(models))


@given(TOKENS, TOKENS, TOKENS, TOKENS, st.integers(1, 10))
def test_each_kind_of_token_has_its_rate(text_in: int, image_in: int, text_out: int, image_out: int, n: int) -> None:
    """A job costs the sum of its tokens at their rates, exactly."""
    usage = Usage(
        text_input_tokens=text_in,
        image_input_tokens=image_in,
        text_output_tokens=text_out,
        image_output_tokens=image_out,
    )
    expected = text_in * 5_000 + image_in * 8_000 + text_out * 10_000 + image_out * 30_000
    assert BOOK.charge_nusd("gpt-image-2", usage, n) == expected
    assert BOOK.hold_nusd("gpt-image-2", usage, n) == expected


def test_a_markup_raises_charge_and_hold_alike() -> None:
    """What is held for a marked-up account covers what it will be charged."""
    usage = Usage(image_output_tokens=7024)
    assert BOOK.charge_nusd("gpt-image-2", usage, 1, markup_bp=1_000) == 231_792_000
    assert BOOK.hold_nusd("gpt-image-2", usage, 1, markup_bp=1_000) == 231_792_000


def own(setting: PriceSetting) -> PriceBook:
    """A book in which the operator has priced `mine`."""
    return PriceBook.load(published(), {"mine": setting})


def test_free_has_to_be_written() -> None:
    """A model costs nothing only where the operator says so."""
    assert own("free").price("mine") == Free()
    assert own("free").charge_nusd("mine", Usage(image_output_tokens=7024), 3) == 0


def test_a_price_a_picture_ignores_tokens() -> None:
    """Three pictures at two cents are six cents, whatever they took."""
    assert own({"per_image_usd": "0.02"}).price("mine") == PerImage(20_000_000)
    assert own({"per_image_usd": "0.02"}).charge_nusd("mine", Usage(image_output_tokens=7024), 3) == 60_000_000


def test_a_model_may_cost_what_another_does() -> None:
    """`like` takes a published price."""
    assert own({"like": "gpt-image-1"}).price("mine") == BOOK.price("gpt-image-1")


def test_own_token_rates() -> None:
    """The operator writes rates as the published list does."""
    usage = Usage(text_input_tokens=1, image_input_tokens=1, text_output_tokens=1, image_output_tokens=1)
    assert own(RATES).charge_nusd("mine", usage, 1) == 10_000


def test_an_own_price_replaces_the_published_one() -> None:
    """The operator's word counts for a published model, too, and `like` still means what is published."""
    book = PriceBook.load(published(), {"gpt-image-2": "free", "mine": {"like": "gpt-image-2"}})
    assert book.price("gpt-image-2") == Free()
    assert book.price("mine") == BOOK.price("gpt-image-2")


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("gratis", "neither 'free' nor a table"),
        ({"like": "dall-e-9"}, "'dall-e-9' has no published price"),
        ({"per_image_usd": "two cents"}, "not an amount"),
        ({"per_image_usd": "-1"}, "not negative"),
        ({"per_image_usd": 0.02}, "in quotes"),
        ({"per_image_usd": "1", "like": "gpt-image-2"}, "token rates are"),
        ({**RATES, "image_output_usd": 4}, "in quotes"),
        ({**RATES, "image_output_usd": "0.0001"}, "whole number of nano-dollars"),
        ({"image_output_usd": "4"}, "all of them; given: image_output_usd"),
        ({}, "given: none"),
    ],
)
def test_a_price_that_cannot_be_read_says_why(setting: PriceSetting, fault: str) -> None:
    """A mistake names the model and what is wrong."""
    with pytest.raises(InvalidPrice, match=f"the price of mine: .*{fault}"):
        own(setting)


def test_models_without_a_price_are_all_named() -> None:
    """The start tells every model that lacks a price, and what may be written."""
    with pytest.raises(Unpriced, match="published for dall-e-2, dall-e-3: write one in") as refused:
        BOOK.require(["dall-e-2", "gpt-image-2", "dall-e-3"])
    assert 'price = "free"' in str(refused.value)
    with pytest.raises(Unpriced):
        BOOK.charge_nusd("dall-e-2", Usage(), 1)


@pytest.mark.parametrize("text", ["", "rates = []", "as_of = ", 'as_of = "2026-11-22"\n[[rates]]\nmodels = ["a"]'])
def test_a_damaged_list_is_refused(text: str) -> None:
    """A price list that cannot be read prices nothing."""
    with pytest.raises(InvalidPrice, match="published prices cannot be read"):
        PriceBook.load(text)


def test_the_version_tells_books_apart() -> None:
    """The same prices have the same version; any other price, published or the operator's own, has another."""
    text = published()
    assert BOOK.version.startswith("2026-11-22+")
    assert PriceBook.load(text, {}).version == BOOK.version
    changed = text.replace('image_output_usd = "30"', 'image_output_usd = "31"')
    versions = {
        PriceBook.load(changed).version,
        PriceBook.load(text, {"mine": "free"}).version,
        PriceBook.load(text, {"mine": {"like": "gpt-image-2"}}).version,
        BOOK.version,
    }
    assert len(versions) == 4
    one: dict[str, PriceSetting] = {"a": "free", "b": {"per_image_usd": "1"}}
    other = dict(reversed(one.items()))
    assert PriceBook.load(text, one).version == PriceBook.load(text, other).version
