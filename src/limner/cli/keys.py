"""`limner keys create`, `limner keys list`, `limner keys revoke`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from limner import admin
from limner.cli.options import ConfigOption, DataOption, JsonOption
from limner.cli.settings import configuration
from limner.cli.storing import with_storage
from limner.cli.terminal import message_console, print_json, print_line, result_console
from limner.cli.times import day, time
from limner.job import Strictness
from limner.keys import MASK_CHARS_SHOWN, Key
from limner.storage import Storage

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Create, list and revoke keys."""


@app.command()
def create(  # noqa: PLR0913 each argument is an option of the command line
    name: Annotated[str, typer.Argument(help="Whom or what the key is for.", metavar="NAME", show_default=False)],
    *,
    account: Annotated[str, typer.Option(help="The account that pays.")] = admin.ACCOUNT_DEFAULT,
    admin_key: Annotated[bool, typer.Option("--admin", help="Let the key administer the server, too.")] = False,
    strictness: Annotated[
        Strictness | None, typer.Option(help="Rules for this key's requests.", show_default="the server's")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what would be adapted or ignored, instead of telling it.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, alone, on standard output. It is shown this once."""

    async def make(storage: Storage) -> admin.NewKey:
        return await admin.create_key(
            storage.keys,
            name,
            admin=admin_key,
            strictness=strictness,
            strict=strict,
            account_id=account,
            clock=storage.clock,
        )

    new = with_storage(configuration(config, data=data), make)
    if as_json:
        print_json({**_facts(new.key), "key": new.secret})
    else:
        print_line(new.secret)


@app.command("list")
def list_keys(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Revoked keys, too.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the keys, the oldest first."""

    async def read(storage: Storage) -> tuple[Key, ...]:
        return await admin.list_keys(storage.keys, revoked=everything)

    found = with_storage(configuration(config, data=data), read)
    if as_json:
        print_json([_facts(key) for key in found])
    elif found:
        result_console().print(_table(found))
    else:
        message_console().print("There is no key yet: `limner keys create NAME` makes one.")


@app.command()
def revoke(
    id_or_name: Annotated[str, typer.Argument(help="The key's id or name.", metavar="ID_OR_NAME", show_default=False)],
    *,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse a key from now on; a running server learns of it within seconds."""

    async def refuse(storage: Storage) -> Key:
        return await admin.revoke_key(storage.keys, id_or_name, clock=storage.clock)

    key = with_storage(configuration(config, data=data), refuse)
    if as_json:
        print_json(_facts(key))
    else:
        message_console().print(f"Revoked {escape(key.name)} ({key.id}).", soft_wrap=True)


def _facts(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "account": key.account_id,
        "hint": key.hint,
        "admin": key.admin,
        "strictness": key.strictness,
        "strict": key.strict,
        "created_at": time(key.created_at_s),
        "revoked_at": time(key.revoked_at_s),
    }


def _table(found: tuple[Key, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "id", "ends in", "created", "notes"):
        table.add_column(column, no_wrap=column != "name")
    for key in found:
        revoked = key.revoked_at_s and f"revoked {day(key.revoked_at_s)}"
        notes = [note for note in (key.admin and "admin", key.strictness, key.strict and "strict", revoked) if note]
        table.add_row(escape(key.name), key.id, key.hint[-MASK_CHARS_SHOWN:], day(key.created_at_s), ", ".join(notes))
    return table
