"""What has happened as administrators read it: usage, the entries of a bill, and the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limner.contract.arguments import Argument, Shape, Values
from limner.contract.sizes import size_named
from limner.errors import InvalidRequest
from limner.job import Json, Kind
from limner.money import percent_text, usd_text
from limner.statement import Entry, JobEntries
from limner.trail import Act, Action, ActQuery
from limner.usage import WIDTHS_S, Dimension, UsageFilter, UsageQuery, UsageSum


def _texts(name: str, of: str) -> Argument:
    return Argument(name=name, shape=Shape.TEXTS, description=f"Only {of}.")


_TIMES: Final = (
    Argument(name="start_time", shape=Shape.TIME, description="From this time on, Unix seconds."),
    Argument(name="end_time", shape=Shape.TIME, description="Before this time, Unix seconds."),
)
BILL: Final = (
    *_TIMES,
    _texts("accounts", "jobs of these accounts"),
    _texts("keys", "jobs of these keys, by id or name"),
    _texts("models", "jobs with these models"),
    _texts("engines", "jobs that these engines drew"),
    Argument(
        name="sources", shape=Shape.CHOICES, choices=tuple(kind.value for kind in Kind), description="Only these kinds."
    ),
    Argument(name="sizes", shape=Shape.SIZES, description="Only pictures of these sizes."),
    _texts("users", "jobs for these end users"),
)
USAGE: Final = (
    Argument(
        name="by",
        shape=Shape.CHOICES,
        choices=tuple(dimension.value for dimension in Dimension),
        description="What to tell apart; of day, hour and minute only one. Without it all is one line.",
    ),
    *BILL,
)
TRAIL: Final = (
    *_TIMES,
    _texts("actors", "what these did: a key's id, `cli:` and a user of the operating system, or `server`"),
    _texts("subjects", "what was done to these accounts or keys' ids"),
    Argument(
        name="actions",
        shape=Shape.CHOICES,
        choices=tuple(action.value for action in Action),
        description="Only changes of these kinds.",
    ),
)


def bill_filter(values: Values) -> UsageFilter:
    """The jobs that are meant; keys may be names still. Raises InvalidRequest for a time that ends before it begins."""
    given: Any = values
    since_s, until_s = _times(given)
    sizes = [size_named(text) for text in given.get("sizes", ())]
    return UsageFilter(
        since_s=since_s,
        until_s=until_s,
        account_ids=tuple(given.get("accounts", ())),
        key_ids=tuple(given.get("keys", ())),
        models=tuple(given.get("models", ())),
        engines=tuple(given.get("engines", ())),
        sources=tuple(Kind(text) for text in given.get("sources", ())),
        sizes=tuple(size for size in sizes if size is not None),
        users=tuple(given.get("users", ())),
    )


def usage_query(values: Values) -> UsageQuery:
    """What is to be added up. Raises InvalidRequest as `bill_filter` does, and for two lengths of time."""
    given: Any = values
    by = tuple(dict.fromkeys(Dimension(text) for text in given.get("by", ())))
    if sum(dimension in WIDTHS_S for dimension in by) > 1:
        raise InvalidRequest(
            "Invalid 'by': of day, hour and minute only one can be told apart.", param="by", code="invalid_value"
        )
    return UsageQuery(by=by, where=bill_filter(values))


def act_query(values: Values) -> ActQuery:
    """The acts that are meant. Raises InvalidRequest for a time that ends before it begins."""
    given: Any = values
    since_s, until_s = _times(given)
    return ActQuery(
        since_s=since_s,
        until_s=until_s,
        actors=tuple(given.get("actors", ())),
        subjects=tuple(given.get("subjects", ())),
        actions=tuple(Action(text) for text in given.get("actions", ())),
    )


def _times(given: Any) -> tuple[float | None, float | None]:
    start_s, end_s = given.get("start_time"), given.get("end_time")
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise InvalidRequest(
            f"Invalid 'end_time': expected a time after 'start_time' ({start_s}), but got {end_s} instead.",
            param="end_time",
            code="invalid_value",
        )
    return start_s, end_s


def usage_object(line: UsageSum) -> dict[str, Json]:
    """A line of usage; what was not told apart is null."""
    return {
        "object": "usage",
        "start_time": line.starts_at_s,
        "account": line.account_id,
        "key_id": line.key_id,
        "model": line.model,
        "engine": line.engine,
        "source": line.source.value if line.source else None,
        "size": str(line.size) if line.size else None,
        "user": line.user,
        "requests": line.requests,
        "images": line.images,
        "input_tokens": line.usage.input_tokens,
        "output_tokens": line.usage.output_tokens,
        "charge_usd": usd_text(line.charge_nusd),
        "cost_usd": usd_text(line.cost_nusd),
    }


def bill_object(job: JobEntries) -> dict[str, Json]:
    """A job that has ended, and its entries."""
    row = job.row
    return {
        "object": "job.entries",
        "job": row.job_id,
        "outcome": row.outcome.value,
        "finished_at": int(row.finished_at_s),
        "account": row.account_id,
        "key_id": row.key_id,
        "model": row.model,
        "engine": row.engine,
        "source": row.source.value,
        "size": str(row.size) if row.size else None,
        "images": row.images,
        "user": row.user,
        "charge_usd": usd_text(row.charge_nusd),
        "cost_usd": usd_text(row.cost_nusd),
        "entries": [_entry(entry) for entry in job.entries],
    }


def _entry(entry: Entry) -> dict[str, Json]:
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "amount_usd": usd_text(entry.amount_nusd),
        "balance_before_usd": usd_text(entry.balance_before_nusd),
        "balance_after_usd": usd_text(entry.balance_after_nusd),
        "reason": entry.reason,
        "price_book": entry.price_book,
        "created_at": int(entry.created_at_s),
    }


def act_object(act: Act) -> dict[str, Json]:
    """One change."""
    return {
        "object": "act",
        "id": act.id,
        "created_at": int(act.at_s),
        "actor": act.actor.name,
        "action": act.action.value,
        "subject": act.subject,
        "details": details_told(act.details),
    }


def details_told(details: Mapping[str, Json]) -> dict[str, Json]:
    """An act's details as everything else is told: dollars and percent as text, times in whole seconds."""
    told: dict[str, Json] = {}
    for name, value in details.items():
        if name in {"before", "after"} and isinstance(value, dict):
            told[name] = details_told(value)
        elif name.endswith("_nusd"):
            told[f"{name.removesuffix('_nusd')}_usd"] = usd_text(value) if isinstance(value, int) else None
        elif name == "markup_bp" and isinstance(value, int):
            told["markup_percent"] = percent_text(value)
        elif name.endswith(_MOMENTS):
            told[name.removesuffix("_s")] = int(value) if isinstance(value, int | float) else None
        else:
            told[name] = value
    return told


_MOMENTS: Final = ("_at_s", "_until_s")
