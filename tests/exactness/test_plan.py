"""What becomes of every parameter."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st

from limner.blobs import Blob
from limner.engine import Ability, Finished
from limner.exactness import Plan, can_serve, fit
from limner.exactness.plan import PLAIN_BACKGROUND_PROMPT, VARIATION_PROMPT
from limner.job import (
    Background,
    Fate,
    Format,
    ImageRequest,
    Json,
    Kind,
    Moderation,
    Quality,
    Size,
    Treatment,
)

GENERATION = ImageRequest(kind=Kind.GENERATION, model="m", prompt="a hare")
PICTURE = Blob.from_bytes(b"picture", "image/png")
EDIT = replace(GENERATION, kind=Kind.EDIT, images=(PICTURE,))

HONOURED = Treatment(Fate.HONOURED)
EMULATED = Treatment(Fate.EMULATED)
IGNORED = Treatment(Fate.IGNORED)


def planned(request: ImageRequest, ability: Ability, *given: str, unknown: tuple[str, ...] = ()) -> Plan:
    """A plan for a caller who sent `given`."""
    return fit(request, given=given, unknown=unknown, ability=ability)


def test_what_an_engine_can_do_reaches_it_unchanged(rich: Ability) -> None:
    """An able engine gets the caller's own request, and everything is honoured."""
    request = replace(
        EDIT,
        n=4,
        size=Size(1536, 1024),
        quality=Quality.MAX,
        background=Background.TRANSPARENT,
        output_format=Format.WEBP,
        compression=40,
        moderation=Moderation.LOW,
        stream=True,
        partial_images=2,
        mask=PICTURE,
        markup=PICTURE,
        extra={"seed": 5, "input_fidelity": "high"},
    )
    names = ("n", "size", "quality", "background", "output_format", "output_compression", "moderation", "stream")
    plan = planned(request, rich, *names, "partial_images", "input_fidelity", unknown=("seed",))
    assert plan.calls == (request,)
    assert not plan.steps
    assert set(plan.report.values()) == {HONOURED}
    assert set(plan.report) == {*names, "partial_images", "input_fidelity", "seed", "image", "mask", "markup"}


def test_only_what_was_sent_is_reported(poor: Ability) -> None:
    """Defaults that an engine cannot do are nobody's business."""
    assert planned(GENERATION, poor).report == {}


def test_the_report_is_in_the_caller_s_order(rich: Ability) -> None:
    """First what the contract knows as it was sent, then what it does not know."""
    plan = planned(GENERATION, rich, "size", "n", unknown=("zeta", "alpha"))
    assert list(plan.report) == ["size", "n", "zeta", "alpha"]


@pytest.mark.parametrize("name", ["stream", "user", "safety_identifier"])
def test_what_limner_does_itself_is_honoured_on_every_engine(name: str, poor: Ability) -> None:
    """No engine needs to know of streams and users."""
    assert planned(GENERATION, poor, name).report == {name: HONOURED}


def test_input_fidelity_says_nothing_without_an_input(rich: Ability) -> None:
    """An engine that understands it still has nothing to be faithful to."""
    request = replace(GENERATION, extra={"input_fidelity": "high"})
    assert planned(request, rich, "input_fidelity").report == {"input_fidelity": IGNORED}
    assert planned(request, rich, unknown=("input_fidelity",)).report == {"input_fidelity": IGNORED}


def test_low_moderation_that_cannot_be_said_of_edits_is_told_beforehand(rich: Ability) -> None:
    """An engine that judges them as `auto` whatever is sent gets `auto`; generations and `auto` itself are honoured."""
    ability = replace(rich, edits_as_low=False)
    for request, wanted, fate, sent in (
        (EDIT, Moderation.LOW, Fate.IGNORED, Moderation.AUTO),
        (EDIT, Moderation.AUTO, Fate.HONOURED, Moderation.AUTO),
        (GENERATION, Moderation.LOW, Fate.HONOURED, Moderation.LOW),
    ):
        plan = planned(replace(request, moderation=wanted), ability, "moderation")
        assert (plan.report["moderation"].fate, plan.calls[0].moderation) == (fate, sent)


