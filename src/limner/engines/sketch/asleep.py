"""Animals curled up asleep, drawn by code. One line of `SLEEPERS` each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.figure import Figure


@dataclass(frozen=True, slots=True)
class _Sleeper:
    """fur, chest: coat and muzzle. ears: "pointed", "round", "floppy" or "long". tail: "bushy", "thin" or "none".

    marks: "stripes", "patches" round the eyes, a "mane", "quills", a "snout" or a "spot".
    """

    fur: str
    chest: str
    ears: str
    tail: str
    marks: str = ""


SLEEPERS: Final[Mapping[str, _Sleeper]] = {
    "cat": _Sleeper("#fcb52e", "#fde7bd", "pointed", "thin", "stripes"),
    "black-cat": _Sleeper("#4a4d55", "#6d717a", "pointed", "thin"),
    "dog": _Sleeper("#f2c9a0", "#fff3e6", "floppy", "thin", "spot"),
    "poodle": _Sleeper("#e8ddd2", "#ffffff", "floppy", "thin"),
    "fox": _Sleeper("#e8632a", "#fff3e6", "pointed", "bushy"),
    "wolf": _Sleeper("#8b939b", "#dfe3e6", "pointed", "bushy"),
    "raccoon": _Sleeper("#8d8f94", "#e9e9e6", "pointed", "bushy", "patches"),
    "lion": _Sleeper("#e0a345", "#f3c877", "round", "thin", "mane"),
    "tiger": _Sleeper("#f29a2e", "#fff3e0", "round", "thin", "stripes"),
    "tiger-face": _Sleeper("#f29a2e", "#fff3e0", "round", "thin", "stripes"),
    "leopard": _Sleeper("#f0b048", "#fff0d4", "round", "thin"),
    "bear": _Sleeper("#7d5a4c", "#b08c78", "round", "none"),
    "polar-bear": _Sleeper("#e9eff3", "#ffffff", "round", "none"),
    "panda": _Sleeper("#f3f3ef", "#ffffff", "round", "none", "patches"),
    "koala": _Sleeper("#9aa0a6", "#e6e3df", "round", "none"),
    "hamster": _Sleeper("#e7a866", "#fff1df", "round", "none"),
    "mouse": _Sleeper("#b9bec3", "#eceef0", "round", "thin"),
    "rabbit": _Sleeper("#e2ddd8", "#ffffff", "long", "none"),
    "monkey": _Sleeper("#8d5f48", "#e8c9a4", "round", "thin"),
    "pig": _Sleeper("#f5b7b4", "#f9cfcc", "pointed", "none", "snout"),
    "hedgehog": _Sleeper("#8a6a52", "#f0dcc0", "round", "none", "quills"),
    "deer": _Sleeper("#b9804f", "#f3dcc0", "long", "none"),
    "squirrel": _Sleeper("#b8703c", "#f6e2c8", "pointed", "bushy"),
    "chipmunk": _Sleeper("#c07f45", "#f6e2c8", "round", "bushy", "stripes"),
}
"""Animals by name, as they sleep."""


def sleeper(base: str) -> Figure:
    """The drawing of an animal asleep. Raises KeyError for one that is not in `SLEEPERS`."""
    animal = SLEEPERS[base]
    elements = _tail_behind(animal) + _body(animal) + _head(animal) + _tail_before(animal)
    return Figure(kind="animal-mammal", width=216, height=128, main=animal.fur, elements=elements)


def _shades(animal: _Sleeper) -> tuple[Colour, Colour, Colour]:
    fur = Colour.parse(animal.fur)
    return fur, fur.lighter(-0.08), fur.lighter(-0.2)


_QUILLS: Final = (
    (70, 44), (90, 34), (112, 30), (134, 34), (156, 44), (174, 60), (88, 62), (112, 58), (138, 62),
)  # fmt: skip


def _body(animal: _Sleeper) -> str:
    fur, shade, dark = _shades(animal)
    parts = [f'<path d="M34 126C10 66 64 22 122 22C186 22 214 74 200 126Z" fill="{fur}"/>']
    if animal.marks == "quills":
        parts.append("".join(f'<path d="M{x} {y}l8 -20l8 20Z" fill="{dark}"/>' for x, y in _QUILLS))
    parts.append(f'<path d="M126 126C118 82 154 62 184 82C204 96 206 112 200 126Z" fill="{shade}"/>')
    if animal.marks == "stripes":
        parts.append(
            f'<path d="M106 24Q112 42 108 58M130 23Q136 40 132 54M154 29Q158 44 154 56" stroke="{dark}" '
            'stroke-width="7" stroke-linecap="round" fill="none"/>'
        )
    if animal.marks == "spot":
        parts.append(f'<ellipse cx="134" cy="46" rx="24" ry="15" fill="{dark}"/>')
    parts.append(f'<ellipse cx="106" cy="120" rx="26" ry="8" fill="{shade}"/>')
    return "".join(parts)


def _tail_behind(animal: _Sleeper) -> str:
    if animal.tail != "none":
        return ""
    return f'<circle cx="202" cy="104" r="11" fill="{animal.chest}"/>'


def _tail_before(animal: _Sleeper) -> str:
    fur, shade, _ = _shades(animal)
    if animal.tail == "thin":
        return (
            f'<path d="M198 104Q202 122 172 121Q140 120 116 120" fill="none" stroke="{shade.lighter(-0.05)}" '
            'stroke-width="13" stroke-linecap="round"/>'
        )
    if animal.tail == "bushy":
        return (
            f'<path d="M206 92C216 128 160 130 116 127C96 125 92 110 112 108C150 108 176 116 188 88Z" '
            f'fill="{fur.lighter(-0.05)}"/><path d="M132 127C100 129 82 112 110 108Q124 116 132 127Z" '
            f'fill="{animal.chest}"/>'
        )
    return ""


def _ears(animal: _Sleeper) -> str:
    fur, shade, dark = _shades(animal)
    inner = Colour.parse("#f0a9a0").mix(fur, 0.35)
    tone = Colour.parse("#33363b") if animal.marks == "patches" and animal.tail == "none" else fur
    match animal.ears:
        case "pointed":
            return (
                f'<path d="M26 72L22 34L56 54ZM76 52L102 30L104 70Z" fill="{tone}"/>'
                f'<path d="M31 64L29 45L46 56ZM84 54L97 42L98 62Z" fill="{inner}"/>'
            )
        case "round":
            return (
                f'<circle cx="32" cy="56" r="15" fill="{tone}"/><circle cx="94" cy="54" r="15" fill="{tone}"/>'
                f'<circle cx="32" cy="57" r="8" fill="{inner}"/><circle cx="94" cy="55" r="8" fill="{inner}"/>'
            )
        case "long":
            return (
                f'<path d="M62 60C70 30 118 16 142 28C138 48 104 60 84 66Z" fill="{shade}"/>'
                f'<path d="M46 60C56 20 100 4 124 16C120 36 90 52 70 62Z" fill="{fur}"/>'
                f'<path d="M60 52C70 30 94 20 112 20C106 34 86 44 68 56Z" fill="{inner}"/>'
            )
        case _:
            return (
                f'<path d="M34 54C10 58 4 92 16 106C30 104 40 84 42 66Z'
                f'M88 54C112 56 122 88 110 104C96 102 86 84 84 66Z" '
                f'fill="{dark}"/>'
            )


def _head(animal: _Sleeper) -> str:
    fur, shade, _ = _shades(animal)
    line = "#2b211e"
    parts = []
    if animal.marks == "mane":
        parts.append(f'<circle cx="63" cy="82" r="50" fill="{fur.lighter(-0.22)}"/>')
    if animal.ears != "floppy":
        parts.append(_ears(animal))
    parts.append(f'<ellipse cx="63" cy="88" rx="44" ry="36" fill="{fur}"/>')
    parts.append(f'<path d="M96 66C110 84 104 112 78 122C100 104 102 84 96 66Z" fill="{shade}"/>')
    if animal.marks == "patches":
        parts.append(
            '<ellipse cx="42" cy="85" rx="13" ry="11" fill="#33363b"/>'
            '<ellipse cx="80" cy="85" rx="13" ry="11" fill="#33363b"/>'
        )
        line = "#f3f3ef"
    if animal.marks == "stripes":
        parts.append(
            f'<path d="M60 54V66M50 56L52 66M70 56L68 66" stroke="{shade.lighter(-0.12)}" stroke-width="4" '
            'stroke-linecap="round"/>'
        )
    parts.append(f'<ellipse cx="61" cy="104" rx="22" ry="16" fill="{animal.chest}"/>')
    nose = (
        f'<ellipse cx="61" cy="101" rx="13" ry="9" fill="{shade}"/><circle cx="56" cy="101" r="2.500" fill="#8a4f4c"/>'
        '<circle cx="66" cy="101" r="2.500" fill="#8a4f4c"/>'
        if animal.marks == "snout"
        else '<path d="M54 95H68Q67 102 61 103Q55 102 54 95Z" fill="#3a2c28"/>'
        '<path d="M61 103V108M54 109Q58 112 61 108Q65 112 69 109" stroke="#3a2c28" stroke-width="1.800" fill="none" '
        'stroke-linecap="round"/>'
    )
    parts.append(nose)
    parts.append(
        f'<path d="M34 84Q42 92 50 84M72 84Q80 92 88 84" stroke="{line}" stroke-width="3.200" fill="none" '
        'stroke-linecap="round"/>'
    )
    if animal.ears == "floppy":
        parts.append(_ears(animal))
    return "".join(parts)
