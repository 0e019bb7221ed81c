"""OpenAI's usage and costs of an organization: what a query asks, the buckets of its page, and the bodies that answer.

A project is an account here, a user an end user, a line item a model. Costs are what accounts were charged: the sum of
their ledger's entries. Sources: OpenAI API reference, Usage; official SDK types of November 2026; the first bucket
beginning where it was asked to is in the reference's own example; 403 with its text observed August 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from limner.contract import refusals
from limner.contract.arguments import Argument, Shape, from_query
from limner.contract.cursors import Cursors
from limner.contract.sizes import size_named
from limner.errors import InvalidRequest, NotPermitted
from limner.job import Json, Kind
from limner.money import NUSD_PER_USD
from limner.usage import WIDTHS_S, Dimension, UsageFilter, UsageQuery, UsageSum

_WIDTHS: Final = {"1m": Dimension.MINUTE, "1h": Dimension.HOUR, "1d": Dimension.DAY}
SOURCES: Final = {f"image.{kind}": kind for kind in Kind}
_DIMENSIONS: Final[Mapping[str, Dimension]] = {
    "project_id": Dimension.ACCOUNT,
    "user_id": Dimension.USER,
    "api_key_id": Dimension.KEY,
    "model": Dimension.MODEL,
    "size": Dimension.SIZE,
    "source": Dimension.SOURCE,
    "line_item": Dimension.MODEL,
}
"""What `group_by` may say -> what it is here. `api_source` is not in it: it tells nothing apart here."""
_API_SOURCE: Final = "unlabeled"
"""OpenAI's word for whatever did not come through its agents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One of the two endpoints, by its operation's name.

    buckets: width -> how many a page has unless asked for otherwise, and at most.
    result: one object of a bucket's `results`, from a sum and the names it is grouped by.
    """

    operation: str
    arguments: tuple[Argument, ...]
    buckets: Mapping[str, tuple[int, int]]
    result: Callable[[UsageSum, frozenset[str]], dict[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be added up for a page. buckets: start and end of each, Unix seconds. next_page: a cursor or None."""

    report: Report
    query: UsageQuery
    grouped_by: frozenset[str]
    buckets: tuple[tuple[int, int], ...]
    next_page: str | None


