"""`limner usage`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeAlias

import typer
from rich.markup import escape
from rich.table import Table

from limner import admin
from limner.cli.options import ConfigOption, DataOption, JsonOption
from limner.cli.settings import configuration
from limner.cli.storing import with_storage
from limner.cli.terminal import message_console, print_json, result_console
from limner.money import usd_text
from limner.storage import Storage
from limner.usage import Dimension, UsageQuery, UsageSum

app = typer.Typer(add_completion=False)

_BY_DEFAULT = (Dimension.DAY, Dimension.MODEL, Dimension.KEY)

_KeyNames: TypeAlias = Mapping[str, str]


@app.command()
def usage(
    *,
    by: Annotated[
        list[Dimension] | None,
        typer.Option(help="What to tell apart; can be given several times.", show_default="day, model and key"),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="First day (UTC).", formats=["%Y-%m-%d"], show_default="from the start")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Last day (UTC).", formats=["%Y-%m-%d"], show_default="until now")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was drawn and what it cost, in US dollars."""
    query = UsageQuery(
        by=tuple(dict.fromkeys(by or _BY_DEFAULT)),
        since_s=since.replace(tzinfo=UTC).timestamp() if since else None,
        until_s=(until.replace(tzinfo=UTC) + timedelta(days=1)).timestamp() if until else None,
    )

    async def read(storage: Storage) -> tuple[tuple[UsageSum, ...], _KeyNames]:
        keys = await admin.list_keys(storage.keys, revoked=True)
        return await storage.usage.sums(query), {key.id: key.name for key in keys}

    sums, key_names = with_storage(configuration(config, data=data), read)
    if as_json:
        print_json([_facts(line, query.by, key_names) for line in sums])
    elif sums:
        result_console().print(_table(sums, query.by, key_names))
    else:
        message_console().print("Nothing was drawn in that time.")


def _told_apart(line: UsageSum, by: tuple[Dimension, ...], key_names: _KeyNames) -> list[str]:
    found = {
        Dimension.DAY: line.day,
        Dimension.MODEL: line.model,
        Dimension.ENGINE: line.engine,
        Dimension.KEY: key_names.get(line.key_id or "", line.key_id),
        Dimension.ACCOUNT: line.account_id,
    }
    return [found[dimension] or "" for dimension in by]


def _facts(line: UsageSum, by: tuple[Dimension, ...], key_names: _KeyNames) -> dict[str, Any]:
    return {
        **{dimension.value: text for dimension, text in zip(by, _told_apart(line, by, key_names), strict=True)},
        "requests": line.requests,
        "images": line.images,
        "input_tokens": line.usage.input_tokens,
        "output_tokens": line.usage.output_tokens,
        "charge_usd": usd_text(line.charge_nusd),
        "cost_usd": usd_text(line.cost_nusd),
    }


def _table(sums: tuple[UsageSum, ...], by: tuple[Dimension, ...], key_names: _KeyNames) -> Table:
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
            *(escape(text) for text in _told_apart(line, by, key_names)),
            f"{line.requests:,}",
            f"{line.images:,}",
            f"{line.usage.total_tokens:,}",
            usd_text(line.charge_nusd),
            usd_text(line.cost_nusd),
        )
    return table
