"""Styles of drawings: what a style makes of pixels, told as SVG filters over the whole picture, and what lies over it.

A style that has no entry here is left out of a drawing, and that is told. Each is near to what `restyle` of the same
name paints, not equal to it: a drawing is filtered anew by whoever shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from limner.engines.sketch.colour import BLACK, Colour
from limner.engines.sketch.ink import Ink, straight
from limner.engines.sketch.scene import Canvas


@dataclass(frozen=True, slots=True)
class Manner:
    """How a style is drawn. through: the primitives of the filter all is seen through; over: a layer on top of it."""

    through: str
    over: Ink | None = None


def _lineart(canvas: Canvas) -> Manner:
    return Manner(_paper("#fffffd") + _strokes(canvas, "#1e2028", sharp=0.8, gain=1.7, less=0.16) + _laid("strokes"))


def _ink(canvas: Canvas) -> Manner:
    # Three greys and the paper, by brightness in sixteenths.
    wash = (0.86, 0.86, 0.86, 0.6, 0.6, 0.32, 0.32, 0.32, 0.12, 0.12, 0.12, 0, 0, 0, 0, 0)
    return Manner(
        _paper("#f7f2e7")
        + _shade("#181820", wash, "discrete")
        + _strokes(canvas, "#181820", gain=0.85)
        + _laid("shade", "strokes")
    )


def _pencil(canvas: Canvas) -> Manner:
    levels = [step / 8 for step in range(9)]
    lead = [0.43 * max(0.0, 0.88 - level) + 0.45 * max(0.0, 0.48 - level) for level in levels]
    grain = (
        '<feTurbulence type="fractalNoise" baseFrequency=".09 .3" numOctaves="2" seed="5"/>'
        f'<feColorMatrix values="{_row(0)} {_row(0)} {_row(0)} {_row(2.4, 0, 0, 0, -0.3)}"/>'
        '<feComposite in="shade" operator="in" result="hatch"/>'
    )
    return Manner(
        _paper("#faf8f1")
        + _shade("#2e2f36", lead, "table")
        + grain
        + _strokes(canvas, "#2e2f36", gain=0.8)
        + _laid("hatch", "strokes")
    )


def _blueprint(canvas: Canvas) -> Manner:
    deep, blue = Colour(14, 50, 112), Colour(24, 74, 148)
    rows = (
        _row(*(share * (high - low) / 255 for share in _LUMA), 0, low / 255)
        for low, high in ((deep.red, blue.red), (deep.green, blue.green), (deep.blue, blue.blue))
    )
    paper = f'<feColorMatrix in="SourceGraphic" values="{" ".join(rows)} {_row(0, 0, 0, 1)}" result="paper"/>'
    grid, step, chalk = Ink(), 40.0, "#e8f2ff"
    for number in range(int(max(canvas.width, canvas.height) / step) + 1):
        at, opacity = number * step, 0.1 if number % 5 else 0.22
        for end, points in (
            (canvas.width, [(at, 0.0), (at, canvas.height)]),
            (canvas.height, [(0.0, at), (canvas.width, at)]),
        ):
            if at < end:
                grid.line(straight(points), chalk, 1.6, opacity=opacity)
    left, top, right, bottom = 24.0, 24.0, canvas.width - 24, canvas.height - 24
    grid.line(
        straight([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]), chalk, 3.2, opacity=0.8
    )
    return Manner(paper + _strokes(canvas, chalk, gain=0.95) + _laid("strokes"), grid)


def _sepia(canvas: Canvas) -> Manner:
    tone = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))
    gain = 0.84 * 0.9
    rows = [
        _row(
            *(gain * (0.82 * share + 0.18 * (at == own)) for at, share in enumerate(shares)), 0, 0.08 * 0.9 + lift / 255
        )
        for own, (shares, lift) in enumerate(zip(tone, (24, 19, 12), strict=True))
    ]
    return Manner(_matrix(rows), _corners(canvas, 0.9))


def _mono(canvas: Canvas) -> Manner:
    return Manner(_matrix([_row(*(1.32 * share for share in _LUMA), 0, -0.16)] * 3), _corners(canvas, 0.75))


def _vaporwave(canvas: Canvas) -> Manner:
    tones = (
        (0, (22, 8, 58)),
        (70, (108, 30, 148)),
        (130, (255, 84, 168)),
        (185, (255, 168, 150)),
        (255, (190, 255, 250)),
    )
    ramp = [[_between(tones, 255 * step / 16, channel) / 255 for step in range(17)] for channel in range(3)]
    lines, pitch = Ink(), 1000 / 220
    for number in range(int(canvas.height / pitch) + 1):
        lines.rect(0, number * pitch, canvas.width, pitch / 2, str(BLACK), opacity=0.13)
    toned = (
        _matrix([_row(*(1.12 * share for share in _LUMA), 0, -0.088)] * 3)
        + _curves(ramp)
        + '<feComponentTransfer result="toned"/>'
        + f'<feColorMatrix in="SourceGraphic" values="{_scaled((0.26, 0.12, 0.26))}"/>'
        + '<feComposite in="toned" operator="arithmetic" k2=".8" k3="1"/>'
    )
    return Manner(toned + _inside(), lines)


def _flat(_: Canvas) -> Manner:
    return Manner(_saturated(1.16))


def _photo(canvas: Canvas) -> Manner:
    levels = [step / 8 for step in range(9)]
    curve = [0.55 * level * level * (3 - 2 * level) + 0.45 * level for level in levels]
    tint = ((0.93, 0.13), (0.99, 0.01), (1.08, -0.16))
    graded = _curves([[level * (base + more * level) for level in curve] for base, more in tint])
    return Manner(_saturated(0.86) + graded, _corners(canvas, 0.7))


def _poster(canvas: Canvas) -> Manner:
    printed = (
        _saturated(1.36) + f'<feColorMatrix values="{_scaled((0.92, 0.89, 0.8), (0.08, 0.07, 0.07))}" result="paper"/>'
    )
    return Manner(printed + _strokes(canvas, "#1c2234", sharp=0.7, gain=0.72) + _laid("strokes"))


def _neon(canvas: Canvas) -> Manner:
    pure = _saturated(3) + _curves([[0.2, 0.7, 1.0], [0.1, 0.6, 1.0], [0.3, 0.75, 1.0]])
    dark = _scaled((0.1, 0.07, 0.16), (0.024, 0.008, 0.063))
    return Manner(
        f'<feColorMatrix in="SourceGraphic" values="{dark}" result="dark"/>'
        + _strokes(canvas, "#ffffff", sharp=1.1, calm=2.0)
        + pure
        + '<feComposite in2="strokes" operator="in" result="lit"/>'
        '<feGaussianBlur in="lit" stdDeviation="4" result="near"/>'
        '<feGaussianBlur in="lit" stdDeviation="18" result="far"/>'
        '<feComposite in="dark" in2="far" operator="arithmetic" k2="1" k3="1"/>'
        '<feComposite in2="near" operator="arithmetic" k2="1" k3=".5"/>'
        '<feComposite in2="lit" operator="arithmetic" k2="1" k3=".9"/>' + _inside()
    )


def _watercolour(canvas: Canvas) -> Manner:
    thin = _scaled((0.84, 0.84, 0.84), (0.15, 0.145, 0.13))
    washed = (
        _wavering(0.02, 9) + '<feGaussianBlur stdDeviation="1.4"/><feColorMatrix type="saturate" values="1.25"/>'
        f'<feColorMatrix values="{thin}"/>'
    )
    bare, wide, high = Ink(), canvas.width, canvas.height
    for x, y, width, height in (
        (0, 0, wide, _BARE),
        (0, high - _BARE, wide, _BARE),
        (0, 0, _BARE, high),
        (wide - _BARE, 0, _BARE, high),
    ):
        bare.rect(x, y, width, height, "#fcfaf4")
    return Manner(washed, bare)


def _oil(_: Canvas) -> Manner:
    relief = (
        '<feTurbulence type="fractalNoise" baseFrequency=".045 .06" numOctaves="2" seed="9"/>'
        '<feDiffuseLighting surfaceScale="1" diffuseConstant="1.12" lighting-color="#ffffff" result="relief">'
        '<feDistantLight azimuth="225" elevation="62"/></feDiffuseLighting>'
    )
    return Manner(
        _wavering(0.04, 7)
        + '<feColorMatrix type="saturate" values="1.27" result="dabs"/>'
        + relief
        + '<feComposite in="dabs" in2="relief" operator="arithmetic" k1=".8" k2=".2"/>'
        + _inside()
    )


MANNERS: Final[Mapping[str, Callable[[Canvas], Manner]]] = {
    "lineart": _lineart,
    "ink": _ink,
    "pencil": _pencil,
    "blueprint": _blueprint,
    "sepia": _sepia,
    "mono": _mono,
    "vaporwave": _vaporwave,
    "flat": _flat,
    "photo": _photo,
    "poster": _poster,
    "neon": _neon,
    "watercolour": _watercolour,
    "oil": _oil,
}
"""Style -> how it is drawn."""

_LUMA: Final = (0.299, 0.587, 0.114)
_LINE: Final = 1.9
"""Half the width of an outline, in units."""
_BARE: Final = 18.0
"""How wide the bare paper around a watercolour is, in units."""
_MARGIN: Final = 9.5
"""How far from the picture's border outlines begin, in units."""


