"""The credits surface: what a caller's own account has, what models cost it, its jobs and its entries.

Not OpenAI's: names are in camelCase as in `taskId`, times Unix seconds, amounts US dollars as text, so that no reader
rounds them. A page ends with the cursor to the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from limner.contract.arguments import Argument, Shape, from_json
from limner.contract.catalog import Catalog
from limner.contract.cursors import Cursors
from limner.contract.sizes import size_named
from limner.errors import InvalidRequest
from limner.job import Json, Kind
from limner.ledger import EntryKind
from limner.money import TOKENS_PER_PRICE, usd_text
from limner.prices import Banded, Free, PerImage, PerMegapixel, Price, PriceBook, TokenRates
from limner.record import Outcome
from limner.statement import EntryPage, EntryQuery, Standing
from limner.usage import RowPage, RowPlace, UsageFilter

PAGE_DEFAULT: Final = 20
PAGE_MAX: Final = 100
CURRENCY: Final = "usd"

STATUSES: Final[Mapping[Outcome, str]] = {
    Outcome.DELIVERED: "completed",
    Outcome.STORED: "completed",
    Outcome.CANCELLED: "cancelled",
    Outcome.REFUSED: "failed",
    Outcome.FAILED: "failed",
    Outcome.INTERRUPTED: "failed",
}
"""How a job ended -> what callers are told of it."""

_TIMES: Final = (
    Argument(name="startTime", shape=Shape.TIME, description="From this time on, Unix seconds."),
    Argument(name="endTime", shape=Shape.TIME, description="Before this time, Unix seconds."),
)
_PAGE: Final = (
    Argument(
        name="limit",
        shape=Shape.COUNT,
        minimum=1,
        maximum=PAGE_MAX,
        default=PAGE_DEFAULT,
        description="Lines of a page.",
    ),
    Argument(name="cursor", shape=Shape.CURSOR, description="`nextCursor` of the page before."),
)
USAGE_SEARCH: Final = (
    *_TIMES,
    Argument(name="models", shape=Shape.TEXTS, description="Only these models."),
    Argument(
        name="sources", shape=Shape.CHOICES, choices=tuple(kind.value for kind in Kind), description="Only these kinds."
    ),
    Argument(
        name="statuses",
        shape=Shape.CHOICES,
        choices=tuple(dict.fromkeys(STATUSES.values())),
        description="Only jobs that ended so.",
    ),
    Argument(name="sizes", shape=Shape.SIZES, description="Only pictures of these sizes."),
    Argument(name="keyIds", shape=Shape.TEXTS, description="Only jobs of these keys of the account."),
    Argument(name="users", shape=Shape.TEXTS, description="Only jobs for these end users."),
    *_PAGE,
)
POINTS_SEARCH: Final = (
    *_TIMES,
    Argument(
        name="kinds",
        shape=Shape.CHOICES,
        choices=tuple(kind.value for kind in EntryKind),
        description="Only these kinds of entries.",
    ),
    Argument(name="taskId", shape=Shape.TEXT, description="Only the entries of this job or task."),
    *_PAGE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSearch:
    """A page of an account's jobs. asked: what a cursor to the next page is for."""

    where: UsageFilter
    outcomes: tuple[Outcome, ...]
    limit: int
    after: RowPlace | None
    asked: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySearch:
    """A page of an account's entries. asked: as in `JobSearch`."""

    query: EntryQuery
    limit: int
    before_id: int | None
    asked: Json


def job_search(account_id: str, data: bytes, cursors: Cursors) -> JobSearch:
    """What a body asks of an account's jobs. Raises InvalidRequest."""
    values: Any = from_json(USAGE_SEARCH, data)
    asked = _asked("usage", account_id, values)
    place: Any = _place(asked, values, cursors)
    sizes = [size_named(text) for text in values.get("sizes", ())]
    statuses = values.get("statuses", ())
    return JobSearch(
        where=UsageFilter(
            since_s=values.get("startTime"),
            until_s=values.get("endTime"),
            account_ids=(account_id,),
            key_ids=tuple(values.get("keyIds", ())),
            models=tuple(values.get("models", ())),
            sources=tuple(Kind(text) for text in values.get("sources", ())),
            sizes=tuple(size for size in sizes if size is not None),
            users=tuple(values.get("users", ())),
        ),
        outcomes=tuple(outcome for outcome, status in STATUSES.items() if status in statuses),
        limit=values.get("limit", PAGE_DEFAULT),
        after=None if place is None else RowPlace(*place),
        asked=asked,
    )


