"""What a picture must show, and whether it does: on the scene graph, and on its pixels.

A claim is a short sentence. `N` is a number; `THING` an icon or a figure by its name, `person` anybody:

- `scene NAME`, `hour NAME`, `season NAME`, `style NAME`: what was composed. A style must change the pixels, too.
- `N THING`, `N THING COLOUR`: so many of them, no more, each seen on the pixels, in that colour.
- `THING crowd`: eight of them at least. `no things`: none of anything.
- `THING left|right|high|low|large|small`: where it is, or how much of the picture it takes.
- `THING ACT`, `THING of MATERIAL`: what it is seen to do, what it is seen to be made of; of `vocabulary`.
- `THING larger than THING`, and `THING riding|on|in|under|beside|behind|over|holding|wearing|in front of THING`.
- `text WORDS`: written, to the letter, and seen on the pixels.
- `mostly COLOUR`, `grey`, `colourful`, `dark`: of all pixels. `clear corners`: transparent. `drawn`: has shapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from limner.engines.sketch import vocabulary
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.compose import compose, compose_subject
from limner.engines.sketch.materials import MATERIALS
from limner.engines.sketch.paint import paint_scene
from limner.engines.sketch.people import PEOPLE
from limner.engines.sketch.reading import read_prompt
from limner.engines.sketch.scene import Placed, Scene
from limner.engines.sketch.sheet import Sample, more_samples, samples, seed_of
from limner.engines.sketch.sprite import base_of
from limner.imaging.pixels import Pixels
from limner.job import Size

SIZE: Final = Size(384, 384)
"""Size of the pictures claims are checked on."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim of a prompt, and why it does not hold; None when it does."""

    prompt: str
    claim: str
    fault: str | None


def check_sheet() -> tuple[Verdict, ...]:
    """Every claim of the sheet, in its order, and of the further prompts. Takes some fifteen seconds on one core."""
    return tuple(verdict for sample in (*samples(), *more_samples()) for verdict in check(sample))


def check(sample: Sample) -> tuple[Verdict, ...]:
    """The claims of one prompt. Raises ValueError for one that is not spelled as this module says."""
    shot = _Shot(sample.text)
    return tuple(Verdict(sample.text, claim, _fault(shot, claim)) for claim in sample.claims)


class _Shot:
    """A composed prompt and its pixels. What it leaves out can be drawn, too, to see what difference it makes."""

    def __init__(self, text: str) -> None:
        self.clear = read_prompt(text).alone
        built = compose_subject if self.clear else compose
        self.scene: Scene = built(text, SIZE, seed=seed_of(text))
        self.pixels = self.drawn(self.scene)
        self._without: dict[str, npt.NDArray[np.bool_]] = {}

    def drawn(self, scene: Scene) -> Pixels:
        return paint_scene(scene, SIZE, transparent=self.clear)

    def named(self, name: str) -> list[Placed]:
        return [item for item in self.scene.placed if _is(item, name)]

    def ink_of(self, name: str) -> npt.NDArray[np.bool_]:
        """Which pixels are other because of the things of that name: (H, W)."""
        if name not in self._without:
            others = tuple(item for item in self.scene.placed if not _is(item, name))
            self._without[name] = self.changed(replace(self.scene, placed=others))
        return self._without[name]

    def changed(self, scene: Scene) -> npt.NDArray[np.bool_]:
        """Where the picture differs from that of another scene, by more than a shade."""
        other = self.drawn(scene).astype(np.int16)
        return np.asarray(np.abs(self.pixels.astype(np.int16) - other).max(axis=-1) > _SHADE)

    def box(self, item: Placed) -> tuple[slice, slice]:
        """The pixels a thing may cover."""
        scale = SIZE.height_px / self.scene.stage.height
        top, bottom = (max(0, round(y * scale)) for y in (item.top, item.y))
        left, right = (max(0, round(x * scale)) for x in (item.left, item.right))
        return slice(top, max(top + 1, bottom)), slice(left, max(left + 1, right))


def _is(item: Placed, name: str) -> bool:
    base = base_of(item.name)
    return base == name or (name == "person" and base in PEOPLE)


