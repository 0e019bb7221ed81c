"""The price book against what is published, and the operator's own laid over it."""

from __future__ import annotations

import re
import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.contract.families import known_models
from limner.job import Quality, Size, Usage
from limner.money import nusd_per_token
from limner.prices import Free, InvalidPrice, PerImage, PriceBook, PriceSetting, Unpriced, Work, published

BOOK = PriceBook.load(published())
CONTENT = tomllib.loads(published())
ROWS, AS_OF = CONTENT["prices"], CONTENT["as_of"]
TOKENS = st.integers(0, 10**6)
RATES = {"text_input_usd": "1", "image_input_usd": "2", "text_output_usd": "3", "image_output_usd": "4"}


def work(n: int = 1, **usage: int) -> Work:
    """Square pictures of low quality that took so many tokens."""
    return Work(n=n, size=Size(1024, 1024), quality=Quality.LOW, usage=Usage(**usage))


@pytest.mark.parametrize("model", list(known_models()))
def test_every_known_model_has_a_price(model: str) -> None:
    """What a server offers without configuration is priced, and never at nothing."""
    BOOK.require([model])
    assert BOOK.charge_nusd(model, work(image_output_tokens=1)) > 0


def test_every_row_names_its_source_and_date() -> None:
    """A published price can be looked up again: each row says where and when it was read."""
    assert all(row["source"] for row in ROWS)
    assert all(date.fromisoformat(row["read_on"]) <= date.fromisoformat(AS_OF) for row in ROWS)


def test_rates_of_cached_input_are_rates() -> None:
    """They are written down beside the rest, in the same unit and below it."""
    for row in ROWS:
        for name, usd in row.get("cached_usd", {}).items():
            assert 0 < nusd_per_token(usd) < nusd_per_token(row["price"][f"{name}_usd"])


def test_no_model_is_priced_twice() -> None:
    """A model stands in one row only, so that no row silently wins."""
    models = [model for row in ROWS for model in row["models"]]
    assert len(models) == len(set(models))


@given(TOKENS, TOKENS, TOKENS, TOKENS, st.integers(1, 10))
def test_each_kind_of_token_has_its_rate(text_in: int, image_in: int, text_out: int, image_out: int, n: int) -> None:
    """A job costs the sum of its tokens at their rates, exactly."""
    done = work(
        n,
        text_input_tokens=text_in,
        image_input_tokens=image_in,
        text_output_tokens=text_out,
        image_output_tokens=image_out,
    )
    expected = text_in * 5_000 + image_in * 8_000 + text_out * 10_000 + image_out * 30_000
    assert BOOK.charge_nusd("gpt-image-2", done) == expected
    assert BOOK.hold_nusd("gpt-image-2", done) == expected


def test_a_markup_raises_charge_and_hold_alike() -> None:
    """What is held for a marked-up account covers what it will be charged."""
    done = work(image_output_tokens=7024)
    assert BOOK.charge_nusd("gpt-image-2", done, markup_bp=1_000) == 231_792_000
    assert BOOK.hold_nusd("gpt-image-2", done, markup_bp=1_000) == 231_792_000


def own(setting: PriceSetting) -> PriceBook:
    """A book in which the operator has priced `mine`."""
    return PriceBook.load(published(), {"mine": setting})


def test_free_has_to_be_written() -> None:
    """A model costs nothing only where the operator says so."""
    assert own("free").listing("mine").price == Free()
    assert own("free").charge_nusd("mine", work(3, image_output_tokens=7024)) == 0


def test_a_price_a_picture_ignores_tokens() -> None:
    """Three pictures at two cents are six cents, whatever they took."""
    assert own({"per_image_usd": "0.02"}).listing("mine").price == PerImage(20_000_000)
    assert own({"per_image_usd": "0.02"}).charge_nusd("mine", work(3, image_output_tokens=7024)) == 60_000_000


def test_a_model_may_cost_what_another_does() -> None:
    """`like` takes a published price."""
    assert own({"like": "gpt-image-1"}).listing("mine").price == BOOK.listing("gpt-image-1").price


