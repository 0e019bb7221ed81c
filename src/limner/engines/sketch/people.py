"""People, drawn by code: several ages, skin tones, hair and clothes, standing or as a bust.

A person's look is written behind its name, "woman~s3,hcurly,k0,cd1495b,dress", so that whoever places a drawing by
name needs to know nothing of looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.figure import Figure
from limner.engines.sketch.poses import POSES, Limb, Limbs
from limner.engines.sketch.skins import SKINS

PEOPLE: Final = frozenset(("man", "woman", "old-man", "old-woman", "boy", "girl", "baby", "person"))

HAIRS: Final[Mapping[str, str]] = {
    "black": "#2a2220",
    "brown": "#5a3924",
    "chestnut": "#8a5733",
    "blonde": "#dfb25a",
    "redhead": "#b44f28",
    "grey": "#cdd0d4",
}
_CLOTHES: Final = ("#d1495b", "#2e7f8f", "#e9a23b", "#4f6fae", "#5f9a78", "#8e5ea2", "#e07a5f", "#3f8fbf")
_TROUSERS: Final = ("#33415c", "#4a4e69", "#5c5346", "#2f3e46", "#6b5b73")
_SKIN_WORDS: Final = {"dark": (4,), "brown": (2, 3), "light": (0,)}
_STYLES: Final = ("curly", "long", "short", "bun", "ponytail", "bald", "hijab")


def cast(
    name: str, looks: frozenset[str], colour: Colour | None, dice: Random, *, bust: bool, pose: str | None = None
) -> str:
    """The name of a person with a look: what the prompt says of it, the rest by chance. pose: of `POSES`."""
    if name == "person":
        name = dice.choice(
            ("boy", "girl") if "child" in looks else ("man", "woman", "man", "woman", "old-woman", "old-man")
        )
    if "old" in looks and name in ("man", "woman"):
        name = f"old-{name}"
    skin = dice.choice(next((tones for word, tones in _SKIN_WORDS.items() if word in looks), (0, 1, 1, 2, 3, 4)))
    old = name.startswith("old")
    usual = ("grey",) if old else ("black",) if skin > 2 else ("black", "brown", "chestnut", "blonde", "brown")  # noqa: PLR2004 - dark
    hair = next((word for word in HAIRS if word in looks), None) or dice.choice(usual)
    named: str | None = next((word for word in _STYLES if word in looks), None)
    style = named or dice.choice(_USUAL_STYLES[name])
    clothes = str(colour) if colour is not None else dice.choice(_CLOTHES)
    dressed: str | None = next((word for word in _WORN if word in looks), None)
    worn = dressed or dice.choice(_USUAL_CLOTHES.get(name, ("shirt",)))
    if worn == "suit" and colour is None:
        clothes = dice.choice(("#2f3b55", "#3a3f47", "#4b3f52"))
    marks: list[str] = [word for word in ("beard", "freckles") if word in looks]
    if bust:
        marks.append("bust")
    elif pose is not None and pose in POSES and name != "baby":
        marks.append(pose)
    look = [f"s{skin}", f"h{style}", f"k{hair}", f"c{clothes[1:]}", worn, f"t{dice.randrange(len(_TROUSERS))}", *marks]
    return f"{name}~{','.join(look)}"


_USUAL_STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    "man": ("short", "short", "curly"),
    "woman": ("long", "bun", "ponytail", "curly", "long"),
    "old-man": ("bald", "short"),
    "old-woman": ("bun", "curly"),
    "boy": ("short", "curly", "short"),
    "girl": ("long", "ponytail", "curly"),
    "baby": ("wisp",),
}
_USUAL_CLOTHES: Final[Mapping[str, tuple[str, ...]]] = {
    "woman": ("shirt", "dress", "coat"),
    "girl": ("dress", "shirt"),
    "old-woman": ("dress", "coat"),
    "old-man": ("coat", "shirt"),
}


@dataclass(frozen=True, slots=True)
class _Person:
    """Who is to be drawn. waist, hem, feet: heights of the body's parts in units; the head is the same for all."""

    name: str
    skin: Colour
    style: str
    hair: Colour
    clothes: Colour
    worn: str
    trousers: Colour
    marks: frozenset[str]
    waist: float
    feet: float
    limbs: Limbs

    @property
    def old(self) -> bool:
        return self.name.startswith("old")

    @property
    def female(self) -> bool:
        return self.name in ("woman", "old-woman", "girl")


