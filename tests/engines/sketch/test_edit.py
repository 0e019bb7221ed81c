"""Edits: instructions do what they say, several pictures are all seen, states lead to the result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from limner.engines.sketch.edit import EditResult, edit_stages
from limner.imaging.pixels import Pixels, is_opaque, size_of
from limner.job import Quality, Size


def _edit(
    prompt: str,
    *images: Pixels,
    size: Size | None = None,
    seed: int = 1,
    transparent: bool = False,
    fidelity: str | None = None,
) -> EditResult:
    *_, result = edit_stages(
        prompt,
        images,
        None,
        size or size_of(images[0]),
        seed=seed,
        quality=Quality.LOW,
        transparent=transparent,
        fidelity=fidelity,
    )
    return result


def _light(pixels: Pixels) -> float:
    return float(pixels[..., :3].mean())


def _share(pixels: Pixels, channel: int) -> float:
    return float(pixels[..., channel].sum() / pixels[..., :3].sum(dtype=np.int64))


def _spread(pixels: Pixels) -> float:
    return float(pixels[..., :3].std())


def _roughness(pixels: Pixels) -> float:
    return float(np.abs(np.diff(pixels[..., :3].astype(int), axis=1)).mean())


def _chroma(pixels: Pixels) -> float:
    return float(np.ptp(pixels[..., :3].astype(int), axis=-1).mean())


def _red(pixels: Pixels) -> float:
    return _share(pixels, 0)


def _blue(pixels: Pixels) -> float:
    return _share(pixels, 2)


@pytest.mark.parametrize(
    ("prompt", "measure", "sign"),
    [
        ("make it brighter", _light, 1),
        ("darken the image", _light, -1),
        ("increase the contrast", _spread, 1),
        ("reduce contrast", _spread, -1),
        ("make it warmer", _red, 1),
        ("cooler colors please", _red, -1),
        ("make it red", _red, 1),
        ("make everything blue", _blue, 1),
        ("blur it", _roughness, -1),
        ("sharpen the photo", _roughness, 1),
        ("more saturation", _chroma, 1),
        ("make it black and white", _chroma, -1),
        ("make it night", _light, -1),
        ("make it a sunset", _red, 1),
        ("add fog", _chroma, -1),
        ("add snow", _light, 1),
        ("make it rainy", _light, -1),
    ],
)
def test_an_instruction_moves_what_it_names(
    prompt: str, measure: Callable[[Pixels], float], sign: int, landscape: Pixels
) -> None:
    """Each tone, colour and weather changes its own measure of the picture in its own direction, and says so."""
    result = _edit(prompt, landscape)
    assert result.followed
    assert sign * (measure(result.pixels) - measure(landscape)) > 0


@pytest.mark.parametrize(
    "prompt",
    [
        "as a watercolor",
        "oil painting",
        "pencil sketch",
        "pixel art",
        "low poly",
        "pop art",
        "cartoon",
        "neon art",
        "vintage",
        "noir",
    ],
)
def test_every_style_redoes_the_picture(prompt: str, landscape: Pixels) -> None:
    """A style changes the picture visibly, is opaque, and gives the same bytes for the same seed."""
    result = _edit(prompt, landscape)
    assert result.followed
    assert is_opaque(result.pixels)
    assert np.abs(result.pixels.astype(int) - landscape).mean() > 2
    assert np.array_equal(result.pixels, _edit(prompt, landscape).pixels)


@pytest.mark.parametrize("size", [Size(288, 192), Size(64, 160), Size(33, 17), Size(500, 90)])
@pytest.mark.parametrize(
    "prompt",
    ["make it warmer", "rotate 30 degrees", "crop to the left", "make it pixel art", "", "gibberish of nothing"],
)
def test_the_result_has_the_size_asked_for(prompt: str, size: Size, landscape: Pixels) -> None:
    """Whatever the instruction and the proportions, the picture has exactly the size."""
    result = _edit(prompt, landscape, size=size)
    assert size_of(result.pixels) == size
    assert result.pixels.shape[2] == 4


def test_a_quarter_turn_swaps_the_axes(landscape: Pixels) -> None:
    """Clockwise by 90 degrees, the left edge becomes the top edge, no pixel lost."""
    result = _edit("rotate it 90 degrees clockwise", landscape, size=Size(192, 288))
    assert np.array_equal(result.pixels, np.rot90(landscape, -1))


def test_flips_are_exact(landscape: Pixels) -> None:
    """Mirroring twice is the picture; vertically, top and bottom change places."""
    once = _edit("flip horizontally", landscape).pixels
    assert np.array_equal(once, landscape[:, ::-1])
    assert np.array_equal(_edit("mirror it", once).pixels, landscape)
    assert np.array_equal(_edit("flip it vertically", landscape).pixels, landscape[::-1])


def test_a_turn_at_an_angle_leaves_no_empty_corner(landscape: Pixels) -> None:
    """An oblique rotation is cut so that nothing transparent or white shows at the corners."""
    landscape[..., :3] = (200, 40, 40)
    turned = _edit("rotate by 20 degrees", landscape).pixels
    assert np.abs(turned[[0, 0, -1, -1], [0, -1, 0, -1], :3].astype(int) - (200, 40, 40)).max() < 12


def test_one_colour_can_become_another(landscape: Pixels) -> None:
    """Changing red to blue dyes the red house and leaves meadow and sky as they were."""
    result = _edit("change the red to blue", landscape).pixels
    house = result[100, 140, :3]
    assert house[2] > house[0]
    untouched = np.ones(landscape.shape[:2], np.bool_)
    untouched[84:140, 110:170] = False
    assert np.array_equal(result[untouched], landscape[untouched])


def test_an_added_object_changes_only_its_place(landscape: Pixels) -> None:
    """A balloon in the top left is red, and the other three quarters of the picture stay byte for byte."""
    result = _edit("add a red balloon in the top left", landscape)
    assert result.followed
    changed = np.any(result.pixels != landscape, axis=-1)
    assert changed[:96, :144].mean() > 0.05
    assert not changed[:, 144:].any()
    assert not changed[110:].any()
    assert _red(result.pixels[:96, :144]) > _red(landscape[:96, :144])


def test_an_object_nobody_can_draw_is_not_claimed(landscape: Pixels) -> None:
    """An unknown object leads to a restyle and an honest answer."""
    result = _edit("add a flibbertigibbet", landscape)
    assert not result.followed
    assert not np.array_equal(result.pixels, landscape)


def test_text_is_written_where_it_was_asked_for(landscape: Pixels) -> None:
    """A text at the top changes the top alone; a colour named for it is used."""
    result = _edit('write "LIMNER" at the top in yellow', landscape)
    assert result.followed
    changed = np.any(result.pixels != landscape, axis=-1)
    assert changed[:96].any()
    assert not changed[96:].any()
    written = result.pixels[:96][np.abs(result.pixels[:96].astype(int) - landscape[:96]).max(axis=-1) > 90]
    assert (written[:, 0] > written[:, 2]).mean() > 0.5
    assert not np.array_equal(result.pixels, _edit('write "LIMNER" at the top', landscape).pixels)


def test_inverting_twice_is_the_picture(landscape: Pixels) -> None:
    """A negative's negative is the picture itself."""
    assert np.array_equal(_edit("invert the colours", _edit("invert it", landscape).pixels).pixels, landscape)


