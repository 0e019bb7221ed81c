"""`limner usage`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

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
from limner.cli.spreadsheet import Cell, CsvOption, spreadsheet
from limner.cli.storing import with_storage
from limner.cli.terminal import message_console, print_json, result_console
from limner.money import usd_text
from limner.storage import Storage
from limner.usage import WIDTHS_S, Dimension, UsageQuery, UsageSum

app = typer.Typer(add_completion=False)

_BY_DEFAULT: Final = (Dimension.DAY, Dimension.MODEL, Dimension.KEY)
_COUNTS: Final = ("requests", "images", "input_tokens", "output_tokens")


@app.command()
def usage(  # noqa: PLR0913  one for each option
    *,
    by: Annotated[
        list[Dimension] | None,
        typer.Option(help="What to tell apart; can be given several times.", show_default="day, model and key"),
    ] = None,
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
    """Show what was drawn and what it cost, in US dollars."""
    dimensions = tuple(dict.fromkeys(by or _BY_DEFAULT))
    if sum(dimension in WIDTHS_S for dimension in dimensions) > 1:
        raise typer.BadParameter("of day, hour and minute only one can be told apart", param_hint="--by")
    where = narrowed(
        since=since, until=until, account=account, key=key, model=model, engine=engine, source=source, size=size,
        user=user,
    )  # fmt: skip

    async def read(storage: Storage) -> tuple[tuple[UsageSum, ...], KeyNames]:
        names = await key_names(storage)
        sums = await admin.usage(storage.usage, storage.keys, UsageQuery(by=dimensions, where=where))
        if csv is not None:
            columns = [*(dimension.value for dimension in dimensions), *_COUNTS, "charge_usd", "cost_usd"]
            with spreadsheet(csv, columns) as write:
                for line in sums:
                    write(_facts(line, dimensions, names))
        return sums, names

    sums, names = with_storage(configuration(config, data=data), read)
    if as_json:
        print_json([_facts(line, dimensions, names) for line in sums])
    elif csv is not None:
        message_console().print(f"Lines written: {len(sums)}.")
    elif sums:
        result_console().print(_table(sums, dimensions, names))
    else:
        message_console().print("Nothing was drawn in that time.")


def _told_apart(line: UsageSum, by: Sequence[Dimension], names: KeyNames) -> list[str]:
    time = line.starts_at_s
    found = {
        Dimension.DAY: time is not None and datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d"),
        Dimension.HOUR: time is not None and datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%MZ"),
        Dimension.MINUTE: time is not None and datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%MZ"),
        Dimension.MODEL: line.model,
        Dimension.ENGINE: line.engine,
        Dimension.KEY: names.get(line.key_id or "", line.key_id),
        Dimension.ACCOUNT: line.account_id,
        Dimension.SOURCE: line.source,
        Dimension.SIZE: line.size and str(line.size),
        Dimension.USER: line.user,
    }
    return [found[dimension] or "" for dimension in by]


def _facts(line: UsageSum, by: Sequence[Dimension], names: KeyNames) -> dict[str, Cell]:
    return {
        **{dimension.value: text for dimension, text in zip(by, _told_apart(line, by, names), strict=True)},
        "requests": line.requests,
        "images": line.images,
        "input_tokens": line.usage.input_tokens,
        "output_tokens": line.usage.output_tokens,
        "charge_usd": usd_text(line.charge_nusd),
        "cost_usd": usd_text(line.cost_nusd),
    }


def _table(sums: Sequence[UsageSum], by: Sequence[Dimension], names: KeyNames) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=len(sums) > 1, footer_style="bold")
    for place, dimension in enumerate(by):
        table.add_column(dimension.value, footer="total" if place == 0 else "", no_wrap=True)
    totals = (
        sum(line.requests for line in sums),
        sum(line.images for line in sums),
        sum(line.usage.total_tokens for line in sums),
    )
    for name, total in zip(("requests", "images", "tokens"), totals, strict=True):
        table.add_column(name, footer=f"{total:,}", justify="right", no_wrap=True)
    table.add_column("charge", footer=usd_text(sum(line.charge_nusd for line in sums)), justify="right", no_wrap=True)
    table.add_column("cost", footer=usd_text(sum(line.cost_nusd for line in sums)), justify="right", no_wrap=True)
    for line in sums:
        table.add_row(
            *(escape(text) for text in _told_apart(line, by, names)),
            f"{line.requests:,}",
            f"{line.images:,}",
            f"{line.usage.total_tokens:,}",
            usd_text(line.charge_nusd),
            usd_text(line.cost_nusd),
        )
    return table
