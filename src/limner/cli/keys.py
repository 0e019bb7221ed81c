"""`limner keys create`, `list`, `set`, `rotate`, `block`, `unblock`, `blocked` and `revoke`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, TypeAlias

import typer
from rich.markup import escape
from rich.table import Table

from limner import admin
from limner.cli.acting import operator
from limner.cli.options import ConfigOption, DataOption, JsonOption
from limner.cli.settings import configuration
from limner.cli.storing import with_storage
from limner.cli.terminal import message_console, print_json, print_line, result_console
from limner.cli.terms import LabelOption, fields, labels_text, or_none, read, relabelled, whole
from limner.cli.times import day, moment_s, span_s, time
from limner.job import Strictness
from limner.keys import MASK_CHARS_SHOWN, Key, KeyTerms
from limner.limits import KeyLimits, Meter
from limner.money import nusd_from_usd, usd_text
from limner.storage import Storage

app = typer.Typer(add_completion=False, no_args_is_help=True)

ALL: Final = "all"
"""How every model is written."""

_KeyArgument: TypeAlias = Annotated[
    str, typer.Argument(help="The key's id or name.", metavar="ID_OR_NAME", show_default=False)
]
_UserArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        help="The end user, as requests name them in safety_identifier or user.", metavar="USER", show_default=False
    ),
]
_ModelOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--model", help="A model it may ask for, `all` for every one; can be given several times.", show_default="all"
    ),
]
_BudgetOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--budget", help="Dollars it may spend in all, `none` for no limit.", metavar="AMOUNT", show_default=False
    ),
]
_BudgetDayOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--budget-day", help="The same for each day (UTC).", metavar="AMOUNT", show_default=False),
]
_BudgetMonthOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--budget-month", help="The same for each month (UTC).", metavar="AMOUNT", show_default=False),
]
_RequestsOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--requests-per-minute", help="Jobs a minute, `none` for no limit.", metavar="NUMBER", show_default=False
    ),
]
_ImagesOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--images-per-minute", help="Pictures a minute, `none` for no limit.", metavar="NUMBER", show_default=False
    ),
]
_JobsOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--jobs-at-once", help="Jobs side by side, `none` for no limit.", metavar="NUMBER", show_default=False
    ),
]
_ExpiresOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--expires",
        help="Day or time (UTC) from which on it is refused, `none` for never.",
        metavar="TIME",
        show_default=False,
    ),
]


@app.callback()
def keys() -> None:
    """Create keys, change their terms, and revoke them."""


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
    model: _ModelOption = None,
    budget: _BudgetOption = None,
    budget_day: _BudgetDayOption = None,
    budget_month: _BudgetMonthOption = None,
    requests_per_minute: _RequestsOption = None,
    images_per_minute: _ImagesOption = None,
    jobs_at_once: _JobsOption = None,
    expires: _ExpiresOption = None,
    label: LabelOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, alone, on standard output. It is shown this once."""
    limits = _limits(
        budget=budget,
        budget_day=budget_day,
        budget_month=budget_month,
        requests_per_minute=requests_per_minute,
        images_per_minute=images_per_minute,
        jobs_at_once=jobs_at_once,
    )
    terms = _change(limits, model, expires, label)(KeyTerms())

    async def make(storage: Storage) -> admin.NewKey:
        return await admin.create_key(
            storage.keys,
            name,
            admin=admin_key,
            strictness=strictness,
            strict=strict,
            account_id=account,
            terms=terms,
            by=operator(),
            clock=storage.clock,
        )

    _tell_secret(with_storage(configuration(config, data=data), make), as_json=as_json)