def test_another_quality_than_the_engine_was_asked_for_is_told(rich: Ability) -> None:
    """It says itself which one it used, and answers say so, too; what is left to it is as asked."""
    for asked, used, fate in (
        (Quality.HIGH, Quality.LOW, Treatment(Fate.ADAPTED, "low")),
        (Quality.HIGH, Quality.HIGH, Treatment(Fate.HONOURED)),
        (Quality.AUTO, Quality.LOW, Treatment(Fate.HONOURED)),
    ):
        plan = planned(replace(GENERATION, quality=asked), rich, "quality")
        assert plan.final_report(Finished(pictures=(), quality=used)) == {"quality": fate}
        assert planned(replace(GENERATION, quality=asked), rich).final_report(Finished(pictures=(), quality=used)) == {}


@pytest.mark.parametrize("name", ["style", "complexity", "moderation", "svg", "response_format"])
def test_what_an_engine_does_not_name_is_ignored(name: str, poor: Ability) -> None:
    """A parameter outside the table has an effect only where the engine says so."""
    assert planned(GENERATION, poor, name).report == {name: IGNORED}
    able = replace(poor, parameters=frozenset({name}))
    assert planned(GENERATION, able, name).report == {name: HONOURED}


def test_unknown_names_are_honoured_where_an_engine_knows_them(rich: Ability) -> None:
    """The contract's knowledge is not the engine's."""
    plan = planned(GENERATION, rich, unknown=("seed", "cfg_scale"))
    assert plan.report == {"seed": HONOURED, "cfg_scale": IGNORED}


@pytest.mark.parametrize("name", ["mask", "partial_images", "stream", "size", "image"])
def test_a_known_name_where_the_contract_has_none_is_ignored(name: str, rich: Ability) -> None:
    """A generation's `mask` or a variation's `stream` had no effect, whatever the name means elsewhere."""
    assert planned(GENERATION, rich, unknown=(name,)).report == {name: IGNORED}


def test_engines_see_no_parameter_they_do_not_know(rich: Ability) -> None:
    """Extras, moderation and markup are taken out of a request for an engine that does not name them."""
    request = replace(EDIT, extra={"seed": 1, "steps": 9}, moderation=Moderation.LOW, markup=PICTURE)
    (call,) = planned(request, rich).calls
    assert call == replace(request, extra={"seed": 1})
    (call,) = planned(request, replace(rich, parameters=frozenset())).calls
    assert call == EDIT


SIZES = frozenset({Size(1024, 1024), Size(1536, 1024), Size(1024, 1536), Size(512, 512), Size(1344, 768)})


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        (Size(1024, 1024), Size(1024, 1024)),
        (Size(2048, 2048), Size(1024, 1024)),
        (Size(600, 600), Size(512, 512)),
        (Size(1040, 1024), Size(1024, 1024)),
        (Size(2160, 3840), Size(1024, 1536)),
        (Size(3840, 2160), Size(1344, 768)),
        (Size(1600, 1072), Size(1536, 1024)),
        (Size(3072, 1024), Size(1344, 768)),
    ],
)
def test_the_nearest_size_has_the_nearest_ratio(wanted: Size, nearest: Size, poor: Ability) -> None:
    """Proportions count first, for they decide what is cut off; then the area."""
    plan = planned(replace(GENERATION, size=wanted), replace(poor, sizes=SIZES), "size")
    assert plan.calls[0].size == nearest
    assert plan.report == {"size": HONOURED if wanted == nearest else EMULATED}


def test_no_size_is_left_to_the_engine(poor: Ability) -> None:
    """`auto` is the engine's choice, also where it has few sizes."""
    plan = planned(GENERATION, poor, "size")
    assert plan.calls[0].size is None
    assert plan.report == {"size": HONOURED}


@pytest.mark.parametrize(("n", "n_max", "counts"), [(1, 1, [1]), (3, 1, [1, 1, 1]), (7, 3, [3, 3, 1]), (6, 3, [3, 3])])
def test_more_pictures_than_a_call_makes_are_several_calls(
    n: int, n_max: int, counts: list[int], poor: Ability
) -> None:
    """As few calls as possible, together exactly n."""
    plan = planned(replace(GENERATION, n=n), replace(poor, n_max=n_max), "n")
    assert [call.n for call in plan.calls] == counts
    assert plan.report == {"n": EMULATED if len(counts) > 1 else HONOURED}


