"""Usage as an operator reads it: finished jobs summed by day, model, engine, key or account.

Knows the questions and the answers' shape; `storage/` adds up the usage rows that jobs left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from limner.job import Usage

DAY_S: Final = 86_400


class Dimension(StrEnum):
    """What usage can be told apart by. Days are UTC."""

    DAY = "day"
    MODEL = "model"
    ENGINE = "engine"
    KEY = "key"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageQuery:
    """Which jobs to add up, by when they ended: from `since_s` on and before `until_s`, Unix seconds; None is open.

    by: the dimensions to tell apart, in the order the answer is sorted by. account_id, key_id, model: None takes all.
    """

    by: tuple[Dimension, ...] = ()
    since_s: float | None = None
    until_s: float | None = None
    account_id: str | None = None
    key_id: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSum:
    """One line of the answer. day (as 2026-11-22), model, engine, key_id, account_id: None where not told apart.

    requests counts every job that was admitted and has ended; images, tokens and charge come from delivered ones; cost
    is what upstreams asked of the operator, also for jobs that were not delivered.
    """

    day: str | None = None
    model: str | None = None
    engine: str | None = None
    key_id: str | None = None
    account_id: str | None = None
    requests: int
    images: int
    usage: Usage
    charge_nusd: int
    cost_nusd: int


class UsageStore(Protocol):
    """Where usage rows are kept."""

    async def sums(self, query: UsageQuery) -> tuple[UsageSum, ...]:
        """The sums `query` asks for; without `by`, one line, of zeros when nothing matches."""
        ...
