"""What a job would be held and charged, without one: the gateway's own functions on a request that nobody sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from limner.contract.catalog import Model
from limner.contract.families import MODEL_DEFAULT, family_of
from limner.contract.parse import parse_json
from limner.job import Format, ImageFacts, ImageRequest, Json, Kind, Quality, Size, Strictness
from limner.money import usd_text
from limner.prices import Bill, Listing, PriceBook, Work
from limner.tokens import usage_bound, usage_of

SIZE_ASSUMED: Final = Size(1024, 1024)
QUALITY_ASSUMED: Final = Quality.MEDIUM
"""What the charge is for where the request leaves it to the engine."""

PROMPT_TOKENS: Final = 20
"""Of a short prompt."""

_WORD: Final = " tree"
"""One token that is as long as those of English prose are on average, its blank included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Two bills for one request: the most it may cost, and what it costs when drawn in `size` and `quality`.

    price_book: version of the book that says so.
    """

    listing: Listing
    request: ImageRequest
    size: Size
    quality: Quality
    hold: Bill
    charge: Bill
    price_book: str


def prompt_of(tokens: int) -> str:
    """A prompt that counts as `tokens` tokens, at least one."""
    return _WORD * tokens


def quote(
    book: PriceBook,
    model: str,
    fields: Mapping[str, Json],
    inputs: Sequence[Size] = (),
    *,
    family: str | None = None,
    markup_bp: int = 0,
) -> Quote:
    """Both bills of a request.

    fields: the body of a generation, without its model. inputs: sizes of the pictures an edit would have. family: whose
    rules and tokens the model follows; the one its name belongs to, else the default's, when None. Every unfinished
    picture asked for counts as delivered. Raises Unpriced for a model without a price, CallerError for a request that
    would be refused.
    """
    listing = book.listing(model)
    family = family or family_of(model) or MODEL_DEFAULT
    body = json.dumps({**fields, "model": model}).encode()
    catalog = {model: Model(id=model, family=family, created_s=0)}
    request = parse_json(Kind.GENERATION, body, catalog, Strictness.LIMNER).request
    facts = tuple(ImageFacts(format=Format.PNG, size=size, has_alpha=False, frames=1) for size in inputs)
    drawn = replace(
        request,
        size=request.size or SIZE_ASSUMED,
        quality=QUALITY_ASSUMED if request.quality is Quality.AUTO else request.quality,
    )
    assert drawn.size is not None
    usage = usage_of(family, drawn, facts, partials=request.partial_images if request.stream else 0)
    return Quote(
        listing=listing,
        request=request,
        size=drawn.size,
        quality=drawn.quality,
        hold=book.bill(model, Work.asked(request, facts, usage_bound(family, request, facts)), markup_bp),
        charge=book.bill(model, Work.asked(drawn, facts, usage), markup_bp),
        price_book=book.version,
    )


def listed(listing: Listing) -> dict[str, Json]:
    """A model's price as it is written, and who says so: for a program to read."""
    written: Any = listing.written
    return {
        "model": listing.model,
        "price": written if isinstance(written, str) else dict(written),
        "own": listing.own,
        "source": listing.source,
        "read_on": listing.read_on,
    }


def told(found: Quote) -> dict[str, Json]:
    """A quote, step by step: for a program to read."""
    return {
        **listed(found.listing),
        "price_book": found.price_book,
        "n": found.request.n,
        "size": str(found.size),
        "quality": found.quality.value,
        "left_open": list[Json](left_open(found)),
        "charge": _billed(found.charge),
        "hold": _billed(found.hold),
    }


def _billed(bill: Bill) -> dict[str, Json]:
    return {
        "usd": usd_text(bill.total_nusd),
        "markup_usd": usd_text(bill.markup_nusd),
        "steps": [
            {
                "what": step.what,
                "count": step.count,
                "each_usd": usd_text(step.each_nusd),
                "usd": usd_text(step.amount_nusd),
            }
            for step in bill.steps
        ],
    }


def left_open(found: Quote) -> list[str]:
    """What the request leaves to the engine."""
    opened = {"size": found.request.size is None, "quality": found.request.quality is Quality.AUTO}
    return [name for name, is_open in opened.items() if is_open]
