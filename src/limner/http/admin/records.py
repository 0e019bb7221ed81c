"""Operations that read what has happened: usage, entries, the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limner import admin
from limner.contract.admin.pages import part_of
from limner.contract.admin.records import (
    act_object,
    act_query,
    bill_filter,
    bill_object,
    usage_object,
    usage_query,
)
from limner.http.admin.endpoint import Call, Handler
from limner.http.surface import Surface
from limner.job import Json
from limner.usage import RowPlace


async def _usage(surface: Surface, call: Call) -> Mapping[str, Json]:
    query, paging = usage_query(call.values), call.paging
    lines, end = part_of(await admin.usage(surface.usage, surface.office.keys, query), paging)
    return call.page([usage_object(line) for line in lines], end)


async def _entries(surface: Surface, call: Call) -> Mapping[str, Json]:
    where, paging = bill_filter(call.values), call.paging
    found = await admin.job_entries_page(
        surface.statement,
        surface.office.keys,
        where,
        # One more, to see whether there is more.
        limit=paging.limit + 1,
        after=None if paging.after is None else RowPlace(*paging.after),
    )
    shown = found[: paging.limit]
    place = shown[-1].place if len(found) > len(shown) else None
    end: Json = None if place is None else [place.finished_at_s, place.job_id]
    return call.page([bill_object(job) for job in shown], end)


async def _trail(surface: Surface, call: Call) -> Mapping[str, Json]:
    query, paging = act_query(call.values), call.paging
    page = await surface.office.trail.acts(query, limit=paging.limit, before_id=paging.after)
    return call.page([act_object(act) for act in page.acts], page.end)


RECORDS: Final[Mapping[str, Handler]] = {
    "usage.sums": _usage,
    "entries.list": _entries,
    "trail.list": _trail,
}
