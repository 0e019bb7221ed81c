"""The trail in the database: acts are written beside the change they tell of, and read page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, Select, insert, select

from limner.job import Json
from limner.storage.database import Database
from limner.storage.tables import trail
from limner.trail import Act, Action, Actor, ActPage, ActQuery, Stamp

_INSERT: Final = insert(trail).inline()


class SqlTrail:
    """Reads acts; see `limner.trail.Trail`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acts(self, query: ActQuery, *, limit: int, before_id: int | None = None) -> ActPage:
        """A page of the acts that match, the latest first, older than the act `before_id`."""
        statement = _page(query, limit, before_id)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return ActPage(tuple(_act(row) for row in rows[:limit]), has_more=len(rows) > limit)


def note(connection: Connection, stamp: Stamp, action: Action, subject: str, details: Mapping[str, Json]) -> None:
    """Write an act in the transaction of its change."""
    row = {
        "at_s": stamp.at_s,
        "actor": stamp.actor.name,
        "action": action.value,
        "subject": subject,
        "details": orjson.dumps(details).decode(),
    }
    connection.execute(_INSERT, row)


def _page(query: ActQuery, limit: int, before_id: int | None) -> Select[Any]:
    """One act more than `limit`, to see whether there is more."""
    statement = select(trail)
    if before_id is not None:
        statement = statement.where(trail.c.id < before_id)
    if query.since_s is not None:
        statement = statement.where(trail.c.at_s >= query.since_s)
    if query.until_s is not None:
        statement = statement.where(trail.c.at_s < query.until_s)
    if query.actors:
        statement = statement.where(trail.c.actor.in_(query.actors))
    if query.subjects:
        statement = statement.where(trail.c.subject.in_(query.subjects))
    if query.actions:
        statement = statement.where(trail.c.action.in_([action.value for action in query.actions]))
    return statement.order_by(trail.c.id.desc()).limit(limit + 1)


def _act(row: Row[Any]) -> Act:
    return Act(
        id=row.id,
        at_s=row.at_s,
        actor=Actor(row.actor),
        action=Action(row.action),
        subject=row.subject,
        details=orjson.loads(row.details),
    )
