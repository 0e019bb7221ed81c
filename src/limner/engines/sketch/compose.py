"""From a read prompt to a scene graph: which scene, in which light, and which words.

Pure and deterministic: chance comes from the prompt and the seed alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from limner.engines.sketch import vocabulary
from limner.engines.sketch.arrange import arrange, gather
from limner.engines.sketch.habitat import habitat
from limner.engines.sketch.light import DAYS, light_for
from limner.engines.sketch.people import PEOPLE
from limner.engines.sketch.prompt import Prompt, Thing, Tie
from limner.engines.sketch.reading import THINGS_MAX, read_prompt
from limner.engines.sketch.scene import DETAIL_MEDIUM, Canvas, Lettering, Placed, Scene, Stage, dice_for
from limner.engines.sketch.scenes import LAYOUTS, SCENES
from limner.engines.sketch.scenes.studio import ON_PAPER
from limner.engines.sketch.sprite import sprite
from limner.job import Size


def compose(prompt: str, size: Size, *, seed: int, detail: int = DETAIL_MEDIUM) -> Scene:
    """The scene graph of a prompt, whole picture. Any prompt is accepted."""
    read = read_prompt(prompt)
    read = _marked(_on_desks(_still_life(_afloat(_equipped(read)))))
    key = f"{prompt}\0{seed}"
    name = _scene_name(read)
    if name == "sea" and any(map(_ashore, read.things)):
        name = "beach"
    # A studio that nobody named is not a plain one: it gets colours.
    if name not in read.scenes and name != "studio":
        read = replace(read, scenes=(name, *read.scenes))
    if name in LAYOUTS and name != "wall":
        # What is printed has no weather and no hour of its own.
        read = replace(read, weather=frozenset())
    dice = dice_for(key, "light")
    usual = SCENES[name].usual_hour or dice.choice(("day", "day", "day", "dawn", "sunset"))
    if read.weather & {"storm", "rain", "fog"} and not (read.mood == "neon" and name in ("city", "street")):
        usual = "day"
    elif usual == "sunset" and (name == "snow" or "snow" in read.weather):
        usual = "day"  # an orange sky makes sand of snow
    elif name not in LAYOUTS:
        usual = _MOOD_HOURS.get((read.mood, name in ("city", "street")), usual)
    x = dice.choice((dice.uniform(0.16, 0.36), dice.uniform(0.64, 0.84)))
    light = light_for(read.time, read.weather, x=x, usual=usual)
    if light.hour == "day" and "clear" not in read.weather and name not in LAYOUTS:
        day = dice.choice(DAYS)
        light = replace(day, x=x, haze=light.haze if read.weather & {"snow", "fog"} else day.haze)
    stage = Stage(canvas=Canvas.of(size), prompt=read, light=light, detail=detail, key=key)
    setting = SCENES[name].build(stage)
    held = any(thing.name == "sign-board" for thing in read.things)
    lettering = () if held else _lettering(stage, name)
    placed = arrange(stage, setting, headroom=bool(lettering))
    lettering = _on_boards(stage, placed) if held else lettering
    return Scene(stage=stage, name=name, setting=setting, placed=placed, lettering=lettering, style=read.style)


def compose_subject(prompt: str, size: Size, *, seed: int) -> Scene:
    """The scene graph of a prompt's things alone, as large as the picture allows; no things: nothing placed."""
    read = read_prompt(prompt)
    stage = Stage(
        canvas=Canvas.of(size),
        prompt=read,
        light=light_for(None, frozenset(), x=0.3),
        detail=DETAIL_MEDIUM,
        key=f"{prompt}\0{seed}",
    )
    return Scene(
        stage=stage,
        name="subject",
        setting=None,
        placed=gather(stage),
        lettering=_lettering(stage, "subject"),
        style=read.style,
    )


_MOOD_HOURS: Final[Mapping[tuple[str | None, bool], str]] = {
    ("neon", True): "night",
    ("dark", True): "dusk",
    ("dark", False): "dusk",
}
"""Mood, and whether in a town -> the hour that has it, where the prompt names none."""


