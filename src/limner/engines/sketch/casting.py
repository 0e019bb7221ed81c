"""Which drawing a thing gets in a picture: a person's look, a tree's season, a face come close to."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from limner.engines.sketch import people, vocabulary
from limner.engines.sketch.figures import BUSTS
from limner.engines.sketch.prompt import Thing, Tie
from limner.engines.sketch.scene import Stage

_BALLOONS: Final = tuple(vocabulary.COLOURS[name] for name in ("red", "yellow", "blue", "green", "pink", "purple"))
_FROM_ABOVE: Final = {"hot-beverage": "coffee-above", "mug": "coffee-above", "teacup-without-handle": "coffee-above"}


def cast(stage: Stage, thing: Thing, index: int, number: int) -> Thing:
    """A thing with the name of its drawing. index: in the prompt; number: among those it counts."""
    prompt, name = stage.prompt, thing.name
    close = prompt.camera == "close" and prompt.layout is None
    if name in people.PEOPLE:
        dice = stage.dice(f"look {index} {number}")
        looks = thing.looks | {"child"} if "family" in thing.looks and number > 1 else thing.looks
        return replace(thing, name=people.cast(name, looks, thing.colour, dice, bust=close), colour=None)
    if name == "tree":
        snowy = "snow" in prompt.weather
        return replace(thing, name=f"tree~{'winter' if snowy else prompt.season or 'summer'}")
    if close and name in BUSTS and thing.count <= 2:  # noqa: PLR2004 - a crowd is seen whole
        return replace(thing, name=f"{name}~bust")
    if name == "umbrella" and "beach" in prompt.scenes and thing.tie is None:
        return replace(thing, name="umbrella-on-ground")
    if name == "sailboat" and any(other.tie == Tie("in", index) for other in prompt.things):
        # A yacht hides who sits in it.
        return replace(thing, name="canoe")
    if name == "balloon" and thing.tie is not None and thing.tie.kind == "held":
        return replace(thing, name="balloon~held")
    if name == "balloon" and thing.colour is None and thing.count > 1:
        return replace(thing, colour=_BALLOONS[number % len(_BALLOONS)])
    if prompt.camera == "above":
        return replace(thing, name=_FROM_ABOVE.get(name, name))
    return thing