def test_calls_side_by_side_have_seeds_of_their_own(rich: Ability) -> None:
    """A seed rises by the pictures before, as it does within one call: else all calls drew the same."""
    request = replace(GENERATION, n=5, extra={"seed": 40})
    plan = planned(request, replace(rich, n_max=2), unknown=("seed",))
    assert [call.extra["seed"] for call in plan.calls] == [40, 42, 44]
    unable = replace(rich, n_max=2, parameters=frozenset())
    assert [call.extra for call in planned(request, unable).calls] == [{}, {}, {}]


@pytest.mark.parametrize("seed", ["forty", None, 1.5])
def test_a_seed_that_is_no_number_is_passed_as_it_is(seed: Json, rich: Ability) -> None:
    """What it means is for the engine to say."""
    plan = planned(replace(GENERATION, n=2, extra={"seed": seed}), replace(rich, n_max=1))
    assert [call.extra["seed"] for call in plan.calls] == [seed, seed]


@pytest.mark.parametrize(
    ("wanted", "able", "used", "treatment"),
    [
        (Quality.AUTO, "", Quality.AUTO, HONOURED),
        (Quality.HIGH, "low high", Quality.HIGH, HONOURED),
        (Quality.MAX, "low medium high", Quality.HIGH, Treatment(Fate.ADAPTED, "high")),
        (Quality.MEDIUM, "low high", Quality.LOW, Treatment(Fate.ADAPTED, "low")),
        (Quality.LOW, "high max", Quality.HIGH, Treatment(Fate.ADAPTED, "high")),
        (Quality.HIGH, "", Quality.AUTO, IGNORED),
    ],
)
def test_quality_goes_down_before_it_goes_up(
    wanted: Quality, able: str, used: Quality, treatment: Treatment, poor: Ability
) -> None:
    """The nearest lower quality is used, else the lowest there is; none at all means it is ignored."""
    ability = replace(poor, qualities=frozenset(Quality(name) for name in able.split()))
    plan = planned(replace(GENERATION, quality=wanted), ability, "quality")
    assert plan.calls[0].quality is used
    assert plan.report == {"quality": treatment}


def test_transparency_is_emulated_with_a_plain_background(poor: Ability) -> None:
    """An engine that cannot paint on nothing is asked for a background that can be cut away."""
    plan = planned(replace(GENERATION, background=Background.TRANSPARENT), poor, "background")
    assert plan.report == {"background": EMULATED}
    assert plan.steps == {"background"}
    assert plan.calls[0].background is Background.OPAQUE
    assert plan.calls[0].prompt == f"a hare\n{PLAIN_BACKGROUND_PROMPT}"


def test_a_jpeg_cannot_be_transparent(rich: Ability) -> None:
    """Where the contract lets it through, the picture is opaque and that is told."""
    request = replace(GENERATION, background=Background.TRANSPARENT, output_format=Format.JPEG)
    plan = planned(request, rich, "background")
    assert plan.report == {"background": Treatment(Fate.ADAPTED, "opaque")}
    assert plan.calls[0].background is Background.OPAQUE


@pytest.mark.parametrize("background", [Background.AUTO, Background.OPAQUE])
def test_other_backgrounds_are_no_trouble(background: Background, poor: Ability) -> None:
    """Every engine can paint a whole picture."""
    assert planned(replace(GENERATION, background=background), poor, "background").report == {"background": HONOURED}


def test_a_mask_that_keeps_nothing_is_given_and_seen_to(rich: Ability) -> None:
    """The engine learns where to draw, and Limner puts back the rest."""
    plan = planned(replace(EDIT, mask=PICTURE), replace(rich, mask_kept=False))
    assert plan.calls[0].mask is PICTURE
    assert plan.report["mask"] == EMULATED
    assert plan.steps == {"mask"}


def test_a_mask_is_kept_from_an_engine_without_masks(poor: Ability) -> None:
    """It gets the edit without it; Limner lays the result through it."""
    plan = planned(replace(EDIT, mask=PICTURE), poor)
    assert plan.report == {"image": HONOURED, "mask": EMULATED}
    assert plan.steps == {"mask"}
    assert plan.calls == (EDIT,)


def test_pictures_beyond_an_engine_s_number_are_left_out(rich: Ability) -> None:
    """The first ones are passed, and how many is told under the name the caller used."""
    pictures = tuple(Blob.from_bytes(bytes([number]), "image/png") for number in range(5))
    ability = replace(rich, images_max=2)
    plan = planned(replace(EDIT, images=pictures), ability)
    assert plan.calls[0].images == pictures[:2]
    assert plan.report == {"image": Treatment(Fate.ADAPTED, "2")}
    assert planned(replace(EDIT, images=pictures), ability, "images").report == {"images": Treatment(Fate.ADAPTED, "2")}


