"""From a read prompt to a scene graph: which scene, in which light, and which words.

Pure and deterministic: chance comes from the prompt and the seed alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from limner.engines.sketch.arrange import arrange, gather
from limner.engines.sketch.habitat import habitat
from limner.engines.sketch.light import light_for
from limner.engines.sketch.prompt import Prompt, read_prompt
from limner.engines.sketch.scene import DETAIL_MEDIUM, Canvas, Lettering, Scene, Stage, dice_for
from limner.engines.sketch.scenes import SCENES
from limner.job import Size


def compose(prompt: str, size: Size, *, seed: int, detail: int = DETAIL_MEDIUM) -> Scene:
    """The scene graph of a prompt, whole picture. Any prompt is accepted."""
    read = read_prompt(prompt)
    key = f"{prompt}\0{seed}"
    name = _scene_name(read)
    # A studio that nobody named is not a plain one: it gets colours.
    if name not in read.scenes and name != "studio":
        read = replace(read, scenes=(name, *read.scenes))
    dice = dice_for(key, "light")
    usual = SCENES[name].usual_hour or dice.choice(("day", "day", "day", "dawn", "sunset"))
    x = dice.choice((dice.uniform(0.16, 0.36), dice.uniform(0.64, 0.84)))
    stage = Stage(
        canvas=Canvas.of(size),
        prompt=read,
        light=light_for(read.time, read.weather, x=x, usual=usual),
        detail=detail,
        key=key,
    )
    setting = SCENES[name].build(stage)
    lettering = _lettering(stage)
    placed = arrange(stage, setting, headroom=bool(lettering))
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
        stage=stage, name="subject", setting=None, placed=gather(stage), lettering=_lettering(stage), style=read.style
    )


def _scene_name(prompt: Prompt) -> str:
    """The scene that is named, else the one where the things live, else one for the weather, else an abstract one."""
    named = [scene for scene in prompt.scenes if scene != "sky"] or list(prompt.scenes)
    if named:
        return _named_scene(prompt, named)
    if prompt.emblem or (prompt.letters and prompt.things):
        return "studio"
    if prompt.things:
        return _home(prompt)
    if prompt.letters and prompt.lettering:
        return "abstract"
    return next((scene for weather, scene in _WEATHER_SCENES if weather & {*prompt.weather, prompt.time}), "abstract")


_WEATHER_SCENES: Final = (
    (frozenset(("snow",)), "snow"),
    (frozenset(("rainbow", "clouds", "clear", "day")), "meadow"),
    (frozenset(("storm",)), "sea"),
    (frozenset(("rain",)), "city"),
    (frozenset(("aurora", "fog", "stars", "dawn", "sunset", "dusk", "night")), "lake"),
)
"""For prompts that name neither a place nor a thing: the first whose weather or hour is named."""


def _named_scene(prompt: Prompt, named: list[str]) -> str:
    if named[0] == "sea" and "beach" in named:
        return "beach"
    # Food in a kitchen stands on a table, not on the rug.
    if named[0] == "room" and prompt.things and all(habitat(thing.name).scene == "table" for thing in prompt.things):
        return "table"
    return named[0]


def _home(prompt: Prompt) -> str:
    """Where the largest thing lives that is at home somewhere: "a cat in front of a castle" is no still life."""
    home = max(
        (habitat(thing.name) for thing in prompt.things), key=lambda home: (home.scene != "studio", home.stature)
    )
    if "snow" in prompt.weather and home.scene in ("meadow", "studio"):
        return "snow"
    if home.scene == "studio" and (prompt.weather or prompt.time):
        return "meadow"
    return home.scene


def _lettering(stage: Stage) -> tuple[Lettering, ...]:
    """Quoted texts: the picture itself on a poster without things, else a headline above (and a line below)."""
    prompt, width, height = stage.prompt, stage.width, stage.height
    if not prompt.lettering:
        return ()
    alone = not prompt.things and (prompt.letters or not prompt.scenes or prompt.scenes[0] in ("abstract", "studio"))
    face = stage.dice("face").choice(("bebas-neue", "playfair-display", "inter"))
    if prompt.mood in ("warm", "joy") and not prompt.letters:
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
    if prompt.emblem:
        # A name on a badge stays inside its ring: in the middle, or below what the badge shows.
        short = min(width, height)
        wide = short * (0.62 if alone else 0.45)
        if not alone:
            boxes[0] = (head, height / 2 + short * 0.225, short * 0.1)
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
