"""What every parameter becomes on a given engine: the request it gets, and the report of what was done. Pure.

honoured  the engine does it, or nothing was to be done
adapted   another value took its place
emulated  Limner brings it about, and the result is what was asked for
ignored   it has no effect
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Final, TypeAlias

from limner.engine import Ability, Finished
from limner.exactness.fates import worse
from limner.exactness.report import key_of
from limner.job import (
    COMPRESSION_DEFAULT,
    QUALITIES,
    Background,
    Fate,
    Format,
    ImageRequest,
    Kind,
    Moderation,
    Quality,
    Report,
    Size,
    Treatment,
)

VARIATION_PROMPT: Final = "Make a variation of this picture: the same subject, style and mood, in a new composition."
PLAIN_BACKGROUND_PROMPT: Final = "Show it whole, on a plain, evenly white background without shadows."
"""Added to a prompt whose picture will have its background cut away."""

_HONOURED: Final = Treatment(Fate.HONOURED)
_EMULATED: Final = Treatment(Fate.EMULATED)
_IGNORED: Final = Treatment(Fate.IGNORED)

_SERVED_BY_LIMNER: Final = frozenset({"stream", "user", "safety_identifier"})
"""Parameters that are the gateway's business on every engine."""

_ABOUT_INPUTS: Final = frozenset({"input_fidelity"})
"""Parameters without meaning where there is no input picture."""

_ALIASES: Final[Mapping[str, str]] = {"images": "image", "image[]": "image"}
_LOSSY: Final = frozenset({Format.JPEG, Format.WEBP})
OF_FORMAT: Final[Mapping[Format, tuple[str, ...]]] = {
    Format.GIF: ("frame_count", "frame_duration_ms"),
    Format.SVG: ("svg",),
}
"""Parameters that mean something in one format alone, made by the engine itself."""
_CARRIERS: Final = (Format.PNG, Format.WEBP, Format.JPEG, Format.GIF)
"""What to ask an engine for when Limner encodes the answer itself: the least lossy first."""

_PIXEL_STEPS: Final = ("size", "background", "mask")
"""Parameters whose emulation needs decoded pixels."""
_ALWAYS_DONE: Final = frozenset({"background", "mask", "output_compression"})
"""Emulations that every picture needs; whether it needs another size or format shows when it comes."""

_RATIO_STEP: Final = 0.05
"""Ratios this near (natural logarithm, so about 5 %) count as equal: cutting that off is hardly seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one engine will serve one request.

    request: as the caller made it; the result is held against it. calls: what the engine gets, one run each, in the
    order of their pictures. report: what becomes of each parameter the caller sent, as far as is known beforehand.
    steps: wire names of what must be done to every picture.
    """

    request: ImageRequest
    calls: tuple[ImageRequest, ...]
    report: Report
    steps: frozenset[str]

    def final_report(self, finished: Finished) -> Report:
        """The report after the run: with what the engine ignored or tells, and what had to be emulated after all."""
        asked, used = self.calls[0].quality, finished.quality
        requalified = "quality" in self.report and asked is not Quality.AUTO and used is not asked
        if not (requalified or finished.emulated or finished.ignored or finished.told):
            return self.report  # As of nearly every job.
        found = {
            **({"quality": Treatment(Fate.ADAPTED, used.value)} if requalified else {}),
            **{name: _EMULATED for name in finished.emulated if self.report.get(name) == _HONOURED},
            **dict.fromkeys(finished.ignored, _IGNORED),
        }
        # Every request has a prompt, so it is reported only where it was not followed.
        unfollowed = {"prompt": _HONOURED} if "prompt" in {*finished.ignored, *finished.told} else {}
        own = {name: found.get(name, treatment) for name, treatment in {**self.report, **unfollowed}.items()}
        return _with_told(own, finished.told)

    def report_so_far(self, told: Report) -> Report:
        """The report during the run, with what an engine's own report says."""
        return _with_told(self.report, told)


@dataclass(frozen=True, slots=True)
class _Case:
    """A request on its way to being fitted: what the rules look at."""

    request: ImageRequest
    ability: Ability
    moderated: bool


_Fitted: TypeAlias = tuple[ImageRequest, Treatment]


def _with_told(report: Report, told: Report) -> Report:
    return {name: worse(fate, told.get(key_of(name), fate)) for name, fate in report.items()}


def can_serve(request: ImageRequest, ability: Ability) -> bool:
    """Whether `fit` can make a plan: the engine has the kind (or edits, for a variation) and a format to start from."""
    return (
        (request.kind in ability.kinds or (request.kind is Kind.VARIATION and Kind.EDIT in ability.kinds))
        and (request.kind is Kind.GENERATION or ability.images_max > 0)
        # Pixels can be put into a drawing, but a drawing not turned into pixels.
        and (request.output_format in ability.formats or _has_carrier(ability))
    )


