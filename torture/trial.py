"""One torture from start to end: everything is started, tormented, left to come to rest, ended and looked at."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.processes import free_port
from torture.callers import Orders
from torture.databases import DATABASES, Database
from torture.evidence import Evidence, jobs_in, kept_in, leftovers_in, requests_in, tasks_in, tracebacks_in
from torture.gateways import Gateway
from torture.program import Program
from torture.rules import OPEN_TASKS
from torture.upstream import NAMES
from torture.villain import Villain
from torture.wishes import BUDGETED, PREPAID, UNLIMITED, wish

from torture import diary

JOBS_AT_ONCE: Final = 6
"""Of the key with a budget: callers that come at the same time are too many for it now and then."""
MONEY_OF_A_WISH_USD: Final = 0.0006
"""For each wish of all: a low picture costs 0.006, a fifth of the wishes is sent with a key, and more than half of
those are paid for, so that money and budget come to an end before the wishes do."""
CALLERS_PER_PLACE: Final = 3
"""For each place at an engine, of all gateways: jobs wait for their turn now and then, and so do tasks, which can be
taken back and handed on only then."""
POLL_S: Final = 0.05
START_S_MAX: Final = 60.0
GATEWAY: Final = "gateway-{}"
REST_S_MAX: Final = 120.0
"""Longer than a job may take, and than it takes to notice that a gateway died."""
SHOWN_EVERY_S: Final = 5.0


class TortureFailed(RuntimeError):
    """It could not be carried out; what it would have shown is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done. at_once: callers side by side. seed: of everything that is drawn by lot."""

    wishes: int
    at_once: int
    seed: int
    database: str

    @property
    def name(self) -> str:
        """What is tormented."""
        return DATABASES[self.database].title


@contextmanager
def carried_out(plan: Plan, folder: Path, tell: Callable[[str], None]) -> Iterator[Evidence]:
    """Do it all in an empty folder, and give what is left, with the database still there to be asked.

    tell: is told now and then how it goes. Raises TortureFailed when it was not possible.
    """
    kind = DATABASES[plan.database]
    with kind.start(folder / GATEWAY.format(1) / "data") as database, _Stage(plan, folder, database).set() as stage:
        villain = Villain(stage.gateways, stage.upstream, database, started_s=stage.started_s, seed=plan.seed)
        tell(f"all gateways serve after {stage.started_s:.1f} s")
        began_s = shown_s = time.monotonic()
        while stage.callers.status is None:
            villain.look_round()
            time.sleep(POLL_S)
            if time.monotonic() - shown_s > SHOWN_EVERY_S:
                shown_s = time.monotonic()
                tell(f"{shown_s - began_s:4.0f} s: {villain.deeds.total()} deeds, {stage.noted()} requests sent")
        if stage.callers.status:
            raise TortureFailed(f"the callers ended with {stage.callers.status}:\n{stage.callers.log.read_text()}")
        tell("the callers are through: coming to rest")
        _rest(stage, villain)
        tell("nothing is under way: stopping")
        villain.stop_all()
        tell("looking at what is left")
        yield stage.evidence(villain)


def _rest(stage: _Stage, villain: Villain) -> None:
    """Wait until every gateway serves, no job is under way and no task waits."""
    villain.relent()
    rest_s_max = REST_S_MAX * villain.slowness
    until_s = time.monotonic() + rest_s_max
    while time.monotonic() < until_s:
        villain.look_after()
        if not villain.waiting and all(gateway.ready for gateway in stage.gateways) and not stage.under_way():
            return
        time.sleep(POLL_S)
    villain.faults.append(
        f"no rest within {rest_s_max:.0f} s: a gateway does not serve, or a job or a task does not end"
    )


class _Stage:
    """What is tormented, and the callers. started_s: how long it took all gateways to start."""

    def __init__(self, plan: Plan, folder: Path, database: Database) -> None:
        self._plan = plan
        self._database = database
        self._seen, self._served = folder / "callers.jsonl", folder / "upstream.jsonl"
        port = free_port()
        command = [sys.executable, "-m", "torture.upstream", str(port), str(self._served), str(plan.seed)]
        self.upstream = Program("upstream", command, folder / "upstream.log")
        self.callers = Program("callers", [sys.executable, "-m", "torture.callers"], folder / "callers.log")
        self.started_s = 0.0
        shared = _shared(folder)
        gateways = DATABASES[plan.database].gateways
        places = max(1, plan.at_once // (CALLERS_PER_PLACE * gateways * len(NAMES)))
        self.gateways = [
            Gateway(
                folder / GATEWAY.format(number),
                free_port(),
                port,
                address=database.address,
                shared=shared,
                places=places,
            )
            for number in range(1, gateways + 1)
        ]

    @contextmanager
    def set(self) -> Iterator[_Stage]:
        """Everything running, and ended at last."""
        try:
            self.upstream.begin()
            for gateway in self.gateways:
                gateway.begin()
            began_s = time.monotonic()
            while not all(gateway.ready for gateway in self.gateways):
                if time.monotonic() > began_s + START_S_MAX:
                    raise TortureFailed(f"not everything started:\n{self.gateways[0].log.read_text()}")
                time.sleep(POLL_S)
            self.started_s = time.monotonic() - began_s
            self.callers.begin(self._orders().text())
            yield self
        finally:
            for program in (self.callers, *self.gateways, self.upstream):
                program.kill()

    def _orders(self) -> Orders:
        return Orders(
            wishes=self._plan.wishes,
            at_once=self._plan.at_once,
            seed=self._plan.seed,
            bases=tuple(gateway.base_url for gateway in self.gateways),
            keys=self._keys(),
            diary=str(self._seen),
        )

    def _keys(self) -> Mapping[str, str]:
        order, money_usd = self.gateways[0].order, f"{self._plan.wishes * MONEY_OF_A_WISH_USD:.4f}"
        order("accounts", "create", PREPAID, "--markup", "10")
        order("accounts", "credit", PREPAID, money_usd)
        return {
            UNLIMITED: order("keys", "create", UNLIMITED),
            PREPAID: order("keys", "create", PREPAID, "--account", PREPAID),
            BUDGETED: order("keys", "create", BUDGETED, "--budget", money_usd, "--jobs-at-once", str(JOBS_AT_ONCE)),
        }

    def noted(self) -> int:
        """How many requests have been sent and have come to an end."""
        return self._seen.read_bytes().count(b"\n") if self._seen.exists() else 0

    def under_way(self) -> int:
        """Jobs that have not ended, tasks that wait for another job, and ended ones whose requests are still kept."""
        [(jobs,)] = self._database.rows("SELECT count(*) FROM jobs WHERE outcome IS NULL")
        [(tasks,)] = self._database.rows(f"SELECT count(*) FROM ({OPEN_TASKS}) AS open_tasks")  # noqa: S608  our own
        return int(jobs + tasks)

    def evidence(self, villain: Villain) -> Evidence:
        """What is left."""
        folders = [gateway.data for gateway in self.gateways]
        logs = [tracebacks_in(gateway.log, self._database.expected) for gateway in self.gateways]
        return Evidence(
            rows=self._database.rows,
            jobs=jobs_in(self._database.rows),
            tasks=tasks_in(self._database.rows),
            sendings=diary.sendings(self._seen),
            calls=diary.calls(self._served),
            kept=kept_in(folders),
            requests=requests_in(folders),
            leftovers=leftovers_in(folders),
            ends=villain.faults,
            tracebacks=[line for _, lines in logs for line in lines],
            taken_back=self._taken_back(),
            log_lines=sum(count for count, _ in logs),
            deeds=villain.deeds,
        )

    def _taken_back(self) -> frozenset[str]:
        wishes = (wish(self._plan.seed, number) for number in range(self._plan.wishes))
        return frozenset(wanted.ticket for wanted in wishes if wanted.taken_back_after_s is not None)


def _shared(folder: Path) -> Path:
    """A folder with what gateways on one database have in common: results and uploads."""
    shared = folder / "shared"
    for name in ("results", "uploads"):
        (shared / name).mkdir(parents=True)
    return shared
