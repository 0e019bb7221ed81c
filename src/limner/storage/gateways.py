"""The gateways that share a database: each counts up here, so that the others see it live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, literal, select, union_all, update

from limner.storage.database import Database
from limner.storage.tables import gateways, jobs

GONE: Final = -1
"""The count of a gateway that has jobs under way and no row: it was taken for dead, or never came to count."""

_BEAT: Final = update(gateways).where(gateways.c.id == bindparam("gateway")).values(beats=gateways.c.beats + 1)
_BEATS: Final = select(gateways.c.id, gateways.c.beats)
_BEATS_OF_THE_GONE: Final = (
    select(jobs.c.gateway_id, literal(GONE))
    .where(jobs.c.outcome.is_(None), jobs.c.gateway_id.not_in(select(gateways.c.id)))
    .distinct()
)


class SqlGateways:
    """Keeps every gateway's count."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, gateway_id: str) -> None:
        """Count up, from nothing for a gateway that is new or was taken for dead."""
        await self._database.write(lambda connection: _beat(connection, gateway_id), lasting=False)

    async def others(self, gateway_id: str) -> Mapping[str, int]:
        """Every other gateway and its count, GONE for one that only its jobs under way are left of."""
        rows = await self._database.read(
            lambda connection: connection.execute(union_all(_BEATS, _BEATS_OF_THE_GONE)).all()
        )
        return {other: beats for other, beats in rows if other != gateway_id}

    async def leave(self, gateway_id: str) -> None:
        """Take leave, once every job has ended."""
        await self._database.write(
            lambda connection: connection.execute(delete(gateways).where(gateways.c.id == gateway_id))
        )


def forget(connection: Connection, gateway_id: str, beats: int) -> bool:
    """Remove a gateway whose count still is `beats`; False when it is not, or somebody else was first."""
    if beats == GONE:
        return connection.scalar(select(gateways.c.id).where(gateways.c.id == gateway_id)) is None
    removed = connection.execute(delete(gateways).where(gateways.c.id == gateway_id, gateways.c.beats == beats))
    return removed.rowcount == 1


def _beat(connection: Connection, gateway_id: str) -> None:
    if connection.execute(_BEAT, {"gateway": gateway_id}).rowcount == 0:
        connection.execute(insert(gateways), {"id": gateway_id, "beats": 0})
