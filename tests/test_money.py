"""Money: text in, whole nano-dollars, text out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.money import (
    AMOUNT_NUSD_MAX,
    MARKUP_BP_MAX,
    marked_up,
    markup_bp,
    nusd_from_usd,
    nusd_per_token,
    percent_text,
    usd_text,
)

AMOUNTS = st.integers(-AMOUNT_NUSD_MAX, AMOUNT_NUSD_MAX)


@pytest.mark.parametrize(
    ("text", "amount_nusd"),
    [("0", 0), ("1", 10**9), ("0.211", 211_000_000), ("-2.5", -2_500_000_000), ("0.000000001", 1), ("1e-9", 1)],
)
def test_dollars_become_nano_dollars(text: str, amount_nusd: int) -> None:
    """A decimal number of dollars is read to the last digit."""
    assert nusd_from_usd(text) == amount_nusd


@pytest.mark.parametrize(
    "text",
    ["", "a", "1,5", "$1", "nan", "-inf", "Infinity", "1e400", "1e-400", "1e999999999", "9223372036.854775808"],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Text that is no finite number, or one no database could hold, is refused quickly."""
    with pytest.raises(ValueError, match=r"not an amount|finer"):
        nusd_from_usd(text)


@pytest.mark.parametrize("text", ["0.0000000001", "1." + "0" * 40 + "1", "1." + "0" * 70 + "1"])
def test_what_would_be_rounded_is_refused(text: str) -> None:
    """A digit beyond a nano-dollar is never dropped, however far behind the point it stands."""
    with pytest.raises(ValueError, match=r"not an amount|finer"):
        nusd_from_usd(text)


@given(AMOUNTS)
def test_text_and_amount_are_inverse(amount_nusd: int) -> None:
    """Every amount's text reads back as that amount."""
    assert nusd_from_usd(usd_text(amount_nusd)) == amount_nusd


@pytest.mark.parametrize(
    ("amount_nusd", "text"),
    [(0, "0.0000"), (211_000_000, "0.2110"), (5_880_000, "0.00588"), (-1, "-0.000000001"), (10**9, "1.0000")],
)
def test_amounts_are_written_with_four_decimals_or_more(amount_nusd: int, text: str) -> None:
    """At least four decimals, more only where they say something, the sign in front."""
    assert usd_text(amount_nusd) == text


@pytest.mark.parametrize(("text", "rate_nusd"), [("5", 5_000), ("1.25", 1_250), ("0.20", 200), ("0", 0)])
def test_prices_a_million_become_rates_a_token(text: str, rate_nusd: int) -> None:
    """Published prices are whole nano-dollars a token."""
    assert nusd_per_token(text) == rate_nusd


@pytest.mark.parametrize("text", ["0.0005", "-1", "a"])
def test_rates_that_are_not_whole_are_refused(text: str) -> None:
    """A rate that would have to be rounded, or that pays the account, is refused."""
    with pytest.raises(ValueError, match=r"not a"):
        nusd_per_token(text)


@given(st.integers(0, 10**15), st.integers(0, 100_000))
def test_a_markup_is_rounded_up_by_less_than_a_nano_dollar(amount_nusd: int, points_bp: int) -> None:
    """The one rounding favours the operator, by less than the smallest amount."""
    exact = Decimal(amount_nusd) * (10_000 + points_bp) / 10_000
    assert 0 <= marked_up(amount_nusd, points_bp) - exact < 1


@given(st.integers(0, MARKUP_BP_MAX))
def test_a_markup_survives_its_text(points_bp: int) -> None:
    """What is shown is what was set, to the hundredth of a percent."""
    assert markup_bp(percent_text(points_bp)) == points_bp
    assert not percent_text(points_bp).endswith(".")


@pytest.mark.parametrize("text", ["", "a", "-1", "0.001", "nan", "Infinity", "10000.01", "1e400"])
def test_what_is_no_markup_is_refused(text: str) -> None:
    """A discount, a finer one than is kept, and what is no number at all."""
    with pytest.raises(ValueError, match="not a markup in percent"):
        markup_bp(text)


def test_no_markup_changes_nothing() -> None:
    """0 basis points is the amount itself; 100 are a hundredth more."""
    assert marked_up(12_345, 0) == 12_345
    assert marked_up(12_345, 100) == 12_469