def _equipped(prompt: Prompt) -> Prompt:
    """The prompt, with what its people need for what they do: nobody paints without an easel."""
    things = list(prompt.things)
    for index, thing in enumerate(prompt.things):
        name, kind = vocabulary.TOOLS.get(thing.act or "", ("", ""))
        empty = not any(other.tie == Tie("held", index) or other.name == name for other in things)
        if name and empty and thing.name in PEOPLE and len(things) < THINGS_MAX:
            if kind == "free":
                things.append(Thing(name, places=frozenset(("foreground", "centre"))))
            else:
                things.append(Thing(name, count=thing.count if kind == "held" else 1, tie=Tie(kind, index)))
    return replace(prompt, things=tuple(things))


def _still_life(prompt: Prompt) -> Prompt:
    """The prompt of small things on a table, without the table: the picture shows its top, close to."""
    things = prompt.things
    table = next((index for index, thing in enumerate(things) if thing.name == "table"), None)
    others = [thing for thing in things if thing.name != "table"]
    if table is None or not others or set(prompt.scenes) - {"table", "room"} or not all(map(_small, others)):
        return prompt
    shifted = tuple(
        replace(thing, tie=_shifted(thing.tie, table)) for index, thing in enumerate(things) if index != table
    )
    return replace(prompt, things=shifted, scenes=("table",), surface=things[table].material)


def _afloat(prompt: Prompt) -> Prompt:
    """The prompt, what swims before a building on its water: "ducks in front of a castle" leave it on the far shore."""
    things = list(prompt.things)
    for index, thing in enumerate(prompt.things):
        tie = thing.tie
        swims = habitat(thing.name).medium == "water" and tie is not None and tie.kind in ("before", "behind")
        if tie is not None and swims and sprite(things[tie.to].name).kind.startswith("place"):
            things[index] = replace(thing, tie=None)
            things[tie.to] = replace(things[tie.to], places=things[tie.to].places | {"background"})
    return replace(prompt, things=tuple(things))


def _shifted(tie: Tie | None, removed: int) -> Tie | None:
    """A tie, once the thing at an index is no more."""
    if tie is None or tie.to == removed:
        return None
    return replace(tie, to=tie.to - (tie.to > removed))


def _ashore(thing: Thing) -> bool:
    """Whether it cannot be at sea: somebody on foot, in no boat."""
    home, kind = habitat(thing.name), sprite(thing.name).kind
    on_foot = home.medium == "ground" and not kind.startswith("place")
    return on_foot and thing.tie is None and thing.act not in ("swimming", "flying")


def _small(thing: Thing) -> bool:
    """Whether it stands on tables rather than at them: food, a vase, a book, a statue."""
    kind = sprite(thing.name).kind
    carved = thing.material is not None and kind.startswith("animal")
    at_home = habitat(thing.name).scene in ("table", "kitchen") and kind != "person"
    return carved or at_home or kind.startswith("plant-flower")


def _on_desks(prompt: Prompt) -> Prompt:
    """The prompt, its small things on its desk or table: "a desk, a laptop and a lamp"."""
    things = prompt.things
    small = [index for index, thing in enumerate(things) if thing.tie is None and _small(thing) and not thing.places]
    desk = next((index for index, thing in enumerate(things) if thing.name in ("desk", "table")), None)
    if desk is None:
        standing = len(small) < len(things) and {"office", "room"} & {*prompt.scenes[:1]}
        if not small or not standing or len(things) >= THINGS_MAX:
            return prompt
        # Who is in a room with a laptop has it on a desk, not at their feet.
        desk = len(things)
        things = (*things, Thing("desk" if "office" in prompt.scenes else "table"))
    things = tuple(
        replace(thing, tie=Tie("on", desk)) if index in small and index != desk else thing
        for index, thing in enumerate(things)
    )
    return replace(prompt, things=things)