def test_white_and_black_are_colours_too(landscape: Pixels) -> None:
    """What is white becomes red on demand, and what is not stays; all can be made white."""
    landscape[20:60, 20:60, :3] = 250
    result = _edit("change the white to red", landscape).pixels
    assert int(result[40, 40, 0]) > int(result[40, 40, 2]) + 60
    assert np.array_equal(result[150:], landscape[150:])
    assert _light(_edit("make it white", landscape).pixels) > _light(landscape) + 40


def test_the_middle_stands_in_for_a_subject_that_cannot_be_found(landscape: Pixels) -> None:
    """Blurring the background of a picture without a plain one keeps its middle sharp."""
    landscape[..., :3] = np.random.default_rng(0).integers(0, 256, (*landscape.shape[:2], 3))
    result = _edit("blur the background", landscape).pixels
    assert np.array_equal(result[90:110, 130:160], landscape[90:110, 130:160])
    assert _roughness(result[:20, :20]) < 0.3 * _roughness(landscape[:20, :20])


def test_what_a_prompt_names_is_tried_before_brush_strokes(landscape: Pixels, product: Pixels) -> None:
    """A description that is no instruction still puts its scene behind the subject or its thing into the picture."""
    scene = _edit("An otherworldly vista of a beach, captured masterfully", product)
    assert not scene.followed
    assert np.array_equal(scene.pixels[104, 100], product[104, 100])
    assert not np.array_equal(scene.pixels[4, 4], product[4, 4])
    thing = _edit("If only a sunflower were to be seen", landscape)
    assert not thing.followed
    assert np.any(thing.pixels != landscape, axis=-1).mean() < 0.5


