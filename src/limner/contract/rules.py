"""Rules across fields, checked after every field by itself: one function each, in the order they are checked.

Messages observed on the live API (2026) where the function says so; the rest are our own words for rules OpenAI states
in its reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from limner.contract import refusals
from limner.contract.families import Family
from limner.errors import InvalidImageRequest
from limner.job import COMPRESSION_DEFAULT, Background, Format, ImageRequest, Json, Kind, Strictness


@dataclass(frozen=True, slots=True)
class _Case:
    """What a rule looks at. values: the checked fields by wire name."""

    request: ImageRequest
    family: Family
    values: Mapping[str, Json]
    masked: bool
    marked: bool


def check(
    request: ImageRequest,
    family: Family,
    values: Mapping[str, Json],
    strictness: Strictness,
    *,
    masked: bool,
    marked: bool,
) -> None:
    """Raise InvalidImageRequest, or InvalidRequest, for the first rule broken.

    values: the fields sent, by wire name. masked, marked: whether a mask and a markup came with the request.
    """
    case = _Case(request, family, values, masked, marked)
    for rule in _RULES[strictness]:
        rule(case)


def out_of_place(values: Mapping[str, Json]) -> tuple[str, ...]:
    """Names of fields without meaning for the output format asked for."""
    output_format = values.get("output_format", Format.PNG.value)
    return tuple(name for name, needed in _FORMAT_NEEDED.items() if name in values and output_format != needed.value)


_FORMAT_NEEDED: Final = {"frame_count": Format.GIF, "frame_duration_ms": Format.GIF, "svg": Format.SVG}


def _full_fidelity(case: _Case) -> None:
    """Observed August 2026 with this code; another report of the same text has `invalid_value`."""
    if "input_fidelity" in case.values and case.family.full_fidelity:
        raise InvalidImageRequest(
            f"The model '{case.request.model}' does not support the 'input_fidelity' parameter.",
            param="input_fidelity",
            code="invalid_input_fidelity_model",
        )


def _one_streamed_picture(case: _Case) -> None:
    """Text observed 2026; type, param and code as compatible servers model them."""
    if case.request.stream and case.request.n > 1:
        raise InvalidImageRequest("Streaming is only supported with n=1.", param="input", code="unsupported_parameter")


def _no_transparent_jpeg(case: _Case) -> None:
    """Observed August 2026."""
    if case.request.background is Background.TRANSPARENT and case.request.output_format is Format.JPEG:
        raise InvalidImageRequest(
            "Transparent background is not supported for JPEG output format",
            code="invalid_transparent_background_output_format",
        )


def _no_compressed_png(case: _Case) -> None:
    """Observed June 2026."""
    if case.request.output_format is Format.PNG and case.request.compression < COMPRESSION_DEFAULT:
        raise InvalidImageRequest(
            "Compression less than 100 is not supported for PNG output format",
            code="invalid_png_output_compression",
        )


def _gif_alone(case: _Case) -> None:
    """Source: OpenAI API reference, parameter `frame_count`."""
    if case.request.output_format is Format.GIF:
        _refuse_together(case, "GIF", ("stream", "partial_images", "mask", "output_compression"))


def _svg_alone(case: _Case) -> None:
    """Source: OpenAI API reference, parameter `svg`."""
    if case.request.output_format is Format.SVG:
        _refuse_together(case, "SVG", ("n", "stream", "partial_images", "output_compression"))


def _refuse_together(case: _Case, output: str, names: tuple[str, ...]) -> None:
    request = case.request
    used = {
        "n": request.n > 1,
        "stream": request.stream,
        "partial_images": request.partial_images > 0,
        "mask": case.masked,
        "output_compression": request.compression < COMPRESSION_DEFAULT,
    }
    for name in names:
        if used[name]:
            raise InvalidImageRequest(
                f"The '{name}' parameter is not supported for {output} output format",
                param=name,
                code="unsupported_parameter",
            )


def _nothing_out_of_place(case: _Case) -> None:
    """Source: OpenAI API reference, parameters `frame_count`, `frame_duration_ms` and `svg`."""
    for name in out_of_place(case.values):
        raise InvalidImageRequest(
            f"The '{name}' parameter is only supported with output_format '{_FORMAT_NEEDED[name].value}'.",
            param=name,
            code="unsupported_parameter",
        )


def _svg_author_named(case: _Case) -> None:
    """Source: OpenAI API reference, parameter `svg`: required of generations, left open for edits."""
    svg = case.values.get("svg")
    if case.request.kind is Kind.GENERATION and isinstance(svg, dict) and "model" not in svg:
        raise refusals.missing("svg.model")


def _mask_or_markup(case: _Case) -> None:
    """Source: OpenAI API reference, parameter `markup`."""
    if case.masked and case.marked:
        raise InvalidImageRequest(
            "The 'markup' parameter cannot be combined with 'mask'.", param="markup", code="unsupported_parameter"
        )


_ALWAYS: Final[tuple[Callable[[_Case], None], ...]] = (
    _one_streamed_picture,
    _no_transparent_jpeg,
    _no_compressed_png,
    _gif_alone,
    _svg_alone,
)
_RULES: Final = {
    Strictness.LIMNER: _ALWAYS,
    Strictness.OPENAI: (_svg_author_named, _full_fidelity, *_ALWAYS, _nothing_out_of_place, _mask_or_markup),
}
