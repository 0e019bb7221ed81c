"""Insert a row, or add its amounts to the row that has its key already: the one statement our databases spell apart."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table

from limner.storage.prepared import Prepared


class Adding:
    """Adds rows to a table of sums: what is no part of its primary key is an amount, and amounts of a key add up."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._prepared: dict[str, Prepared] = {}

    def run(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """Add `row`, which has every column of the table, in the connection's transaction."""
        dialect = connection.dialect.name
        if dialect not in self._prepared:
            self._prepared[dialect] = self._statement(dialect)
        self._prepared[dialect].run(connection, row)

    def _statement(self, dialect: str) -> Prepared:
        # Imported by name, for the one that is not used would take a megabyte all the same.
        insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(self._table)
        amounts = [column for column in self._table.c if not column.primary_key]
        return Prepared(
            insert.on_conflict_do_update(
                index_elements=list(self._table.primary_key),
                set_={column.name: column + insert.excluded[column.name] for column in amounts},
            )
        )