def _row(*shares: float) -> str:
    """One row of a colour matrix, filled up with noughts."""
    return " ".join(f"{share:.4g}" for share in (*shares, *(0.0,) * (5 - len(shares))))


def _matrix(rows: Sequence[str]) -> str:
    return f'<feColorMatrix in="SourceGraphic" values="{" ".join(rows)} {_row(0, 0, 0, 1)}"/>'


def _scaled(shares: tuple[float, float, float], lifts: tuple[float, float, float] = (0, 0, 0)) -> str:
    """The values of a matrix that multiplies each channel by a share and lifts it."""
    (red, green, blue), (up_red, up_green, up_blue) = shares, lifts
    rows = (_row(red, 0, 0, 0, up_red), _row(0, green, 0, 0, up_green), _row(0, 0, blue, 0, up_blue), _row(0, 0, 0, 1))
    return " ".join(rows)


def _saturated(share: float) -> str:
    return f'<feColorMatrix in="SourceGraphic" type="saturate" values="{share}"/>'


def _curves(values: Sequence[Sequence[float]], kind: str = "table") -> str:
    functions = "".join(
        f'<feFunc{channel} type="{kind}" tableValues="{" ".join(f"{max(0.0, value):.3g}" for value in own)}"/>'
        for channel, own in zip("RGB", values, strict=True)
    )
    return f"<feComponentTransfer>{functions}</feComponentTransfer>"


