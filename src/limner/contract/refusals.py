"""OpenAI's own words for a request that breaks the schema, as functions that make the error.

Texts observed on the live API with gpt-image-2, August 2026, unless the line says otherwise. What a caller sent is
repeated only up to `ECHO_CHARS_MAX` characters, so that no answer grows with its request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from limner.errors import InvalidRequest
from limner.job import Json

ECHO_CHARS_MAX: Final = 200


def echo(text: str) -> str:
    """What a caller sent, short enough to repeat."""
    return text if len(text) <= ECHO_CHARS_MAX else text[:ECHO_CHARS_MAX] + "..."


def json_type(value: Json) -> str:
    """A JSON value's type as OpenAI's messages call it."""
    if value is None:
        return "null"
    return _TYPE_WORDS[type(value)]


_TYPE_WORDS: Final = {
    bool: "a boolean",
    int: "an integer",
    float: "a decimal number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def missing(param: str) -> InvalidRequest:
    """A required parameter was not sent."""
    return InvalidRequest(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def unknown(name: str) -> InvalidRequest:
    """A parameter no endpoint of this kind has for this model."""
    return InvalidRequest(f"Unknown parameter: '{echo(name)}'.", param=echo(name), code="unknown_parameter")


def duplicate(name: str) -> InvalidRequest:
    """A parameter came twice. The first two sentences were observed, the last is shortened by whoever reported it."""
    return InvalidRequest(
        f"Duplicate parameter: '{echo(name)}'. You provided multiple values for this parameter, whereas only one is "
        f"allowed. If you are trying to provide a list of values, use the array syntax instead e.g. "
        f"'{echo(name)}[]=<value>'.",
        param=echo(name),
        code="duplicate_parameter",
    )


def wrong_type(param: str, expected: str, got: str) -> InvalidRequest:
    """A value of another type. expected, got: with their article, as in `an integer`."""
    return InvalidRequest(
        f"Invalid type for '{param}': expected {expected}, but got {got} instead.", param=param, code="invalid_type"
    )


def no_integer(param: str) -> InvalidRequest:
    """A form's text that is no decimal integer."""
    return InvalidRequest(
        f"Invalid type for '{param}': expected an integer, "
        "but got a string value that could not be converted into an integer.",
        param=param,
        code="invalid_type",
    )


def bad_choice(param: str, value: str, choices: Sequence[str]) -> InvalidRequest:
    """A value outside an enumeration."""
    return InvalidRequest(
        f"Invalid value: '{echo(value)}'. Supported values are: {quoted(choices, 'and')}.",
        param=param,
        code="invalid_value",
    )


def below_minimum(param: str, value: int, minimum: int) -> InvalidRequest:
    """An integer under its range."""
    return InvalidRequest(
        f"Invalid '{param}': integer below minimum value. Expected a value >= {minimum}, but got {value} instead.",
        param=param,
        code="integer_below_min_value",
    )


def above_maximum(param: str, value: int, maximum: int) -> InvalidRequest:
    """An integer over its range."""
    return InvalidRequest(
        f"Invalid '{param}': integer above maximum value. Expected a value <= {maximum}, but got {value} instead.",
        param=param,
        code="integer_above_max_value",
    )


def empty_string(param: str) -> InvalidRequest:
    """An empty text. The code was observed on images; the words are those of OpenAI's other endpoints."""
    return InvalidRequest(
        f"Invalid '{param}': empty string. Expected a string with minimum length 1, but got an empty string instead.",
        param=param,
        code="empty_string",
    )


def string_too_long(param: str, length: int, length_max: int) -> InvalidRequest:
    """A text over its limit. Code and words are those of OpenAI's other endpoints; not observed on images."""
    return InvalidRequest(
        f"Invalid '{param}': string too long. "
        f"Expected a string with maximum length {length_max}, but got a string with length {length} instead.",
        param=param,
        code="string_above_max_length",
    )


def empty_array(param: str) -> InvalidRequest:
    """An empty list. The code was observed on images; the words are those of OpenAI's other endpoints."""
    return InvalidRequest(
        f"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        param=param,
        code="empty_array",
    )


def array_too_long(param: str, length: int, length_max: int) -> InvalidRequest:
    """A list over its limit. Code and words are those of OpenAI's other endpoints; not observed on images."""
    return InvalidRequest(
        f"Invalid '{param}': array too long. "
        f"Expected an array with maximum length {length_max}, but got an array with length {length} instead.",
        param=param,
        code="array_above_max_length",
    )


def not_as_asked(param: str, nearest: str | None) -> InvalidRequest:
    """A parameter that would be adapted to `nearest`, or have no effect, for a key that wants all as asked."""
    if nearest is None:
        return InvalidRequest(
            f"Unsupported parameter: '{param}' has no effect with this model on this server, and this API key is "
            "strict. Leave it out.",
            param=param,
            code="unsupported_parameter",
        )
    return InvalidRequest(
        f"Unsupported value: '{param}' cannot be honoured as sent with this model on this server, and this API key is "
        f"strict. The nearest value that can is '{nearest}'.",
        param=param,
        code="unsupported_value",
    )


def quoted(values: Sequence[str], conjunction: str) -> str:
    """Values as OpenAI's messages list them: 'a', 'b', and 'c'; two stand without commas."""
    marked = [f"'{value}'" for value in values]
    if len(marked) == 1:
        return marked[0]
    comma = "," if len(marked) > 2 else ""  # noqa: PLR2004 - the serial comma starts at three
    return f"{', '.join(marked[:-1])}{comma} {conjunction} {marked[-1]}"