_SHADE: Final = 10
_SEEN_SHARE: Final = 0.12
"""Share of a thing's box that it must change to count as seen; a bicycle is mostly air."""
_COLOURED_SHARE: Final = 0.18


def _fault(shot: _Shot, claim: str) -> str | None:
    for pattern, checked in _CLAIMS:
        match = re.fullmatch(pattern, claim)
        if match:
            return checked(shot, *match.groups())
    raise ValueError(f"no such claim: {claim}")


def _scene(shot: _Shot, name: str) -> str | None:
    return None if shot.scene.name == name else f"the scene is {shot.scene.name}"


def _hour(shot: _Shot, name: str) -> str | None:
    return None if shot.scene.stage.light.hour == name else f"the hour is {shot.scene.stage.light.hour}"


def _season(shot: _Shot, name: str) -> str | None:
    season = shot.scene.stage.prompt.season
    return None if season == name else f"the season is {season}"


def _style(shot: _Shot, name: str) -> str | None:
    if shot.scene.style != name:
        return f"the style is {shot.scene.style}"
    share = shot.changed(replace(shot.scene, style=None)).mean()
    return None if share > 0.3 else f"only {share:.0%} of the pixels differ from no style"  # noqa: PLR2004


def _count(shot: _Shot, number: str, name: str, colour: str | None) -> str | None:
    items = shot.named(name)
    if colour is not None:
        asked = vocabulary.COLOURS[colour]
        # What is of that colour anyway, such as a red apple, has none put on; the pixels decide.
        items = [item for item in items if item.colour in (asked, None)]
    if len(items) != int(number):
        return f"there are {len(items)}"
    ink = shot.ink_of(name)
    for item in items:
        if ink[shot.box(item)].mean() < _SEEN_SHARE:
            return "one cannot be seen"
        if colour is not None:
            share = _near(shot.pixels[shot.box(item)][ink[shot.box(item)]], vocabulary.COLOURS[colour])
            if share < _COLOURED_SHARE:
                return f"only {share:.0%} of one is {colour}"
    return None


def _crowd(shot: _Shot, name: str) -> str | None:
    count = len(shot.named(name))
    return None if count >= 8 else f"there are {count}"  # noqa: PLR2004 - a crowd


def _none(shot: _Shot) -> str | None:
    names = sorted({base_of(item.name) for item in shot.scene.placed})
    return f"there is {', '.join(names)}" if names else None


def _where(shot: _Shot, name: str, place: str) -> str | None:
    items = shot.named(name)
    if not items:
        return "there is none"
    stage = shot.scene.stage
    for item in items:
        across, down = item.x / stage.width, (item.y - item.height / 2) / stage.height
        share = max(item.width / stage.width, item.height / stage.height)
        if not _PLACES[place](across, down, share):
            return f"one is at {across:.2f}, {down:.2f} and takes {share:.2f}"
    return None


_PLACES: Final[Mapping[str, Callable[[float, float, float], bool]]] = {
    "left": lambda across, _down, _share: across < 0.42,  # noqa: PLR2004
    "right": lambda across, _down, _share: across > 0.58,  # noqa: PLR2004
    "high": lambda _across, down, _share: down < 0.5,  # noqa: PLR2004
    "low": lambda _across, down, _share: down > 0.5,  # noqa: PLR2004
    "large": lambda _across, _down, share: share > 0.6,  # noqa: PLR2004
    "small": lambda _across, _down, share: share < 0.24,  # noqa: PLR2004
}


def _does(shot: _Shot, name: str, act: str) -> str | None:
    items = shot.named(name)
    if not items:
        return "there is none"
    for item in items:
        look = item.name.partition("~")[2].split(",")
        shown = {*look, *(_LOOKS_OF.get(word, "") for word in look)}
        if (
            act not in shown
            and not (act in ("jumping", "running") and item.lift)
            and not (act == "flying" and item.contact == "air")
        ):
            return f"one is {item.name}"
    return None


_LOOKS_OF: Final = {"asleep": "sleeping", "seated": "sitting", "studying": "reading"}
"""Looks in a drawing's name that show an act of another name."""


