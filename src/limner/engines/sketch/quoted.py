"""The texts a prompt wants written: what it quotes, or names in capitals."""

from __future__ import annotations

import re
from typing import Final

LETTERING_CHARS_MAX: Final = 160
# Straight and curly double quotes, guillemets, corner brackets, and single quotes that are no apostrophes.
_QUOTES: Final = re.compile(
    '["\u201c\u201d\u201e]([^"\u201c\u201d\u201e]{1,400})["\u201c\u201d]'
    "|\u00ab([^\u00ab\u00bb]{1,400})\u00bb"
    "|\u300c([^\u300c\u300d]{1,400})\u300d"
    "|(?<!\\w)['\u2018]([^'\u2018\u2019\n]{1,200})['\u2019](?!\\w)"
)
_CAPITALS: Final = re.compile(
    r"\b(?:saying|reading|says|reads|titled|words?|text|lettering)[: ]\s*([A-Z0-9][A-Z0-9!?&' -]{1,60})(?![a-z])"
)


def take_lettering(text: str) -> tuple[tuple[str, ...], str]:
    """The texts to write, and the prompt without them."""
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        written = " ".join(next(group for group in match.groups() if group).split())[:LETTERING_CHARS_MAX]
        if written and len(found) < 3:  # noqa: PLR2004 - a headline, a line below it and a foot
            found.append(written)
        return " , "

    rest = _QUOTES.sub(take, text)
    if not found:
        rest = _CAPITALS.sub(take, rest)
    return tuple(found), rest
