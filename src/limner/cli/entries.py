"""`limner entries`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from limner import admin
from limner.cli.narrowing import (
    AccountsOption,
    EnginesOption,
    KeyNames,
    KeysOption,
    ModelsOption,
    SinceOption,
    SizesOption,
    SourcesOption,
    UntilOption,
    UsersOption,
    key_names,
    narrowed,
)
from limner.cli.options import ConfigOption, DataOption, JsonOption
from limner.cli.settings import configuration
from limner.cli.spreadsheet import CsvOption, amount, spreadsheet
from limner.cli.storing import with_storage
from limner.cli.terminal import message_console, print_json, result_console
from limner.money import usd_text
from limner.statement import Entry, JobEntries
from limner.storage import Storage

app = typer.Typer(add_completion=False)

_AMOUNTS: Final = ("amount", "balance_before", "balance_after")
_SHOWN: Final = ("time", "key", "model", "entry", "kind", "job")
"""Columns of the table, before the amounts."""


@app.command()
def entries(  # noqa: PLR0913  one for each option
    *,
    since: SinceOption = None,
    until: UntilOption = None,
    account: AccountsOption = None,
    key: KeysOption = None,
    model: ModelsOption = None,
    engine: EnginesOption = None,
    source: SourcesOption = None,
    size: SizesOption = None,
    user: UsersOption = None,
    csv: CsvOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the ledger's entries of every job that ended, which add up to what was charged for them."""
    where = narrowed(
        since=since, until=until, account=account, key=key, model=model, engine=engine, source=source, size=size,
        user=user,
    )  # fmt: skip

    async def read(storage: Storage, take: Callable[[dict[str, Any]], None]) -> int:
        names, total_nusd = await key_names(storage), 0
        async for job in admin.job_entries(storage.statement, storage.keys, where):
            for entry in job.entries:
                take(_facts(job, entry, names))
                total_nusd += entry.amount_nusd
        return total_nusd

    async def write(storage: Storage) -> int:
        assert csv is not None
        with spreadsheet(csv, _COLUMNS) as write_line:
            return await read(storage, lambda facts: write_line(_line(facts, amount)))

    found: list[dict[str, Any]] = []
    if csv is not None:
        total_nusd = with_storage(configuration(config, data=data), write)
        message_console().print(f"Sum of the entries: {usd_text(total_nusd)} USD.")
        return
    total_nusd = with_storage(configuration(config, data=data), lambda storage: read(storage, found.append))
    if as_json:
        print_json([_line(facts, usd_text) for facts in found])
    elif found:
        result_console().print(_table(found, total_nusd))
    else:
        message_console().print("No job ended in that time.")


def _facts(job: JobEntries, entry: Entry, names: KeyNames) -> dict[str, Any]:
    """Amounts in nano-dollars."""
    return {
        "entry": entry.id,
        "time": _time(entry.created_at_s),
        "account": entry.account_id,
        "kind": entry.kind.value,
        "amount": entry.amount_nusd,
        "balance_before": entry.balance_before_nusd,
        "balance_after": entry.balance_after_nusd,
        "reason": entry.reason,
        "price_book": entry.price_book,
        "job": job.row.job_id,
        "ended": _time(job.row.finished_at_s),
        "key": names.get(job.row.key_id, job.row.key_id),
        "key_id": job.row.key_id,
        "model": job.row.model,
        "engine": job.row.engine,
        "source": job.row.source.value,
        "size": str(job.row.size) if job.row.size else None,
        "images": job.row.images,
        "user": job.row.user,
    }


_COLUMNS: Final = (
    "entry", "time", "account", "kind", "amount_usd", "balance_before_usd", "balance_after_usd", "reason", "price_book",
    "job", "ended", "key", "key_id", "model", "engine", "source", "size", "images", "user",
)  # fmt: skip
"""Of CSV."""


def _line(facts: dict[str, Any], dollars: Callable[[int], Any]) -> dict[str, Any]:
    """The same with dollars as they are wanted."""
    amounts = {f"{name}_usd": dollars(facts[name]) for name in _AMOUNTS}
    return {name: value for name, value in facts.items() if name not in _AMOUNTS} | amounts


def _table(found: Sequence[dict[str, Any]], total_nusd: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=True, footer_style="bold")
    for place, name in enumerate(_SHOWN):
        table.add_column(name, footer="total" if place == 0 else "", no_wrap=True)
    for name in _AMOUNTS:
        footer = usd_text(total_nusd) if name == "amount" else ""
        table.add_column(name.replace("_", " "), footer=footer, justify="right", no_wrap=True)
    for facts in found:
        table.add_row(*(escape(str(facts[name])) for name in _SHOWN), *(usd_text(facts[name]) for name in _AMOUNTS))
    return table


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
