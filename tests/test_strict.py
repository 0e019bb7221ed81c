"""Strict keys: everything as asked, or a refusal that names the parameter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.drilled import DrilledEngine, DrilledModerator
from tests.house import House, answer, house

from limner.errors import EngineFailed, InvalidRequest
from limner.job import Quality

SEEDED = {"parameters": frozenset({"seed"})}
FINE = {"prompt": "a fox", "quality": "low"}
UNABLE = {"qualities": frozenset[Quality]()}


async def refusal(home: House, **fields: Any) -> tuple[str | None, str | None, str]:
    """Param, code and message of the refusal of a strict key's request."""
    with pytest.raises(InvalidRequest) as refused:
        await home.submit(json.dumps({**FINE, **fields}), strict=True)
    assert (refused.value.status, refused.value.type) == (400, "invalid_request_error")
    return refused.value.param, refused.value.code, refused.value.message


async def told(home: House, *, strict: bool, **fields: Any) -> str:
    """What the caller of a job is told of its parameters."""
    run = await home.submit(json.dumps({**FINE, **fields}), strict=strict)
    await answer(run)
    return run.report_text


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_parameter"),
        ({"seed": 7}, "seed", "unknown_parameter"),
        ({"style": "vivid"}, "style", "unsupported_parameter"),
        ({"response_format": "url"}, "response_format", "unsupported_parameter"),
        ({"moderation": "auto"}, "moderation", "unsupported_parameter"),
        ({"frame_count": 3}, "frame_count", "unsupported_parameter"),
        ({"quality": "xhigh"}, "quality", "unsupported_value"),
        ({"quality": "standard"}, "quality", "unsupported_value"),
        ({"style": "vivid", "colour": "red"}, "style", "unsupported_parameter"),
    ],
)
async def test_what_would_not_be_brought_about_is_refused(
    tmp_path: Path, fields: dict[str, Any], param: str, code: str
) -> None:
    """400 naming the first such parameter, before anything is held or run."""
    engine = DrilledEngine()
    async with house(tmp_path, engine) as home:
        found_param, found_code, message = await refusal(home, **fields)
        assert (found_param, found_code) == (param, code)
        assert f"'{param}'" in message
        assert (engine.runs, len(home.records), len(home.done)) == (0, 0, 1)
        assert await home.balance_nusd() == 0


async def test_the_refusal_says_what_would_be_honoured(tmp_path: Path) -> None:
    """An unknown parameter in OpenAI's words, an adapted one with the value that is honoured."""
    async with house(tmp_path, DrilledEngine()) as home:
        assert (await refusal(home, colour="red"))[2] == "Unknown parameter: 'colour'."
        assert "The nearest value that can is 'high'." in (await refusal(home, quality="max"))[2]
        assert "Leave it out." in (await refusal(home, style="vivid"))[2]


async def test_what_is_honoured_or_emulated_is_drawn(tmp_path: Path) -> None:
    """Emulation brings about what was asked; what was not sent cannot offend, whatever the engine lacks."""
    engine = DrilledEngine(able=UNABLE)
    async with house(tmp_path, engine, moderator=DrilledModerator()) as home:
        fields = {"size": "1536x1024", "output_format": "webp", "n": 2, "moderation": "low", "quality": "auto"}
        report = await told(home, strict=True, **fields)
        assert report == "quality=honoured, size=emulated, output_format=emulated, n=emulated, moderation=emulated"
        assert (await refusal(home))[0] == "quality"
        assert await told(home, strict=True, quality="auto") == "quality=honoured"


async def test_engines_that_would_not_honour_the_request_are_skipped(tmp_path: Path) -> None:
    """A strict key gets the one that does, also a parameter that the contract does not know; others get the first."""
    first, second = DrilledEngine(), DrilledEngine(able=SEEDED)
    async with house(tmp_path, first, second) as home:
        assert await told(home, strict=True, seed=7) == "quality=honoured, seed=honoured"
        assert (first.runs, second.runs) == (0, 1)
        assert await told(home, strict=False, seed=7) == "quality=honoured, seed=ignored"
        assert (first.runs, second.runs) == (1, 1)


async def test_falling_back_keeps_to_engines_that_honour_the_request(tmp_path: Path) -> None:
    """When the last of them fails the job has failed, though another engine could draw something."""
    first = DrilledEngine(endings=[EngineFailed("no")], able=SEEDED)
    second, third = DrilledEngine(), DrilledEngine(endings=[EngineFailed("no")], able=SEEDED)
    async with house(tmp_path, first, second, third) as home:
        with pytest.raises(EngineFailed):
            await told(home, strict=True, seed=7)
        assert (first.runs, second.runs, third.runs) == (1, 0, 1)
        assert await home.balance_nusd() == 0


async def test_the_first_engine_s_first_loss_is_named(tmp_path: Path) -> None:
    """Where every engine would lose something, the one the caller would have got decides what is told."""
    async with house(tmp_path, DrilledEngine(able=UNABLE), DrilledEngine(able=SEEDED)) as home:
        assert (await refusal(home, style="vivid", quality="max"))[0] == "quality"
        assert (await refusal(home, quality="auto", seed=1, moderation="low"))[0] == "moderation"
