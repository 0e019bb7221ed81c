"""One field's value: from a form's text to JSON, and from JSON to a checked value. Raises the live API's refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from limner.contract import refusals
from limner.contract.fields import REASONING_EFFORTS, Field, Shape
from limner.contract.sizes import AUTO, parse_size
from limner.job import Json

_DECIMAL_INTEGER: Final = re.compile(r"(-?)0*([0-9]+)")
_NUMBERS: Final = frozenset({"seed", "num_inference_steps", "guidance_scale", "true_cfg_scale", "cfg"})
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_INTEGER_DIGITS_MAX: Final = 18
"""Longer numbers are outside every range; converting them would only cost time."""


def from_text(field: Field, text: str) -> Json:
    """The JSON value a form's text stands for: integers are decimal, booleans `true` or `false`."""
    if field.shape is Shape.INTEGER:
        return integer_from_text(field.name, text)
    if field.shape is Shape.BOOLEAN and text in ("true", "false"):
        return text == "true"
    return text


def integer_from_text(param: str, text: str) -> int:
    """The decimal integer `text`; beyond 18 digits only the first are kept. Raises InvalidRequest."""
    match = _DECIMAL_INTEGER.fullmatch(text)
    if match is None:
        raise refusals.no_integer(param)
    return int(match[1] + match[2][: _INTEGER_DIGITS_MAX + 1])


def number_from_text(name: str, value: Json) -> Json:
    """The number that a form's text stands for, of a parameter beyond OpenAI's that is one on every server.

    A form knows no types. Whatever else came, under whatever name, stays as it is.
    """
    if name not in _NUMBERS or not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        return value
    return float(value) if "." in value else int(value)


def in_range(param: str, number: int, minimum: int | None, maximum: int | None) -> int:
    """`number`, once it is neither below nor above. Raises InvalidRequest."""
    if minimum is not None and number < minimum:
        raise refusals.below_minimum(param, number, minimum)
    if maximum is not None and number > maximum:
        raise refusals.above_maximum(param, number, maximum)
    return number


def checked(field: Field, raw: Json, *, accepted: tuple[str, ...] = ()) -> Json:
    """`raw` in canonical wire form, once it satisfies `field`.

    accepted: values to let pass beside `field.choices`; a refusal names the field's own only. Raises InvalidRequest,
    or InvalidImageRequest for a free size.
    """
    return _CHECK[field.shape](field, raw, accepted)


def _string(field: Field, raw: Json, _accepted: tuple[str, ...]) -> Json:
    if not isinstance(raw, str):
        raise refusals.wrong_type(field.name, "a string", refusals.json_type(raw))
    if field.minimum is not None and not raw:
        raise refusals.empty_string(field.name)
    if field.maximum is not None and len(raw) > field.maximum:
        raise refusals.string_too_long(field.name, len(raw), field.maximum)
    return raw


def _identifier(field: Field, raw: Json, accepted: tuple[str, ...]) -> Json:
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
    return _string(field, str(raw) if is_number else raw, accepted)


def _integer(field: Field, raw: Json, _accepted: tuple[str, ...]) -> Json:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise refusals.wrong_type(field.name, "an integer", refusals.json_type(raw))
    return in_range(field.name, raw, field.minimum, field.maximum)


def _boolean(field: Field, raw: Json, _accepted: tuple[str, ...]) -> Json:
    if not isinstance(raw, bool):
        raise refusals.wrong_type(field.name, "a boolean", refusals.json_type(raw))
    return raw


def _choice(field: Field, raw: Json, accepted: tuple[str, ...]) -> Json:
    if not isinstance(raw, str):
        expected = f"one of {refusals.quoted(field.choices, 'or')}"
        raise refusals.wrong_type(field.name, expected, refusals.json_type(raw))
    if raw not in field.choices and raw not in accepted:
        raise refusals.bad_choice(field.name, raw, field.choices)
    return raw


def _size(field: Field, raw: Json, accepted: tuple[str, ...]) -> Json:
    if not isinstance(raw, str):
        raise refusals.wrong_type(field.name, "a string", refusals.json_type(raw))
    if raw in accepted:
        return raw
    size = parse_size(raw, field.choices)
    return AUTO if size is None else str(size)


def _svg(field: Field, raw: Json, _accepted: tuple[str, ...]) -> Json:
    if not isinstance(raw, dict):
        raise refusals.wrong_type(field.name, "an object", refusals.json_type(raw))
    model = raw.get("model")
    if "model" in raw and not isinstance(model, str):
        raise refusals.wrong_type(f"{field.name}.model", "a string", refusals.json_type(model))
    reasoning = raw.get("reasoning")
    if reasoning is None:
        return raw
    if not isinstance(reasoning, dict):
        raise refusals.wrong_type(f"{field.name}.reasoning", "an object", refusals.json_type(reasoning))
    effort = reasoning.get("effort")
    if effort is not None:
        param = f"{field.name}.reasoning.effort"
        if not isinstance(effort, str):
            expected = f"one of {refusals.quoted(REASONING_EFFORTS, 'or')}"
            raise refusals.wrong_type(param, expected, refusals.json_type(effort))
        if effort not in REASONING_EFFORTS:
            raise refusals.bad_choice(param, effort, REASONING_EFFORTS)
    return raw


_CHECK: Final[Mapping[Shape, Callable[[Field, Json, tuple[str, ...]], Json]]] = {
    Shape.STRING: _string,
    Shape.IDENTIFIER: _identifier,
    Shape.INTEGER: _integer,
    Shape.BOOLEAN: _boolean,
    Shape.CHOICE: _choice,
    Shape.SIZE: _size,
    Shape.SVG: _svg,
}
