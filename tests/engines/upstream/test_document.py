"""Pictures are cut out of a body, and nothing else about it changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.engines.upstream.document import NotJson, parse

TEXTS = st.text(
    alphabet=st.sampled_from('ab"\\/:{},\n é') | st.characters(codec="utf-8"), max_size=20
) | st.sampled_from(['"b64_json":"', "b64_json", '\\"b64_json": "', '"b64_json"'])
BODIES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["b64_json", "url", "a"]) | TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)


def restored(value: Any, pictures: tuple[memoryview, ...], *, key: str = "") -> Any:
    """The body with its pictures put back."""
    if isinstance(value, dict):
        return {name: restored(inner, pictures, key=name) for name, inner in value.items()}
    if isinstance(value, list):
        return [restored(inner, pictures) for inner in value]
    picture = key == "b64_json" and isinstance(value, int) and not isinstance(value, bool)
    return str(pictures[value], "utf-8") if picture else value


@given(body=BODIES, indent=st.sampled_from([None, 2]), escaped=st.booleans())
def test_a_body_is_the_same_with_its_pictures_put_back(body: Any, indent: int | None, escaped: bool) -> None:  # noqa: FBT001 -- hypothesis
    """Whatever stands in prompts and wherever the key stands."""
    document = parse(json.dumps(body, indent=indent, ensure_ascii=escaped).encode("utf-8", "surrogatepass"))
    assert restored(document.value, document.pictures) == body


def test_pictures_are_apart() -> None:
    """Each has its index where it stood; a text with escapes stays where it was and is found there."""
    document = parse(b'{"data": [{"b64_json" :\n "QUJD"}, {"b64_json":"QUJE"}, {"b64_json": "QU\\/D"}]}')
    assert tuple(map(bytes, document.pictures)) == (b"QUJD", b"QUJE")
    assert document.value == {"data": [{"b64_json": 0}, {"b64_json": 1}, {"b64_json": "QU/D"}]}
    assert [document.base64(value) for value in (0, 1, "QU/D")] == [b"QUJD", b"QUJE", b"QU/D"]


def test_escaped_quotes_belong_to_a_text() -> None:
    """A quote ends a text only after an even number of backslashes."""
    document = parse(rb'{"b64_json": "a\"b", "x": 1, "y": {"b64_json": "c\\"}}')
    assert document.value == {"b64_json": 'a"b', "x": 1, "y": {"b64_json": "c\\"}}
    assert document.pictures == ()


@pytest.mark.parametrize("value", [None, True, 2, -1, 1.5, [], {}])
def test_what_is_no_picture_is_none(value: Any) -> None:
    """A server may put anything under the key."""
    assert parse(b'{"b64_json": "QUJD", "b64_json": "QUJE"}').base64(value) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"b64_json": "QUJD', b'{"b64_json": "QU', b'{"b64_json"', b"\xff"])
def test_a_body_that_was_cut_is_no_json(body: bytes) -> None:
    """Not a picture of what came."""
    with pytest.raises(NotJson):
        parse(body)