@app.command("list")
def list_keys(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Revoked keys, too.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the keys, the oldest first, with what is spent of their budgets."""

    async def look(storage: Storage) -> tuple[tuple[Key, ...], Mapping[str, Meter]]:
        keys = await admin.list_keys(storage.keys, revoked=everything)
        return keys, await admin.meters_of_keys(storage.keys, clock=storage.clock)

    found, meters = with_storage(configuration(config, data=data), look)
    if as_json:
        print_json([{**_facts(key), **_facts_of_meter(meters[key.id])} for key in found])
    elif found:
        result_console().print(_table(found, meters))
    else:
        message_console().print("There is no key yet: `limner keys create NAME` makes one.")


@app.command("set")
def change(  # noqa: PLR0913 each argument is an option of the command line
    id_or_name: _KeyArgument,
    *,
    model: _ModelOption = None,
    budget: _BudgetOption = None,
    budget_day: _BudgetDayOption = None,
    budget_month: _BudgetMonthOption = None,
    requests_per_minute: _RequestsOption = None,
    images_per_minute: _ImagesOption = None,
    jobs_at_once: _JobsOption = None,
    expires: _ExpiresOption = None,
    label: LabelOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a key's terms; what is not given stays. A running server learns of it within seconds."""
    limits = _limits(
        budget=budget,
        budget_day=budget_day,
        budget_month=budget_month,
        requests_per_minute=requests_per_minute,
        images_per_minute=images_per_minute,
        jobs_at_once=jobs_at_once,
    )
    wanted = _change(limits, model, expires, label)

    async def alter(storage: Storage) -> Key:
        return await admin.change_key(storage.keys, id_or_name, wanted, by=operator(), clock=storage.clock)

    _tell("Changed", with_storage(configuration(config, data=data), alter), as_json=as_json)


@app.command()
def rotate(
    id_or_name: _KeyArgument,
    *,
    overlap: Annotated[
        str, typer.Option(help="How long the old secret still works, such as 30m, 1h or 7d.", metavar="SPAN")
    ] = "0s",
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a key another secret and print it, alone, on standard output. It is shown this once."""
    overlap_s = read("--overlap", overlap, span_s)

    async def renew(storage: Storage) -> admin.NewKey:
        return await admin.rotate_key(storage.keys, id_or_name, overlap_s=overlap_s, by=operator(), clock=storage.clock)

    _tell_secret(with_storage(configuration(config, data=data), renew), as_json=as_json)


@app.command()
def block(
    id_or_name: _KeyArgument,
    user: _UserArgument,
    *,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw no more for one end user of a key, from the next request on."""

    async def stop(storage: Storage) -> Key:
        return await admin.block_user(storage.keys, id_or_name, user, by=operator(), clock=storage.clock)

    _tell("Blocked a user of", with_storage(configuration(config, data=data), stop), as_json=as_json)


@app.command()
def unblock(
    id_or_name: _KeyArgument,
    user: _UserArgument,
    *,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw for an end user of a key again."""

    async def admit(storage: Storage) -> Key:
        return await admin.unblock_user(storage.keys, id_or_name, user, by=operator(), clock=storage.clock)

    _tell("Unblocked a user of", with_storage(configuration(config, data=data), admit), as_json=as_json)


@app.command()
def blocked(
    id_or_name: _KeyArgument,
    *,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the end users that a key may draw no more for, one a line."""

    async def look(storage: Storage) -> tuple[str, ...]:
        return await admin.blocked_users(storage.keys, id_or_name)

    users = with_storage(configuration(config, data=data), look)
    if as_json:
        print_json(list(users))
        return
    for user in users:
        # Whoever named this user may have put a terminal's escapes into the name.
        print_line(user if user.isprintable() else repr(user))


@app.command()
def revoke(
    id_or_name: _KeyArgument,
    *,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse a key from now on; a running server learns of it within seconds."""

    async def refuse(storage: Storage) -> Key:
        return await admin.revoke_key(storage.keys, id_or_name, by=operator(), clock=storage.clock)

    _tell("Revoked", with_storage(configuration(config, data=data), refuse), as_json=as_json)


def _limits(
    *,
    budget: str | None,
    budget_day: str | None,
    budget_month: str | None,
    requests_per_minute: str | None,
    images_per_minute: str | None,
    jobs_at_once: str | None,
) -> dict[str, int | None]:
    """The fields of `KeyLimits` that were given."""
    amount, number = or_none(nusd_from_usd), or_none(whole)
    return fields(
        {
            "budget_nusd": ("--budget", budget, amount),
            "budget_day_nusd": ("--budget-day", budget_day, amount),
            "budget_month_nusd": ("--budget-month", budget_month, amount),
            "requests_per_minute": ("--requests-per-minute", requests_per_minute, number),
            "images_per_minute": ("--images-per-minute", images_per_minute, number),
            "jobs_at_once": ("--jobs-at-once", jobs_at_once, number),
        }
    )


def _change(
    limits: dict[str, int | None], model: list[str] | None, expires: str | None, label: list[str] | None
) -> Callable[[KeyTerms], KeyTerms]:
    given = fields({"expires_at_s": ("--expires", expires, or_none(moment_s))})
    if model:
        given["models"] = None if model == [ALL] else frozenset(model)
    relabelled({}, label)  # refused before anything is opened
    return lambda terms: replace(
        terms, **given, limits=replace(terms.limits, **limits), labels=relabelled(terms.labels, label)
    )


def _tell(done: str, key: Key, *, as_json: bool) -> None:
    if as_json:
        print_json(_facts(key))
    else:
        message_console().print(f"{done} {escape(key.name)} ({key.id}).", soft_wrap=True)


def _tell_secret(new: admin.NewKey, *, as_json: bool) -> None:
    if as_json:
        print_json({**_facts(new.key), "key": new.secret})
    else:
        print_line(new.secret)


def _facts(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "account": key.account_id,
        "hint": key.hint,
        "admin": key.admin,
        "strictness": key.strictness,
        "strict": key.strict,
        **_facts_of_terms(key.terms),
        "created_at": time(key.created_at_s),
        "revoked_at": time(key.revoked_at_s),
    }


def _facts_of_terms(terms: KeyTerms) -> dict[str, Any]:
    limits = terms.limits
    return {
        "models": None if terms.models is None else sorted(terms.models),
        "budget_usd": _usd(limits.budget_nusd),
        "budget_day_usd": _usd(limits.budget_day_nusd),
        "budget_month_usd": _usd(limits.budget_month_nusd),
        "requests_per_minute": limits.requests_per_minute,
        "images_per_minute": limits.images_per_minute,
        "jobs_at_once": limits.jobs_at_once,
        "expires_at": time(terms.expires_at_s),
        "labels": dict(terms.labels),
    }


def _facts_of_meter(meter: Meter) -> dict[str, Any]:
    return {
        "spent_usd": usd_text(meter.spent_nusd),
        "spent_day_usd": usd_text(meter.spent_day_nusd),
        "spent_month_usd": usd_text(meter.spent_month_nusd),
        "jobs_running": meter.jobs_running,
    }


def _usd(amount_nusd: int | None) -> str | None:
    return None if amount_nusd is None else usd_text(amount_nusd)


def _table(found: tuple[Key, ...], meters: Mapping[str, Meter]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "id", "ends in", "created", "notes"):
        table.add_column(column, no_wrap=column not in {"name", "notes"})
    for key in found:
        notes = ", ".join(_notes(key, meters[key.id]))
        table.add_row(escape(key.name), key.id, key.hint[-MASK_CHARS_SHOWN:], day(key.created_at_s), escape(notes))
    return table


def _notes(key: Key, meter: Meter) -> Iterator[str]:
    """What is special about a key."""
    terms = key.terms
    if key.admin:
        yield "admin"
    if key.account_id != admin.ACCOUNT_DEFAULT:
        yield f"account {key.account_id}"
    if key.strictness:
        yield key.strictness
    if key.strict:
        yield "strict"
    if terms.models is not None:
        yield f"only {' '.join(sorted(terms.models))}"
    yield from _limit_notes(terms.limits, meter)
    if terms.labels:
        yield labels_text(terms.labels)
    if terms.expires_at_s is not None:
        yield f"expires {day(terms.expires_at_s)}"
    if key.revoked_at_s is not None:
        yield f"revoked {day(key.revoked_at_s)}"


def _limit_notes(limits: KeyLimits, meter: Meter) -> Iterator[str]:
    """The limits there are, each in a few words, with what is spent of a budget."""
    budgets = (
        (limits.budget_nusd, meter.spent_nusd, "in all"),
        (limits.budget_day_nusd, meter.spent_day_nusd, "today"),
        (limits.budget_month_nusd, meter.spent_month_nusd, "this month"),
    )
    for budget_nusd, spent_nusd, window in budgets:
        if budget_nusd is not None:
            yield f"${usd_text(spent_nusd)} of ${usd_text(budget_nusd)} {window}"
    rates = {
        "requests a minute": limits.requests_per_minute,
        "images a minute": limits.images_per_minute,
        "jobs at once": limits.jobs_at_once,
    }
    yield from (f"{rate} {of}" for of, rate in rates.items() if rate is not None)
