"""What callers ask for: wish number N of a seed is always the same, whoever comes to it and when."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

UNLIMITED: Final = "unlimited"
PREPAID: Final = "prepaid"
BUDGETED: Final = "budgeted"
KEYS: Final[Mapping[str, float]] = {UNLIMITED: 0.6, PREPAID: 0.2, BUDGETED: 0.2}
"""The keys that wishes are sent with, and their shares: one that may do anything, one of an account whose money comes
to an end, and one whose own budget does."""
EDITED: Final = 0.15
STREAMED: Final = 0.2
TWO_PICTURES: Final = 0.2
IDEMPOTENT: Final = 0.2
"""Share of the callers that use no SDK: they send an `Idempotency-Key` and count nothing."""
LEAVING: Final = 0.5
"""Share of the callers that mean to leave; those whose answer comes earlier stay, which leaves some three in ten."""
LEAVING_S_MAX: Final = 0.8
HURRIED: Final = 0.12
"""Share of the callers whose own timeout is shorter than some answers take; they ask again, as the SDKs do."""
HURRY_S: Final = (0.3, 1.5)
TASKS: Final = 0.12
"""Share of the wishes that are tasks: submitted, and asked for later."""
TAKEN_BACK: Final = 0.3
"""Share of the tasks that their callers try to take back."""
TAKEN_BACK_S_MAX: Final = 0.5
PATIENCE_S: Final = 10.0
RETRIES: Final = (2, 5, 5)
"""How often a caller asks again: the SDKs' own number, or one that rides out a restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One request as its caller means it, however often it is sent.

    ticket: stands in its prompt and in the job's row, and so ties callers, jobs and calls of the upstream together.
    key: name of the key it is sent with. leaves_after_s: when its caller goes away for good, or None. task: whether
    it is submitted as one; taken_back_after_s: how long after that it is taken back, or None.
    """

    ticket: str
    key: str
    edit: bool
    n: int
    stream: bool
    partial_images: int
    idempotent: bool
    retries_max: int
    patience_s: float
    leaves_after_s: float | None
    task: bool
    taken_back_after_s: float | None


def wish(seed: int, number: int) -> Wish:
    """Wish `number`."""
    lot = random.Random(f"{seed}/wish/{number}")
    task = lot.random() < TASKS
    taken_back = task and lot.random() < TAKEN_BACK
    stream = lot.random() < STREAMED and not task
    leaving = lot.random() < LEAVING
    idempotent = lot.random() < IDEMPOTENT
    hurried = lot.random() < HURRIED
    return Wish(
        ticket=f"ticket-{number}",
        key=lot.choices(list(KEYS), list(KEYS.values()))[0],
        edit=lot.random() < EDITED,
        n=1 if stream or lot.random() >= TWO_PICTURES else 2,
        stream=stream,
        partial_images=lot.randrange(3) if stream else 0,
        idempotent=idempotent,
        retries_max=lot.choice(RETRIES),
        patience_s=lot.uniform(*HURRY_S) if hurried else PATIENCE_S,
        # Early moments more often: that is where jobs are queued, admitted and sent.
        leaves_after_s=LEAVING_S_MAX * lot.random() ** 2 if leaving else None,
        task=task,
        taken_back_after_s=TAKEN_BACK_S_MAX * lot.random() ** 2 if taken_back else None,
    )
