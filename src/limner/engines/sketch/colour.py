"""Colours and what light does to them. Knows nothing of scenes."""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass
from typing import Final

_HEX: Final = re.compile(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")


@dataclass(frozen=True, slots=True)
class Colour:
    """An sRGB colour; channels 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> Colour:
        """The colour written `#rgb` or `#rrggbb`."""
        digits = text.removeprefix("#")
        if len(digits) == 3:  # noqa: PLR2004 - the short form
            digits = "".join(2 * digit for digit in digits)
        return cls(int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))

    @classmethod
    def of_hls(cls, hue: float, light: float, saturation: float) -> Colour:
        """The colour of these coordinates, each 0 to 1."""
        red, green, blue = colorsys.hls_to_rgb(hue % 1, min(1.0, max(0.0, light)), min(1.0, max(0.0, saturation)))
        return cls(round(red * 255), round(green * 255), round(blue * 255))

    @property
    def hls(self) -> tuple[float, float, float]:
        """Hue, lightness and saturation, each 0 to 1."""
        return colorsys.rgb_to_hls(self.red / 255, self.green / 255, self.blue / 255)

    @property
    def luma(self) -> float:
        """Perceived brightness, 0 to 1 (Rec. 601)."""
        return (0.299 * self.red + 0.587 * self.green + 0.114 * self.blue) / 255

    def mix(self, other: Colour, share: float) -> Colour:
        """This colour with `share` (0 to 1) of `other` in it."""
        return Colour(
            round(self.red + (other.red - self.red) * share),
            round(self.green + (other.green - self.green) * share),
            round(self.blue + (other.blue - self.blue) * share),
        )

    def times(self, light: Colour) -> Colour:
        """This colour under `light`: white leaves it, black takes it away."""
        return Colour(
            round(self.red * light.red / 255),
            round(self.green * light.green / 255),
            round(self.blue * light.blue / 255),
        )

    def lighter(self, amount: float) -> Colour:
        """This colour with its lightness moved by `amount` (-1 to 1)."""
        hue, light, saturation = self.hls
        return Colour.of_hls(hue, light + amount, saturation)

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


WHITE: Final = Colour(255, 255, 255)
BLACK: Final = Colour(0, 0, 0)

LAMPLIGHT: Final = "#ffd97a"
"""The fill of lit windows: no other light changes it."""

GREY_SATURATION: Final = 0.12
"""Saturation below which a fill counts as grey."""


def repaint(svg: str, hue: float, light: float, target: Colour) -> str:
    """The SVG with the fills near its main colour (`hue`, `light`; hue -1: a grey thing) turned to `target`.

    Outlines, eyes, leaves and highlights of other hues stay; the play of light and dark is kept.
    """
    target_hue, target_light, target_saturation = target.hls

    def turn(match: re.Match[str]) -> str:
        old = Colour.parse(match[1])
        if not _near(old, hue):
            return match[0]
        # The shades of the old colour are kept as distances from its middle, less of them towards white and black.
        shaded = target_light + (old.hls[1] - light) * (0.75 if target_saturation > GREY_SATURATION else 0.55)
        return str(Colour.of_hls(target_hue, min(0.96, max(0.07, shaded)), target_saturation))

    return _HEX.sub(turn, svg)


def _near(colour: Colour, hue: float) -> bool:
    """Whether a fill is of a drawing's main colour (hue -1: a grey thing)."""
    old_hue, light, saturation = colour.hls
    if hue < 0:
        return saturation <= 0.35 and light >= 0.2  # noqa: PLR2004 - else another colour, or an outline
    away = abs((old_hue - hue + 0.5) % 1 - 0.5)
    return saturation >= GREY_SATURATION and light >= 0.17 and away <= 0.11  # noqa: PLR2004 - else an outline; 40 degrees


def recast(svg: str, dark: Colour, middle: Colour, light: Colour) -> str:
    """The SVG in shades of one material: black becomes `dark`, white `light`."""

    def pour(match: re.Match[str]) -> str:
        luma = Colour.parse(match[1]).luma
        return str(dark.mix(middle, 2 * luma) if luma < 0.5 else middle.mix(light, 2 * luma - 1))  # noqa: PLR2004 - grey

    return _HEX.sub(pour, svg)


def mixed(svg: str, colour: Colour, share: float) -> str:
    """The SVG with `share` of a colour in each of its own."""
    return _HEX.sub(lambda match: str(Colour.parse(match[1]).mix(colour, share)), svg)


def outline(svg: str, hue: float | None) -> str:
    """The SVG in white, as a mask of its ink. hue: of its main colour, what has another is black; None: all of it."""

    def whiten(match: re.Match[str]) -> str:
        return "#ffffff" if hue is None or _near(Colour.parse(match[1]), hue) else "#000000"

    return _HEX.sub(whiten, svg)


def relight(svg: str, light: Colour) -> str:
    """The SVG as it looks under a coloured light."""
    if light == WHITE:
        return svg
    # Plain multiplication turns yellow into olive at night: some of the light itself is laid over.
    cast, share = light.times(light), 0.28 * (1 - light.luma)

    def shine(match: re.Match[str]) -> str:
        return match[0] if match[0] == LAMPLIGHT else str(Colour.parse(match[1]).times(light).mix(cast, share))

    return _HEX.sub(shine, svg)
