"""Every refusal of a request, word for word, against the golden table; each row says where its text is from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from limner.contract.envelope import error_object
from limner.contract.refusals import ECHO_CHARS_MAX, echo
from limner.errors import CallerError
from limner.job import Strictness

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "golden/refusals.json").read_text())
RULES = {"both": tuple(Strictness), "openai": (Strictness.OPENAI,), "limner": (Strictness.LIMNER,)}
CASES = [
    pytest.param(row, strictness, id=f"{row['to']}-{row['case']}-{strictness}")
    for row in ROWS
    for strictness in RULES[row["rules"]]
]


@pytest.mark.parametrize(("row", "strictness"), CASES)
def test_a_bad_request_is_refused_in_the_golden_words(row: dict[str, Any], strictness: Strictness, send: Any) -> None:
    """Status, type, param, code and message are those of the golden table."""
    with pytest.raises(CallerError) as raised:
        send(row["to"], row["send"], strictness)
    error = raised.value
    assert {"status": error.status, **error_object(error, "req_1")} == row["error"]


@pytest.mark.parametrize("row", [row for row in ROWS if row["rules"] == "openai"], ids=lambda row: row["case"])
def test_what_only_the_live_api_refuses_is_served_under_the_lenient_rules(row: dict[str, Any], send: Any) -> None:
    """A row marked for the strict rules alone parses under the lenient ones."""
    named = dict(row["send"]).get("model") or "gpt-image-2"
    assert send(row["to"], row["send"], Strictness.LIMNER).request.model == named


def test_a_refusal_never_grows_with_its_request() -> None:
    """What was sent is repeated only up to a limit."""
    assert echo("x" * ECHO_CHARS_MAX) == "x" * ECHO_CHARS_MAX
    assert echo("x" * (ECHO_CHARS_MAX + 1)) == "x" * ECHO_CHARS_MAX + "..."