def fit(
    request: ImageRequest,
    *,
    given: tuple[str, ...],
    unknown: tuple[str, ...],
    ability: Ability,
    moderated: bool = False,
) -> Plan:
    """Fit `request` to `ability`, which can serve it.

    given: wire names of the parameters the caller sent and the contract knows. unknown: those it does not know. The
    report has both, and the request's pictures, and nothing the caller did not send. moderated: whether the request is
    judged before an engine that does not do so itself.
    """
    call, fates, case = request, dict[str, Treatment](), _Case(request, ability, moderated)
    for name, rule in _RULES.items():
        call, fates[name] = rule(case)
        if call is not case.request:
            case = _Case(call, ability, moderated)
    touched = any(fates[name].fate is Fate.EMULATED for name in _PIXEL_STEPS)
    call, encoding = _encoding(case, touched=touched, compress="output_compression" in given)
    fates |= encoding
    understood = {name for name in call.extra if name in ability.parameters and fates.get(name) != _IGNORED}
    call = _with(call, extra={name: value for name, value in call.extra.items() if name in understood})
    return Plan(
        request=request,
        calls=_calls(call, ability),
        report={
            **{
                name: fates.get(_ALIASES.get(name, name)) or _passed_on(name, request, ability)
                for name in _sent(request, given)
            },
            # The request has nothing of what the contract does not know here, even under a name from the table.
            **{name: _HONOURED if _understood(name, request, ability) else _IGNORED for name in unknown},
        },
        steps=frozenset(name for name in _ALWAYS_DONE if fates[name].fate is Fate.EMULATED),
    )


def _with(request: ImageRequest, **values: Any) -> ImageRequest:
    """`request` with other values; itself where they are the same, which spares most jobs most copies."""
    changed = {name: value for name, value in values.items() if getattr(request, name) != value}
    return replace(request, **changed) if changed else request


def _sent(request: ImageRequest, given: tuple[str, ...]) -> tuple[str, ...]:
    """Every known name to report, once, in the caller's order; pictures are parameters too."""
    pictures = {"image": bool(request.images), "mask": request.mask is not None, "markup": request.markup is not None}
    known = {_ALIASES.get(name, name) for name in given}
    return (*given, *(name for name, present in pictures.items() if present and name not in known))


def _passed_on(name: str, request: ImageRequest, ability: Ability) -> Treatment:
    return _HONOURED if name in _SERVED_BY_LIMNER or _understood(name, request, ability) else _IGNORED


def _understood(name: str, request: ImageRequest, ability: Ability) -> bool:
    return name in ability.parameters and (name not in _ABOUT_INPUTS or bool(request.images))


def _emulated_in_pixels(case: _Case) -> Treatment:
    """An engine's own drawing has no pixels to work on."""
    drawn = case.request.output_format is Format.SVG and Format.SVG in case.ability.formats
    return _IGNORED if drawn else _EMULATED


def _image(case: _Case) -> _Fitted:
    request, kept = case.request, case.request.images[: case.ability.images_max]
    if request.kind is Kind.VARIATION and Kind.VARIATION not in case.ability.kinds:
        return replace(request, kind=Kind.EDIT, prompt=VARIATION_PROMPT, images=kept), _EMULATED
    if len(kept) < len(request.images):
        return replace(request, images=kept), Treatment(Fate.ADAPTED, str(len(kept)))
    return request, _HONOURED


def _mask(case: _Case) -> _Fitted:
    if case.request.mask is None or (case.ability.mask and case.ability.mask_kept):
        return case.request, _HONOURED
    # A mask that does not keep the rest still tells the engine where to draw.
    call = case.request if case.ability.mask else replace(case.request, mask=None)
    return call, _emulated_in_pixels(case)


def _markup(case: _Case) -> _Fitted:
    if "markup" in case.ability.parameters:
        return case.request, _HONOURED
    return replace(case.request, markup=None), _IGNORED


def _size(case: _Case) -> _Fitted:
    wanted, native = case.request.size, case.ability.sizes
    if wanted is None or native is None or wanted in native:
        return case.request, _HONOURED
    nearest = min(native, key=lambda size: _distance(size, wanted))
    return replace(case.request, size=nearest), _emulated_in_pixels(case)


def _distance(size: Size, wanted: Size) -> tuple[int, float, Size]:
    """Orders sizes by how unlike `wanted` they are: first in ratio, then in area, then by themselves."""
    ratio = abs(math.log(size.width_px * wanted.height_px / (size.height_px * wanted.width_px)))
    return round(ratio / _RATIO_STEP), abs(math.log(size.area_px / wanted.area_px)), size


