"""What an engine would make of many requests."""

from __future__ import annotations

from dataclasses import replace

from limner.engine import Ability
from limner.exactness import Demand, survey
from limner.job import Format, ImageRequest, Kind, Quality, Size

PLAIN = ImageRequest(kind=Kind.GENERATION, model="m", prompt="a hare")


def demand(name: str, **changes: object) -> Demand:
    """A request for one thing."""
    return Demand(name, name, replace(PLAIN, **changes))  # type: ignore[arg-type]  # fields of a request, by name


def test_each_name_has_its_fate_in_the_order_asked(poor: Ability) -> None:
    """What is honoured is not named; the rest stands with its like."""
    able = replace(poor, sizes=frozenset({Size(64, 64)}), n_max=2, qualities=frozenset({Quality.LOW}))
    found = survey(
        [
            demand("n", n=4),
            demand("size", size=Size(64, 32)),
            demand("quality", quality=Quality.HIGH),
            demand("partial_images", stream=True, partial_images=1),
            demand("style"),
            demand("stream", stream=True),
        ],
        replace(able, partial_images=False),
    )
    assert (found.emulated, found.adapted, found.ignored, found.refused) == (
        ("n", "size"),
        ("quality",),
        ("partial_images", "style"),
        (),
    )


def test_the_worst_of_several_values_counts(poor: Ability) -> None:
    """One size that must be emulated is enough, whatever comes before or after it."""
    able = replace(poor, sizes=frozenset({Size(64, 64)}))
    sizes = [demand("size", size=size) for size in (Size(64, 64), Size(64, 32), Size(64, 64))]
    assert survey(sizes, able).emulated == ("size",)
    assert survey(sizes[:1], able).emulated == ()


def test_what_cannot_be_served_is_refused(poor: Ability) -> None:
    """An engine that looks at no pictures edits none; one that only draws vectors gives no pixels."""
    edit = Demand("edits", "image", replace(PLAIN, kind=Kind.EDIT))
    assert survey([edit], replace(poor, images_max=0)).refused == ("edits",)
    vectors = replace(poor, formats=frozenset({Format.SVG}))
    assert survey([demand("output_format", output_format=Format.PNG)], vectors).refused == ("output_format",)
