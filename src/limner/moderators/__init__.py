"""The moderators, one visible list.

A moderator kind is a name, a model of its settings and a constructor without side effects. Adding one is a file or
package beside this one, a line in `KINDS` and a section in docs/moderation.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from limner.moderation import Moderator
from limner.moderators.endpoint.settings import EndpointSettings
from limner.moderators.words import WordsModerator, WordsSettings


@dataclass(frozen=True, slots=True)
class ModeratorKind:
    """What the operator writes in `[moderators.NAME]` beside `kind`, and what is built from it."""

    settings: type[BaseModel]
    build: Callable[[Any], Moderator]


def _build_endpoint(settings: EndpointSettings) -> Moderator:
    # Its HTTP client takes 9 MB and 0.2 s: a gateway that asks nobody goes without.
    from limner.moderators.endpoint.moderator import EndpointModerator  # noqa: PLC0415

    return EndpointModerator(settings)


KINDS: Final[Mapping[str, ModeratorKind]] = {
    "words": ModeratorKind(WordsSettings, WordsModerator),
    "endpoint": ModeratorKind(EndpointSettings, _build_endpoint),
}