_WIDTH: Final = 130.0
_BUILDS: Final[Mapping[str, tuple[float, float]]] = {
    "man": (166, 298),
    "woman": (162, 298),
    "old-man": (166, 298),
    "old-woman": (160, 298),
    "boy": (136, 206),
    "girl": (134, 206),
}
"""Name -> height of the waist and of the soles, from the top."""
_BUST_HEIGHT: Final = 118.0


def person(name: str) -> Figure:
    """The drawing of a person by name and look; without a look, a usual one."""
    base, _, look = name.partition("~")
    if base == "person":
        base = "man"
    words = [word for word in look.split(",") if word]
    given = {word[0]: word[1:] for word in words if word[0] in "shkct" and word not in _WORDS}
    waist, feet = _BUILDS.get(base, (0, 0))
    who = _Person(
        name=base,
        skin=Colour.parse(SKINS[int(given.get("s", "1"))]),
        style=given.get("h", _USUAL_STYLES[base][0]),
        hair=Colour.parse(HAIRS[given.get("k", "grey" if base.startswith("old") else "brown")]),
        clothes=Colour.parse(given.get("c", "4f6fae")),
        worn=next((word for word in words if word in _WORN), "shirt"),
        trousers=Colour.parse(_TROUSERS[int(given.get("t", "0"))]),
        marks=frozenset(words) & {"beard", "freckles"},
        waist=waist,
        feet=feet,
        limbs=next((POSES[word] for word in words if word in POSES), Limbs()),
    )
    if base == "baby":
        return Figure(kind="person", width=120, height=128, main=str(who.clothes), elements=_baby(who))
    if "bust" in words:
        who = replace(who, waist=200, feet=340)
        return Figure(kind="person", width=_WIDTH, height=_BUST_HEIGHT, main=str(who.clothes), elements=_figure(who))
    width, height = _extent(who)
    return Figure(kind="person", width=width, height=height, main=str(who.clothes), elements=_posed(who))


@dataclass(frozen=True, slots=True)
class Stance:
    """Where the parts of a person in a pose are, in shares of the drawing's box. scale_x, scale_y: of the usual box."""

    scale_x: float
    scale_y: float
    hand_x: float
    hand_y: float


def stance(name: str) -> Stance | None:
    """How a person stands who does something; None for one who just stands, or lies."""
    base, _, look = name.partition("~")
    pose = next((word for word in look.split(",") if word in POSES), None)
    if base not in _BUILDS or pose is None or POSES[pose].lying:
        return None
    waist, feet = _BUILDS[base]
    limbs = POSES[pose]
    width, height = _WIDTH + 2 * limbs.reach, _height(limbs, waist, feet)
    wrists = [limbs.reach + x for x, _ in _wrists(limbs, waist)]
    hand_y = max(y for _, y in _wrists(limbs, waist)) if limbs.together else _wrists(limbs, waist)[1][1]
    hand_x = sum(wrists) / 2 if limbs.together else wrists[1]
    return Stance(_WIDTH / width, (feet + 2) / height, hand_x / width, hand_y / height)


def tallness(name: str) -> float:
    """Height of a drawing, as a share of how tall the same stands: who sits, lies or curls up is lower."""
    base, _, look = name.partition("~")
    if look == "asleep":
        return _CURLED
    pose = next((word for word in look.split(",") if word in POSES), None)
    if base not in _BUILDS or pose is None:
        return 1.0
    waist, feet = _BUILDS[base]
    return (_LYING_UNITS if POSES[pose].lying else _height(POSES[pose], waist, feet)) / (feet + 2)


_WORN: Final = ("dress", "suit", "coat", "shirt")
_WORDS: Final = frozenset((*_WORN, "beard", "freckles", "bust", *POSES))
_CURLED: Final = 0.6
_LYING_UNITS: Final = 112.0
"""How high one is who lies on the back, pillow included."""


