"""`limner trail`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
import typer
from rich.markup import escape
from rich.table import Table

from limner import admin
from limner.cli.narrowing import SinceOption, UntilOption, span_of_days
from limner.cli.options import ConfigOption, DataOption, JsonOption
from limner.cli.settings import configuration
from limner.cli.spreadsheet import CsvOption, spreadsheet
from limner.cli.storing import with_storage
from limner.cli.terminal import message_console, print_json, result_console
from limner.cli.times import time
from limner.contract.admin.records import details_told
from limner.storage import Storage
from limner.trail import Act, Action, ActQuery

app = typer.Typer(add_completion=False)

_COLUMNS = ("time", "actor", "action", "subject", "details")


@app.command()
def trail(  # noqa: PLR0913  one for each option
    *,
    since: SinceOption = None,
    until: UntilOption = None,
    actor: Annotated[
        list[str] | None, typer.Option("--actor", help="Only what this key's id, cli:USER or server did.")
    ] = None,
    subject: Annotated[
        list[str] | None, typer.Option("--subject", help="Only what was done to this account or key's id.")
    ] = None,
    action: Annotated[list[Action] | None, typer.Option("--action", help="Only changes of this kind.")] = None,
    csv: CsvOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who changed which account or key, and what was before and after."""
    since_s, until_s = span_of_days(since, until)
    query = ActQuery(
        since_s=since_s,
        until_s=until_s,
        actors=tuple(actor or ()),
        subjects=tuple(subject or ()),
        actions=tuple(action or ()),
    )

    async def read(storage: Storage) -> list[dict[str, Any]]:
        return [_facts(act) async for act in admin.acts(storage.trail, query)]

    async def write(storage: Storage) -> int:
        assert csv is not None
        lines = 0
        with spreadsheet(csv, _COLUMNS) as write_line:
            async for act in admin.acts(storage.trail, query):
                facts = _facts(act)
                write_line(facts | {"details": orjson.dumps(facts["details"]).decode()})
                lines += 1
        return lines

    settings = configuration(config, data=data)
    if csv is not None:
        message_console().print(f"Lines written: {with_storage(settings, write)}.")
        return
    found = with_storage(settings, read)
    if as_json:
        print_json(found)
    elif found:
        result_console().print(_table(found))
    else:
        message_console().print("Nothing was changed in that time.")


def _facts(act: Act) -> dict[str, Any]:
    return {
        "time": time(act.at_s),
        "actor": act.actor.name,
        "action": act.action.value,
        "subject": act.subject,
        "details": details_told(act.details),
    }


def _table(found: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        table.add_column(name, no_wrap=name != "details")
    for facts in found:
        table.add_row(*(escape(_shown(facts[name])) for name in _COLUMNS))
    return table


def _shown(value: Any) -> str:
    """A value for a terminal. JSON escapes what would act on one, but not what turns text round."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if text.isprintable() else ascii(text)[1:-1]
