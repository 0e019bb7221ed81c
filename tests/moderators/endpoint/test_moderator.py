"""A server that speaks `/moderations`, asked over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError
from structlog.testing import capture_logs
from tests.drilled import DrilledEngine
from tests.engines.upstream.proxying import proxying
from tests.house import answer, house
from tests.moderators.endpoint.emulator import KEY, Emulator, Script, emulating

from limner.blobs import Blob
from limner.errors import InvalidImageRequest, ModerationBlocked, ModeratorUnavailable
from limner.job import Moderation
from limner.moderation import Ruling, Verdict
from limner.moderators.endpoint.moderator import EDGE_PX_MAX, EndpointModerator
from limner.moderators.endpoint.settings import EndpointSettings

SCORES = {"fight": {"violence": 0.7, "harassment": 0.2}, "gore": {"violence": 0.95}, "red": {"sexual": 0.8}}
PROMPT = "a secret fox"


@asynccontextmanager
async def asking(script: Script | None = None, **settings: Any) -> AsyncIterator[tuple[EndpointModerator, Emulator]]:
    """A moderator and the server it asks."""
    async with emulating(script or Script(scores=SCORES)) as emulator:
        told = {"base_url": emulator.url, "key": KEY, **settings}
        moderator = EndpointModerator(EndpointSettings.model_validate(told))
        try:
            yield moderator, emulator
        finally:
            await moderator.close()


def picture(colour: str, width_px: int = 64, height_px: int = 64, alpha: int = 255) -> Blob:
    """A PNG of one colour."""
    image = Image.new("RGB", (width_px, height_px), colour)
    image.putalpha(alpha)
    out = BytesIO()
    image.save(out, "PNG")
    return Blob.from_bytes(out.getvalue(), "image/png")


@pytest.mark.parametrize(
    ("prompt", "auto", "low"),
    [
        ("a fox", Verdict(Ruling.ALLOWED), Verdict(Ruling.ALLOWED)),
        ("a fight", Verdict(Ruling.BLOCKED, ("violence",)), Verdict(Ruling.ALLOWED)),
        ("gore", Verdict(Ruling.BLOCKED, ("violence",)), Verdict(Ruling.BLOCKED, ("violence",))),
    ],
)
async def test_a_prompt_is_judged_at_its_level(prompt: str, auto: Verdict, low: Verdict) -> None:
    """Each level has its threshold; the server gets the prompt as text, with the operator's key."""
    async with asking() as (moderator, emulator):
        assert await moderator.judge(prompt, (), Moderation.AUTO) == auto
        assert await moderator.judge(prompt, (), Moderation.LOW) == low
        assert [(asked.text, asked.picture_px) for asked in emulator.asked] == [(prompt, None)] * 2
        assert emulator.asked[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_thresholds_are_the_operator_s() -> None:
    """What counts is what the settings say."""
    async with asking(threshold_auto=0.1, threshold_low=0.6) as (moderator, _):
        expected = Verdict(Ruling.BLOCKED, ("harassment", "violence"))
        assert await moderator.judge("a fight", (), Moderation.AUTO) == expected
        assert await moderator.judge("a fight", (), Moderation.LOW) == Verdict(Ruling.BLOCKED, ("violence",))


async def test_pictures_stay_here_unless_the_operator_says_otherwise() -> None:
    """Callers' pictures are sent nowhere by default."""
    async with asking() as (moderator, emulator):
        assert await moderator.judge("a fox", (picture("red"),), Moderation.AUTO) == Verdict(Ruling.ALLOWED)
        assert [asked.picture_px for asked in emulator.asked] == [None]


async def test_pictures_are_judged_one_a_question() -> None:
    """The first goes with the prompt, the others alone, all of them small; one refused picture refuses the request."""
    async with asking(images=True) as (moderator, emulator):
        pictures = (picture("teal"), picture("teal", 3000, 1500), picture("red", 20, 4000))
        assert await moderator.judge("a fox", pictures[:2], Moderation.AUTO) == Verdict(Ruling.ALLOWED)
        assert sorted((asked.text or "", asked.picture_px) for asked in emulator.asked) == [
            ("", (EDGE_PX_MAX, EDGE_PX_MAX // 2)),
            ("a fox", (64, 64)),
        ]
        assert await moderator.judge("a fox", pictures, Moderation.AUTO) == Verdict(Ruling.BLOCKED, ("sexual",))


async def test_what_a_picture_hides_is_judged() -> None:
    """An engine may see colours under transparent pixels."""
    async with asking(images=True) as (moderator, _):
        hidden = picture("red", alpha=0)
        assert (await moderator.judge("a fox", (hidden,), Moderation.AUTO)).ruling is Ruling.BLOCKED


async def test_a_variation_is_judged_by_its_picture_alone() -> None:
    """It has no prompt; without pictures there is nothing to ask."""
    async with asking(images=True) as (moderator, emulator):
        assert (await moderator.judge("", (picture("red"),), Moderation.AUTO)).ruling is Ruling.BLOCKED
        asked = len(emulator.asked)
        assert await moderator.judge("", (), Moderation.AUTO) == Verdict(Ruling.ALLOWED)
        assert len(emulator.asked) == asked


async def test_a_picture_that_is_none_is_the_caller_s_mistake() -> None:
    """It cannot be judged, and never will be: no server is blamed."""
    async with asking(images=True) as (moderator, _):
        with pytest.raises(InvalidImageRequest, match="for image 2"):
            await moderator.judge("a fox", (picture("teal"), Blob.from_bytes(b"x", "image/png")), Moderation.AUTO)


UNRELIABLE = {
    "refused key": Script(status=401),
    "rate": Script(status=429, headers={"Retry-After": "30"}),
    "failing": Script(status=500),
    "redirect": Script(status=302, headers={"Location": "http://127.0.0.1:9/"}),
    "page": Script(body=b"<html>"),
    "nothing": Script(body=b""),
    "no results": Script(body=b'{"results":[]}'),
    "lie": Script(result={"category_scores": {"violence": 3}}),
    "compressed": Script(headers={"Content-Encoding": "gzip"}),
    "endless": Script(endless=True),
    "cut": Script(cut=True),
    "stalled": Script(stall=True),
}


@pytest.mark.parametrize("script", UNRELIABLE.values(), ids=UNRELIABLE)
@pytest.mark.parametrize(("wish", "ruling"), [("refuse", Ruling.UNJUDGED), ("allow", Ruling.WAIVED)])
async def test_what_the_server_does_not_judge_is_the_operator_s_to_decide(
    script: Script, wish: str, ruling: Ruling
) -> None:
    """Refused unless the operator waives it; the log says why, without key, prompt or what the server said."""
    with capture_logs() as logs:
        # A stalled server never answers, so that its time may be as short as any.
        async with asking(script, when_unjudged=wish, timeout_s=0.05 if script.stall else 20) as (moderator, _):
            assert await moderator.judge(PROMPT, (), Moderation.AUTO) == Verdict(ruling)
    [line] = logs
    assert line["event"] == "moderator.no_judgement"
    assert KEY not in str(line)
    assert PROMPT not in str(line)


async def test_a_server_that_is_not_there_judges_nothing() -> None:
    """A refused connection is like any other silence."""
    moderator = EndpointModerator(EndpointSettings.model_validate({"base_url": "http://127.0.0.1:9"}))
    assert await moderator.judge(PROMPT, (), Moderation.AUTO) == Verdict(Ruling.UNJUDGED)
    assert (await moderator.probe()).detail == "omni-moderation-latest at 127.0.0.1 does not answer"
    await moderator.close()


async def test_a_refusal_outweighs_a_question_without_an_answer() -> None:
    """One picture is refused and another question fails: the request is refused, not put off."""
    async with asking(images=True) as (moderator, emulator):
        emulator.script.scores["a fox"] = {"violence": 7.0}
        verdict = await moderator.judge("a fox", (picture("teal"), picture("red")), Moderation.AUTO)
        assert verdict == Verdict(Ruling.BLOCKED, ("sexual",))


async def test_the_probe_judges_nothing() -> None:
    """It asks for the list of models; a refused key and a failing server are told, a server without a list is there."""
    async with asking() as (moderator, emulator):
        found = []
        for status in (200, 404, 500):
            emulator.models_status = status
            probe = await moderator.probe()
            found.append((probe.reachable, probe.detail.removeprefix("omni-moderation-latest at 127.0.0.1 ")))
        assert found == [
            (True, "answers and accepts its key"),
            (True, "answers without a list of models (status 404): its key was not checked"),
            (False, "answers with status 500"),
        ]
        assert set(emulator.paths) == {"/v1/models"}
    async with asking(key="sk-wrong") as (moderator, _):
        assert (await moderator.probe()).detail.endswith("refuses its key")


async def test_a_job_is_refused_by_it_and_put_off_without_it(tmp_path: Path) -> None:
    """As a whole: the server's categories reach the caller, and nothing is drawn while it fails."""
    engine = DrilledEngine()
    async with asking() as (moderator, emulator), house(tmp_path, engine, moderator=moderator) as home:
        with pytest.raises(ModerationBlocked) as refusal:
            await answer(await home.submit('{"prompt":"a fight","quality":"low"}'))
        assert refusal.value.categories == ("violence",)
        emulator.script.status = 500
        with pytest.raises(ModeratorUnavailable):
            await answer(await home.submit())
        assert engine.runs == 0
        emulator.script.status = 200
        await answer(await home.submit('{"prompt":"a fight","quality":"low","moderation":"low"}'))
        assert engine.runs == 1


def test_low_cannot_be_the_stricter_level() -> None:
    """Thresholds the wrong way round are a mistake, told at the start."""
    with pytest.raises(ValidationError, match="`threshold_low` is below `threshold_auto`"):
        EndpointSettings(threshold_auto=0.9, threshold_low=0.5)


def test_a_key_is_never_shown() -> None:
    """Not in what is printed of the settings."""
    assert KEY not in repr(EndpointSettings.model_validate({"key": KEY}))


async def test_the_server_is_asked_over_the_operators_proxy() -> None:
    """As an upstream is."""
    async with proxying() as proxy, asking(proxy=proxy.url) as (moderator, emulator):
        assert (await moderator.judge("a fight", (), Moderation.AUTO)).ruling is Ruling.BLOCKED
    assert proxy.asked == [f"POST {emulator.url}/moderations HTTP/1.1"]