def _extent(who: _Person) -> tuple[float, float]:
    """Width and height of a person's drawing."""
    if who.limbs.lying:
        return who.feet + 12, _LYING_UNITS
    return _WIDTH + 2 * who.limbs.reach, _height(who.limbs, who.waist, who.feet)


def _height(limbs: Limbs, waist: float, feet: float) -> float:
    return feet + 2 if limbs.foot == 2.0 else waist + limbs.foot * _leg_half(waist, feet, limbs) + 12  # noqa: PLR2004 - standing


def _leg_half(waist: float, feet: float, limbs: Limbs) -> float:
    # Short legs still reach across each other.
    return max((feet - 12 - waist) / 1.95, 44.0 if limbs.foot < 1 else 0.0)


def _arm_half(waist: float) -> float:
    return max(30.0, (waist - 92) / 1.95)


def _wrists(limbs: Limbs, waist: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The picture's left and right wrist."""
    half = _arm_half(waist)
    arms = limbs.arms or (((0, 0), (-0.34, 1.95)), ((0, 0), (0.6, 1.8)))
    (_, left), (_, right) = arms
    return (42 + left[0] * half, 101 + left[1] * half), (88 + right[0] * half, 101 + right[1] * half)


def _posed(who: _Person) -> str:
    limbs, figure = who.limbs, _figure(who)
    if limbs.lying:
        pillow = '<rect x="0" y="30" width="88" height="78" rx="24" fill="#f3efe6"/>'
        warm, end = who.clothes.lighter(0.12), who.feet + 12
        blanket = (
            f'<path d="M136 26Q128 68 138 112H{end - 8}Q{end} 70 {end - 8} 26Q{(136 + end) / 2:.0f} 16 136 26Z" '
            f'fill="{warm}"/><path d="M136 26Q128 68 138 112H154Q144 68 152 24Z" fill="{warm.lighter(0.14)}"/>'
        )
        return f'{pillow}<g transform="translate(6 {_LYING_UNITS + 20:.0f}) rotate(-90)">{figure}</g>{blanket}'
    if limbs.prop:
        x, y = _wrists(limbs, who.waist)[1]
        figure += f'<g transform="translate({x:.1f} {y:.1f})">{limbs.prop}</g>'
    lean = f" rotate({limbs.lean_deg} 65 {who.waist})" if limbs.lean_deg else ""
    return f'<g transform="translate({limbs.reach} 0){lean}">{figure}</g>' if limbs.reach or lean else figure


def _figure(who: _Person) -> str:
    return _hair_behind(who) + _legs(who) + _torso(who) + _head(who)


def _bent_legs(who: _Person, legs: tuple[Limb, Limb]) -> str:
    """Legs in a pose, the farther one first."""
    half = _leg_half(who.waist, who.feet, who.limbs)
    bare = who.worn == "dress"
    fill = who.skin.lighter(-0.04) if bare else who.trousers
    wide = 15.0 if bare else 20.0
    parts = []
    for hip_x, side, tone, (knee, ankle) in (
        (75.0, 1, fill.lighter(-0.06), legs[1]),
        (55.0, -1, fill, legs[0]),
    ):
        hip_y = who.waist
        knee_x, knee_y = hip_x + knee[0] * half, hip_y + knee[1] * half
        foot_x, foot_y = hip_x + ankle[0] * half, hip_y + ankle[1] * half
        parts.append(
            f'<path d="M{foot_x:.0f} {foot_y - 7:.0f}h{10 * side}q8 8 7 16h{-26 * side}q-1 -10 3 -16Z" fill="#3a3230"/>'
            if side > 0
            else f'<path d="M{foot_x:.0f} {foot_y - 7:.0f}h-10q-8 8 -7 16h26q1 -10 -3 -16Z" fill="#3a3230"/>'
        )
        parts.append(
            f'<path d="M{hip_x} {hip_y - 4}L{knee_x:.0f} {knee_y:.0f}L{foot_x:.0f} {foot_y:.0f}" fill="none" '
            f'stroke="{tone}" stroke-width="{wide}" stroke-linecap="round" stroke-linejoin="round"/>'
        )
    return "".join(parts)


def _bent_arms(who: _Person, arms: tuple[Limb, Limb]) -> str:
    """Arms in a pose: a sleeve, the forearm or the whole of it, and a hand."""
    dark, half = who.clothes.lighter(-0.08), _arm_half(who.waist)
    short = who.worn == "dress"
    parts = []
    for shoulder_x, (elbow, wrist) in ((43.0, arms[0]), (87.0, arms[1])):
        elbow_x, elbow_y = shoulder_x + elbow[0] * half, 101 + elbow[1] * half
        hand_x, hand_y = shoulder_x + wrist[0] * half, 101 + wrist[1] * half
        sleeve_x, sleeve_y = (elbow_x + 2 * hand_x) / 3, (elbow_y + 2 * hand_y) / 3
        bent = f"M{shoulder_x} 101L{elbow_x:.0f} {elbow_y:.0f}L{hand_x:.0f} {hand_y:.0f}"
        sleeve = (
            f"M{shoulder_x} 101L{(shoulder_x + elbow_x) / 2:.0f} {(101 + elbow_y) / 2:.0f}"
            if short
            else f"M{shoulder_x} 101L{elbow_x:.0f} {elbow_y:.0f}L{sleeve_x:.0f} {sleeve_y:.0f}"
        )
        for line, tone, wide in ((bent, who.skin.lighter(-0.03), 11), (sleeve, dark, 17)):
            parts.append(
                f'<path d="{line}" fill="none" stroke="{tone}" stroke-width="{wide}" stroke-linecap="round" '
                'stroke-linejoin="round"/>'
            )
        parts.append(f'<circle cx="{hand_x:.0f}" cy="{hand_y:.0f}" r="7.5" fill="{who.skin}"/>')
    return "".join(parts)


def _legs(who: _Person) -> str:
    if who.limbs.legs is not None:
        return _bent_legs(who, who.limbs.legs)
    skin, feet, waist = who.skin, who.feet, who.waist
    shoe = Colour.parse("#3a3230")
    bare = who.worn == "dress"
    fill = skin.lighter(-0.04) if bare else who.trousers
    inner = fill.lighter(-0.06)
    ankle = feet - 12
    trousers = f"M44 {waist - 6}L46 {ankle}H61L64 {waist + 12}L66 {waist + 12}L69 {ankle}H84L86 {waist - 6}Z"
    parts = [
        f'<path d="{trousers}" fill="{fill}"/>',
        f'<path d="M66 {waist + 6}L69 {ankle}H76L70 {waist}Z" fill="{inner}"/>',
    ]
    parts += [
        f'<path d="M{x - 9} {ankle - 2}H{x + 8}V{feet - 2}H{x - 9 - lean}Q{x - 11 - lean} {feet - 9} {x - 9} '
        f'{ankle - 2}Z" '
        f'fill="{shoe}"/>'
        for x, lean in ((54, 5), (77, 0))
    ]
    parts.append(f'<path d="M68 {ankle - 2}H85Q92 {feet - 9} 91 {feet - 2}H68Z" fill="{shoe}"/>')
    return "".join(parts)


def _torso(who: _Person) -> str:
    coat, waist, skin = who.clothes, who.waist, who.skin
    dark = coat.lighter(-0.08)
    if who.limbs.arms is not None:
        bent = _bent_arms(who, who.limbs.arms)
        # Hands that meet before the chest are drawn before it.
        return _trunk(who) + bent if who.limbs.together else bent + _trunk(who)
    elbow, wrist = 88 + (waist - 88) * 0.72, waist + 8
    sleeve_end = wrist - 10 if who.worn != "dress" else 88 + (waist - 88) * 0.45
    arms = (
        f'<path d="M42 100L31 {elbow:.0f}L29 {wrist:.0f}M88 100L101 {elbow - 4:.0f}L113 {wrist - 8:.0f}" fill="none" '
        f'stroke="{skin.lighter(-0.03)}" stroke-width="11" stroke-linecap="round" stroke-linejoin="round"/>'
        f'<circle cx="29" cy="{wrist + 4:.0f}" r="7.5" fill="{skin}"/><circle cx="116" cy="{wrist - 6:.0f}" '
        f'r="7.5" fill="{skin}"/>'
    )
    if sleeve_end > elbow:
        arms += (
            f'<path d="M43 101L31 {elbow:.0f}L29 {sleeve_end:.0f}M87 101L101 {elbow - 4:.0f}L109 '
            f'{sleeve_end - 8:.0f}" fill="none" '
            f'stroke="{dark}" stroke-width="17" stroke-linecap="round" stroke-linejoin="round"/>'
        )
    else:
        arms += (
            f'<path d="M43 101L36 {sleeve_end:.0f}M87 101L95 {sleeve_end:.0f}" fill="none" stroke="{dark}" '
            'stroke-width="17" stroke-linecap="round"/>'
        )
    return arms + _trunk(who)


def _trunk(who: _Person) -> str:
    """Neck and clothes, without arms."""
    coat, waist, skin = who.clothes, who.waist, who.skin
    dark, light = coat.lighter(-0.08), coat.lighter(0.06)
    neck = f'<path d="M56 62H74V92Q65 100 56 92Z" fill="{skin.lighter(-0.07)}"/>'
    low = who.limbs.foot < 1.5  # noqa: PLR2004 - on a seat, or on the ground
    if who.worn == "dress":
        hem = waist + (who.feet - waist) * (0.16 if low else 0.5)
        body = (
            f'<path d="M41 92Q52 86 57 86Q65 98 73 86Q78 86 89 92L84 {waist - 18}L104 {hem}Q65 {hem + 12} 26 '
            f'{hem}L46 {waist - 18}Z" '
            f'fill="{coat}"/>'
            f'<path d="M70 {waist - 18}L84 {hem + 6}Q96 {hem + 4} 104 {hem}L84 {waist - 18}Z" fill="{dark}"/>'
            f'<rect x="46" y="{waist - 22}" width="38" height="7" fill="{light}"/>'
        )
        return body + neck
    hem = waist + (34 if who.worn == "coat" and not low else 6)
    body = (
        f'<path d="M39 94Q50 86 56 86Q65 97 74 86Q80 86 91 94L{89 if who.worn != "coat" else 93} {hem}Q65 {hem + 6} '
        f'{41 if who.worn != "coat" else 37} {hem}Z" fill="{coat}"/>'
        f'<path d="M78 88Q86 90 91 94L{89 if who.worn != "coat" else 93} {hem}Q82 {hem + 4} 74 {hem + 4}Z" '
        f'fill="{dark}"/>'
    )
    if who.worn == "suit":
        body += (
            '<path d="M55 86L65 128L75 86Q65 97 55 86Z" fill="#f4f4f2"/>'
            '<path d="M62 95H68L70 120L65 128L60 120Z" fill="#b23a48"/>'
            f'<path d="M55 86L48 96L64 134L65 128ZM75 86L82 96L66 134L65 128Z" fill="{light}"/>'
        )
    elif who.worn == "coat":
        body += (
            f'<path d="M65 96V{hem + 2}" stroke="{dark.lighter(-0.06)}" stroke-width="2.500"/>'
            f'<path d="M55 86L50 98L63 108L65 96ZM75 86L80 98L67 108L65 96Z" fill="{light}"/>'
            f'<circle cx="70" cy="124" r="2.500" fill="{dark.lighter(-0.1)}"/><circle cx="70" cy="146" '
            f'r="2.500" fill="{dark.lighter(-0.1)}"/>'
        )
    else:
        body += f'<path d="M54 87Q65 103 76 87" fill="none" stroke="{light}" stroke-width="4"/>'
    return neck + body


def _head(who: _Person) -> str:
    skin = who.skin
    shade = skin.lighter(-0.08)
    parts = [
        f'<circle cx="40" cy="46" r="6" fill="{shade}"/><circle cx="90" cy="46" r="6" fill="{shade}"/>'
        if who.style != "hijab"
        else "",
        f'<path d="M40 40C40 12 90 12 90 40C90 62 80 73 65 73C50 73 40 62 40 40Z" fill="{skin}"/>',
        f'<path d="M78 18C86 23 90 31 90 40C90 62 80 73 65 73C80 66 86 44 78 18Z" fill="{shade}" fill-opacity=".45"/>',
        _face(who),
        _beard(who) if "beard" in who.marks else "",
        _hair(who),
    ]
    return "".join(parts)


def _face(who: _Person) -> str:
    skin = who.skin
    dark, blush = "#2b211e", "#e2604f"
    brow = who.hair.lighter(-0.08) if who.hair.luma < 0.7 else who.hair.lighter(-0.2)  # noqa: PLR2004 - white hair
    line = skin.lighter(-0.2)
    lips = "#c4505a" if who.female else str(skin.lighter(-0.24))
    lashes = (
        f'<path d="M50 44Q53 39.500 58 41M80 44Q77 39.500 72 41" stroke="{dark}" stroke-width="1.600" fill="none"/>'
        if who.female and not who.limbs.lying
        else ""
    )
    wrinkles = (
        '<path d="M48 52Q51 55 55 54M82 52Q79 55 75 54M55 29Q65 26 75 29M54 60Q52 64 53 67M76 60Q78 64 77 '
        f'67" stroke="{line}" '
        'stroke-width="1.200" fill="none" stroke-opacity=".7"/>'
        if who.old
        else ""
    )
    freckles = (
        f'<path d="M50 53h.1M53 55h.1M56 53h.1M74 53h.1M77 55h.1M80 53h.1" stroke="{line}" '
        'stroke-width="1.800" stroke-linecap="round"/>'
        if "freckles" in who.marks
        else ""
    )
    eyes = (
        f'<path d="M50 46Q55 51 60 46M70 46Q75 51 80 46" stroke="{dark}" stroke-width="2.200" fill="none" '
        'stroke-linecap="round"/>'
        if who.limbs.lying
        else f'<ellipse cx="55" cy="46" rx="3.200" ry="3.700" fill="{dark}"/><ellipse cx="75" cy="46" rx="3.200" '
        f'ry="3.700" fill="{dark}"/>'
        '<circle cx="56.200" cy="44.600" r="1.100" fill="#ffffff"/><circle cx="76.200" cy="44.600" r="1.100" '
        'fill="#ffffff"/>'
    )
    return (
        f'<ellipse cx="50" cy="55" rx="6" ry="4" fill="{blush}" fill-opacity=".2"/>'
        f'<ellipse cx="80" cy="55" rx="6" ry="4" fill="{blush}" fill-opacity=".2"/>'
        f"{eyes}"
        f'<path d="M49 38Q54 34.500 60 37.500M81 38Q76 34.500 70 37.500" stroke="{brow}" stroke-width="2.400" '
        'fill="none" '
        'stroke-linecap="round"/>'
        f'<path d="M65 47Q68.500 53 64 54.500" stroke="{line}" stroke-width="1.800" fill="none" '
        'stroke-linecap="round"/>'
        f'<path d="M57 61Q65 67.500 73 61Q65 64 57 61Z" fill="{lips}" stroke="{lips}" stroke-width="1.600" '
        'stroke-linejoin="round"/>'
        f"{lashes}{wrinkles}{freckles}"
    )


def _beard(who: _Person) -> str:
    hair = who.hair
    return (
        '<path d="M40 46C41 76 52 90 65 92C78 90 89 76 90 46C86 56 80 58 74 57Q65 53 56 57C50 58 44 56 40 '
        f'46Z" fill="{hair}"/>'
        f'<path d="M58 63Q65 68 72 63Q65 65 58 63Z" fill="#8f3f3f"/>'
        f'<path d="M52 66Q55 78 62 84M78 66Q75 78 68 84M65 72V86" stroke="{hair.lighter(-0.1)}" '
        'stroke-width="1.500" fill="none"/>'
    )


_CAP: Final = "M38 45C33 8 97 8 92 45C90 34 86 29 78 27C68 31 50 31 44 30C41 33 39 38 38 45Z"
_FRINGE: Final = "M38 47C33 8 97 8 92 47C89 34 80 28 70 24C62 31 46 33 38 47Z"


def _hair_behind(who: _Person) -> str:
    hair = who.hair.lighter(-0.05)
    match who.style:
        case "long":
            return f'<path d="M34 42C30 2 100 2 96 42L101 104Q84 112 65 110Q46 112 29 104Z" fill="{hair}"/>'
        case "ponytail":
            return f'<path d="M84 20C112 22 108 60 104 86C100 96 92 92 94 82C98 60 94 44 84 36Z" fill="{hair}"/>'
        case "curly":
            blobs = ((37, 34, 15), (33, 52, 13), (42, 18, 15), (60, 16, 15), (80, 17, 15), (93, 32, 15), (97, 52, 13))
            extra = ((36, 66, 11), (94, 66, 11)) if who.female else ()
            return "".join(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{hair}"/>' for x, y, r in (*blobs, *extra))
        case "hijab":
            cloth = who.clothes.lighter(0.16)
            return (
                '<path d="M30 46C28 -2 102 -2 100 46C104 80 100 104 92 112H38C30 104 26 80 30 46Z" '
                f'fill="{cloth.lighter(-0.06)}"/>'
            )
        case _:
            return ""


def _hair(who: _Person) -> str:
    hair = who.hair
    shine = (
        f'<path d="M48 22Q58 14 72 16" stroke="{hair.lighter(0.12)}" stroke-width="3" fill="none" '
        'stroke-linecap="round" stroke-opacity=".7"/>'
    )
    match who.style:
        case "bald":
            side = (
                '<path d="M38 48C36 38 37 32 41 28C42 36 41 42 41 48ZM92 48C94 38 93 32 89 28C88 36 89 42 89 '
                f'48Z" fill="{hair}"/>'
            )
            return side if who.old else ""
        case "curly":
            blobs = ((45, 25, 10), (57, 18, 11), (71, 17, 11), (84, 24, 10))
            return "".join(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{hair}"/>' for x, y, r in blobs) + shine
        case "bun":
            return (
                f'<circle cx="65" cy="12" r="11" fill="{hair.lighter(-0.04)}"/><path d="{_CAP}" fill="{hair}"/>{shine}'
            )
        case "hijab":
            cloth = who.clothes.lighter(0.16)
            return (
                '<path d="M36 48C32 6 98 6 94 48C94 70 84 80 65 84C46 80 36 70 36 48ZM42 46C44 64 52 73 65 '
                "74C78 73 86 64 88 46"
                f'C88 20 42 20 42 46Z" fill="{cloth}" fill-rule="evenodd"/>'
                f'<path d="M40 76Q65 100 92 74L94 104Q65 120 36 104Z" fill="{cloth}"/>'
            )
        case "long" | "ponytail":
            return f'<path d="{_FRINGE}" fill="{hair}"/>{shine}'
        case _:
            return f'<path d="{_CAP}" fill="{hair}"/>{shine}'


def _baby(who: _Person) -> str:
    """A baby sitting, in a romper."""
    suit, skin = who.clothes.lighter(0.14), who.skin
    dark = suit.lighter(-0.08)
    return (
        f'<ellipse cx="60" cy="98" rx="33" ry="29" fill="{suit}"/>'
        f'<path d="M30 84Q16 92 18 106M90 84Q104 92 102 106" stroke="{dark}" stroke-width="14" '
        'stroke-linecap="round" fill="none"/>'
        f'<circle cx="18" cy="108" r="7" fill="{skin}"/><circle cx="102" cy="108" r="7" fill="{skin}"/>'
        f'<ellipse cx="36" cy="118" rx="20" ry="10" fill="{dark}"/><ellipse cx="84" cy="118" rx="20" ry="10" '
        f'fill="{dark}"/>'
        f'<circle cx="60" cy="94" r="9" fill="#fff6e4"/>'
        f'<g transform="translate(-13 -6) scale(1.12)">{_head(replace(who, style="wisp", marks=frozenset()))}</g>'
    ).replace(
        f'<path d="{_CAP}" fill="{who.hair}"/>',
        f'<path d="M58 16Q66 6 74 12Q68 14 70 20Q64 14 58 16Z" fill="{who.hair}"/>',
    )
