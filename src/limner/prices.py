"""The price book: what an account pays for a model's pictures.

A book is the published prices (`data/prices.toml`) with the operator's own laid over them. Every charge names its
version, so that an old entry can be explained after prices have changed. Pure; all arithmetic is whole nano-dollars.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Self, TypeAlias

from limner.job import Usage
from limner.money import marked_up, nusd_from_usd, nusd_per_token

PriceSetting: TypeAlias = str | Mapping[str, str]
"""A price as an operator writes it: "free", `{ per_image_usd = "0.02" }`, `{ like = "gpt-image-2" }`, or token rates
under the names they have in `data/prices.toml`."""

FREE: Final = "free"
_VERSION_HASH_CHARS: Final = 8
_RATES: Final[Mapping[str, str]] = {
    "text_input_usd": "text_input_nusd",
    "image_input_usd": "image_input_nusd",
    "text_output_usd": "text_output_nusd",
    "image_output_usd": "image_output_nusd",
}
"""Name of a rate as written, in dollars per million tokens -> its field of TokenRates."""


class InvalidPrice(ValueError):
    """A price, published or the operator's own, cannot be read."""


class Unpriced(InvalidPrice):
    """A model has no price. It is never served for nothing by mistake: free has to be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRates:
    """Nano-dollars a token."""

    text_input_nusd: int
    image_input_nusd: int
    text_output_nusd: int
    image_output_nusd: int

    def amount_nusd(self, usage: Usage, n: int) -> int:  # noqa: ARG002  the pictures are in the tokens
        """The price of all tokens of a job."""
        return (
            usage.text_input_tokens * self.text_input_nusd
            + usage.image_input_tokens * self.image_input_nusd
            + usage.text_output_tokens * self.text_output_nusd
            + usage.image_output_tokens * self.image_output_nusd
        )


@dataclass(frozen=True, slots=True)
class PerImage:
    """Nano-dollars a picture, whatever its size."""

    image_nusd: int

    def amount_nusd(self, usage: Usage, n: int) -> int:  # noqa: ARG002  tokens do not matter here
        """The price of `n` pictures."""
        return self.image_nusd * n


@dataclass(frozen=True, slots=True)
class Free:
    """Nothing, because the operator wrote so."""

    def amount_nusd(self, usage: Usage, n: int) -> int:  # noqa: ARG002  free whatever it is
        """Nothing."""
        return 0


Price: TypeAlias = TokenRates | PerImage | Free


class PriceBook:
    """Public model -> price. version: the date of the published prices and a hash of everything in the book."""

    def __init__(self, version: str, prices: Mapping[str, Price]) -> None:
        self.version = version
        self._prices = prices

    @classmethod
    def load(cls, text: str, overrides: Mapping[str, PriceSetting] | None = None) -> Self:
        """A book from published prices, as TOML, and the operator's own by model.

        `like` refers to a published price. Raises InvalidPrice for a price that cannot be read.
        """
        own = overrides or {}
        try:
            content = tomllib.loads(text)
            listed = {model: _rates(row["usd"]) for row in content["rates"] for model in row["models"]}
            as_of = content["as_of"]
        except (KeyError, ValueError) as error:
            raise InvalidPrice(f"the published prices cannot be read: {error}") from error
        prices = listed | {model: _own_price(model, setting, listed) for model, setting in own.items()}
        digest = hashlib.sha256(json.dumps([text, own], sort_keys=True, default=dict).encode()).hexdigest()
        return cls(f"{as_of}+{digest[:_VERSION_HASH_CHARS]}", prices)

    def price(self, model: str) -> Price:
        """The price of a model. Raises Unpriced when it has none."""
        self.require([model])
        return self._prices[model]

    def require(self, models: Iterable[str]) -> None:
        """Raise Unpriced, naming all of `models` that have no price. For the start, before anything is served."""
        missing = [model for model in models if model not in self._prices]
        if missing:
            raise Unpriced(
                f'no price is published for {", ".join(missing)}: write one in [models."{missing[0]}"], such as '
                '`price = { like = "gpt-image-2" }`, `price = { per_image_usd = "0.02" }` or `price = "free"`'
            )

    def charge_nusd(self, model: str, usage: Usage, n: int, markup_bp: int = 0) -> int:
        """What `n` delivered pictures and the tokens of their job cost the account. Raises Unpriced.

        markup_bp: the account's markup in hundredths of a percent.
        """
        return marked_up(self.price(model).amount_nusd(usage, n), markup_bp)

    def hold_nusd(self, model: str, usage_bound: Usage, n: int, markup_bp: int = 0) -> int:
        """The most a job may cost the account, from the most tokens it may use. Raises Unpriced."""
        return self.charge_nusd(model, usage_bound, n, markup_bp)


def published() -> str:
    """The shipped price list, as TOML. Reads the package's data."""
    return (files("limner") / "data" / "prices.toml").read_text(encoding="utf-8")


def _own_price(model: str, setting: PriceSetting, published_prices: Mapping[str, Price]) -> Price:
    if setting == FREE:
        return Free()
    try:
        if isinstance(setting, str):
            raise InvalidPrice(f"{setting!r} is neither {FREE!r} nor a table")
        match dict(setting):
            case {"like": other, **rest} if not rest:
                return _like(other, published_prices)
            case {"per_image_usd": usd, **rest} if not rest:
                return PerImage(_not_negative_nusd(_text("per_image_usd", usd)))
            case rates:
                return _rates(rates)
    except ValueError as error:
        raise InvalidPrice(f"the price of {model}: {error}") from error


def _like(other: str, published_prices: Mapping[str, Price]) -> Price:
    if other not in published_prices:
        raise InvalidPrice(f"{other!r} has no published price; those that have: {', '.join(published_prices)}")
    return published_prices[other]


def _rates(row: Mapping[str, Any]) -> TokenRates:
    """Token rates from their four names. Leaving one out is refused: a rate of 0 has to be written."""
    if row.keys() != _RATES.keys():
        raise InvalidPrice(f"token rates are {', '.join(_RATES)}, all of them; given: {', '.join(row) or 'none'}")
    return TokenRates(**{field: nusd_per_token(_text(name, row[name])) for name, field in _RATES.items()})


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidPrice(f'{name} is {value}; write it in quotes, such as "0.02", so that nothing rounds it')
    return value


def _not_negative_nusd(usd: str) -> int:
    amount_nusd = nusd_from_usd(usd)
    if amount_nusd < 0:
        raise InvalidPrice(f"a price is not negative: {usd!r}")
    return amount_nusd
