"""The price book: every model's price, published or the operator's own.

A book is the published prices (`data/prices.toml`) with the operator's own laid over them. Every charge names its
version, so that an old entry can be explained after prices have changed.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, Self

from limner.money import marked_up
from limner.prices.forms import Price, Step, Work, total_nusd
from limner.prices.written import InvalidPrice, PriceSetting, Unpriced, read

_VERSION_HASH_CHARS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One model's line in the book.

    written: the price as it stands in the list or in the configuration. source, read_on: where and when a published
    price was found; None for an operator's own, unless it takes a published one over by `like`.
    """

    model: str
    price: Price
    written: PriceSetting
    own: bool
    source: str | None
    read_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a piece of work comes to, step by step, what the account's markup adds, and what it pays for both."""

    steps: tuple[Step, ...]
    markup_nusd: int
    total_nusd: int


class PriceBook:
    """Public model -> price. version: the date of the published prices and a hash of everything in the book."""

    def __init__(self, version: str, listings: Mapping[str, Listing]) -> None:
        self.version = version
        self._listings = listings

    @classmethod
    def load(cls, text: str, overrides: Mapping[str, PriceSetting] | None = None) -> Self:
        """A book from published prices, as TOML, and the operator's own by model.

        `like` refers to a published price. Raises InvalidPrice for a price that cannot be read.
        """
        own = overrides or {}
        as_of, listed = _published(text)
        listings = dict(listed) | {model: _own(model, setting, listed) for model, setting in own.items()}
        digest = hashlib.sha256(json.dumps([text, own], sort_keys=True, default=dict).encode()).hexdigest()
        return cls(f"{as_of}+{digest[:_VERSION_HASH_CHARS]}", listings)

    @property
    def listings(self) -> tuple[Listing, ...]:
        """Every line of the book: published ones in their order, then those that only the operator has."""
        return tuple(self._listings.values())

    def listing(self, model: str) -> Listing:
        """A model's line. Raises Unpriced when it has none."""
        listing = self._listings.get(model)
        if listing is None:
            raise _unpriced([model])
        return listing

    def require(self, models: Iterable[str]) -> None:
        """Raise Unpriced, naming all of `models` that have no price. For the start, before anything is served."""
        missing = [model for model in models if model not in self._listings]
        if missing:
            raise _unpriced(missing)

    def bill(self, model: str, work: Work, markup_bp: int = 0) -> Bill:
        """What `work` costs the account; the most it may become where something is open. Raises Unpriced.

        markup_bp: the account's markup in hundredths of a percent.
        """
        steps = self.listing(model).price.steps(work)
        net_nusd = total_nusd(steps)
        gross_nusd = marked_up(net_nusd, markup_bp)
        return Bill(steps=steps, markup_nusd=gross_nusd - net_nusd, total_nusd=gross_nusd)

    def hold_nusd(self, model: str, asked: Work, markup_bp: int = 0) -> int:
        """The most a job may cost the account. Raises Unpriced."""
        return self.bill(model, asked, markup_bp).total_nusd

    def charge_nusd(self, model: str, delivered: Work, markup_bp: int = 0) -> int:
        """What a job that delivered costs the account. Raises Unpriced."""
        assert not delivered.is_open, "what was delivered has a size and a quality"
        return self.bill(model, delivered, markup_bp).total_nusd


def published() -> str:
    """The shipped price list, as TOML. Reads the package's data."""
    return (files("limner") / "data" / "prices.toml").read_text(encoding="utf-8")


def price_of(setting: PriceSetting) -> Price:
    """The price that `setting` says, `like` by the shipped list. Raises InvalidPrice."""
    return _read(setting, _published(published())[1])


@lru_cache(maxsize=1)
def _published(text: str) -> tuple[str, Mapping[str, Listing]]:
    """The date of a price list, and its lines by model.

    Kept, because a configuration's prices are checked model by model, each against the whole list.
    """
    try:
        content = tomllib.loads(text)
        listings = {
            model: Listing(
                model=model,
                price=read(row["price"], {}),
                written=row["price"],
                own=False,
                source=row["source"],
                read_on=row["read_on"],
            )
            for row in content["prices"]
            for model in row["models"]
        }
        return content["as_of"], listings
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidPrice(f"the published prices cannot be read: {error}") from error


def _unpriced(models: Sequence[str]) -> Unpriced:
    return Unpriced(
        f'no price is published for {", ".join(models)}: write one in [models."{models[0]}"], such as '
        '`price = { like = "gpt-image-2" }`, `price = { per_image_usd = "0.02" }` or `price = "free"`'
    )


def _own(model: str, setting: PriceSetting, listed: Mapping[str, Listing]) -> Listing:
    try:
        price = _read(setting, listed)
    except InvalidPrice as error:
        raise InvalidPrice(f"the price of {model}: {error}") from error
    taken_over = None if isinstance(setting, str) else listed.get(str(setting.get("like")))
    return Listing(
        model=model,
        price=price,
        written=setting,
        own=True,
        source=taken_over.source if taken_over else None,
        read_on=taken_over.read_on if taken_over else None,
    )


def _read(setting: PriceSetting, listed: Mapping[str, Listing]) -> Price:
    return read(setting, {name: listing.price for name, listing in listed.items()})
