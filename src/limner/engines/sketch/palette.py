"""Colours that go together, by mood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.scene import Stage


@dataclass(frozen=True, slots=True)
class Palette:
    """paper: the ground; ink: the darkest; tones: from the back to the front, the last one an accent."""

    paper: Colour
    ink: Colour
    tones: tuple[Colour, ...]

    def blend(self, share: float) -> Colour:
        """A colour along the tones without the accent; share 0 to 1."""
        tones = (*self.tones[:-1], self.ink)
        place = min(0.9999, max(0.0, share)) * (len(tones) - 1)
        index = int(place)
        return tones[index].mix(tones[index + 1], place - index)


def _palette(codes: str) -> Palette:
    paper, ink, *tones = (Colour.parse(code) for code in codes.split())
    return Palette(paper, ink, tuple(tones))


PALETTES: Final[Mapping[str, tuple[Palette, ...]]] = {
    "warm": (
        _palette("#fbe9cf #5a2a27 #f2c48d #e8935f #c75b43 #8f3b3f #ffcf70"),
        _palette("#f6e3d0 #47304a #e9b7a0 #d4847c #a3586d #6f4264 #f3c969"),
    ),
    "calm": (
        _palette("#eef4f1 #274a5a #cfe3dd #9cc7c4 #6a9fae #45748c #f6d5b5"),
        _palette("#f5f0f6 #3d3f63 #dcd3ea #b5b3d8 #8a93c0 #5f6ea0 #f7c9c4"),
    ),
    "joy": (
        _palette("#fff6e0 #2b2d5b #ffd23f #ff7b54 #ef476f #26a69a #3a86ff"),
        _palette("#fffaf0 #33274f #7bdff2 #f7a1c4 #ffb347 #8ac926 #ff5d5d"),
    ),
    "dark": (
        _palette("#1e2230 #0b0d16 #3a4158 #525273 #6e4f6e #34384f #d98c5f"),
        _palette("#231f2b #0e0b14 #463a54 #5f4a66 #84566a #3a3350 #e0b36a"),
    ),
    "neon": (
        _palette("#150f2e #080517 #3a1c71 #7b2cbf #d72ea8 #2d5bff #22e1ff"),
        _palette("#0e1533 #050818 #17307a #7a2fe0 #ff3d9a #1fa2c9 #ffd23f"),
    ),
    "fresh": (
        _palette("#f3f7e8 #23483a #cde3ad #93c47d #5aa469 #2f7a5b #f7c948"),
        _palette("#f0f7f1 #1f4a4a #bfe3cf #7fc8a9 #3fa796 #25788a #ffb26b"),
    ),
    "cool": (
        _palette("#eef3f8 #16263f #bcd2e8 #7fa9d1 #3f78b5 #24508a #ff9f5a"),
        _palette("#f2f4f7 #1d2738 #c6d0dd #8ba3bf #4f7396 #2f5070 #2ec4a6"),
    ),
    "fire": (
        _palette("#2a0f14 #14060a #7a1c20 #c1321f #ef5a22 #f98b2b #ffd35a"),
        _palette("#fff0dc #3a1016 #ffb45e #f5702f #d6342c #8f1d2c #ffdd67"),
    ),
}


def palette_for(stage: Stage) -> Palette:
    """The palette of the prompt's mood, or one that chance chooses; colours the prompt names come into it."""
    dice = stage.dice("palette")
    mood = stage.prompt.mood or dice.choice(("warm", "calm", "joy", "fresh", "cool"))
    chosen = dice.choice(PALETTES[mood])
    named = stage.prompt.colours[: len(chosen.tones) - 1]
    if not named:
        return chosen
    first = named[0]
    tones = [first.lighter(0.12), *named, first.lighter(-0.1), first.mix(chosen.ink, 0.4), first.lighter(-0.2)]
    paper = chosen.paper.mix(first, 0.12)
    return Palette(paper, chosen.ink.mix(first, 0.2), (*tones[: len(chosen.tones) - 1], chosen.tones[-1]))