def test_a_variation_becomes_an_edit_where_there_are_no_variations(poor: Ability, rich: Ability) -> None:
    """With an instruction of Limner's own; an engine that varies gets it as it is."""
    variation = replace(EDIT, kind=Kind.VARIATION, prompt="")
    plan = planned(variation, poor)
    assert plan.calls == (replace(EDIT, prompt=VARIATION_PROMPT),)
    assert plan.report == {"image": EMULATED}
    assert not plan.steps
    assert planned(variation, rich).calls == (variation,)


@pytest.mark.parametrize(
    ("able", "n", "asked", "passed", "treatment"),
    [
        (True, 1, 3, 3, HONOURED),
        (False, 1, 3, 0, IGNORED),
        (False, 1, 0, 0, HONOURED),
        (True, 2, 3, 0, IGNORED),
    ],
)
def test_partial_pictures_need_an_engine_that_shows_them(
    able: bool,  # noqa: FBT001 -- a table's column
    n: int,
    asked: int,
    passed: int,
    treatment: Treatment,
    poor: Ability,
) -> None:
    """They are ignored, and told so, without one, and when several calls would number theirs alike."""
    request = replace(GENERATION, n=n, stream=True, partial_images=asked)
    plan = planned(request, replace(poor, partial_images=able), "partial_images")
    assert plan.calls[0].partial_images == passed
    assert plan.report == {"partial_images": treatment}


PNG, JPEG, WEBP, GIF = Format.PNG, Format.JPEG, Format.WEBP, Format.GIF
NAMES = ("output_format", "output_compression")


@pytest.mark.parametrize(
    ("formats", "compression", "wanted", "asked_for", "format_fate", "compression_fate"),
    [
        # The engine's own format, at the default compression.
        ({JPEG}, 100, JPEG, JPEG, HONOURED, EMULATED),
        # A format it does not have is made from the best it has.
        ({PNG, JPEG}, 100, WEBP, PNG, EMULATED, EMULATED),
        ({JPEG}, 100, PNG, JPEG, EMULATED, HONOURED),
        ({WEBP, JPEG}, 100, PNG, WEBP, EMULATED, HONOURED),
        ({PNG}, 100, GIF, PNG, EMULATED, HONOURED),
        # A compression it does not know: encoded once, from a lossless picture.
        ({PNG, JPEG}, 50, JPEG, PNG, EMULATED, EMULATED),
        ({JPEG}, 50, JPEG, JPEG, HONOURED, EMULATED),
        # Compression means nothing to a PNG.
        ({PNG}, 50, PNG, PNG, HONOURED, IGNORED),
        ({JPEG}, 50, PNG, JPEG, EMULATED, IGNORED),
        ({PNG}, 100, PNG, PNG, HONOURED, HONOURED),
    ],
)
def test_formats_and_compression_of_an_engine_without_compression(
    formats: set[Format],
    compression: int,
    wanted: Format,
    asked_for: Format,
    format_fate: Treatment,
    compression_fate: Treatment,
    poor: Ability,
) -> None:
    """What the engine is asked for, and what is told, when both parameters were sent."""
    request = replace(GENERATION, output_format=wanted, compression=compression)
    plan = planned(request, replace(poor, formats=frozenset(formats)), *NAMES)
    assert (plan.calls[0].output_format, plan.calls[0].compression) == (asked_for, 100)
    assert plan.report == {"output_format": format_fate, "output_compression": compression_fate}


def test_an_engine_that_compresses_is_left_to_it(poor: Ability) -> None:
    """Format and compression reach the engine together."""
    ability = replace(poor, formats=frozenset({JPEG}), compression=True)
    plan = planned(replace(GENERATION, output_format=JPEG, compression=50), ability, *NAMES)
    assert (plan.calls[0].output_format, plan.calls[0].compression) == (JPEG, 50)
    assert set(plan.report.values()) == {HONOURED}


def test_a_default_compression_is_no_reason_to_encode_again(poor: Ability) -> None:
    """Who names no compression gets the engine's own file, at the engine's own quality."""
    ability = replace(poor, formats=frozenset({JPEG}))
    plan = planned(replace(GENERATION, output_format=JPEG), ability, "output_format")
    assert plan.calls[0].output_format is JPEG
    assert not plan.steps