def test_a_picture_cut_out_already_keeps_its_outline(product: Pixels) -> None:
    """An input with a transparent ground is its own subject."""
    rows, columns = np.mgrid[:200, :200]
    product[(rows - 104) ** 2 + (columns - 100) ** 2 >= 60**2] = 0
    result = _edit("make the ball blue", product, transparent=True).pixels
    assert np.array_equal(result[..., 3], product[..., 3])
    assert result[104, 100, 2] > result[104, 100, 1]


def test_the_background_can_be_removed(product: Pixels) -> None:
    """What is plain around the subject becomes transparent, on white where transparency is not wanted."""
    cut = _edit("remove the background", product, transparent=True)
    assert cut.followed
    assert cut.pixels[104, 100, 3] == 255
    assert cut.pixels[4, 4, 3] == 0
    assert np.abs((cut.pixels[..., 3] > 127).mean() - np.pi * 60**2 / 200**2) < 0.02
    soft = _edit("remove the background", product, size=Size(150, 150), transparent=True).pixels
    edge = soft[(soft[..., 3] > 40) & (soft[..., 3] < 215)].astype(int)
    # Soft edges have the subject's colour, not half of the old background's.
    assert len(edge)
    assert (edge[:, 1] - edge[:, 0]).mean() > 50
    flat = _edit("remove the background", product).pixels
    assert is_opaque(flat)
    assert (flat[4, 4] == 255).all()


def test_a_background_can_be_replaced(product: Pixels) -> None:
    """A colour or a scene takes the background's place; the subject stays."""
    blue = _edit("make the background blue", product)
    assert blue.followed
    assert int(blue.pixels[4, 4, 2]) > int(blue.pixels[4, 4, 0]) + 60
    assert np.array_equal(blue.pixels[104, 100], product[104, 100])
    beach = _edit("put it on a beach", product)
    assert beach.followed
    assert np.array_equal(beach.pixels[104, 100], product[104, 100])
    assert not np.array_equal(beach.pixels[4, 4], product[4, 4])


def test_a_part_can_be_changed_alone(product: Pixels) -> None:
    """Making the ball blue dyes the ball; blurring the background leaves the ball; each keeps the other part."""
    dyed = _edit("make the ball blue", product).pixels
    assert dyed[104, 100, 2] > dyed[104, 100, 1]
    assert np.array_equal(dyed[4, 4], product[4, 4])
    darker = _edit("make the background darker", product).pixels
    assert np.array_equal(darker[104, 100], product[104, 100])
    assert darker[4, 4, 0] < product[4, 4, 0]


def test_a_background_that_cannot_be_told_apart_is_not_claimed(landscape: Pixels) -> None:
    """Where there is no plain background, removing it is answered with a restyle, and said so."""
    landscape[:, :, :3] = np.random.default_rng(0).integers(0, 256, (*landscape.shape[:2], 3))
    assert not _edit("remove the background", landscape).followed


def test_what_is_not_understood_is_restyled_and_said(landscape: Pixels) -> None:
    """A wish in no rule changes the picture gently and is not claimed to be followed."""
    result = _edit("express the sorrow of Tuesdays", landscape)
    assert not result.followed
    assert 0 < np.abs(result.pixels.astype(int) - landscape).mean() < 40


def test_several_wishes_are_done_in_turn(landscape: Pixels) -> None:
    """Clauses are separate steps; one that is not understood is not claimed, the others are done all the same."""
    both = _edit("make it black and white, then flip it horizontally", landscape)
    assert both.followed
    assert _chroma(both.pixels) < 1
    partly = _edit("flip it horizontally and make it 3 times bigger", landscape)
    assert not partly.followed
    assert np.array_equal(partly.pixels, landscape[:, ::-1])


@pytest.mark.parametrize("prompt", ["", "variation"])
def test_a_variation_is_the_same_picture_and_another(prompt: str, landscape: Pixels) -> None:
    """Variations differ from the picture and from one another by seed, yet keep its light and layout."""
    first, second = (_edit(prompt, landscape, seed=seed) for seed in (1, 2))
    assert first.followed
    assert not np.array_equal(first.pixels, landscape)
    assert not np.array_equal(first.pixels, second.pixels)
    for result in (first, second):
        assert abs(_light(result.pixels) - _light(landscape)) < 30
        # Still a blue sky over a green meadow.
        assert result.pixels[:60, :, 2].mean() > result.pixels[:60, :, 0].mean()
        assert result.pixels[150:, :, 1].mean() > result.pixels[150:, :, 2].mean()


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "make it warmer",
        "side by side",
        "make a collage of these",
        "combine the images",
        "put the second image into the first",
        "put the first image into the second in the top left",
        "double exposure",
        "use the colours of the second image",
        "an arrangement on a table with all the items",
        "gibberish of nothing",
    ],
)
def test_every_picture_is_used(prompt: str, landscape: Pixels, product: Pixels) -> None:
    """Changing either of two pictures changes the result, whatever brings them together."""
    other_product = product.copy()
    other_product[60:150, 60:140, :3] = (220, 30, 160)
    brighter = np.clip(landscape.astype(int) + 40, 0, 255).astype(np.uint8)
    reference = _edit(prompt, landscape, product).pixels
    assert size_of(reference) == size_of(landscape)
    assert not np.array_equal(reference, _edit(prompt, landscape, other_product).pixels)
    assert not np.array_equal(reference, _edit(prompt, brighter, product).pixels)


