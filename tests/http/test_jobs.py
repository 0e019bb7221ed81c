"""Jobs looked up by their id, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.http.scripted import KEY, ScriptedGateway, answer
from tests.storage.jobs import Jobs

from limner.clock import ManualClock
from limner.job import Answer
from limner.joining import JobView
from limner.record import Outcome, StoredJob

JOB = "req_" + "7" * 32
PATH = f"http://limner.test/limner/v1/jobs/{JOB}"


def view(
    clock: ManualClock,
    outcome: Outcome | None,
    *,
    started_at_s: float | None = None,
    model: str = "gpt-image-2",
    kept: Answer | None = None,
) -> JobView:
    """A job with that end, or none yet."""
    record = None if outcome is None else replace(Jobs(KEY, clock).record(JOB, outcome), charge_nusd=5_880_000)
    admission = Jobs(KEY, clock).admission(JOB)
    job = StoredJob(
        job_id=JOB,
        account_id=KEY.account_id,
        key_id=KEY.id,
        kind=admission.job.request.kind,
        model=model,
        n=2,
        hold_nusd=1,
        admitted_at_s=clock.now_s(),
        record=record,
    )
    return JobView(
        job=job, started_at_s=started_at_s, parameters='size=honoured, quality=adapted;to="high"', answer=kept
    )


async def test_a_delivered_job_tells_its_price_its_report_and_its_answer(
    client: httpx.AsyncClient, gateway: ScriptedGateway, clock: ManualClock
) -> None:
    """All there is to know, and the answer as it was given."""
    given = answer()
    gateway.script = [given]
    gateway.views[KEY.account_id, JOB] = view(clock, Outcome.DELIVERED, started_at_s=clock.now_s(), kept=given)
    response = await client.get(PATH)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    now_s = int(clock.now_s())
    document = response.json()
    assert (
        document.pop("answer")
        == (await client.post("/images/generations", json={"prompt": "a fox", "model": "gpt-image-2"})).json()
    )
    assert document == {
        "id": JOB,
        "object": "job",
        "status": "delivered",
        "kind": "generation",
        "model": "gpt-image-2",
        "n": 2,
        "created_at": now_s,
        "started_at": now_s,
        "finished_at": now_s,
        "parameters": {"size": {"fate": "honoured"}, "quality": {"fate": "adapted", "to": "high"}},
        "charge_usd": "0.00588",
        "error": None,
    }


@pytest.mark.parametrize(
    ("outcome", "started_at_s", "expected"),
    [
        (None, None, {"status": "queued", "started_at": None, "finished_at": None, "charge_usd": None, "error": None}),
        (None, 5.5, {"status": "running", "started_at": 5, "finished_at": None, "charge_usd": None, "error": None}),
        (Outcome.FAILED, 5.5, {"status": "failed", "error": {"code": "why"}}),
    ],
)
async def test_a_job_without_an_answer_tells_how_it_stands(
    client: httpx.AsyncClient,
    gateway: ScriptedGateway,
    clock: ManualClock,
    outcome: Outcome | None,
    started_at_s: float | None,
    expected: dict[str, Any],
) -> None:
    """Queued, running or ended badly: what is not known yet is null."""
    gateway.views[KEY.account_id, JOB] = view(clock, outcome, started_at_s=started_at_s)
    document = (await client.get(PATH)).json()
    assert document.items() >= {**expected, "answer": None}.items()


async def test_a_job_of_a_model_no_longer_offered_is_still_told(
    client: httpx.AsyncClient, gateway: ScriptedGateway, clock: ManualClock
) -> None:
    """Configuration changes; what was paid for stays."""
    gateway.views[KEY.account_id, JOB] = view(clock, Outcome.STORED, model="gone", kept=answer())
    document = (await client.get(PATH)).json()
    assert (document["status"], document["model"], len(document["answer"]["data"])) == ("stored", "gone", 1)


async def test_what_is_no_job_of_the_account_is_not_found(
    client: httpx.AsyncClient, gateway: ScriptedGateway, clock: ManualClock
) -> None:
    """Another account's job is as good as none: the same 404, in the envelope."""
    gateway.views["another", JOB] = view(clock, Outcome.DELIVERED)
    response = await client.get(PATH)
    assert response.status_code == 404
    error = response.json()["error"]
    assert (error["message"], error["type"]) == (f"No such job: '{JOB}'.", "invalid_request_error")
    assert (await client.post(PATH)).status_code == 405
    del client.headers["authorization"]
    assert (await client.get(PATH)).status_code == 401