def _made_of(shot: _Shot, name: str, material: str) -> str | None:
    items = shot.named(name)
    if not items or any(item.material != material for item in items):
        return f"it is of {', '.join(str(item.material) for item in items) or 'nothing'}"
    plain = tuple(replace(item, material=None) if item in items else item for item in shot.scene.placed)
    changed = shot.changed(replace(shot.scene, placed=plain))
    share = float(np.mean([changed[shot.box(item)].mean() for item in items]))
    return None if share > _SEEN_SHARE else f"its material shows on {share:.0%} of it"


def _larger(shot: _Shot, first: str, second: str) -> str | None:
    ones, others = shot.named(first), shot.named(second)
    if not ones or not others:
        return "one of them is not there"
    return None if ones[0].height > 1.25 * others[0].height else f"{ones[0].height:.0f} to {others[0].height:.0f}"


def _related(shot: _Shot, first: str, relation: str, second: str) -> str | None:
    ones, others = shot.named(first), shot.named(second)
    if not ones or not others:
        return "one of them is not there"
    one, other = ones[0], others[0]
    later = shot.scene.placed.index(one) > shot.scene.placed.index(other)
    return None if _RELATIONS[relation](one, other, later) else f"{_spot(one)} and {_spot(other)}"


def _spot(item: Placed) -> str:
    return f"{item.left:.0f}..{item.right:.0f}, {item.top:.0f}..{item.y:.0f}"


def _overlap(one: Placed, other: Placed) -> bool:
    return min(one.right, other.right) > max(one.left, other.left) and min(one.y, other.y) > max(one.top, other.top)


def _across(one: Placed, other: Placed) -> bool:
    return other.left < one.x < other.right


_RELATIONS: Final[Mapping[str, Callable[[Placed, Placed, bool], bool]]] = {
    "riding": lambda one, other, _: _across(one, other) and other.top < one.y < other.y and one.top < other.top,
    "on": lambda one, other, _: _across(one, other) and other.top - 20 < one.y < other.y - 0.25 * other.height,
    "in": lambda one, other, _: _across(one, other) and other.top < one.y < other.y + 1,
    "under": lambda one, other, _: _across(one, other) and one.top > other.top + 0.25 * other.height,
    "beside": lambda one, other, _: (
        0 <= max(one.left, other.left) - min(one.right, other.right) < 200 and abs(one.y - other.y) < 120  # noqa: PLR2004
    ),
    "behind": lambda one, other, later: _overlap(one, other) and not later and one.y <= other.y,
    "in front of": lambda one, other, later: later and one.y > other.y,
    "over": lambda one, other, _: one.y < other.top + 0.2 * other.height and abs(one.x - other.x) < 350,  # noqa: PLR2004
    "holding": lambda one, other, _: _overlap(one, other),
    "wearing": lambda one, other, later: (
        _overlap(one, other) and not later and other.y - other.height / 2 < one.top + 0.65 * one.height
    ),
}


def _text(shot: _Shot, words: str) -> str | None:
    found = next((text for text in shot.scene.lettering if text.text == words), None)
    if found is None:
        return "it is not written"
    others = tuple(text for text in shot.scene.lettering if text is not found)
    share = shot.changed(replace(shot.scene, lettering=others)).mean()
    return None if share > 0.004 else f"it changes {share:.1%} of the pixels"  # noqa: PLR2004 - a line's letters


def _mostly(shot: _Shot, colour: str) -> str | None:
    share = _near(shot.pixels.reshape(-1, 4), vocabulary.COLOURS[colour])
    return None if share > 0.3 else f"{share:.0%} of it is"  # noqa: PLR2004


def _grey(shot: _Shot) -> str | None:
    spread = np.ptp(shot.pixels[..., :3].astype(int), axis=-1).mean()
    return None if spread < 24 else f"its channels are {spread:.0f} apart"  # noqa: PLR2004 - paper is a little yellow