def test_sixteen_pictures_are_all_seen(landscape: Pixels) -> None:
    """As many pictures as a request may have leave their colour somewhere."""
    dice = np.random.default_rng(3)
    colours = dice.permutation(
        np.stack(np.meshgrid([20, 120, 235], [20, 120, 235], [60, 200]), axis=-1).reshape(-1, 3)
    )[:15]
    others = [np.full((40, 50, 4), [*colour, 255], np.uint8) for colour in colours]
    result = _edit("side by side", landscape, *others, size=Size(640, 480)).pixels[..., :3].reshape(-1, 3).astype(int)
    insets = _edit("make it warmer and then cooler", landscape, *others, size=Size(640, 480))
    assert insets.followed
    for colour in colours:
        assert (np.abs(result - colour).max(axis=1) < 8).sum() > 500


def test_the_inputs_are_not_written_to(landscape: Pixels, product: Pixels) -> None:
    """Read-only pictures can be edited."""
    landscape.flags.writeable = product.flags.writeable = False
    for prompt in ("make it red", "add a cat", "flip it", "make it snow", "", "in a collage", "remove the background"):
        _edit(prompt, landscape)
        _edit(prompt, landscape, product)


def test_transparency_stays_or_is_laid_on_white(landscape: Pixels) -> None:
    """A transparent input keeps its alpha when the result may be transparent, and is opaque on white otherwise."""
    landscape[:50, :, 3] = 0
    assert _edit("make it warmer", landscape, transparent=True).pixels[0, 0, 3] == 0
    flat = _edit("flip it", landscape).pixels
    assert is_opaque(flat)
    assert (flat[0, 0] == 255).all()


def test_a_transparent_background_can_be_implied(product: Pixels) -> None:
    """When the result may be transparent and the picture is not, its plain background goes after the edit."""
    result = _edit("make it red", product, transparent=True)
    assert result.followed
    assert result.pixels[2, 2, 3] == 0
    assert result.pixels[104, 100, 3] == 255


def test_low_fidelity_loosens_the_whole(landscape: Pixels) -> None:
    """Low fidelity redoes what high fidelity leaves."""
    high = _edit("flip it", landscape, fidelity="high").pixels
    low = _edit("flip it", landscape, fidelity="low").pixels
    assert np.array_equal(high, landscape[:, ::-1])
    assert not np.array_equal(low, high)


@pytest.mark.parametrize(
    "prompt", ["make it red", "add a cat and make it warmer", "", "gibberish of nothing", "flip it"]
)
def test_the_states_lead_to_the_result(prompt: str, landscape: Pixels) -> None:
    """The last state is the edit's picture; every state has its size; work takes more than one."""
    states = list(
        edit_stages(
            prompt, [landscape], None, Size(144, 96), seed=1, quality=Quality.LOW, transparent=False, fidelity=None
        )
    )
    assert all(size_of(state.pixels) == Size(144, 96) for state in states)
    assert np.array_equal(states[-1].pixels, _edit(prompt, landscape, size=Size(144, 96)).pixels)
    assert len(states) > (0 if prompt == "flip it" else 1)


def test_no_picture_is_an_error() -> None:
    """An edit needs a picture."""
    with pytest.raises(ValueError, match="no picture"):
        next(edit_stages("x", [], None, Size(8, 8), seed=0, quality=Quality.LOW, transparent=False, fidelity=None))


@pytest.mark.parametrize("size", [Size(1, 1), Size(2, 3), Size(1, 40), Size(300, 1)])
@pytest.mark.parametrize(
    "prompt",
    [
        "make it red",
        "blur it",
        "add a cat",
        "pixel art",
        "watercolor",
        "low poly",
        "make it night",
        "",
        "remove the background",
        'write "a"',
        "rotate 45",
    ],
)
def test_tiny_pictures_do_not_break(prompt: str, size: Size) -> None:
    """Pictures of a few pixels go through every kind of step."""
    pixels = np.full((size.height_px, size.width_px, 4), 90, np.uint8)
    assert size_of(_edit(prompt, pixels).pixels) == size
