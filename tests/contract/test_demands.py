"""What a family's callers may ask for."""

from __future__ import annotations

import pytest

from limner.contract.demands import demands
from limner.contract.families import FAMILIES, Family

NOT_ASKED = {"model", "prompt", "images", "stream", "user", "safety_identifier", "response_format"}
"""Fields that are no engine's business, or another name for one that is."""


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_field_of_a_family_is_asked_for(family: Family) -> None:
    """Nothing that a caller may send is forgotten, and nothing is asked that the family does not have."""
    asked = {demand.parameter for demand in demands(family)}
    formats = {"background", "output_format", "output_compression", "moderation", "partial_images"}
    # dall-e's own words for quality are not an engine's.
    assert asked | {"quality"} == (family.fields - NOT_ASKED) | {"image"}
    assert family.legacy == asked.isdisjoint(formats | {"quality"})


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_requests_keep_to_the_limits_of_the_family(family: Family) -> None:
    """The most a caller may ask for is asked for, and no more."""
    requests = [demand.request for demand in demands(family)]
    assert max(request.n for request in requests) == family.n_max
    assert max(len(request.images) for request in requests) == family.images_max
    listed = [text for text in family.choices.get("size", ()) if text != "auto"]
    sizes = [str(request.size) for request in requests if request.size]
    assert sizes == (listed or ["1824x1024"])
