"""Statements that run for every job: built once by SQLAlchemy, then handed to the driver as they are.

Executing one through SQLAlchemy costs several times what the database takes for it; the text and the order of the
values never change, so they are worked out when it first runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Executable
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import IntegrityError

Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as one driver takes it.

    names: of the values in their places; None when it takes them by name. fixed: values that are the statement's own.
    """

    text: str
    names: tuple[str, ...] | None
    fixed: Mapping[str, Any]
    returns_rows: bool
    integrity_error: type[Exception]

    def execute(self, driver: Any, values: Mapping[str, Any]) -> Any:
        given = {**self.fixed, **values} if self.fixed else values
        if self.names is None:
            # Psycopg, which keeps a statement prepared only when it is told or has seen it a few times.
            return driver.execute(self.text, given, prepare=True)
        return driver.execute(self.text, list(map(given.__getitem__, self.names)))


def run_all(connection: Connection, *asked: tuple[Prepared, Mapping[str, Any]]) -> list[Row | None]:
    """Execute statements one after another, and only then wait for their answers: see `Prepared.run`.

    Where the database is a network away, one journey is enough for all of them.
    """
    driver = driver_of(connection)
    texts = [prepared.text_for(connection, values) for prepared, values in asked]
    try:
        cursors = [text.execute(driver, values) for text, (_, values) in zip(texts, asked, strict=True)]
        return [cursor.fetchone() if text.returns_rows else None for text, cursor in zip(texts, cursors, strict=True)]
    except texts[0].integrity_error as error:
        raise IntegrityError("; ".join(text.text for text in texts), None, error) from error


def driver_of(connection: Connection) -> Any:
    """The driver's own connection, for what need not go through SQLAlchemy."""
    # Of our drivers nothing is wrapped; SQLAlchemy's way to what is beneath a wrapper is four calls long.
    return connection.connection.dbapi_connection


class Prepared:
    """A statement whose named values and columns are always the same.

    Values go to the driver unchanged: numbers, text, bytes, None, booleans. For writes and single rows alone.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Row | None:
        """Execute it in the connection's transaction; the first row it returns, if it returns any.

        Raises SQLAlchemy's IntegrityError for what the schema refuses, else the driver's own errors.
        """
        text = self.text_for(connection, values)
        try:
            cursor = text.execute(driver_of(connection), values)
            return cursor.fetchone() if text.returns_rows else None
        except text.integrity_error as error:
            raise IntegrityError(text.text, None, error) from error

    def text_for(self, connection: Connection, values: Mapping[str, Any]) -> _Text:
        """The statement as the connection's driver takes it."""
        return self._texts.get(connection.dialect.name) or self._compile(connection, values)

    def _compile(self, connection: Connection, values: Mapping[str, Any]) -> _Text:
        dialect = connection.dialect
        assert isinstance(dialect, DefaultDialect)
        assert dialect.dbapi is not None
        compiled = self._statement.compile(dialect=dialect, column_keys=list(values))  # type: ignore[attr-defined]  # of every statement
        names = None if compiled.positiontup is None else tuple(compiled.positiontup)
        text = _Text(
            text=compiled.string,
            names=names,
            fixed={name: value for name, value in compiled.params.items() if name not in values},
            returns_rows=bool(compiled.effective_returning) or self._statement.is_select,
            integrity_error=dialect.dbapi.IntegrityError,
        )
        self._texts[dialect.name] = text
        return text
