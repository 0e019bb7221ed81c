"""The vocabulary of edits: tones, weathers, styles and places by the words people use for them.

Tables only, beside those of `vocabulary`. Knows nothing of sentences (`instruction`) nor of pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from limner.engines.sketch import vocabulary

SHADES: Final[Mapping[str, float]] = {
    "light": 0.4,
    "pale": 0.55,
    "pastel": 0.5,
    "bright": 0.12,
    "vivid": 0.0,
    "hot": 0.0,
    "deep": -0.3,
    "dark": -0.45,
}
"""How far a colour goes towards white (positive) or black (negative)."""


class Tone(StrEnum):
    """What can be done to every pixel alike."""

    BRIGHTEN = "brighten"
    DARKEN = "darken"
    CONTRAST = "contrast"
    SOFTEN_CONTRAST = "soften contrast"
    WARM = "warm"
    COOL = "cool"
    SATURATE = "saturate"
    DESATURATE = "desaturate"
    GREY = "grey"
    SEPIA = "sepia"
    INVERT = "invert"
    BLUR = "blur"
    SHARPEN = "sharpen"
    SMOOTH = "smooth"
    VIGNETTE = "vignette"
    GRAIN = "grain"
    DRAMATIC = "dramatic"
    CINEMATIC = "cinematic"
    ENHANCE = "enhance"


TONE_ADJECTIVES: Final[Mapping[str, Tone]] = {
    "brighter": Tone.BRIGHTEN,
    "bright": Tone.BRIGHTEN,
    "lighter": Tone.BRIGHTEN,
    "darker": Tone.DARKEN,
    "dark": Tone.DARKEN,
    "moody": Tone.DARKEN,
    "moodier": Tone.DARKEN,
    "dimmer": Tone.DARKEN,
    "contrasty": Tone.CONTRAST,
    "high contrast": Tone.CONTRAST,
    "higher contrast": Tone.CONTRAST,
    "punchier": Tone.CONTRAST,
    "low contrast": Tone.SOFTEN_CONTRAST,
    "flatter": Tone.SOFTEN_CONTRAST,
    "warm": Tone.WARM,
    "warmer": Tone.WARM,
    "cool": Tone.COOL,
    "cooler": Tone.COOL,
    "cold": Tone.COOL,
    "colder": Tone.COOL,
    "saturated": Tone.SATURATE,
    "vivid": Tone.SATURATE,
    "vibrant": Tone.SATURATE,
    "colourful": Tone.SATURATE,
    "colorful": Tone.SATURATE,
    "muted": Tone.DESATURATE,
    "faded": Tone.DESATURATE,
    "desaturated": Tone.DESATURATE,
    "paler": Tone.DESATURATE,
    "black and white": Tone.GREY,
    "black & white": Tone.GREY,
    "black-and-white": Tone.GREY,
    "b&w": Tone.GREY,
    "greyscale": Tone.GREY,
    "grayscale": Tone.GREY,
    "grey scale": Tone.GREY,
    "gray scale": Tone.GREY,
    "monochrome": Tone.GREY,
    "colourless": Tone.GREY,
    "colorless": Tone.GREY,
    "sepia": Tone.SEPIA,
    "sepia toned": Tone.SEPIA,
    "inverted": Tone.INVERT,
    "negative": Tone.INVERT,
    "blurry": Tone.BLUR,
    "blurred": Tone.BLUR,
    "blurrier": Tone.BLUR,
    "out of focus": Tone.BLUR,
    "softer": Tone.BLUR,
    "sharp": Tone.SHARPEN,
    "sharper": Tone.SHARPEN,
    "crisp": Tone.SHARPEN,
    "crisper": Tone.SHARPEN,
    "in focus": Tone.SHARPEN,
    "grainy": Tone.GRAIN,
    "grainier": Tone.GRAIN,
    "dramatic": Tone.DRAMATIC,
    "cinematic": Tone.CINEMATIC,
    "greener": Tone.SATURATE,
    "bluer": Tone.SATURATE,
    "pop": Tone.SATURATE,
    "smoother": Tone.SMOOTH,
    "better": Tone.ENHANCE,
    "nicer": Tone.ENHANCE,
}

TONE_OPPOSITES: Final[Mapping[Tone, Tone]] = {
    Tone.BRIGHTEN: Tone.DARKEN,
    Tone.DARKEN: Tone.BRIGHTEN,
    Tone.CONTRAST: Tone.SOFTEN_CONTRAST,
    Tone.SOFTEN_CONTRAST: Tone.CONTRAST,
    Tone.WARM: Tone.COOL,
    Tone.COOL: Tone.WARM,
    Tone.SATURATE: Tone.DESATURATE,
    Tone.DESATURATE: Tone.SATURATE,
    Tone.BLUR: Tone.SHARPEN,
    Tone.SHARPEN: Tone.BLUR,
    Tone.GRAIN: Tone.SMOOTH,
    Tone.DRAMATIC: Tone.SOFTEN_CONTRAST,
}
"""What "less" makes of a tone."""

TONE_VERBS: Final[Mapping[str, Tone]] = {
    "brighten": Tone.BRIGHTEN,
    "lighten": Tone.BRIGHTEN,
    "brighten up": Tone.BRIGHTEN,
    "darken": Tone.DARKEN,
    "dim": Tone.DARKEN,
    "warm": Tone.WARM,
    "warm up": Tone.WARM,
    "cool": Tone.COOL,
    "cool down": Tone.COOL,
    "saturate": Tone.SATURATE,
    "desaturate": Tone.GREY,
    "decolour": Tone.GREY,
    "decolor": Tone.GREY,
    "invert": Tone.INVERT,
    "blur": Tone.BLUR,
    "defocus": Tone.BLUR,
    "soften": Tone.BLUR,
    "sharpen": Tone.SHARPEN,
    "focus": Tone.SHARPEN,
    "denoise": Tone.SMOOTH,
    "smooth": Tone.SMOOTH,
    "enhance": Tone.ENHANCE,
    "improve": Tone.ENHANCE,
    "touch up": Tone.ENHANCE,
    "retouch": Tone.ENHANCE,
}

TONE_NOUNS: Final[Mapping[str, Tone]] = {
    "brightness": Tone.BRIGHTEN,
    "exposure": Tone.BRIGHTEN,
    "light": Tone.BRIGHTEN,
    "contrast": Tone.CONTRAST,
    "warmth": Tone.WARM,
    "temperature": Tone.WARM,
    "saturation": Tone.SATURATE,
    "colour": Tone.SATURATE,
    "color": Tone.SATURATE,
    "vibrance": Tone.SATURATE,
    "sharpness": Tone.SHARPEN,
    "clarity": Tone.SHARPEN,
    "blur": Tone.BLUR,
    "vignette": Tone.VIGNETTE,
    "grain": Tone.GRAIN,
    "film grain": Tone.GRAIN,
    "drama": Tone.DRAMATIC,
    "noise": Tone.GRAIN,
    "quality": Tone.ENHANCE,
}


class Weather(StrEnum):
    """Light and weather a picture can be put in."""

    DAY = "day"
    NIGHT = "night"
    SUNSET = "sunset"
    OVERCAST = "overcast"
    AUTUMN = "autumn"
    SNOW = "snow"
    RAIN = "rain"
    FOG = "fog"


_WEATHER_OF: Final = {
    "day": Weather.DAY,
    "clear": Weather.DAY,
    "clouds": Weather.OVERCAST,
    "dawn": Weather.SUNSET,
    "sunset": Weather.SUNSET,
    "dusk": Weather.SUNSET,
    "night": Weather.NIGHT,
    "rain": Weather.RAIN,
    "storm": Weather.RAIN,
    "snow": Weather.SNOW,
    "fog": Weather.FOG,
}

WEATHERS: Final[Mapping[str, Weather]] = {
    word: _WEATHER_OF[value]
    for word, value in {**vocabulary.TIMES, **vocabulary.WEATHERS}.items()
    if value in _WEATHER_OF
} | {
    "night time": Weather.NIGHT,
    "night scene": Weather.NIGHT,
    "snowflakes": Weather.SNOW,
    "sunshine": Weather.DAY,
    "a sunny day": Weather.DAY,
    "summer": Weather.DAY,
    "summery": Weather.DAY,
    "autumn": Weather.AUTUMN,
    "autumnal": Weather.AUTUMN,
    "fall": Weather.AUTUMN,
    "stormy weather": Weather.RAIN,
}


class Style(StrEnum):
    """Manners a picture can be redone in; those of `vocabulary.STYLES` have the same names there."""

    WATERCOLOUR = "watercolour"
    OIL = "oil"
    PENCIL = "pencil"
    PIXEL = "pixel"
    LOWPOLY = "lowpoly"
    POSTER = "poster"
    CARTOON = "cartoon"
    NEON = "neon"
    SEPIA = "sepia"
    MONO = "mono"
    FLAT = "flat"
    INK = "ink"
    LINEART = "lineart"
    VAPORWAVE = "vaporwave"
    BLUEPRINT = "blueprint"
    PAPERCUT = "papercut"
    PHOTO = "photo"
    STAINEDGLASS = "stainedglass"


STYLES: Final[Mapping[str, Style]] = {
    word: Style(value) for word, value in vocabulary.STYLES.items() if value in frozenset(Style)
} | {
    "water colour": Style.WATERCOLOUR,
    "water color": Style.WATERCOLOUR,
    "oil": Style.OIL,
    "oil paint": Style.OIL,
    "acrylic": Style.OIL,
    "pixel": Style.PIXEL,
    "8-bit": Style.PIXEL,
    "16-bit": Style.PIXEL,
    "low-poly": Style.LOWPOLY,
    "poster": Style.POSTER,
    "posterised": Style.POSTER,
    "posterized": Style.POSTER,
    "cartoon": Style.CARTOON,
    "comic": Style.CARTOON,
    "comic book": Style.CARTOON,
    "anime": Style.CARTOON,
    "manga": Style.CARTOON,
    "ghibli": Style.CARTOON,
    "studio ghibli": Style.CARTOON,
    "neon": Style.NEON,
    "cyberpunk": Style.NEON,
    "vintage": Style.SEPIA,
    "retro": Style.SEPIA,
    "polaroid": Style.SEPIA,
    "antique": Style.SEPIA,
}


class Region(StrEnum):
    """The part of a picture a step is about."""

    WHOLE = "whole"
    SUBJECT = "subject"
    BACKGROUND = "background"
    SKY = "sky"
    GREENERY = "greenery"
    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


ROWS: Final[Mapping[str, float]] = {
    "top": 0.18,
    "upper": 0.22,
    "bottom": 0.82,
    "lower": 0.78,
    "middle": 0.5,
    "center": 0.5,
    "centre": 0.5,
}
"""Middle of a placed object as a share of the height."""

COLUMNS: Final[Mapping[str, float]] = {
    "left": 0.18,
    "right": 0.82,
    "middle": 0.5,
    "center": 0.5,
    "centre": 0.5,
}
"""Middle of a placed object as a share of the width."""

SETTINGS: Final[Mapping[str, tuple[float, float, float]]] = {
    "sky": (0.68, 0.2, 0.3),
    "air": (0.5, 0.25, 0.3),
    "clouds": (0.6, 0.2, 0.3),
    "ground": (0.5, 0.8, 0.34),
    "floor": (0.5, 0.8, 0.34),
    "grass": (0.5, 0.8, 0.34),
    "table": (0.5, 0.72, 0.3),
    "foreground": (0.35, 0.74, 0.5),
    "background": (0.66, 0.44, 0.2),
    "distance": (0.66, 0.44, 0.16),
    "horizon": (0.62, 0.5, 0.2),
}
"""Where and how large something is when it stands in a part of the scene: x, y, and side, as shares of the picture."""