def entry_search(account_id: str, data: bytes, cursors: Cursors) -> EntrySearch:
    """What a body asks of an account's entries. Raises InvalidRequest."""
    values: Any = from_json(POINTS_SEARCH, data)
    asked = _asked("points", account_id, values)
    place: Any = _place(asked, values, cursors)
    return EntrySearch(
        query=EntryQuery(
            account_id=account_id,
            since_s=values.get("startTime"),
            until_s=values.get("endTime"),
            kinds=tuple(EntryKind(text) for text in values.get("kinds", ())),
            job_id=values.get("taskId"),
        ),
        limit=values.get("limit", PAGE_DEFAULT),
        before_id=place,
        asked=asked,
    )


def _asked(of: str, account_id: str, values: Any) -> Json:
    """What a page is of, once its time makes sense. Raises InvalidRequest."""
    start_s, end_s = values.get("startTime"), values.get("endTime")
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise InvalidRequest(
            f"Invalid 'endTime': expected a time after 'startTime' ({start_s}), but got {end_s} instead.",
            param="endTime",
            code="invalid_value",
        )
    return [of, account_id, {name: value for name, value in values.items() if name not in {"cursor", "limit"}}]


def _place(asked: Json, values: Any, cursors: Cursors) -> Json:
    return cursors.read(asked, values["cursor"], param="cursor") if "cursor" in values else None


def credits_body(standing: Standing) -> bytes:
    """What an account has."""
    return orjson.dumps(
        {
            "accountId": standing.account_id,
            "currency": CURRENCY,
            "balance": usd_text(standing.balance_nusd),
            "held": usd_text(standing.held_nusd),
            "spent": usd_text(standing.spent_nusd),
        },
        option=orjson.OPT_INDENT_2,
    )


def services_body(catalog: Catalog, prices: PriceBook) -> bytes:
    """The models and what each costs."""
    services = [{"model": model, "price": _price_object(prices.listing(model).price)} for model in catalog]
    body = {"currency": CURRENCY, "priceBook": prices.version, "services": services}
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)


def _price_object(price: Price) -> dict[str, Json]:
    match price:
        case TokenRates():
            return {
                "unit": "million_tokens",
                "textInput": _per_million(price.text_input_nusd),
                "imageInput": _per_million(price.image_input_nusd),
                "textOutput": _per_million(price.text_output_nusd),
                "imageOutput": _per_million(price.image_output_nusd),
            }
        case PerImage():
            return {"unit": "image", "image": usd_text(price.image_nusd), **_input_image(price)}
        case Banded():
            bands: list[Json] = [
                {
                    "upTo": str(band.up_to) if band.up_to else None,
                    "image": {quality.value: usd_text(nusd) for quality, nusd in band.image_nusd.items()},
                }
                for band in price.bands
            ]
            return {"unit": "image", "bands": bands, **_input_image(price)}
        case PerMegapixel():
            return {
                "unit": "megapixel",
                "first": usd_text(price.first_nusd),
                "further": usd_text(price.further_nusd),
                "input": usd_text(price.input_nusd),
            }
        case Free():
            return {"unit": "free"}


def _input_image(price: PerImage | Banded) -> dict[str, Json]:
    return {"inputImage": usd_text(price.input_image_nusd)} if price.input_image_nusd else {}


def _per_million(rate_nusd: int) -> str:
    return usd_text(rate_nusd * TOKENS_PER_PRICE)


def jobs_body(page: RowPage, search: JobSearch, cursors: Cursors) -> bytes:
    """A page of jobs. Which engine drew, and what it cost the operator, is no caller's business."""
    data: list[Json] = [
        {
            "taskId": row.job_id,
            "status": STATUSES[row.outcome],
            "model": row.model,
            "source": row.source.value,
            "size": str(row.size) if row.size else None,
            "images": row.images,
            "inputTokens": row.usage.input_tokens,
            "outputTokens": row.usage.output_tokens,
            "charge": usd_text(row.charge_nusd),
            "keyId": row.key_id,
            "user": row.user,
            "finishedAt": int(row.finished_at_s),
        }
        for row in page.rows
    ]
    end = page.end
    place: Json = None if end is None else [end.finished_at_s, end.job_id]
    return _page_body(data, place, search.asked, cursors)


def entries_body(page: EntryPage, search: EntrySearch, cursors: Cursors) -> bytes:
    """A page of entries."""
    data: list[Json] = [
        {
            "id": entry.id,
            "kind": entry.kind.value,
            "amount": usd_text(entry.amount_nusd),
            "balanceBefore": usd_text(entry.balance_before_nusd),
            "balanceAfter": usd_text(entry.balance_after_nusd),
            "reason": entry.reason,
            "taskId": entry.job_id,
            "createdAt": int(entry.created_at_s),
        }
        for entry in page.entries
    ]
    return _page_body(data, page.end, search.asked, cursors)


def _page_body(data: list[Json], place: Json, asked: Json, cursors: Cursors) -> bytes:
    body: dict[str, Json] = {
        "data": data,
        "hasMore": place is not None,
        "nextCursor": None if place is None else cursors.write(asked, place),
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)