def _paper(colour: str) -> str:
    return f'<feFlood flood-color="{colour}" result="paper"/>'


def _shade(colour: str, covers: Sequence[float], kind: str) -> str:
    """A colour that covers the more, the darker the picture is. covers: by brightness, in even steps from 0 to 1."""
    table = " ".join(f"{cover:.3g}" for cover in covers)
    return (
        f'<feColorMatrix in="SourceGraphic" values="{_row(0)} {_row(0)} {_row(0)} {_row(*_LUMA)}"/>'
        f'<feComponentTransfer result="load"><feFuncA type="{kind}" tableValues="{table}"/></feComponentTransfer>'
        f'<feFlood flood-color="{colour}"/><feComposite in2="load" operator="in" result="shade"/>'
    )


def _strokes(
    canvas: Canvas, colour: str, *, sharp: float = 1.0, gain: float = 1.0, less: float = 0.0, calm: float = 0.9
) -> str:
    """The picture's outlines in a colour, as `styles.lines` finds them: where neighbours differ, also in colour alone.

    sharp: below 1, only strong edges count. gain, less: what the lines' opacity is multiplied by and lowered by. calm:
    how soft the picture is made first, in halves of a line.
    """
    steep = 255 * sharp / 60 * gain
    weights = _row(0.36 * steep, 0.5 * steep, 0.36 * steep, 0, -18 / 60 * gain - less)
    sides = {"east": (_LINE, 0.0), "west": (-_LINE, 0.0), "north": (0.0, -_LINE), "south": (0.0, _LINE)}
    shifted = "".join(
        f'<feOffset in="calm" dx="{across}" dy="{down}" result="{side}"/>' for side, (across, down) in sides.items()
    )
    ink = Colour.parse(colour)
    rows = " ".join(_row(0, 0, 0, 0, level / 255) for level in (ink.red, ink.green, ink.blue))
    # The picture's own border is no outline.
    inner = (
        f'<feFlood x="{_MARGIN}" y="{_MARGIN}" width="{canvas.width - 2 * _MARGIN:.1f}" '
        f'height="{canvas.height - 2 * _MARGIN:.1f}" result="inner"/>'
    )
    return (
        f'<feGaussianBlur in="SourceGraphic" stdDeviation="{calm * _LINE:.2f}" result="calm"/>{shifted}'
        '<feBlend in="east" in2="west" mode="difference" result="across"/>'
        '<feBlend in="north" in2="south" mode="difference" result="down"/>'
        '<feComposite in="across" in2="down" operator="arithmetic" k2="1" k3="1"/>'
        f'<feColorMatrix values="{rows} {weights}" result="edges"/>{inner}'
        '<feComposite in="edges" in2="inner" operator="in" result="strokes"/>'
    )