def _colourful(shot: _Shot) -> str | None:
    hues, saturation, light = _hls(shot.pixels.reshape(-1, 4))
    vivid = (saturation > 0.35) & (light > 0.15) & (light < 0.92)  # noqa: PLR2004
    shares = np.histogram(hues[vivid], bins=12, range=(0, 1))[0] / len(hues)
    count = int((shares > 0.012).sum())  # noqa: PLR2004
    return None if count >= 5 else f"{count} of 12 hues are in it"  # noqa: PLR2004


def _dark(shot: _Shot) -> str | None:
    level = shot.pixels[..., :3].mean()
    return None if level < 100 else f"its mean level is {level:.0f}"  # noqa: PLR2004


def _clear(shot: _Shot) -> str | None:
    alpha = shot.pixels[..., 3]
    corners = max(int(alpha[row, column]) for row in (0, -1) for column in (0, -1))
    return None if corners == 0 and alpha.max() == 255 else "it has a ground"  # noqa: PLR2004


def _drawn(shot: _Shot) -> str | None:
    """Shapes have edges, and several tones; a gradient has neither."""
    grey = shot.pixels[..., :3].astype(np.int16).mean(axis=-1)
    edges = (np.abs(np.diff(grey, axis=0)) > 8).mean() + (np.abs(np.diff(grey, axis=1)) > 8).mean()  # noqa: PLR2004
    return None if edges > 0.008 else f"edges cover {edges:.2%}"  # noqa: PLR2004


def _near(pixels: npt.NDArray[np.uint8], colour: Colour) -> float:
    """Share of pixels (N, 4) that pass for a colour, whatever the light."""
    if not len(pixels):
        return 0.0
    hue, light, saturation = colour.hls
    hues, saturations, lights = _hls(pixels)
    if saturation < 0.2:  # noqa: PLR2004 - white, grey, black
        near = (saturations < 0.4) & (np.abs(lights - light) < 0.3)  # noqa: PLR2004
    else:
        apart = np.abs((hues - hue + 0.5) % 1 - 0.5)
        near = (apart < 0.085) & (saturations > 0.18) & (lights > 0.06) & (lights < 0.95)  # noqa: PLR2004
    return float(near.mean())


def _hls(pixels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float64], ...]:
    """Hue, saturation and lightness of pixels (N, 4), each 0 to 1."""
    rgb = pixels[:, :3].astype(np.float64) / 255
    high, low = rgb.max(axis=1), rgb.min(axis=1)
    span = np.maximum(high - low, 1e-9)
    red, green, blue = rgb.T
    hue = np.where(
        high == red, (green - blue) / span, np.where(high == green, 2 + (blue - red) / span, 4 + (red - green) / span)
    )
    light = (high + low) / 2
    saturation = (high - low) / np.maximum(1 - np.abs(2 * light - 1), 1e-9)
    return hue / 6 % 1, np.where(high - low < 1e-6, 0.0, saturation), light  # noqa: PLR2004 - grey


_COLOUR: Final = "|".join(vocabulary.COLOURS)
_CLAIMS: Final[tuple[tuple[str, Callable[..., str | None]], ...]] = (
    (r"scene (\w+)", _scene),
    (r"hour (\w+)", _hour),
    (r"season (\w+)", _season),
    (r"style (\w+)", _style),
    (rf"(\d+) ([\w-]+?)(?: ({_COLOUR}))?", _count),
    (r"([\w-]+) crowd", _crowd),
    ("no things", _none),
    (rf"([\w-]+) ({'|'.join(_PLACES)})", _where),
    (rf"([\w-]+) ({'|'.join(sorted({*vocabulary.ACTS.values(), 'strumming'}))})", _does),
    (rf"([\w-]+) of ({'|'.join(MATERIALS)})", _made_of),
    (r"([\w-]+) larger than ([\w-]+)", _larger),
    (rf"([\w-]+) ({'|'.join(_RELATIONS)}) ([\w-]+)", _related),
    (r"text (.+)", _text),
    (rf"mostly ({_COLOUR})", _mostly),
    ("grey", _grey),
    ("colourful", _colourful),
    ("dark", _dark),
    ("clear corners", _clear),
    ("drawn", _drawn),
)
