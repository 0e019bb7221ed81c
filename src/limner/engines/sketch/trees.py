"""A tree in every season, drawn by code."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.figure import Figure

_CROWNS: Final[Mapping[str, tuple[str, ...]]] = {
    "spring": ("#e98fb0", "#f4b3c9", "#fad3df"),
    "summer": ("#3f8f3d", "#5aa845", "#7cc255"),
    "autumn": ("#b8501f", "#dd7a24", "#f0a63a"),
}
_HEAPS: Final = (
    (48, 92, 34), (152, 90, 34), (70, 58, 40), (130, 56, 40), (100, 36, 38), (100, 84, 46), (36, 118, 22),
    (164, 116, 22),
)  # fmt: skip


def tree(name: str) -> Figure:
    """A tree; its season is its look, summer without one."""
    season = name.partition("~")[2] or "summer"
    body = _trunk() + (_boughs() if season == "winter" else _crown(season))
    main = "#8a6a52" if season == "winter" else _CROWNS[season][1]
    return Figure(kind="plant-other", width=200, height=250, main=main, elements=body)


def _trunk() -> str:
    return (
        '<path d="M84 248Q94 206 90 150L70 112L78 108L96 134L98 92H106L107 136L124 106L131 111L112 152Q108 '
        '206 120 248Z" '
        'fill="#7a5238"/>'
        '<path d="M106 132L107 136L124 106L131 111L112 152Q108 206 120 248H106Q100 200 103 150Z" fill="#5f3e2a"/>'
    )


def _crown(season: str) -> str:
    dark, middle, light = (Colour.parse(code) for code in _CROWNS[season])
    dice = Random(f"leaves of {season}")  # noqa: S311 - art, not secrets
    parts = [f'<circle cx="{x}" cy="{y}" r="{r}" fill="{dark}"/>' for x, y, r in _HEAPS]
    parts += [f'<circle cx="{x - 4}" cy="{y - 5}" r="{r - 5}" fill="{middle}"/>' for x, y, r in _HEAPS]
    parts += [f'<circle cx="{x - 9}" cy="{y - 11}" r="{r * 0.5:.0f}" fill="{light}"/>' for x, y, r in _HEAPS]
    for _ in range(60):
        x, y, r = dice.choice(_HEAPS)
        at_x, at_y = x + dice.uniform(-0.85, 0.85) * r, y + dice.uniform(-0.85, 0.85) * r
        tone = light.mix(WHITE, 0.25) if at_y < y else middle.mix(dark, 0.5)
        parts.append(f'<circle cx="{at_x:.0f}" cy="{at_y:.0f}" r="{dice.uniform(2, 4.5):.1f}" fill="{tone}"/>')
    if season != "summer":
        for _ in range(14):
            left, top = dice.uniform(20, 180), dice.uniform(238, 248)
            parts.append(
                f'<ellipse cx="{left:.0f}" cy="{top:.0f}" rx="4" ry="2" fill="{dice.choice((dark, middle))}"/>'
            )
    return "".join(parts)


def _boughs() -> str:
    """Bare branches with snow on them."""
    boughs = (
        "M92 160Q70 130 40 118M60 126Q48 104 50 84M108 150Q134 122 166 112M142 122Q152 98 148 78M100 110Q96 70 78 40"
        "M90 66Q72 60 60 62M102 110Q108 66 128 34M116 62Q134 58 142 50M101 100V24M101 52Q92 40 92 28"
        "M40 118Q30 120 22 112M166 112Q176 114 182 104"
    )
    return (
        f'<path d="{boughs}" fill="none" stroke="#6b4731" stroke-width="8" stroke-linecap="round"/>'
        f'<path d="{boughs}" fill="none" stroke="#f4f8fc" stroke-width="3" stroke-linecap="round" '
        'transform="translate(-1 -3.5)"/>'
        '<path d="M70 248Q100 236 134 248Z" fill="#f4f8fc"/>'
    )
