"""What endpoints beside images take, in a query string or a JSON object: tables of arguments, and their checks.

As with the fields of images, parsing, the OpenAPI document and the reference page all read the same tables. Raises the
refusals of the image endpoints, in the table's order. Whoever only reads may send names that are in no table; whoever
administers may not, since a mistyped budget that nobody looks at is no budget.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from limner.contract import refusals
from limner.contract.sizes import size_named
from limner.contract.values import in_range, integer_from_text
from limner.errors import InvalidRequest
from limner.job import Json
from limner.money import markup_bp, nusd_from_usd

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
    AMOUNT = "amount"
    """Dollars as decimal text, which becomes nano-dollars: no reader of JSON may round it."""
    PERCENT = "percent"
    """A percentage as decimal text, which becomes hundredths of a percent."""
    FLAG = "flag"
    LABELS = "labels"
    """An object of texts."""


LISTS: Final = frozenset({Shape.CHOICES, Shape.TEXTS, Shape.SIZES})
_NUMBERS: Final = frozenset({Shape.TIME, Shape.COUNT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument.

    choices: of a value, or of each value of a list. minimum, maximum: of a count, or the characters of a text;
    minimum: of an amount, in nano-dollars. nullable: whether null is a value, which says that there is none.
    """

    name: str
    shape: Shape
    description: str
    required: bool = False
    default: str | int | None = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    nullable: bool = False


Values = Mapping[str, Json]
"""Argument name -> its checked value, for those that were given: integers, texts, lists of texts, booleans, labels."""


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


def from_exact_query(table: Collection[Argument], pairs: Sequence[tuple[str, str]]) -> Values:
    """The arguments in a query string that may hold no other names. Raises InvalidRequest."""
    _refuse_others(table, (_BRACKETS.sub("", name) for name, _ in pairs))
    return from_query(table, pairs)


def from_exact_json(table: Collection[Argument], data: bytes) -> Values:
    """The arguments in a JSON object that may hold no other names, and each once; no bytes are an empty one.

    Null is the value of those that are nullable. Raises InvalidRequest.
    """
    given = _exact_object(data or b"{}")
    _refuse_others(table, given)
    return {
        argument.name: None if raw is None and argument.nullable else _checked(argument, raw)
        for argument in _wanted(table, given)
        for raw in (given[argument.name],)
    }


def _refuse_others(table: Iterable[Argument], names: Iterable[str]) -> None:
    known = {argument.name for argument in table}
    for name in names:
        if name not in known:
            raise refusals.unknown(name)


def _exact_object(data: bytes) -> dict[str, Json]:
    """A JSON object none of whose names comes twice: of two, readers would take whichever they like."""
    try:
        # One reads strictly and by the standard, the other shows each name that was written.
        document = orjson.loads(data)
        json.loads(data, object_pairs_hook=_refuse_twins)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InvalidRequest("The request body must be a JSON object.")
    return document


def _refuse_twins(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise refusals.duplicate(name)
        seen.add(name)


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
    if argument.shape is Shape.FLAG:
        return _FLAGS.get(texts[0], texts[0])
    return integer_from_text(argument.name, texts[0]) if argument.shape in _NUMBERS else texts[0]


_FLAGS: Final[Mapping[str, Json]] = {"true": True, "false": False}


def _checked(argument: Argument, raw: Json) -> Json:
    if argument.shape in _NUMBERS:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise refusals.wrong_type(argument.name, "an integer", refusals.json_type(raw))
        if argument.shape is Shape.TIME:
            return in_range(argument.name, raw, 0, TIME_S_MAX)
        return in_range(argument.name, raw, argument.minimum, argument.maximum)
    if argument.shape in _CONVERTED:
        return _CONVERTED[argument.shape](argument, raw)
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
    if len(raw) > text_chars_max(argument):
        raise refusals.string_too_long(name, len(raw), text_chars_max(argument))
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


def text_chars_max(argument: Argument) -> int:
    """The most characters of a text."""
    if argument.shape is Shape.CURSOR:
        return CURSOR_CHARS_MAX
    return TEXT_CHARS_MAX if argument.maximum is None else argument.maximum


AMOUNT_PATTERN: Final = r"-?[0-9]{1,10}(\.[0-9]{1,9})?"
PERCENT_PATTERN: Final = r"[0-9]{1,5}(\.[0-9]{1,2})?"


def _amount(argument: Argument, raw: Json) -> Json:
    amount_nusd = _decimal(argument, raw, AMOUNT_PATTERN, nusd_from_usd, 'dollars as text, such as "12.50"')
    if argument.minimum is not None and amount_nusd < argument.minimum:
        raise InvalidRequest(
            f"Invalid '{argument.name}': an amount that is not negative is expected.",
            param=argument.name,
            code="invalid_value",
        )
    return amount_nusd


def _percent(argument: Argument, raw: Json) -> Json:
    return _decimal(argument, raw, PERCENT_PATTERN, markup_bp, 'percent as text, from "0" to "10000.00"')


def _decimal(argument: Argument, raw: Json, pattern: str, how: Callable[[str], int], wanted: str) -> int:
    if not isinstance(raw, str):
        raise refusals.wrong_type(argument.name, f"a string, {wanted}", refusals.json_type(raw))
    try:
        if re.fullmatch(pattern, raw, re.ASCII):
            return how(raw)
    except ValueError:
        pass
    raise InvalidRequest(
        f"Invalid '{argument.name}': '{refusals.echo(raw)}'. Expected {wanted}.",
        param=argument.name,
        code="invalid_value",
    )


def _flag(argument: Argument, raw: Json) -> Json:
    if not isinstance(raw, bool):
        raise refusals.wrong_type(argument.name, "a boolean", refusals.json_type(raw))
    return raw


def _labels(argument: Argument, raw: Json) -> Json:
    """Texts by name. How many, how long and of which characters is the administration's rule."""
    if not isinstance(raw, dict):
        raise refusals.wrong_type(argument.name, "an object", refusals.json_type(raw))
    for name, text in raw.items():
        if not isinstance(text, str):
            raise refusals.wrong_type(f"{argument.name}.{refusals.echo(name)}", "a string", refusals.json_type(text))
    return raw


_CONVERTED: Final[Mapping[Shape, Callable[[Argument, Json], Json]]] = {
    Shape.AMOUNT: _amount,
    Shape.PERCENT: _percent,
    Shape.FLAG: _flag,
    Shape.LABELS: _labels,
}
"""Shapes whose values are no plain texts or numbers."""