def question_of(report: Report, pairs: Sequence[tuple[str, str]], *, now_s: float, cursors: Cursors) -> Question:
    """What a query string asks of a report. Raises InvalidRequest."""
    values: Any = from_query(report.arguments, pairs)
    start_s, end_s = values["start_time"], values.get("end_time")
    if end_s is not None and end_s <= start_s:
        raise InvalidRequest(
            f"Invalid 'end_time': expected a time after 'start_time' ({start_s}), but got {end_s} instead.",
            param="end_time",
            code="invalid_value",
        )
    width = values.get("bucket_width", "1d")
    dimension, (limit_default, limit_max) = _WIDTHS[width], report.buckets[width]
    limit = values.get("limit", limit_default)
    if limit > limit_max:
        raise refusals.above_maximum("limit", limit, limit_max)
    asked: list[Json] = [
        report.operation,
        {name: value for name, value in values.items() if name not in {"page", "limit"}},
    ]
    if "page" in values:
        start_s = cursors.read(asked, values["page"], param="page")
    width_s = WIDTHS_S[dimension]
    # What ends now ends with the bucket that now is in.
    last_s = end_s if end_s is not None else (int(now_s) // width_s + 1) * width_s
    buckets = tuple(_buckets(start_s, last_s, width_s, limit))
    behind_s = buckets[-1][1] if buckets else last_s
    grouped_by = values.get("group_by", [])
    by = [_DIMENSIONS[name] for name in grouped_by if name in _DIMENSIONS]
    return Question(
        report=report,
        query=UsageQuery(
            by=tuple(dict.fromkeys((dimension, *by))),
            where=_filter(values, buckets[0][0] if buckets else last_s, behind_s),
        ),
        grouped_by=frozenset(grouped_by),
        buckets=buckets,
        next_page=cursors.write(asked, behind_s) if behind_s < last_s else None,
    )


def _buckets(start_s: int, last_s: int, width_s: int, limit: int) -> Iterator[tuple[int, int]]:
    """At most `limit` buckets. They end where days, hours or minutes do; the first begins where it is asked to."""
    for _ in range(limit):
        if start_s >= last_s:
            return
        end_s = min((start_s // width_s + 1) * width_s, last_s)
        yield start_s, end_s
        start_s = end_s


def _filter(values: Any, since_s: int, until_s: int) -> UsageFilter:
    sizes = [size_named(text) for text in values.get("sizes", ())]
    return UsageFilter(
        since_s=since_s,
        until_s=until_s,
        account_ids=tuple(values.get("project_ids", ())),
        key_ids=tuple(values.get("api_key_ids", ())),
        models=tuple(values.get("models", values.get("line_items", ()))),
        sources=tuple(SOURCES[text] for text in values.get("sources", ())),
        sizes=tuple(size for size in sizes if size is not None),
        users=tuple(values.get("user_ids", ())),
    )


def page_body(question: Question, sums: Sequence[UsageSum]) -> bytes:
    """A page of buckets, those without usage too."""
    width_s = question.query.width_s
    assert width_s is not None
    found: dict[int, list[Json]] = {}
    for line in sums:
        assert line.starts_at_s is not None
        found.setdefault(line.starts_at_s, []).append(question.report.result(line, question.grouped_by))
    buckets: list[Json] = [
        {
            "object": "bucket",
            "start_time": start_s,
            "end_time": end_s,
            "results": found.get(start_s // width_s * width_s, []),
        }
        for start_s, end_s in question.buckets
    ]
    body: dict[str, Json] = {
        "object": "page",
        "data": buckets,
        "has_more": question.next_page is not None,
        "next_page": question.next_page,
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)


def not_an_admin() -> NotPermitted:
    """The refusal of a key that may not administer the server."""
    return NotPermitted(
        "You have insufficient permissions for this operation. Missing scopes: api.usage.read. Check that you have the "
        "correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes."
    )


def _images_result(line: UsageSum, _grouped_by: frozenset[str]) -> dict[str, Json]:
    return {
        "object": "organization.usage.images.result",
        "images": line.images,
        "num_model_requests": line.requests,
        "size": str(line.size) if line.size else None,
        "source": f"image.{line.source}" if line.source else None,
        "project_id": line.account_id,
        "user_id": line.user,
        "api_key_id": line.key_id,
        "model": line.model,
    }


def _costs_result(line: UsageSum, grouped_by: frozenset[str]) -> dict[str, Json]:
    by_item = "line_item" in grouped_by
    return {
        "object": "organization.costs.result",
        # The nearest number of dollars there is in JSON; sums up to a million dollars keep every nano-dollar.
        "amount": {"value": line.charge_nusd / NUSD_PER_USD, "currency": "usd"},
        "line_item": line.model,
        "project_id": line.account_id,
        "user_id": line.user,
        "api_key_id": line.key_id,
        "api_source": _API_SOURCE if "api_source" in grouped_by else None,
        "quantity": line.images if by_item else None,
        "quantity_unit": "images" if by_item else None,
    }


def _texts(name: str, of: str) -> Argument:
    return Argument(name=name, shape=Shape.TEXTS, description=f"Only these {of}.")


_TIMES: Final = (
    Argument(
        name="start_time", shape=Shape.TIME, required=True, description="Where the first bucket begins, Unix seconds."
    ),
    Argument(
        name="end_time", shape=Shape.TIME, description="Where the last bucket ends, Unix seconds; now if left out."
    ),
)
_PAGE: Final = Argument(name="page", shape=Shape.CURSOR, description="`next_page` of the page before.")


def _width(*widths: str) -> Argument:
    return Argument(
        name="bucket_width", shape=Shape.CHOICE, choices=widths, default="1d", description="Length of a bucket, in UTC."
    )


def _group_by(*names: str) -> Argument:
    return Argument(
        name="group_by",
        shape=Shape.CHOICES,
        choices=names,
        description="What to tell apart in each bucket: any of these, together.",
    )


def _limit(buckets: Mapping[str, tuple[int, int]]) -> Argument:
    by_width = ", ".join(f"{default} of `{width}`" for width, (default, _) in buckets.items())
    most = ", ".join(f"{maximum} of `{width}`" for width, (_, maximum) in buckets.items())
    return Argument(
        name="limit",
        shape=Shape.COUNT,
        minimum=1,
        maximum=max(maximum for _, maximum in buckets.values()),
        description=f"Buckets of a page: {by_width} unless given, at most {most}.",
    )


_IMAGES_BUCKETS: Final = {"1d": (7, 31), "1h": (24, 168), "1m": (60, 1440)}
_COSTS_BUCKETS: Final = {"1d": (7, 180)}

IMAGES: Final = Report(
    operation="usage.images",
    arguments=(
        *_TIMES,
        _width("1m", "1h", "1d"),
        _group_by("project_id", "user_id", "api_key_id", "model", "size", "source"),
        _limit(_IMAGES_BUCKETS),
        _PAGE,
        _texts("project_ids", "accounts"),
        _texts("user_ids", "end users"),
        _texts("api_key_ids", "keys"),
        _texts("models", "models"),
        Argument(name="sizes", shape=Shape.SIZES, description="Only pictures of these sizes."),
        Argument(
            name="sources", shape=Shape.CHOICES, choices=tuple(SOURCES), description="Only these kinds of requests."
        ),
    ),
    buckets=_IMAGES_BUCKETS,
    result=_images_result,
)
COSTS: Final = Report(
    operation="usage.costs",
    arguments=(
        *_TIMES,
        _width("1d"),
        _group_by("project_id", "user_id", "line_item", "api_key_id", "api_source"),
        _limit(_COSTS_BUCKETS),
        _PAGE,
        _texts("project_ids", "accounts"),
        _texts("api_key_ids", "keys"),
        _texts("line_items", "line items, which are models"),
    ),
    buckets=_COSTS_BUCKETS,
    result=_costs_result,
)
