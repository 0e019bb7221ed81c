"""Statements that run for every job: built once by SQLAlchemy, then handed to the driver as they are.

Executing one through SQLAlchemy costs several times what SQLite takes for it; the text and the order of the values
never change, so they are worked out when it first runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, Executable
from sqlalchemy.engine.default import DefaultDialect

Row: TypeAlias = tuple[Any, ...]


class Prepared:
    """A statement whose named values and columns are always the same.

    Values go to the driver unchanged: numbers, text, bytes, None, booleans. For writes and single rows alone.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._text = ""
        self._names: tuple[str, ...] = ()
        self._fixed: Mapping[str, Any] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Row | None:
        """Execute it in the connection's transaction; the first row it returns, if it returns any.

        Raises the driver's own errors, which are not SQLAlchemy's.
        """
        if not self._text:
            self._compile(connection, values)
        driver: Any = connection.connection.driver_connection
        fixed = self._fixed
        given = [values[name] if name in values else fixed[name] for name in self._names]
        row: Row | None = driver.execute(self._text, given).fetchone()
        return row

    def _compile(self, connection: Connection, values: Mapping[str, Any]) -> None:
        dialect = connection.dialect
        assert isinstance(dialect, DefaultDialect)
        compiled = self._statement.compile(dialect=dialect, column_keys=list(values))  # type: ignore[attr-defined]  # of every statement
        assert compiled.positiontup is not None, "SQLite's driver takes values by position"
        # Set before the text, which says that the rest is there.
        self._names, self._fixed = tuple(compiled.positiontup), compiled.params
        self._text = compiled.string
