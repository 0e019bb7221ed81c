"""How a person holds arms and legs: what they are doing shows in their limbs.

One entry of `POSES` each; `people.py` draws a body by it. Limbs are given for a grown-up of `people.py`'s measures, who
faces us: x of the picture's left first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

Joint: TypeAlias = tuple[float, float]
Limb: TypeAlias = tuple[Joint, Joint]
"""Elbow and wrist from the shoulder, or knee and ankle from the hip: x to the right, y down, in halves of the limb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limbs:
    """A pose.

    arms, legs: the picture's left and right one; None: as one stands. foot: how far below the hips the picture ends, in
    halves of a leg. lean_deg: of the whole body. reach: room beside the body for arms and legs, units.
    prop: what is drawn in the right hand. together: both hands hold what is held, not the right one. lying: asleep on
    the back, head to the left.
    """

    arms: tuple[Limb, Limb] | None = None
    legs: tuple[Limb, Limb] | None = None
    foot: float = 2.0
    lean_deg: float = 0.0
    reach: float = 0.0
    prop: str = ""
    together: bool = False
    lying: bool = False


_HANGING_LEFT: Final[Limb] = ((-0.3, 1.0), (-0.34, 1.95))
_HANGING_RIGHT: Final[Limb] = ((0.3, 1.0), (0.34, 1.95))
_RAISED_LEFT: Final[Limb] = ((-0.62, -0.5), (-0.72, -1.5))
_RAISED_RIGHT: Final[Limb] = ((0.62, -0.5), (0.72, -1.5))
_CROSSED: Final[tuple[Limb, Limb]] = (((-0.84, 0.2), (0.4, 0.4)), ((0.84, 0.2), (-0.4, 0.4)))
_PAN: Final = (
    '<path d="M-2 2L34 8" stroke="#4a3a32" stroke-width="7" stroke-linecap="round"/>'
    '<ellipse cx="58" cy="12" rx="28" ry="8" fill="#3a3f46"/>'
    '<ellipse cx="58" cy="9" rx="24" ry="5.500" fill="#5a616a"/>'
    '<ellipse cx="56" cy="7" rx="13" ry="4" fill="#fff6e0"/><circle cx="58" cy="5" r="4.500" fill="#f7b92f"/>'
)
_BRUSH: Final = (
    '<path d="M-6 8L16 -22" stroke="#b5763a" stroke-width="4" stroke-linecap="round"/>'
    '<path d="M15 -20L22 -34L24 -24Z" fill="#2f6fd0" stroke="#2f6fd0" stroke-width="3" stroke-linejoin="round"/>'
)
_CRUMBS: Final = "".join(
    f'<circle cx="{x}" cy="{y}" r="2.400" fill="#c9a067"/>' for x, y in ((4, 14), (12, 24), (2, 34), (16, 42))
)

POSES: Final[Mapping[str, Limbs]] = {
    "waving": Limbs(arms=(_HANGING_LEFT, _RAISED_RIGHT), reach=8),
    "cheering": Limbs(arms=(_RAISED_LEFT, _RAISED_RIGHT), reach=8),
    "pointing": Limbs(arms=(_HANGING_LEFT, ((0.9, 0.1), (1.85, 0.0))), reach=44),
    "feeding": Limbs(arms=(_HANGING_LEFT, ((0.8, 0.62), (1.6, 0.9))), reach=40, prop=_CRUMBS),
    "walking": Limbs(
        arms=(((-0.34, 1.0), (-0.5, 1.8)), ((0.4, 0.95), (0.3, 1.85))),
        legs=(((-0.22, 1.0), (-0.5, 1.9)), ((0.3, 1.0), (0.5, 1.92))),
        reach=6,
    ),
    "running": Limbs(
        arms=(((-0.72, 0.66), (0.1, 0.98)), ((0.72, 0.6), (1.3, -0.06))),
        legs=(((-0.55, 0.82), (-0.42, 1.8)), ((0.42, 0.96), (1.28, 1.3))),
        foot=2.0,
        lean_deg=-9,
        reach=38,
    ),
    "jumping": Limbs(
        arms=(_RAISED_LEFT, _RAISED_RIGHT),
        legs=(((-0.6, 0.74), (-0.26, 1.5)), ((0.6, 0.74), (0.4, 1.56))),
        foot=2.5,
        reach=20,
    ),
    "dancing": Limbs(
        arms=(((-0.86, 0.24), (-1.5, 0.66)), _RAISED_RIGHT),
        legs=(((0.0, 1.0), (-0.06, 1.95)), ((0.72, 0.72), (0.14, 1.36))),
        lean_deg=5,
        reach=32,
    ),
    "sitting": Limbs(arms=(((-0.44, 0.9), (-0.3, 1.6)), ((0.44, 0.9), (0.3, 1.6))), legs=_CROSSED, foot=0.42, reach=20),
    "seated": Limbs(
        arms=(((-0.3, 0.95), (0.1, 1.66)), ((0.3, 0.95), (-0.1, 1.66))),
        legs=(((-0.14, 0.34), (-0.1, 1.26)), ((0.14, 0.34), (0.12, 1.26))),
        foot=1.4,
    ),
    "reading": Limbs(arms=(((-0.3, 0.94), (0.36, 1.3)), ((0.3, 0.94), (-0.36, 1.3))), together=True),
    "studying": Limbs(
        arms=(((-0.34, 0.9), (0.34, 1.3)), ((0.34, 0.9), (-0.34, 1.3))),
        legs=_CROSSED,
        foot=0.42,
        reach=20,
        together=True,
    ),
    "strumming": Limbs(arms=(((-0.5, 0.8), (0.5, 1.36)), ((0.62, 0.7), (1.1, 0.5))), reach=18, together=True),
    "drinking": Limbs(arms=(_HANGING_LEFT, ((0.56, 0.72), (-0.02, -0.12))), reach=6),
    "cooking": Limbs(arms=(_HANGING_LEFT, ((0.4, 0.9), (0.9, 1.0))), reach=92, prop=_PAN),
    "painting": Limbs(arms=(_HANGING_LEFT, ((0.72, 0.5), (1.44, 0.0))), reach=56, prop=_BRUSH),
    "fishing": Limbs(arms=(((-0.24, 0.95), (0.6, 1.24)), ((0.4, 0.9), (0.9, 0.9))), reach=30),
    "flying": Limbs(
        arms=(((-0.5, -0.72), (-0.6, -1.6)), ((0.3, 1.0), (0.34, 1.9))),
        legs=(((0.0, 1.0), (0.02, 1.9)), ((0.1, 0.96), (0.22, 1.8))),
        lean_deg=-58,
        reach=95,
    ),
    "swimming": Limbs(arms=(((-0.8, -0.1), (-1.5, 0.5)), ((0.7, -0.6), (1.3, -1.2))), foot=-0.6, reach=34),
    "sleeping": Limbs(lying=True),
}
"""Every pose by the act that shows in it."""
