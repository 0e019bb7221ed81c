"""The scenes, one visible list. A scene is one file with `build(stage) -> Setting`.

A layout, which is printed matter rather than a view, has `lettering(stage)`, too: where its words go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from limner.engines.sketch.scene import BuildSetting, Lettering, Stage
from limner.engines.sketch.scenes import (
    abstract,
    aerial,
    banner,
    cave,
    city,
    desert,
    diorama,
    farm,
    flatlay,
    forest,
    garden,
    heights,
    icon,
    kitchen,
    lake,
    logo,
    meadow,
    office,
    poster,
    river,
    road,
    room,
    sea,
    snow,
    space,
    sticker,
    street,
    studio,
    table,
    theatre,
    ui,
    underwater,
    village,
    wall,
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
    "river": SceneKind(river.build),
    "mountains": SceneKind(lake.build, None),
    "forest": SceneKind(forest.build),
    "meadow": SceneKind(meadow.build, None),
    "garden": SceneKind(garden.build),
    "farm": SceneKind(farm.build),
    "desert": SceneKind(desert.build, None),
    "mars": SceneKind(desert.build, "mars"),
    "moon": SceneKind(desert.build, "space"),
    "city": SceneKind(city.build, None),
    "street": SceneKind(street.build),
    "village": SceneKind(village.build, None),
    "road": SceneKind(road.build),
    "room": SceneKind(room.build, None),
    "kitchen": SceneKind(kitchen.build),
    "office": SceneKind(office.build),
    "stage": SceneKind(theatre.build),
    "space": SceneKind(space.build, "space"),
    "underwater": SceneKind(underwater.build),
    "cave": SceneKind(cave.build),
    "snow": SceneKind(snow.build, None),
    "table": SceneKind(table.build),
    "sky": SceneKind(heights.build, None),
    "wall": SceneKind(wall.build),
    "flatlay": SceneKind(flatlay.build),
    "aerial": SceneKind(aerial.build),
    "diorama": SceneKind(diorama.build),
    "abstract": SceneKind(abstract.build),
    "studio": SceneKind(studio.build),
    "logo": SceneKind(logo.build),
    "icon": SceneKind(icon.build),
    "sticker": SceneKind(sticker.build),
    "poster": SceneKind(poster.build),
    "banner": SceneKind(banner.build),
    "ui": SceneKind(ui.build),
}
"""Word of the vocabulary, or layout -> scene. usual_hour None: chance chooses between day, dawn and sunset."""

LAYOUTS: Final[Mapping[str, Callable[[Stage], tuple[Lettering, ...]]]] = {
    "logo": logo.lettering,
    "icon": icon.lettering,
    "sticker": sticker.lettering,
    "poster": poster.lettering,
    "banner": banner.lettering,
    "ui": ui.lettering,
    "wall": wall.lettering,
}
"""Scene -> where its words go."""
