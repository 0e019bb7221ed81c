"""Prices as people write them: one grammar for the published list and for an operator's own.

Amounts are text, so that nothing rounds them. What is not understood is refused: a price half read would be a wrong
bill.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, TypeAlias

from limner.job import QUALITIES, Quality, Size
from limner.money import NUSD_PER_USD, nusd_from_usd, nusd_per_token, usd_text
from limner.prices.forms import Band, Banded, Free, PerImage, PerMegapixel, Price, TokenRates

PriceSetting: TypeAlias = str | Mapping[str, Any]
"""A price as it is written: "free", or a table in one of the forms of docs/prices.md."""

FREE: Final = "free"

_RATES: Final[Mapping[str, str]] = {
    "text_input_usd": "text_input_nusd",
    "image_input_usd": "image_input_nusd",
    "text_output_usd": "text_output_nusd",
    "image_output_usd": "image_output_nusd",
}
"""Name of a rate as written, in dollars per million tokens -> its field of TokenRates."""
_MEGAPIXELS: Final[Mapping[str, str]] = {
    "first_megapixel_usd": "first_nusd",
    "further_megapixel_usd": "further_nusd",
    "input_megapixel_usd": "input_nusd",
}
"""Name of a price as written, in dollars -> its field of PerMegapixel."""
_INPUT: Final = "input_image_usd"
EACH_NUSD_MAX: Final = 1_000_000 * NUSD_PER_USD
"""No picture is so dear that a job could cost more than a database holds."""
_SIZE: Final = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")
"""Ascending."""


class InvalidPrice(ValueError):
    """A price, published or the operator's own, cannot be read."""


class Unpriced(InvalidPrice):
    """A model has no price. It is never served for nothing by mistake: free has to be written."""


def read(setting: PriceSetting, published: Mapping[str, Price]) -> Price:
    """The price that `setting` says. published: what `like` may name. Raises InvalidPrice with what is wrong."""
    if setting == FREE:
        return Free()
    if isinstance(setting, str):
        raise InvalidPrice(f"{setting!r} is neither {FREE!r} nor a table")
    table = dict(setting)
    if "like" in table:
        _only(table, ("like",))
        return _like(table["like"], published)
    if "per_image_usd" in table:
        _only(table, ("per_image_usd",), (_INPUT,))
        return PerImage(_nusd(table, "per_image_usd"), _input_nusd(table))
    if "bands" in table:
        _only(table, ("bands",), (_INPUT,))
        return Banded(_bands(table["bands"]), _input_nusd(table))
    if not _MEGAPIXELS.keys().isdisjoint(table):
        _only(table, tuple(_MEGAPIXELS))
        return PerMegapixel(**{field: _nusd(table, name) for name, field in _MEGAPIXELS.items()})
    if not _RATES.keys().isdisjoint(table):
        _only(table, tuple(_RATES))
        return TokenRates(**{field: _rate(table, name) for name, field in _RATES.items()})
    raise InvalidPrice(
        f"it has {_names(table)}; a price has `like`, `per_image_usd`, `bands`, "
        f"or all of {_names(_MEGAPIXELS)}, or all of {_names(_RATES)}"
    )


def _only(table: Mapping[str, Any], needed: tuple[str, ...], allowed: tuple[str, ...] = ()) -> None:
    """Refuse a table that lacks one of `needed`, 0 included, or has more than those and `allowed`."""
    if missing := [name for name in needed if name not in table]:
        raise InvalidPrice(f"{_names(missing)} missing, given: {_names(table)}; what costs nothing is written as 0")
    if unknown := [name for name in table if name not in (*needed, *allowed)]:
        raise InvalidPrice(f"{_names(unknown)} cannot stand beside {_names(needed)}")


def _names(names: Mapping[str, Any] | list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _like(other: Any, published: Mapping[str, Price]) -> Price:
    if not isinstance(other, str) or other not in published:
        raise InvalidPrice(f"{other!r} has no published price; `limner prices list --all` has those that do")
    return published[other]


def _bands(written: Any) -> tuple[Band, ...]:
    """Bands that leave no size out: each of more pixels than the one before, the last one without limit."""
    if not isinstance(written, list) or not written or not all(isinstance(band, dict) for band in written):
        raise InvalidPrice('bands are a list such as [{ up_to = "1024x1024", usd = "0.02" }, { usd = "0.04" }]')
    bands = tuple(map(_band, written))
    if bands[-1].up_to is not None:
        raise InvalidPrice("the last of the bands has no `up_to`: it is for every larger size")
    for smaller, larger in pairwise(bands):
        if smaller.up_to is None:
            raise InvalidPrice("only the last of the bands is without `up_to`")
        if larger.up_to is not None and larger.up_to.area_px <= smaller.up_to.area_px:
            raise InvalidPrice(f"the band up to {larger.up_to} has no more pixels than the one before")
    return bands


def _band(written: Mapping[str, Any]) -> Band:
    _only(written, ("usd",), ("up_to",))
    usd = written["usd"]
    prices = usd if isinstance(usd, dict) else {quality.value: usd for quality in QUALITIES}
    named = {quality: _nusd(prices, quality.value) for quality in QUALITIES if quality.value in prices}
    if unknown := [name for name in prices if name not in set(QUALITIES)]:
        raise InvalidPrice(f"{_names(unknown)} is no quality; there are {_names([*QUALITIES])}")
    if not named:
        raise InvalidPrice("a band has a price, or one for each quality that has its own")
    return Band(_size(written["up_to"]) if "up_to" in written else None, _for_every_quality(named))


def _for_every_quality(named: Mapping[Quality, int]) -> Mapping[Quality, int]:
    """A quality without a price of its own costs what the next lower one does, or what the lowest does."""
    prices: dict[Quality, int] = {}
    last_nusd = next(iter(named.values()))
    for quality in QUALITIES:
        last_nusd = prices[quality] = named.get(quality, last_nusd)
    return prices


def _size(text: Any) -> Size:
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidPrice(f"`up_to` is {text!r}; it must be a size such as 1024x1024")
    return Size(int(match[1]), int(match[2]))


def _input_nusd(table: Mapping[str, Any]) -> int:
    return _nusd(table, _INPUT) if _INPUT in table else 0


def _rate(table: Mapping[str, Any], name: str) -> int:
    try:
        return nusd_per_token(_text(table, name))
    except ValueError as error:
        raise InvalidPrice(f"`{name}`: {error}") from error


def _nusd(table: Mapping[str, Any], name: str) -> int:
    try:
        amount_nusd = nusd_from_usd(_text(table, name))
    except ValueError as error:
        raise InvalidPrice(f"`{name}`: {error}") from error
    if not 0 <= amount_nusd <= EACH_NUSD_MAX:
        raise InvalidPrice(f"`{name}` is {table[name]!r}; a picture costs from 0 to {usd_text(EACH_NUSD_MAX)} dollars")
    return amount_nusd


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table[name]
    if not isinstance(value, str):
        raise InvalidPrice(f'it is {value}; write it in quotes, such as "0.02", so that nothing rounds it')
    return value
