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
from limner.storage.folder import webhook_secret
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

    async def known(storage: Storage) -> bool:
        return account in await storage.ledger.account_ids()

    if not with_storage(settings, known):
        fail(f"There is no account '{account}'.")
    print_line(account_secret(webhook_secret(settings.server.data), account))
