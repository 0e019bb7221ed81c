"""The scenes, one visible list. A scene is one file with `build(stage) -> Setting`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limner.engines.sketch.scene import BuildSetting
from limner.engines.sketch.scenes import (
    abstract,
    city,
    desert,
    forest,
    heights,
    lake,
    meadow,
    room,
    sea,
    snow,
    space,
    studio,
    table,
    underwater,
)


@dataclass(frozen=True, slots=True)
class SceneKind:
    """How a scene is built, and the light it has when the prompt names no hour."""

    build: BuildSetting
    usual_hour: str | None = "day"


SCENES: Final[Mapping[str, SceneKind]] = {
    "sea": SceneKind(sea.build, None),
    "beach": SceneKind(sea.build),
    "lake": SceneKind(lake.build, None),
    "mountains": SceneKind(lake.build, None),
    "forest": SceneKind(forest.build),
    "meadow": SceneKind(meadow.build),
    "desert": SceneKind(desert.build, None),
    "mars": SceneKind(desert.build, "mars"),
    "moon": SceneKind(desert.build, "space"),
    "city": SceneKind(city.build, None),
    "room": SceneKind(room.build, None),
    "space": SceneKind(space.build, "space"),
    "underwater": SceneKind(underwater.build),
    "snow": SceneKind(snow.build, None),
    "table": SceneKind(table.build),
    "sky": SceneKind(heights.build, None),
    "abstract": SceneKind(abstract.build),
    "studio": SceneKind(studio.build),
}
"""Word of the vocabulary -> scene. usual_hour None: chance chooses between day, dawn and sunset."""