def _n(case: _Case) -> _Fitted:
    return case.request, _HONOURED if case.request.n <= case.ability.n_max else _EMULATED


def _quality(case: _Case) -> _Fitted:
    wanted, able = case.request.quality, case.ability.qualities
    if wanted is Quality.AUTO or wanted in able:
        return case.request, _HONOURED
    nearest = _nearest_quality(wanted, able)
    if nearest is None:
        return replace(case.request, quality=Quality.AUTO), _IGNORED
    return replace(case.request, quality=nearest), Treatment(Fate.ADAPTED, nearest.value)


def _nearest_quality(wanted: Quality, able: frozenset[Quality]) -> Quality | None:
    """The next lower one of `able`, else its lowest; None when it has none."""
    place = QUALITIES.index(wanted)
    downward_then_upward = (*reversed(QUALITIES[:place]), *QUALITIES[place:])
    return next((quality for quality in downward_then_upward if quality in able), None)


def _background(case: _Case) -> _Fitted:
    request = case.request
    if request.background is not Background.TRANSPARENT:
        return request, _HONOURED
    if request.output_format is Format.JPEG:
        return replace(request, background=Background.OPAQUE), Treatment(Fate.ADAPTED, Background.OPAQUE.value)
    if case.ability.transparent:
        return request, _HONOURED
    prompt = f"{request.prompt}\n{PLAIN_BACKGROUND_PROMPT}"
    return replace(request, background=Background.OPAQUE, prompt=prompt), _emulated_in_pixels(case)


def _moderation(case: _Case) -> _Fitted:
    request, ability = case.request, case.ability
    if not ability.moderates:
        return _with(request, moderation=Moderation.AUTO), _EMULATED if case.moderated else _IGNORED
    if request.moderation is Moderation.LOW and request.images and not ability.edits_as_low:
        return replace(request, moderation=Moderation.AUTO), _IGNORED
    return request, _HONOURED


def _partial_images(case: _Case) -> _Fitted:
    # Unfinished pictures of several calls would carry the same indices.
    able = case.ability.partial_images and case.request.n <= case.ability.n_max
    if able or case.request.partial_images == 0:
        return case.request, _HONOURED
    return replace(case.request, partial_images=0), _IGNORED


_RULES: Final[Mapping[str, Callable[[_Case], _Fitted]]] = {
    "image": _image,
    "mask": _mask,
    "markup": _markup,
    "size": _size,
    "n": _n,
    "quality": _quality,
    "background": _background,
    "moderation": _moderation,
    "partial_images": _partial_images,
}
"""Wire name -> what becomes of it. Each rule sees the request as the rules before it left it."""


def _encoding(case: _Case, *, touched: bool, compress: bool) -> tuple[ImageRequest, dict[str, Treatment]]:
    """Who encodes the answer. touched: Limner changes its pixels. compress: the caller named a compression."""
    request, ability, wanted = case.request, case.ability, case.request.output_format
    plain = request.compression == COMPRESSION_DEFAULT
    lossy = wanted in _LOSSY
    by_engine = (
        wanted in ability.formats and not touched and (ability.compression or not lossy or (plain and not compress))
    )
    carrier = wanted if by_engine else next(carrier for carrier in _CARRIERS if carrier in ability.formats)
    achieved = _HONOURED if by_engine else _EMULATED
    # Frames and authors are an engine's: what Limner encodes stands still, and holds a picture.
    lost = () if carrier is wanted else OF_FORMAT.get(wanted, ())
    meaningless = _HONOURED if plain else _IGNORED
    call = _with(
        request,
        output_format=carrier,
        compression=request.compression if lossy and by_engine else COMPRESSION_DEFAULT,
    )
    return call, {
        "output_format": _HONOURED if carrier is wanted else _EMULATED,
        "output_compression": achieved if lossy else meaningless,
        **dict.fromkeys(lost, _IGNORED),
    }


def _has_carrier(ability: Ability) -> bool:
    return not ability.formats.isdisjoint(_CARRIERS)


def _calls(call: ImageRequest, ability: Ability) -> tuple[ImageRequest, ...]:
    """As few calls as `n_max` allows. A seed rises with the pictures before it, so that no two calls draw the same."""
    full, rest = divmod(call.n, ability.n_max)
    counts = (ability.n_max,) * full + ((rest,) if rest else ())
    if len(counts) == 1:
        return (call,)
    seed = call.extra.get("seed")
    starts = accumulate(counts, initial=0)
    return tuple(
        replace(call, n=n, extra={**call.extra, "seed": seed + start} if isinstance(seed, int) else call.extra)
        for n, start in zip(counts, starts, strict=False)
    )
