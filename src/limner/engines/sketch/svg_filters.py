"""What painting does to pixels, told as SVG filters: softness, edges of light, reflections that ripple.

A function returns the primitives of one filter. Lengths are units of the picture, so that a drawing looks the same at
any size. Only primitives that librsvg and browsers draw alike are used. Source: W3C, Filter Effects Module Level 1.
"""

from __future__ import annotations

from limner.engines.sketch.colour import WHITE, Colour


def soft(deviation: float, gain: float = 1.0) -> str:
    """Out of focus. gain: what opacity is multiplied by afterwards."""
    return _blur(deviation) + ("" if gain == 1 else _alpha(gain))


def ripple(reach: float) -> str:
    """Shaken to and fro along the rows, up to `reach`, as a reflection is by small waves."""
    # Green is held in the middle, which shifts nothing: no row leaves its place.
    level = '<feColorMatrix values="1 0 0 0 0 0 0 0 0 .5 0 0 0 0 .5 0 0 0 0 1" result="waves"/>'
    return (
        '<feTurbulence type="fractalNoise" baseFrequency=".004 .07" numOctaves="1" seed="3"/>'
        f'{level}<feDisplacementMap in="SourceGraphic" in2="waves" scale="{reach:.1f}" xChannelSelector="R" '
        'yChannelSelector="G"/>'
    )


def cut_out(edge: float, shade: float) -> str:
    """A white edge around what is drawn, and a soft shadow around that. edge, shade: how soft they are made of it."""
    return (
        f"{_blur(edge, 'SourceAlpha')}{_alpha(255 / 24, -14 / 24)}"
        f'<feComponentTransfer result="edge"/>{_blur(shade)}{_alpha(0.34)}<feComponentTransfer result="shade"/>'
        f"{_flood(Colour(40, 40, 40), 'shade', 'below')}{_flood(WHITE, 'edge', 'rim')}"
        f"{_merge('below', 'rim', 'SourceGraphic')}"
    )


def rim(colour: Colour, reach: float, *, from_left: bool) -> str:
    """Light alone, where what is drawn turns a solid edge towards the side it comes from."""
    across = reach if from_left else -reach
    return (
        f'<feOffset in="SourceAlpha" dx="{across:.2f}" dy="{reach:.2f}" result="away"/>'
        '<feComposite in="SourceAlpha" in2="away" operator="out"/>'
        f'{_blur(reach * 0.7)}{_alpha(0.6)}<feComponentTransfer result="light"/>'
        # Only what is solid is lit: shadows and glows are soft.
        f'<feComponentTransfer in="SourceAlpha" result="solid"><feFuncA type="linear" slope="40" intercept="-39"/>'
        f"</feComponentTransfer>{_flood(colour, 'light', 'lit')}"
        '<feComposite in="lit" in2="solid" operator="in"/>'
    )


def bloom(deviation: float) -> str:
    """Bright parts shine a little into their surroundings."""
    bright = "".join(f'<feFunc{channel} type="linear" slope="1.5" intercept="-.882"/>' for channel in "RGB")
    faint = "".join(f'<feFunc{channel} type="linear" slope=".4"/>' for channel in "RGB")
    return (
        f"{_blur(deviation * 0.6)}<feComponentTransfer>{bright}</feComponentTransfer>{_blur(deviation * 0.5)}"
        f'<feComponentTransfer result="glow">{faint}</feComponentTransfer>'
        '<feBlend in="SourceGraphic" in2="glow" mode="screen"/>'
    )


def _blur(deviation: float, of: str | None = None) -> str:
    source = f' in="{of}"' if of else ""
    return f'<feGaussianBlur{source} stdDeviation="{deviation:.2f}"/>'


def _alpha(slope: float, intercept: float = 0.0) -> str:
    start = f' intercept="{intercept:.4f}"' if intercept else ""
    return f'<feComponentTransfer><feFuncA type="linear" slope="{slope:.4f}"{start}/></feComponentTransfer>'


def _flood(colour: Colour, inside: str, result: str) -> str:
    return f'<feFlood flood-color="{colour}"/><feComposite in2="{inside}" operator="in" result="{result}"/>'


def _merge(*results: str) -> str:
    nodes = "".join(f'<feMergeNode in="{result}"/>' for result in results)
    return f"<feMerge>{nodes}</feMerge>"
