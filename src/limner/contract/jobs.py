"""Jobs as their owners see them: Limner's own endpoint, in the style of OpenAI's objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from limner.blobs import Text
from limner.contract import refusals
from limner.errors import NotFound
from limner.exactness import report_of
from limner.job import Json, Treatment
from limner.money import usd_text
from limner.record import StoredJob

QUEUED: Final = "queued"
RUNNING: Final = "running"


def job_body(
    job: StoredJob, *, started_at_s: float | None, parameters: str, answer: Sequence[Text] | None
) -> list[Text]:
    """The job, in chunks to be sent in order.

    started_at_s, parameters: as far as it has come. answer: the body it was answered with, or None.
    """
    record = job.record
    state = RUNNING if started_at_s is not None else QUEUED
    told: dict[str, Json] = {
        "id": job.job_id,
        "object": "job",
        "status": state if record is None else record.outcome.value,
        "kind": job.kind.value,
        "model": job.model,
        "n": job.n,
        "created_at": int(job.admitted_at_s),
        "started_at": None if started_at_s is None else int(started_at_s),
        "finished_at": None if record is None else int(record.finished_at_s),
        "parameters": {name: _fate(treatment) for name, treatment in report_of(parameters).items()},
        "charge_usd": None if record is None else usd_text(record.charge_nusd),
        "error": {"code": record.error_code} if record is not None and record.error_code is not None else None,
    }
    head = orjson.dumps(told, option=orjson.OPT_INDENT_2)[: -len(_END)]
    return [head, b',\n  "answer": ', *(answer or (b"null",)), _END]


_END: Final = b"\n}"


def no_such_job(job_id: str) -> NotFound:
    """The refusal of an id that is no job of the account, whether or not it is another's."""
    return NotFound(f"No such job: '{refusals.echo(job_id)}'.")


def _fate(treatment: Treatment) -> dict[str, Json]:
    fate: dict[str, Json] = {"fate": treatment.fate.value}
    return fate if treatment.to is None else {**fate, "to": treatment.to}
