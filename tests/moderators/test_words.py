"""The moderator with a list of words."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner.job import Moderation
from limner.moderation import Ruling, Verdict
from limner.moderators.words import WordsModerator, WordsSettings

LIST = "[violence]\nblow up\n[sexual auto]\nnude\n"


@pytest.fixture
def moderator(tmp_path: Path) -> WordsModerator:
    """One with a term that `low` lets pass and one that it does not."""
    (tmp_path / "list.txt").write_text(LIST)
    return WordsModerator(WordsSettings(file=tmp_path / "list.txt"))


@pytest.mark.parametrize(
    ("prompt", "level", "verdict"),
    [
        ("a fox", Moderation.AUTO, Verdict(Ruling.ALLOWED)),
        ("", Moderation.AUTO, Verdict(Ruling.ALLOWED)),
        ("a nude", Moderation.AUTO, Verdict(Ruling.BLOCKED, ("sexual",))),
        ("a nude", Moderation.LOW, Verdict(Ruling.ALLOWED)),
        ("blow up a nude", Moderation.AUTO, Verdict(Ruling.BLOCKED, ("sexual", "violence"))),
        ("blow up a nude", Moderation.LOW, Verdict(Ruling.BLOCKED, ("violence",))),
        ("a fox " * 6000 + "blow up", Moderation.LOW, Verdict(Ruling.BLOCKED, ("violence",))),
    ],
)
async def test_a_prompt_is_judged_at_its_level(
    moderator: WordsModerator, prompt: str, level: Moderation, verdict: Verdict
) -> None:
    """A term of the list refuses it, unless the level lets that term pass; categories are those that refuse."""
    assert await moderator.judge(prompt, (), level) == verdict


async def test_the_probe_counts_the_terms(moderator: WordsModerator, tmp_path: Path) -> None:
    """An operator sees that the list is the one that was meant."""
    probe = await moderator.probe()
    assert (probe.reachable, probe.detail) == (True, f"{tmp_path / 'list.txt'}, terms: 2")
    await moderator.close()