_SYMBOLS: Final = {
    "mountains": "snow-capped-mountain",
    "sea": "sailboat",
    "beach": "palm-tree",
    "forest": "evergreen-tree",
    "city": "office-building",
    "desert": "cactus",
    "snow": "snowflake",
    "space": "rocket",
    "underwater": "tropical-fish",
    "garden": "tulip",
    "farm": "tractor",
    "lake": "swan",
}


_EMBLEMATIC: Final = ("logo", "icon", "sticker", "poster", "card", "cover", "banner")


def _marked(prompt: Prompt) -> Prompt:
    """The prompt of a mark without a thing, with one that stands for its place: a mountain's logo shows a mountain."""
    if prompt.layout not in _EMBLEMATIC or prompt.things:
        return prompt
    if prompt.emblem is not None:
        return replace(prompt, things=(Thing(prompt.emblem),))
    if prompt.layout not in ("logo", "icon", "sticker"):
        return prompt
    symbol = next((_SYMBOLS[scene] for scene in prompt.scenes if scene in _SYMBOLS), None)
    return prompt if symbol is None else replace(prompt, things=(Thing(symbol),))


def _scene_name(prompt: Prompt) -> str:
    """The layout or scene that is named, else the one where the things live, else one for the weather or an idea."""
    named = [scene for scene in prompt.scenes if scene != "sky"] or list(prompt.scenes)
    places = [scene for scene in named if scene not in ("abstract", "studio")]
    if prompt.layout in _PRINTED or (prompt.layout in _PICTURED and not places):
        return _LAYOUT_SCENES[prompt.layout]
    if prompt.camera == "isometric":
        return "diorama"
    if prompt.camera == "above" and (places or prompt.things):
        return _from_above(prompt, places)
    if named:
        return _named_scene(prompt, named)
    place = next(
        (_ACT_SCENES[thing.act] for thing in prompt.things if thing.act in _ACT_SCENES and thing.name in PEOPLE), None
    )
    if place is not None and all(
        habitat(thing.name).scene in ("meadow", "studio", "table", "room") for thing in prompt.things
    ):
        return place
    if prompt.things:
        return "studio" if prompt.style in ON_PAPER and not (prompt.weather or prompt.time) else _home(prompt)
    return next((scene for weather, scene in _WEATHER_SCENES if weather & {*prompt.weather, prompt.time}), "abstract")


_ACT_SCENES: Final = {"cooking": "kitchen", "fishing": "lake", "swimming": "sea", "sleeping": "room"}
"""What people do -> where, if the prompt does not say."""
_LAYOUT_SCENES: Final = {
    "logo": "logo",
    "icon": "icon",
    "sticker": "sticker",
    "poster": "poster",
    "card": "poster",
    "cover": "poster",
    "banner": "banner",
    "sign": "wall",
    "phone": "ui",
    "dashboard": "ui",
    "page": "ui",
}
_PRINTED: Final = frozenset(("logo", "icon", "sticker", "phone", "dashboard", "page", "sign"))
"""Layouts that are themselves the picture, whatever places are named."""
_PICTURED: Final = frozenset(("poster", "card", "cover", "banner"))
"""Layouts that show a place, where one is named, as any picture does."""


def _from_above(prompt: Prompt, places: list[str]) -> str:
    homes = {habitat(thing.name).scene for thing in prompt.things}
    on_a_table = {"table", "kitchen"} & {*places} or (not places and homes <= {"table", "studio", "kitchen"})
    return "flatlay" if on_a_table else "aerial"


_WEATHER_SCENES: Final = (
    (frozenset(("snow",)), "snow"),
    (frozenset(("rainbow", "clouds", "clear", "day")), "meadow"),
    (frozenset(("storm",)), "sea"),
    (frozenset(("rain",)), "city"),
    (frozenset(("aurora", "fog", "stars", "dawn", "sunset", "dusk", "night")), "lake"),
)
"""For prompts that name neither a place nor a thing: the first whose weather or hour is named."""


