"""The trail: every change an administrator made, who made it, and what was before and after. Pure.

An act is written in the transaction of its change, or there is neither. Acts are only ever added; the database refuses
to change or remove one. No act has a secret in it, nor a secret's hash or masked form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from limner.job import Json


class Action(StrEnum):
    """What can be done."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_CREDITED = "account.credited"
    ACCOUNT_CLOSED = "account.closed"
    KEY_CREATED = "key.created"
    KEY_CHANGED = "key.changed"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    USER_BLOCKED = "user.blocked"
    USER_UNBLOCKED = "user.unblocked"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something. name: a key's id, `cli:` and a user of the operating system, or `server`."""

    name: str


SERVER: Final = Actor("server")
"""The server itself, which makes the first keys of an installation."""


def on_command_line(user: str) -> Actor:
    """A user of the operating system, at the command line."""
    return Actor(f"cli:{user}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who does something, and when (Unix seconds)."""

    actor: Actor
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One change. subject: the id of the account or key. details: `before` and `after` of what is different by it."""

    id: int
    at_s: float
    actor: Actor
    action: Action
    subject: str
    details: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActQuery:
    """Which acts: those from `since_s` on and before `until_s` (Unix seconds; None is open).

    The other conditions hold when any of their values fits; an empty one takes all.
    """

    since_s: float | None = None
    until_s: float | None = None
    actors: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class ActPage:
    """Acts, the latest first, and whether there are more behind them."""

    acts: tuple[Act, ...]
    has_more: bool

    @property
    def end(self) -> int | None:
        """The id behind which the next page begins, or None when this is the last."""
        return self.acts[-1].id if self.has_more else None


class Trail(Protocol):
    """Where acts are read. Whatever makes a change writes its act."""

    async def acts(self, query: ActQuery, *, limit: int, before_id: int | None = None) -> ActPage:
        """A page of the acts that match, the latest first, older than the act `before_id`."""
        ...


def changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
    """An act's details: of what is different, what it was and what it is now. Empty when nothing is."""
    names = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
    if not names:
        return {}
    return {
        "before": {name: before[name] for name in names if name in before},
        "after": {name: after[name] for name in names if name in after},
    }
