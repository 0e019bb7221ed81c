"""Money: integers of nano-dollars.

A price per million tokens in dollars is a whole number of nano-dollars a token times 1,000, so published prices stay
exact. No float touches an amount. The one rounding there is, a markup, happens in `marked_up` and says which way.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

NUSD_PER_USD: Final = 1_000_000_000
BASIS_POINTS: Final = 10_000


def nusd_from_usd(text: str) -> int:
    """Nano-dollars from a decimal number of dollars, written as text so that no float rounds it.

    Raises ValueError when `text` is no finite decimal number or is finer than a nano-dollar.
    """
    try:
        amount = Decimal(text) * NUSD_PER_USD
        whole = int(amount)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ValueError(f"not an amount of dollars: {text!r}") from error
    if whole != amount:
        raise ValueError(f"finer than a nano-dollar: {text!r}")
    return whole


def usd_text(amount_nusd: int) -> str:
    """Dollars as text with at least four decimals and no needless zeros beyond them: 211_000_000 -> "0.2110"."""
    sign = "-" if amount_nusd < 0 else ""
    dollars, rest = divmod(abs(amount_nusd), NUSD_PER_USD)
    decimals = f"{rest:09d}".rstrip("0").ljust(4, "0")
    return f"{sign}{dollars}.{decimals}"


def marked_up(amount_nusd: int, markup_bp: int) -> int:
    """`amount_nusd` raised by `markup_bp` hundredths of a percent, rounded up to a nano-dollar."""
    return -(-amount_nusd * (BASIS_POINTS + markup_bp) // BASIS_POINTS)