def _named_scene(prompt: Prompt, named: list[str]) -> str:
    for first, second, scene in _BETWEEN:
        if named[0] == first and second in named:
            return scene
    if "road" in named:
        return "road"
    if named[0] == "table" and any(sprite(thing.name).kind == "person" for thing in prompt.things):
        return "room"
    # Food in a room stands on a table, not on the rug.
    if named[0] == "room" and prompt.things and all(habitat(thing.name).scene == "table" for thing in prompt.things):
        return "table"
    return named[0]


_BETWEEN: Final = (
    ("sea", "beach", "beach"),
    ("city", "street", "street"),
    ("meadow", "village", "village"),
    ("meadow", "river", "river"),
    ("meadow", "garden", "garden"),
    ("meadow", "farm", "farm"),
    ("meadow", "lake", "lake"),
    ("mountains", "lake", "lake"),
    ("mountains", "river", "river"),
    ("mountains", "village", "village"),
    ("forest", "river", "river"),
    ("forest", "lake", "lake"),
    ("room", "kitchen", "kitchen"),
    ("underwater", "cave", "cave"),
)
"""Two places of one picture, in the order they are named, and the scene that shows both."""


def _home(prompt: Prompt) -> str:
    """Where the largest thing lives that is at home somewhere: "a cat in front of a castle" is no still life."""
    free = [thing for thing in prompt.things if thing.tie is None or thing.tie.kind not in _CARRIED]
    home = max(
        (habitat(thing.name) for thing in free or prompt.things),
        key=lambda home: (home.scene != "studio", home.medium != "air", home.stature),
    )
    if "snow" in prompt.weather and home.scene in ("meadow", "studio"):
        return "snow"
    if home.scene == "studio" and (prompt.weather or prompt.time):
        return "meadow"
    if home.scene == "meadow" and any(tie and tie.kind == "in" for tie in (thing.tie for thing in prompt.things)):
        small = all(habitat(thing.name).stature < 0.8 for thing in prompt.things)  # noqa: PLR2004 - a vase of flowers
        return "table" if small else "meadow"
    return home.scene


def _on_boards(stage: Stage, placed: tuple[Placed, ...]) -> tuple[Lettering, ...]:
    """The quoted texts on the signs that somebody holds."""
    boards = [item for item in placed if item.name == "sign-board"]
    return tuple(
        Lettering(
            text=text,
            x=board.left + 0.09 * board.width,
            y=board.top + 0.08 * board.height,
            width=0.82 * board.width,
            height=0.46 * board.height,
            face="inter",
            kind="plain",
        )
        for board, text in zip(boards, stage.prompt.lettering, strict=False)
    )


_CARRIED: Final = frozenset(("worn", "held", "in", "on", "printed", "garnish", "shoulder", "head", "lap", "hand"))


def _lettering(stage: Stage, name: str) -> tuple[Lettering, ...]:
    """Quoted texts, where the layout has room for them; elsewhere a headline above and a line below."""
    prompt = stage.prompt
    if not prompt.lettering:
        return ()
    if name in LAYOUTS:
        return LAYOUTS[name](stage)
    width, height = stage.width, stage.height
    alone = not prompt.things and name in ("abstract", "studio")
    face = stage.dice("face").choice(("bebas-neue", "playfair-display", "inter"))
    if prompt.mood in ("warm", "joy"):
        face = "caveat"
    neon = prompt.mood == "neon" or prompt.style == "neon"
    head, *rest = prompt.lettering
    boxes = [(head, height * (0.3 if alone else 0.065), height * (0.4 if alone else 0.17))]
    if rest:
        boxes.append((rest[0], height * (0.74 if alone else 0.86), height * 0.09))
    if len(rest) > 1:
        boxes.append((rest[1], height * (0.86 if alone else 0.25), height * 0.07))
    kind = "neon" if neon else "poster" if alone else "caption"
    wide = width * 0.84
    return tuple(
        Lettering(
            text=text,
            x=(width - wide) / 2,
            y=y,
            width=wide,
            height=tall,
            face=face if index == 0 else "inter",
            kind=kind,
        )
        for index, (text, y, tall) in enumerate(boxes)
    )
