"""`limner accounts create`, `list`, `credit`, `set` and `close`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import typer
from rich.markup import escape
from rich.table import Table

from limner import admin
from limner.accounts import Account, AccountTerms
from limner.cli.acting import operator
from limner.cli.options import ConfigOption, DataOption, JsonOption
from limner.cli.settings import configuration
from limner.cli.storing import with_storage
from limner.cli.terminal import message_console, print_json, result_console
from limner.cli.terms import LabelOption, fields, labels_text, or_none, read, relabelled
from limner.cli.times import day, time
from limner.money import markup_bp, nusd_from_usd, percent_text, usd_text
from limner.storage import Storage

app = typer.Typer(add_completion=False, no_args_is_help=True)

_NameArgument: TypeAlias = Annotated[str, typer.Argument(help="The account.", metavar="NAME", show_default=False)]
_CreditLimitOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--credit-limit",
        help="Dollars the balance may go below 0; 0 is prepaid, `none` no limit.",
        metavar="AMOUNT",
        show_default=False,
    ),
]
_MarkupOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--markup", help="Percent added to every price.", metavar="PERCENT", show_default=False),
]


@app.callback()
def accounts() -> None:
    """Create accounts, change their terms, and put money in."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whom the account is of.", metavar="NAME", show_default=False)],
    *,
    credit_limit: _CreditLimitOption = None,
    markup: _MarkupOption = None,
    label: LabelOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account with nothing in it, prepaid unless it gets a credit limit."""
    terms = _change(credit_limit, markup, label)(AccountTerms())

    async def make(storage: Storage) -> Account:
        return await admin.create_account(storage.accounts, name, terms=terms, by=operator(), clock=storage.clock)

    _tell("Made", with_storage(configuration(config, data=data), make), as_json=as_json)


@app.command("list")
def list_accounts(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Closed accounts, too.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the accounts and what they have left, the oldest first."""

    async def look(storage: Storage) -> tuple[Account, ...]:
        return await admin.list_accounts(storage.accounts, closed=everything)

    found = with_storage(configuration(config, data=data), look)
    if as_json:
        print_json([_facts(account) for account in found])
    else:
        result_console().print(_table(found))


# Without this, a correction such as -5 would be taken for an option.
@app.command(context_settings={"ignore_unknown_options": True})
def credit(
    name: _NameArgument,
    amount: Annotated[
        str, typer.Argument(help="Dollars to put in; a negative amount corrects.", metavar="AMOUNT", show_default=False)
    ],
    *,
    reason: Annotated[
        str, typer.Option(help="What the entry says; a correction needs one.", show_default="credit")
    ] = "",
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            help="Of your own choice, such as the number of an invoice: with it the credit happens once, however often "
            "this runs.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put money into an account, by an entry of its own in the ledger."""
    amount_nusd = read("AMOUNT", amount, nusd_from_usd)

    async def pay(storage: Storage) -> int:
        return await admin.credit_account(
            storage.ledger,
            name,
            amount_nusd,
            reason,
            idempotency_key=idempotency_key,
            by=operator(),
            clock=storage.clock,
        )

    balance = usd_text(with_storage(configuration(config, data=data), pay))
    if as_json:
        print_json({"account": name, "amount_usd": usd_text(amount_nusd), "balance_usd": balance})
    else:
        message_console().print(f"{escape(name)} has ${balance} now.", soft_wrap=True)


@app.command("set")
def change(
    name: _NameArgument,
    *,
    credit_limit: _CreditLimitOption = None,
    markup: _MarkupOption = None,
    label: LabelOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change an account's terms; what is not given stays. A running server learns of a markup within seconds."""
    wanted = _change(credit_limit, markup, label)

    async def alter(storage: Storage) -> Account:
        return await admin.change_account(storage.accounts, name, wanted, by=operator(), clock=storage.clock)

    _tell("Changed", with_storage(configuration(config, data=data), alter), as_json=as_json)


@app.command()
def close(
    name: _NameArgument,
    *,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Admit no more jobs of an account's keys. What it has drawn, paid and has left stays on record."""

    async def shut(storage: Storage) -> Account:
        return await admin.close_account(storage.accounts, name, by=operator(), clock=storage.clock)

    _tell("Closed", with_storage(configuration(config, data=data), shut), as_json=as_json)


def _change(
    credit_limit: str | None, markup: str | None, label: list[str] | None
) -> Callable[[AccountTerms], AccountTerms]:
    given = fields(
        {
            "credit_limit_nusd": ("--credit-limit", credit_limit, or_none(nusd_from_usd)),
            "markup_bp": ("--markup", markup, markup_bp),
        }
    )
    relabelled({}, label)  # refused before anything is opened
    return lambda terms: replace(terms, **given, labels=relabelled(terms.labels, label))


def _tell(done: str, account: Account, *, as_json: bool) -> None:
    if as_json:
        print_json(_facts(account))
    else:
        message_console().print(f"{done} {account.id}.", soft_wrap=True)


def _facts(account: Account) -> dict[str, Any]:
    limit_nusd = account.terms.credit_limit_nusd
    return {
        "name": account.id,
        "balance_usd": usd_text(account.balance_nusd),
        "credit_limit_usd": None if limit_nusd is None else usd_text(limit_nusd),
        "markup_percent": percent_text(account.terms.markup_bp),
        "labels": dict(account.terms.labels),
        "created_at": time(account.created_at_s),
        "closed_at": time(account.closed_at_s),
    }


def _table(found: tuple[Account, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "balance", "credit limit", "markup", "created", "notes"):
        right = column in {"balance", "credit limit", "markup"}
        table.add_column(column, no_wrap=column != "notes", justify="right" if right else "left")
    for account in found:
        terms, limit_nusd = account.terms, account.terms.credit_limit_nusd
        closed = account.closed_at_s and f"closed {day(account.closed_at_s)}"
        table.add_row(
            account.id,
            usd_text(account.balance_nusd),
            "none" if limit_nusd is None else "prepaid" if limit_nusd == 0 else usd_text(limit_nusd),
            f"{percent_text(terms.markup_bp)} %" if terms.markup_bp else "",
            day(account.created_at_s),
            escape(", ".join(note for note in (closed, labels_text(terms.labels)) if note)),
        )
    return table
