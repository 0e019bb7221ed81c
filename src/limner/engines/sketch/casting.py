"""Which drawing a thing gets in a picture: a person's look, a tree's season, a face come close to."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from limner.engines.sketch import people, vocabulary
from limner.engines.sketch.asleep import SLEEPERS
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.figures import BUSTS
from limner.engines.sketch.prompt import Prompt, Thing, Tie
from limner.engines.sketch.scene import Stage
from limner.engines.sketch.skins import SKINNED
from limner.engines.sketch.ties import SEATS

_BALLOONS: Final = tuple(vocabulary.COLOURS[name] for name in ("red", "yellow", "blue", "green", "pink", "purple"))
_FROM_ABOVE: Final = {
    "hot-beverage": "coffee-above",
    "mug": "coffee-above",
    "teacup": "coffee-above",
    "pizza": "pizza-whole",
}


def _pose(prompt: Prompt, thing: Thing, index: int) -> str | None:
    """How a person holds arms and legs: by what they do, hold and sit on."""
    held = {other.name for other in prompt.things if other.tie == Tie("held", index)}
    base = prompt.things[thing.tie.to].name if thing.tie is not None else None
    if thing.tie is not None and thing.tie.kind == "riding":
        return None
    if thing.tie is not None and thing.tie.kind in ("on", "in") and base in SEATS and thing.act not in _UPRIGHT:
        return "sleeping" if thing.act == "sleeping" else "seated"
    if held & _INSTRUMENTS:
        return "strumming"
    if held & _BOOKS:
        return "studying" if thing.act in ("sitting", "reading") and base is None else "reading"
    return {"picnicking": "sitting"}.get(thing.act or "", thing.act)


_INSTRUMENTS: Final = frozenset(("guitar", "violin", "banjo", "accordion"))
_BOOKS: Final = frozenset(("open-book", "closed-book", "newspaper", "laptop"))
_UPRIGHT: Final = frozenset(("jumping", "dancing", "walking", "running"))


def cast(stage: Stage, thing: Thing, index: int, number: int) -> Thing:
    """A thing with the name of its drawing. index: in the prompt; number: among those it counts."""
    prompt, name = stage.prompt, thing.name
    close = prompt.camera == "close" and prompt.layout is None
    if name in people.PEOPLE:
        dice = stage.dice(f"look {index} {number}")
        looks = thing.looks | {"child"} if "family" in thing.looks and number > 1 else thing.looks
        pose = _pose(prompt, thing, index)
        return replace(thing, name=people.cast(name, looks, thing.colour, dice, bust=close, pose=pose), colour=None)
    if name in SKINNED and thing.material is None:
        return replace(thing, name=f"{name}~skin{stage.dice(f'skin {index} {number}').choice((0, 1, 1, 2, 3, 4))}")
    if thing.act == "sleeping" and name in SLEEPERS and not close:
        return replace(thing, name=f"{name}~asleep")
    if name == "tree":
        snowy = "snow" in prompt.weather
        return replace(thing, name=f"tree~{'winter' if snowy else prompt.season or 'summer'}")
    if close and name in BUSTS and thing.count <= 2:  # noqa: PLR2004 - a crowd is seen whole
        return replace(thing, name=f"{name}~bust")
    return replace(thing, colour=_balloon(thing, number), name=_variant(prompt, thing, index))


def _balloon(thing: Thing, number: int) -> Colour | None:
    several = thing.name == "balloon" and thing.colour is None and thing.count > 1
    return _BALLOONS[number % len(_BALLOONS)] if several else thing.colour


def _variant(prompt: Prompt, thing: Thing, index: int) -> str:
    """The name of the drawing that suits what a thing is to others, and from where it is seen."""
    name = thing.name
    if name == "umbrella" and "beach" in prompt.scenes and thing.tie is None:
        return "umbrella-on-ground"
    if name == "sailboat" and any(other.tie == Tie("in", index) for other in prompt.things):
        # A yacht hides who sits in it.
        return "canoe"
    if name in ("balloon", "kite") and thing.tie is not None and thing.tie.kind == "held":
        return f"{name}~held"
    return _FROM_ABOVE.get(name, name) if prompt.camera == "above" else name
