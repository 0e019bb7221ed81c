"""The terms of accounts and keys as an operator writes them on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import typer

_Value = TypeVar("_Value")

NONE: Final = "none"
"""How a limit is written that there is not."""

LabelOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="Words of your own as NAME=TEXT; can be given several times. NAME= takes one away."),
]


def fields(written: Mapping[str, tuple[str, str | None, Callable[[str], Any]]]) -> dict[str, Any]:
    """What was given of some options. written: field -> its option, the text given or None, and what reads it.

    Raises BadParameter for a text that cannot be read.
    """
    return {field: read(option, text, how) for field, (option, text, how) in written.items() if text is not None}


def read(option: str, text: str, how: Callable[[str], _Value]) -> _Value:
    """One option's value. Raises BadParameter when `how` raises ValueError."""
    try:
        return how(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def or_none(how: Callable[[str], _Value]) -> Callable[[str], _Value | None]:
    """Reads what `how` reads, and NONE."""
    return lambda text: None if text == NONE else how(text)


def whole(text: str) -> int:
    """A whole number. Raises ValueError for what is none."""
    try:
        return int(text)
    except ValueError as error:
        raise ValueError(f"not a whole number: {text!r}") from error


def relabelled(labels: Mapping[str, str], written: list[str] | None) -> dict[str, str]:
    """Labels with those given put in, and those given without a text taken out. Raises BadParameter."""
    changed = dict(labels)
    for label in written or ():
        name, equals, text = label.partition("=")
        if not equals:
            raise typer.BadParameter(f"{label!r} is not NAME=TEXT", param_hint="--label")
        changed.pop(name, None)
        if text:
            changed[name] = text
    return changed


def labels_text(labels: Mapping[str, str]) -> str:
    """Labels on one line."""
    return ", ".join(f"{name}={text}" for name, text in labels.items())
