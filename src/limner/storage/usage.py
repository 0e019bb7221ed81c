"""Usage summed in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, Row, Select, func, select

from limner.job import Usage
from limner.storage.database import Database
from limner.storage.tables import usage
from limner.usage import DAY_S, Dimension, UsageQuery, UsageSum

_COLUMNS: Final[Mapping[Dimension, Column[Any]]] = {
    Dimension.DAY: usage.c.day,
    Dimension.MODEL: usage.c.model,
    Dimension.ENGINE: usage.c.engine,
    Dimension.KEY: usage.c.key_id,
    Dimension.ACCOUNT: usage.c.account_id,
}
_SUMMED: Final = (
    usage.c.images,
    usage.c.text_input_tokens,
    usage.c.image_input_tokens,
    usage.c.text_output_tokens,
    usage.c.image_output_tokens,
    usage.c.charge_nusd,
    usage.c.cost_nusd,
)


class SqlUsageStore:
    """Adds up usage rows; see `limner.usage.UsageStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sums(self, query: UsageQuery) -> tuple[UsageSum, ...]:
        """The sums `query` asks for; without `by`, one line, of zeros when nothing matches."""
        statement = _statement(query)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return tuple(_sum(row, query.by) for row in rows)


def _statement(query: UsageQuery) -> Select[Any]:
    by = [_COLUMNS[dimension] for dimension in query.by]
    conditions = (
        (usage.c.finished_at_s.__ge__, query.since_s),
        (usage.c.finished_at_s.__lt__, query.until_s),
        (usage.c.account_id.__eq__, query.account_id),
        (usage.c.key_id.__eq__, query.key_id),
        (usage.c.model.__eq__, query.model),
    )
    totals = [func.coalesce(func.sum(column), 0).label(column.name) for column in _SUMMED]
    return (
        select(*by, func.count().label("requests"), *totals)
        .where(*[compared(value) for compared, value in conditions if value is not None])
        .group_by(*by)
        .order_by(*by)
    )


def _sum(row: Row[Any], by: tuple[Dimension, ...]) -> UsageSum:
    told_apart = {_COLUMNS[dimension].name: row[place] for place, dimension in enumerate(by)}
    if Dimension.DAY in by:
        told_apart["day"] = datetime.fromtimestamp(told_apart["day"] * DAY_S, UTC).date().isoformat()
    return UsageSum(
        **told_apart,
        requests=row.requests,
        images=int(row.images),
        usage=Usage(
            text_input_tokens=int(row.text_input_tokens),
            image_input_tokens=int(row.image_input_tokens),
            text_output_tokens=int(row.text_output_tokens),
            image_output_tokens=int(row.image_output_tokens),
        ),
        charge_nusd=int(row.charge_nusd),
        cost_nusd=int(row.cost_nusd),
    )