def test_a_picture_to_be_changed_is_asked_for_without_loss(poor: Ability) -> None:
    """When Limner resizes anyhow, it encodes once, from a PNG."""
    ability = replace(poor, formats=frozenset({PNG, JPEG}), compression=True)
    plan = planned(replace(GENERATION, output_format=JPEG, size=Size(128, 64)), ability, "output_format", "size")
    assert plan.calls[0].output_format is PNG
    assert plan.report == {"output_format": EMULATED, "size": EMULATED}


def test_a_drawing_is_the_engine_s_own(poor: Ability) -> None:
    """An SVG has no pixels: what would need them is ignored, and it is never asked for as anything else."""
    request = replace(
        EDIT, output_format=Format.SVG, size=Size(128, 64), background=Background.TRANSPARENT, mask=PICTURE
    )
    plan = planned(request, replace(poor, formats=frozenset({PNG, Format.SVG})), "size", "background", "output_format")
    assert plan.calls[0].output_format is Format.SVG
    assert plan.report == {
        "size": IGNORED,
        "background": IGNORED,
        "output_format": HONOURED,
        "image": HONOURED,
        "mask": IGNORED,
    }
    assert not plan.steps


@pytest.mark.parametrize(
    ("kind", "kinds", "images_max", "served"),
    [
        (Kind.GENERATION, {Kind.GENERATION}, 0, True),
        (Kind.GENERATION, {Kind.EDIT}, 1, False),
        (Kind.EDIT, {Kind.EDIT}, 1, True),
        (Kind.EDIT, {Kind.EDIT}, 0, False),
        (Kind.EDIT, {Kind.GENERATION}, 1, False),
        (Kind.VARIATION, {Kind.VARIATION}, 1, True),
        (Kind.VARIATION, {Kind.EDIT}, 1, True),
        (Kind.VARIATION, {Kind.GENERATION}, 1, False),
    ],
)
def test_an_engine_serves_what_can_be_brought_about(
    kind: Kind,
    kinds: set[Kind],
    images_max: int,
    served: bool,  # noqa: FBT001 -- a table's column
    poor: Ability,
) -> None:
    """A kind is native, or a variation by way of an edit; an engine that looks at no pictures edits none."""
    ability = replace(poor, kinds=frozenset(kinds), images_max=images_max)
    assert can_serve(replace(GENERATION, kind=kind), ability) is served


def test_a_picture_can_stand_in_a_drawing_but_not_the_other_way_round(poor: Ability) -> None:
    """An SVG can hold a picture, which is told as emulated; a PNG needs an engine that has some picture format."""
    drawing = replace(GENERATION, output_format=Format.SVG)
    assert can_serve(drawing, poor)
    assert planned(drawing, poor, "output_format").report == {"output_format": EMULATED}
    artist = replace(poor, formats=frozenset({Format.SVG}))
    assert can_serve(drawing, artist)
    assert not can_serve(GENERATION, artist)


def test_the_worse_of_two_reports_counts(rich: Ability) -> None:
    """An engine's own report can only add to what became of a parameter, and only of one that the caller sent."""
    told = {
        "size": EMULATED,
        "quality": Treatment(Fate.ADAPTED, "low"),
        "negative_prompt": IGNORED,
        "style": HONOURED,
        "n": IGNORED,
    }
    plan = planned(GENERATION, rich, "size", "quality", "style", unknown=("Negative Prompt",))
    finished = Finished(pictures=(), quality=Quality.LOW, emulated=("quality",), told=told)
    assert plan.final_report(finished) == plan.report_so_far(told) == {
        "size": EMULATED,
        "quality": Treatment(Fate.ADAPTED, "low"),
        "style": IGNORED,
        "Negative Prompt": IGNORED,
    }  # fmt: skip


def test_the_final_report_has_what_the_run_showed(rich: Ability) -> None:
    """What the engine ignored after all, and what Limner had to do after all; only of what was sent."""
    plan = planned(replace(GENERATION, quality=Quality.HIGH), replace(rich, qualities=frozenset({Quality.LOW})), "size")
    plan = replace(plan, report={**plan.report, "n": HONOURED, "quality": Treatment(Fate.ADAPTED, "low")})
    finished = Finished(
        pictures=(), quality=Quality.LOW, ignored=("n", "background"), emulated=("size", "quality", "mask")
    )
    assert plan.final_report(finished) == {
        "size": EMULATED,
        "n": IGNORED,
        "quality": Treatment(Fate.ADAPTED, "low"),
    }


