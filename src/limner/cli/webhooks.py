"""`limner webhooks secret`."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.admin import ACCOUNT_DEFAULT
from limner.cli.options import ConfigOption, DataOption
from limner.cli.settings import configuration
from limner.cli.storing import with_storage
from limner.cli.terminal import fail, print_line
from limner.storage import Storage
from limner.storage.signing import WEBHOOKS, signing_secret
from limner.webhooks import account_secret

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def webhooks() -> None:
    """Show the secret that webhooks are signed with."""


@app.command()
def secret(
    *,
    account: Annotated[str, typer.Option(help="Whose webhooks.", metavar="ACCOUNT")] = ACCOUNT_DEFAULT,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Print the secret that an account's webhooks are signed with, alone, on standard output."""
    settings = configuration(config, data=data)

    async def found(storage: Storage) -> str | None:
        if account not in await storage.ledger.account_ids():
            return None
        return account_secret(await signing_secret(storage.database, WEBHOOKS), account)

    shown = with_storage(settings, found)
    if shown is None:
        fail(f"There is no account '{account}'.")
    print_line(shown)
