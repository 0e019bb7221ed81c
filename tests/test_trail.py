"""What an act says has changed."""

from __future__ import annotations

import pytest

from limner.job import Json
from limner.trail import changes


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, {}),
        ({"a": 1, "b": [1]}, {"a": 1, "b": [1]}, {}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"before": {"b": 2}, "after": {"b": 3}}),
        ({"a": None}, {"a": 0}, {"before": {"a": None}, "after": {"a": 0}}),
        ({"a": {"x": 1}}, {"a": {}}, {"before": {"a": {"x": 1}}, "after": {"a": {}}}),
        ({}, {"a": 1}, {"before": {}, "after": {"a": 1}}),
        ({"a": 1}, {}, {"before": {"a": 1}, "after": {}}),
    ],
)
def test_only_what_is_different_is_told(before: dict[str, Json], after: dict[str, Json], told: dict[str, Json]) -> None:
    """With both values; what there was not before, or is not any more, on one side alone."""
    assert changes(before, after) == told