@pytest.mark.parametrize(
    ("output_format", "names"), [(Format.GIF, ("frame_count", "frame_duration_ms")), (Format.SVG, ("svg",))]
)
def test_what_only_an_engine_can_put_into_a_format_is_lost_where_limner_encodes(
    output_format: Format, names: tuple[str, ...], rich: Ability
) -> None:
    """A still made a GIF has no frames: that is told, and an engine that is asked for a PNG is not asked for frames."""
    able = replace(rich, parameters=rich.parameters | {*names})
    request = replace(GENERATION, output_format=output_format, extra=dict.fromkeys(names, 3))
    for formats, fate, extra in (
        (frozenset({Format.PNG}), IGNORED, {}),
        (frozenset({Format.PNG, output_format}), HONOURED, request.extra),
    ):
        plan = planned(request, replace(able, formats=formats), *names)
        assert plan.report == dict.fromkeys(names, fate)
        assert plan.calls[0].extra == extra


@pytest.mark.parametrize(
    ("finished", "told"),
    [
        (Finished(pictures=(), quality=Quality.LOW, ignored=("prompt",)), {"prompt": IGNORED}),
        (
            Finished(pictures=(), quality=Quality.LOW, told={"prompt": Treatment(Fate.ADAPTED, "without its style")}),
            {"prompt": Treatment(Fate.ADAPTED, "without its style")},
        ),
        (Finished(pictures=(), quality=Quality.LOW), {}),
    ],
)
def test_a_prompt_is_reported_only_where_it_was_not_followed(
    finished: Finished, told: dict[str, Treatment], rich: Ability
) -> None:
    """Nobody need send it to be told of it, as no request is without one; and a prompt that was followed is no news."""
    assert planned(GENERATION, rich, "size").final_report(finished) == {"size": HONOURED, **told}


@st.composite
def abilities(draw: st.DrawFn) -> Ability:
    """Any ability that serves pictures."""
    return Ability(
        kinds=frozenset({Kind.GENERATION}),
        sizes=draw(st.none() | st.frozensets(st.sampled_from(sorted(SIZES)), min_size=1)),
        n_max=draw(st.integers(1, 10)),
        formats=draw(st.frozensets(st.sampled_from([PNG, JPEG, WEBP, GIF]), min_size=1)),
        compression=draw(st.booleans()),
        qualities=draw(st.frozensets(st.sampled_from(Quality))),
        transparent=draw(st.booleans()),
        mask=draw(st.booleans()),
        images_max=0,
        partial_images=draw(st.booleans()),
        parameters=draw(st.frozensets(st.sampled_from(["seed", "moderation", "style"]))),
    )


@st.composite
def wishes(draw: st.DrawFn) -> ImageRequest:
    """Any generation of a picture."""
    return replace(
        GENERATION,
        n=draw(st.integers(1, 10)),
        size=draw(st.none() | st.builds(Size, st.integers(16, 3840), st.integers(16, 3840))),
        quality=draw(st.sampled_from(Quality)),
        background=draw(st.sampled_from(Background)),
        output_format=draw(st.sampled_from([PNG, JPEG, WEBP, GIF])),
        compression=draw(st.integers(0, 100)),
        moderation=draw(st.sampled_from(Moderation)),
        partial_images=draw(st.integers(0, 3)),
        extra={"seed": 1, "style": "vivid"},
    )


@given_that(wish=wishes(), ability=abilities())
def test_every_call_is_within_the_engine_s_ability(wish: ImageRequest, ability: Ability) -> None:
    """No engine is ever asked for more than it declared, whatever the caller wanted."""
    plan = planned(wish, ability, "size", "n")
    assert sum(call.n for call in plan.calls) == wish.n
    for call in plan.calls:
        assert call.n <= ability.n_max
        assert ability.sizes is None or call.size is None or call.size in ability.sizes
        assert call.output_format in ability.formats
        assert ability.compression or call.compression == 100 or call.output_format in {PNG, GIF}
        assert call.quality in ability.qualities | {Quality.AUTO}
        assert ability.transparent or call.background is not Background.TRANSPARENT
        assert ability.partial_images or not call.partial_images
        assert set(call.extra) <= ability.parameters
