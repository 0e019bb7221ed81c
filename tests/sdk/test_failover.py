"""A route survives its engines, as its callers and its ledger see it."""

from __future__ import annotations

from pathlib import Path

from tests.engines.upstream.enforcement import KEY
from tests.sdk.failover import showing
from tests.sdk.nodejs import install


async def test_callers_get_their_pictures_while_upstreams_are_killed(tmp_path: Path, picture_files: Path) -> None:
    """Only the stream that was seen to begin fails; the next calls land elsewhere, and each picture is paid once."""
    install()
    async with showing(tmp_path, picture_files, lambda line: None) as show:
        await show.play()
        audit, lines = await show.audit(), await show.entries()
        log = show.server.log()
    four = ["generate", "edit", "inpaint", "stream"]
    whole, streamed = "1024x1024 png", "1024x1024 png, 1024x1024 png, 1024x1024 png"
    drawn = [(step.call, step.engine) for step in show.steps]
    assert drawn == [
        *((call, "first") for call in [*four, *four, "stream"]),
        *((call, "second") for call in ["generate", *four]),
        *((call, "sketch") for call in ["generate", "inpaint", *four]),
    ]
    failed = show.steps.pop(8)
    assert (failed.answer, failed.outcome, failed.charge_nusd) == (
        "1024x1024 png, image_generation_failed", "failed", 0,
    )  # fmt: skip
    for step in show.steps:
        assert (step.outcome, step.answer) == ("delivered", streamed if step.call == "stream" else whole)
        assert step.charge_nusd > 0
    kinds = [kind for kind, _ in lines]
    assert (kinds.count("hold"), kinds.count("settle"), kinds.count("release")) == (20, 19, 1)
    assert (audit.faults, audit.held_nusd) == ((), 0)
    assert audit.balance_nusd == sum(amount for _, amount in lines) == -sum(step.charge_nusd for step in show.steps)
    assert KEY not in log
