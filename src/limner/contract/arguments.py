"""What endpoints that read the ledger take, in a query string or a JSON object: tables of arguments, and their checks.

As with the fields of images, parsing, the OpenAPI document and the reference page all read the same tables. Raises the
refusals of the image endpoints, in the table's order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from limner.contract import refusals
from limner.contract.sizes import size_named
from limner.contract.values import in_range, integer_from_text
from limner.errors import InvalidRequest
from limner.job import Json

TIME_S_MAX: Final = 253_402_300_799
"""The last second of the year 9999."""
VALUES_MAX: Final = 100
"""Of a list, enough for every key of a large account."""
TEXT_CHARS_MAX: Final = 256
CURSOR_CHARS_MAX: Final = 1_024
"""Ours are a tenth of it."""


class Shape(StrEnum):
    """What an argument's value looks like."""

    TIME = "time"
    """Unix seconds."""
    COUNT = "count"
    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"
    TEXTS = "texts"
    SIZES = "sizes"
    """WIDTHxHEIGHT texts."""
    CURSOR = "cursor"
    """Where the page before ended, as its answer said."""


LISTS: Final = frozenset({Shape.CHOICES, Shape.TEXTS, Shape.SIZES})
_NUMBERS: Final = frozenset({Shape.TIME, Shape.COUNT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument. choices: of a value, or of each value of a list. minimum, maximum: of a count."""

    name: str
    shape: Shape
    description: str
    required: bool = False
    default: str | int | None = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


Values = Mapping[str, Json]
"""Argument name -> its checked value, for those that were given: integers, texts, lists of texts."""


def from_query(table: Iterable[Argument], pairs: Sequence[tuple[str, str]]) -> Values:
    """The arguments in a query string. Raises InvalidRequest; other names are not looked at.

    A list is written as `name[]=a&name[]=b`, as the SDKs do, or `name=a&name=b`; one of fixed values also as
    `name=a,b`.
    """
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        given.setdefault(_BRACKETS.sub("", name), []).append(text)
    return {
        argument.name: _checked(argument, _from_texts(argument, given[argument.name]))
        for argument in _wanted(table, given)
    }


_BRACKETS: Final = re.compile(r"\[[0-9]*\]$")


def from_json(table: Iterable[Argument], data: bytes) -> Values:
    """The arguments in a JSON object; no bytes are an empty one. Raises InvalidRequest; other names are ignored."""
    try:
        document = orjson.loads(data or b"{}")
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise InvalidRequest("The request body must be a JSON object.")
    given = {name: value for name, value in document.items() if value is not None}
    return {argument.name: _checked(argument, given[argument.name]) for argument in _wanted(table, given)}


def _wanted(table: Iterable[Argument], given: Mapping[str, object]) -> Iterable[Argument]:
    for argument in table:
        if argument.name in given:
            yield argument
        elif argument.required:
            raise refusals.missing(argument.name)


def _from_texts(argument: Argument, texts: list[str]) -> Json:
    if argument.shape in LISTS:
        # Fixed values and sizes have no commas in them; the name of an end user may.
        parts = texts if argument.shape is Shape.TEXTS else [part for text in texts for part in text.split(",")]
        return list[Json](parts)
    if len(texts) > 1:
        raise refusals.duplicate(argument.name)
    return integer_from_text(argument.name, texts[0]) if argument.shape in _NUMBERS else texts[0]


def _checked(argument: Argument, raw: Json) -> Json:
    if argument.shape in _NUMBERS:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise refusals.wrong_type(argument.name, "an integer", refusals.json_type(raw))
        if argument.shape is Shape.TIME:
            return in_range(argument.name, raw, 0, TIME_S_MAX)
        return in_range(argument.name, raw, argument.minimum, argument.maximum)
    if argument.shape not in LISTS:
        return _text(argument, raw)
    if not isinstance(raw, list):
        raise refusals.wrong_type(argument.name, "an array", refusals.json_type(raw))
    if not raw:
        raise refusals.empty_array(argument.name)
    if len(raw) > VALUES_MAX:
        raise refusals.array_too_long(argument.name, len(raw), VALUES_MAX)
    return [_text(argument, one) for one in raw]


def _text(argument: Argument, raw: Json) -> str:
    name = argument.name
    if not isinstance(raw, str):
        raise refusals.wrong_type(name, "a string", refusals.json_type(raw))
    if argument.choices and raw not in argument.choices:
        raise refusals.bad_choice(name, raw, argument.choices)
    if not raw:
        raise refusals.empty_string(name)
    chars_max = CURSOR_CHARS_MAX if argument.shape is Shape.CURSOR else TEXT_CHARS_MAX
    if len(raw) > chars_max:
        raise refusals.string_too_long(name, len(raw), chars_max)
    if "\0" in raw:
        # No text that is stored has one, and PostgreSQL takes none.
        raise InvalidRequest(f"Invalid '{name}': a NUL character is in it.", param=name, code="invalid_value")
    if argument.shape is Shape.SIZES and size_named(raw) is None:
        raise InvalidRequest(
            f"Invalid value: '{refusals.echo(raw)}'. Expected a size as WIDTHxHEIGHT, for example '1024x1024'.",
            param=name,
            code="invalid_value",
        )
    return raw