def test_own_token_rates() -> None:
    """The operator writes rates as the published list does."""
    done = work(text_input_tokens=1, image_input_tokens=1, text_output_tokens=1, image_output_tokens=1)
    assert own(RATES).charge_nusd("mine", done) == 10_000


def test_an_own_price_replaces_the_published_one() -> None:
    """The operator's word counts for a published model, too, and `like` still means what is published."""
    book = PriceBook.load(published(), {"gpt-image-2": "free", "mine": {"like": "gpt-image-2"}})
    assert book.listing("gpt-image-2").price == Free()
    assert book.listing("mine").price == BOOK.listing("gpt-image-2").price


def test_a_price_that_cannot_be_read_names_its_model() -> None:
    """What is wrong with it stands behind."""
    with pytest.raises(InvalidPrice, match="the price of mine: 'gratis' is neither 'free' nor a table"):
        own("gratis")


def test_each_line_says_whose_price_it_is() -> None:
    """A published price has its source and date; the operator's own has none but by `like`."""
    book = PriceBook.load(published(), {"gpt-image-2": "free", "mine": {"like": "gpt-image-1.5"}})
    lines = {line.model: (line.own, line.written, line.source, line.read_on) for line in book.listings}
    source = "OpenAI model page gpt-image-1.5"
    assert lines["chatgpt-image-latest"] == (False, ROWS[1]["price"], source, "2026-11-22")
    assert lines["gpt-image-2"] == (True, "free", None, None)
    assert lines["mine"] == (True, {"like": "gpt-image-1.5"}, source, "2026-11-22")
    assert next(iter(lines)) == "gpt-image-2"
    assert list(lines)[-1] == "mine"


def test_models_without_a_price_are_all_named() -> None:
    """The start tells every model that lacks a price, and what may be written."""
    with pytest.raises(Unpriced, match="published for nobodys, mine: write one in") as refused:
        BOOK.require(["nobodys", "gpt-image-2", "mine"])
    assert 'price = "free"' in str(refused.value)
    with pytest.raises(Unpriced):
        BOOK.charge_nusd("nobodys", work())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "prices = []",
        "as_of = ",
        'as_of = "2026-11-22"\n[[prices]]\nmodels = ["a"]',
        'as_of = "2026-11-22"\nprices = 1',
        'as_of = "2026-11-22"\n[[prices]]\nmodels = ["a"]\nsource = "b"\nread_on = "c"\nprice = "1"',
    ],
)
def test_a_damaged_list_is_refused(text: str) -> None:
    """A price list that cannot be read prices nothing."""
    with pytest.raises(InvalidPrice, match="published prices cannot be read"):
        PriceBook.load(text)


def test_the_version_tells_books_apart() -> None:
    """The same prices have the same version; any other price, published or the operator's own, has another."""
    text = published()
    assert BOOK.version.startswith(f"{AS_OF}+")
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


AMOUNTS = [match.span(1) for match in re.finditer(r'usd = "([0-9.]+)"', published())]


@given(st.sampled_from(AMOUNTS), st.integers(1, 9))
def test_any_published_price_changes_the_version(span: tuple[int, int], digit: int) -> None:
    """No amount in the list can be another one under the same version."""
    start, end = span
    changed = PriceBook.load(f"{published()[:start]}{digit}{published()[start:]}")
    assert published()[start:end]
    assert changed.version != BOOK.version


PER_IMAGE = st.integers(0, 10**9).map(lambda nusd: {"per_image_usd": f"0.{nusd:09d}"})
OWN = st.dictionaries(st.sampled_from(["a", "b"]), st.just("free") | PER_IMAGE)


@given(OWN, OWN)
def test_books_have_one_version_exactly_when_they_say_the_same(
    one: dict[str, PriceSetting], other: dict[str, PriceSetting]
) -> None:
    """Any price of the operator's own, and whose it is, is in the version."""
    versions = {PriceBook.load(published(), own).version for own in (one, other)}
    assert (len(versions) == 1) == (one == other)
