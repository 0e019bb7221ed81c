"""Pages of a list: how long one is, where it begins, and the cursor to the next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from limner.contract.arguments import Argument, Shape, Values
from limner.contract.cursors import Cursors
from limner.job import Json

LINES_DEFAULT: Final = 100
LINES_MAX: Final = 1_000

PAGE: Final = (
    Argument(
        name="limit",
        shape=Shape.COUNT,
        minimum=1,
        maximum=LINES_MAX,
        default=LINES_DEFAULT,
        description="Lines of a page.",
    ),
    Argument(name="page", shape=Shape.CURSOR, description="`next_page` of the page before."),
)

_Line = TypeVar("_Line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """What page is asked for. after: where the page before ended, as its list has places, or None for the first.

    asked: what a cursor to the next page is for.
    """

    limit: int
    after: Any
    asked: Json


def paging_of(operation: str, of: str, values: Values, cursors: Cursors) -> Paging:
    """The page that arguments ask for. of: what the list is of. Raises InvalidRequest for a cursor to another list."""
    given: Any = values
    asked: Json = [operation, of, {name: value for name, value in values.items() if name not in {"limit", "page"}}]
    after = cursors.read(asked, given["page"], param="page") if "page" in given else None
    return Paging(limit=given.get("limit", LINES_DEFAULT), after=after, asked=asked)


def page_object(lines: list[Json], end: Json, paging: Paging, cursors: Cursors) -> dict[str, Json]:
    """A page of a list. end: where the next one begins, or None when this is the last."""
    return {
        "object": "list",
        "data": lines,
        "has_more": end is not None,
        "next_page": None if end is None else cursors.write(paging.asked, end),
    }


def part_of(whole: Sequence[_Line], paging: Paging) -> tuple[Sequence[_Line], int | None]:
    """The page's lines of a list that is at hand, by their number, and where the next page begins."""
    start = paging.after or 0
    end = start + paging.limit
    return whole[start:end], end if end < len(whole) else None