def _laid(*results: str) -> str:
    """What was made, laid over the paper, where the picture is."""
    nodes = "".join(f'<feMergeNode in="{result}"/>' for result in ("paper", *results))
    return f"<feMerge>{nodes}</feMerge>{_inside()}"


def _inside() -> str:
    return '<feComposite in2="SourceAlpha" operator="in"/>'


def _wavering(fineness: float, reach: float) -> str:
    """The picture with edges as uneven as a brush's."""
    return (
        f'<feTurbulence type="fractalNoise" baseFrequency="{fineness}" numOctaves="2" seed="7" result="waves"/>'
        f'<feDisplacementMap in="SourceGraphic" in2="waves" scale="{reach}" xChannelSelector="R" yChannelSelector="G" '
        # What comes from beyond the border is nothing: the picture itself shows there.
        'result="wavy"/><feMerge><feMergeNode in="SourceGraphic"/><feMergeNode in="wavy"/></feMerge>'
    )


def _between(tones: Sequence[tuple[int, tuple[int, int, int]]], level: float, channel: int) -> float:
    for (low, first), (high, second) in pairwise(tones):
        if level <= high:
            share = (level - low) / (high - low)
            return first[channel] + (second[channel] - first[channel]) * share
    return float(tones[-1][1][channel])


def _corners(canvas: Canvas, strength: float) -> Ink:
    """Darker corners."""
    ink = Ink()
    stops = tuple(
        (at, BLACK, min(0.92, dark * strength)) for at, dark in ((0, 0), (0.42, 0), (0.6, 0.09), (0.8, 0.36), (1, 0.85))
    )
    flat = canvas.height / canvas.width
    fill = ink.around(canvas.width / 2, canvas.height / 2, canvas.width * 0.7071, stops, flat=flat)
    ink.rect(0, 0, canvas.width, canvas.height, fill)
    return ink
