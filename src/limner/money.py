"""Money: integers of nano-dollars.

A price per million tokens in dollars is a whole number of nano-dollars a token times 1,000, so published prices stay
exact. No float touches an amount. The one rounding there is, a markup, happens in `marked_up` and says which way.
"""

from __future__ import annotations

from decimal import Context, DecimalException, Inexact, InvalidOperation, Overflow
from typing import Final

NUSD_PER_USD: Final = 1_000_000_000
BASIS_POINTS: Final = 10_000
_BASIS_POINTS_PER_PERCENT: Final = 100
MARKUP_BP_MAX: Final = 1_000_000
"""A hundred times the price: whatever is above is a slip."""
TOKENS_PER_PRICE: Final = 1_000_000
"""Prices are published for a million tokens."""
AMOUNT_NUSD_MAX: Final = 2**63 - 1
"""What a database's integers hold: nine thousand million dollars."""

# Digits that would be rounded off raise instead of going unnoticed.
_EXACT: Final = Context(prec=60, traps=[InvalidOperation, Inexact, Overflow])


def nusd_from_usd(text: str) -> int:
    """Nano-dollars from a decimal number of dollars, written as text so that no float rounds it.

    Raises ValueError when `text` is no finite decimal number, is finer than a nano-dollar or beyond AMOUNT_NUSD_MAX.
    """
    try:
        amount = _EXACT.multiply(_EXACT.create_decimal(text), NUSD_PER_USD)
    except DecimalException as error:
        raise ValueError(f"not an amount of dollars: {text!r}") from error
    if not amount.is_finite() or abs(amount) > AMOUNT_NUSD_MAX:
        raise ValueError(f"not an amount of dollars: {text!r}")
    if amount != int(amount):
        raise ValueError(f"finer than a nano-dollar: {text!r}")
    return int(amount)


def nusd_per_token(usd_per_million: str) -> int:
    """Nano-dollars a token from a price in dollars per million tokens, as text: "30" -> 30_000.

    Raises ValueError when it is no amount, is negative, or is no whole number of nano-dollars a token.
    """
    rate_nusd, rest = divmod(nusd_from_usd(usd_per_million), TOKENS_PER_PRICE)
    if rest or rate_nusd < 0:
        raise ValueError(f"not a whole number of nano-dollars a token: {usd_per_million!r} dollars a million")
    return rate_nusd


def usd_text(amount_nusd: int) -> str:
    """Dollars as text with at least four decimals and no needless zeros beyond them: 211_000_000 -> "0.2110"."""
    sign = "-" if amount_nusd < 0 else ""
    dollars, rest = divmod(abs(amount_nusd), NUSD_PER_USD)
    decimals = f"{rest:09d}".rstrip("0").ljust(4, "0")
    return f"{sign}{dollars}.{decimals}"


def markup_bp(percent: str) -> int:
    """Hundredths of a percent from a markup in percent, as text: "12.5" -> 1_250.

    Raises ValueError when it is no decimal number, is negative, finer than a hundredth or beyond MARKUP_BP_MAX.
    """
    try:
        points = _EXACT.multiply(_EXACT.create_decimal(percent), _BASIS_POINTS_PER_PERCENT)
    except DecimalException as error:
        raise ValueError(f"not a markup in percent: {percent!r}") from error
    if not points.is_finite() or points != int(points) or not 0 <= points <= MARKUP_BP_MAX:
        raise ValueError(f"not a markup in percent, from 0 up and to two decimals: {percent!r}")
    return int(points)


def percent_text(markup_bp: int) -> str:
    """A markup in percent, as short as it can be: 1_250 -> "12.5"."""
    percent, rest = divmod(markup_bp, _BASIS_POINTS_PER_PERCENT)
    return f"{percent}.{rest:02d}".rstrip("0").rstrip(".")


def marked_up(amount_nusd: int, markup_bp: int) -> int:
    """`amount_nusd` raised by `markup_bp` hundredths of a percent, rounded up to a nano-dollar."""
    return -(-amount_nusd * (BASIS_POINTS + markup_bp) // BASIS_POINTS)
