"""The options that say which jobs are meant, as `usage` and `entries` have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeAlias

import typer

from limner import admin
from limner.contract.sizes import size_named
from limner.job import Kind, Size
from limner.storage import Storage
from limner.usage import UsageFilter

_DAY = ["%Y-%m-%d"]


def _size(text: str) -> Size:
    size = size_named(text)
    if size is None:
        raise typer.BadParameter(f"{text!r} is no size such as 1024x1024")
    return size


SinceOption: TypeAlias = Annotated[
    datetime | None, typer.Option(help="First day (UTC).", formats=_DAY, show_default="from the start")
]
UntilOption: TypeAlias = Annotated[
    datetime | None, typer.Option(help="Last day (UTC).", formats=_DAY, show_default="until now")
]
AccountsOption: TypeAlias = Annotated[list[str] | None, typer.Option("--account", help="Only this account.")]
KeysOption: TypeAlias = Annotated[list[str] | None, typer.Option("--key", help="Only the key of this id or name.")]
ModelsOption: TypeAlias = Annotated[list[str] | None, typer.Option("--model", help="Only this model.")]
EnginesOption: TypeAlias = Annotated[list[str] | None, typer.Option("--engine", help="Only this engine.")]
SourcesOption: TypeAlias = Annotated[list[Kind] | None, typer.Option("--source", help="Only jobs of this kind.")]
SizesOption: TypeAlias = Annotated[
    list[Size] | None, typer.Option("--size", help="Only pictures of this size.", parser=_size, metavar="WIDTHxHEIGHT")
]
UsersOption: TypeAlias = Annotated[list[str] | None, typer.Option("--user", help="Only this end user.")]

KeyNames: TypeAlias = Mapping[str, str]
"""Key id -> name, of revoked keys too."""


def narrowed(  # noqa: PLR0913  one for each option
    *,
    since: datetime | None,
    until: datetime | None,
    account: Sequence[str] | None,
    key: Sequence[str] | None,
    model: Sequence[str] | None,
    engine: Sequence[str] | None,
    source: Sequence[Kind] | None,
    size: Sequence[Size] | None,
    user: Sequence[str] | None,
) -> UsageFilter:
    """The jobs that the options mean; the last day counts to its end. Keys may be names still."""
    since_s, until_s = span_of_days(since, until)
    return UsageFilter(
        since_s=since_s,
        until_s=until_s,
        account_ids=tuple(account or ()),
        key_ids=tuple(key or ()),
        models=tuple(model or ()),
        engines=tuple(engine or ()),
        sources=tuple(source or ()),
        sizes=tuple(size or ()),
        users=tuple(user or ()),
    )


def span_of_days(since: datetime | None, until: datetime | None) -> tuple[float | None, float | None]:
    """From the beginning of the first day to the end of the last, Unix seconds; None is open."""
    since_s = since.replace(tzinfo=UTC).timestamp() if since else None
    return since_s, (until.replace(tzinfo=UTC) + timedelta(days=1)).timestamp() if until else None


async def key_names(storage: Storage) -> KeyNames:
    """What keys are called."""
    return {key.id: key.name for key in await admin.list_keys(storage.keys, revoked=True)}
